//! What other people's servers and ours must agree on: the real time, and how long they ask to be left alone.

use std::time::Duration;

use chrono::{DateTime, Utc};

/// The longest wait that a server may ask for: the last step of Standard Webhooks' schedule. A longer one would
/// be an endpoint that disables itself without saying so.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(24 * 60 * 60);

/// The real clock, whatever the pace of ours: strangers refuse a signature that is minutes off.
#[allow(clippy::disallowed_methods, reason = "runtime.md: signatures that strangers check use the real clock")]
pub(super) fn real_time() -> DateTime<Utc> {
    Utc::now()
}

/// The meaning of a `Retry-After`, seconds or a date, at `now_seconds` since 1970; none where it is neither.
pub(super) fn retry_after(text: &str, now_seconds: i64) -> Option<Duration> {
    let text = text.trim();
    let seconds = match text.parse::<u64>() {
        Ok(seconds) => seconds,
        Err(_) => {
            let date = DateTime::parse_from_rfc2822(text).ok()?;
            u64::try_from(date.timestamp().saturating_sub(now_seconds)).unwrap_or(0)
        }
    };
    Some(Duration::from_secs(seconds).min(RETRY_AFTER_MAX))
}
