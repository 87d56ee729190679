//! Times of day where the hubs are.

use super::OFFSET_S;
use crate::model::Timestamp;

/// When couriers next leave: at half past eight and at half past two.
pub fn wave(at: Timestamp) -> Timestamp {
    [(8, 30), (14, 30)].map(|(hour, minute)| next(at, hour, minute)).into_iter().min().unwrap_or(at)
}

/// The next full hour of that name, where the hubs are.
pub fn next_at(at: Timestamp, hour: i64) -> Timestamp {
    next(at, hour, 0)
}

/// The next time of day of that name.
pub fn next(at: Timestamp, hour: i64, minute: i64) -> Timestamp {
    const DAY_MS: i64 = 24 * 3_600_000;
    let local = at.as_millis() + i64::from(OFFSET_S) * 1000;
    let wanted = (hour * 60 + minute) * 60_000;
    Timestamp::from_millis(at.as_millis() + (wanted - local).rem_euclid(DAY_MS))
}
