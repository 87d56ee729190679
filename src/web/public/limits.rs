//! How many bad links an address may open. A guess has one chance in 2^45, so this is not what keeps links safe; it
//! keeps those who try from costing anything, and shows them in the metrics.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::model::Timestamp;

const MINUTE_MS: i64 = 60_000;

/// Bad links by address: as many as are allowed at once come back within a minute.
pub struct Limits {
    per_minute: u32,
    spent: Mutex<HashMap<Option<IpAddr>, Spent>>,
}

/// What an address has used up, in thousandths of a bad link, as of an instant.
#[derive(Clone, Copy)]
struct Spent {
    thousandths: i64,
    at: Timestamp,
}

impl Limits {
    /// Addresses remembered, some 100 bytes each. Beyond them strangers count together.
    pub(super) const ADDRESSES_MAX: usize = 20_000;

    /// Allows so many bad links a minute.
    pub fn new(per_minute: u32) -> Limits {
        Limits { per_minute, spent: Mutex::default() }
    }

    /// Whether an address is to be refused everything for now.
    pub(super) fn is_over(&self, who: IpAddr, now: Timestamp) -> bool {
        let spent = self.lock();
        let known = spent.get(&Some(who)).or_else(|| spent.get(&None));
        known.is_some_and(|known| self.left_of(*known, now) > self.allowed() - 1000)
    }

    /// An address has opened a bad link; returns how many addresses are remembered.
    pub(super) fn count(&self, who: IpAddr, now: Timestamp) -> usize {
        let mut spent = self.lock();
        if spent.len() >= Limits::ADDRESSES_MAX && !spent.contains_key(&Some(who)) {
            spent.retain(|_, known| self.left_of(*known, now) > 0);
        }
        let is_full = spent.len() >= Limits::ADDRESSES_MAX && !spent.contains_key(&Some(who));
        let known = spent.entry((!is_full).then_some(who)).or_insert(Spent { thousandths: 0, at: now });
        let thousandths = (self.left_of(*known, now) + 1000).min(self.allowed());
        *known = Spent { thousandths, at: now };
        spent.len()
    }

    fn allowed(&self) -> i64 {
        i64::from(self.per_minute) * 1000
    }

    /// What is still used up at `now`.
    fn left_of(&self, spent: Spent, now: Timestamp) -> i64 {
        let ms = now.as_millis().saturating_sub(spent.at.as_millis()).clamp(0, MINUTE_MS);
        (spent.thousandths - ms * self.allowed() / MINUTE_MS).max(0)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Option<IpAddr>, Spent>> {
        self.spent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn address(n: u32) -> IpAddr {
        IpAddr::V4((0x0a00_0000 + n).into())
    }

    #[test]
    fn after_so_many_bad_links_an_address_waits_and_others_do_not() {
        let limits = Limits::new(3);
        let now = Timestamp::FIRST;
        for _ in 0..3 {
            assert!(!limits.is_over(address(1), now));
            limits.count(address(1), now);
        }
        assert!(limits.is_over(address(1), now) && !limits.is_over(address(2), now));
        // However many more: a minute is enough.
        (0..1000).for_each(|_| assert!(limits.count(address(1), now) > 0));
        assert!(limits.is_over(address(1), now + Duration::from_secs(19)));
        assert!(!limits.is_over(address(1), now + Duration::from_secs(20)));
    }

    #[test]
    fn what_is_remembered_is_bounded_and_strangers_beyond_count_together() {
        let limits = Limits::new(3);
        let now = Timestamp::FIRST;
        for n in 0..Limits::ADDRESSES_MAX as u32 + 10 {
            limits.count(address(n), now);
        }
        assert!(limits.lock().len() <= Limits::ADDRESSES_MAX + 1);
        assert!(limits.is_over(address(1_000_000), now), "a stranger among too many");
        let later = now + Duration::from_secs(61);
        limits.count(address(1_000_000), later);
        assert_eq!(limits.lock().len(), 1, "who has nothing used up is forgotten");
    }
}
