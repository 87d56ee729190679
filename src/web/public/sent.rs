//! "We have received your choice": what a redirect says after a choice was published that its owner has yet to read.
//!
//! In goes the choice's id, out comes a value for the address, and back. It says when it was made, under a tag that only we can
//! make: nobody is told so of a choice that was never sent, nor for ever of one that its owner made nothing of.

use super::form::is_same;
use crate::model::Timestamp;
use crate::reroute::Links;

/// How long it is said. Longer: whoever waits for a choice that came to nothing learns of it late. Shorter: an owner that is being
/// moved has yet to read it.
const MINUTES_MAX: i64 = 10;
const MINUTE_MS: i64 = 60_000;

/// The value of a choice that was published at `now`.
pub(super) fn value(links: &Links, id: &str, now: Timestamp) -> String {
    let minute = now.as_millis().div_euclid(MINUTE_MS);
    format!("{id}-{minute}-{}", tag(links, id, minute))
}

/// The choice that a value of ours names, while that is news.
pub(super) fn choice<'a>(links: &Links, value: &'a str, now: Timestamp) -> Option<&'a str> {
    let (rest, given) = value.rsplit_once('-')?;
    let (id, minute) = rest.rsplit_once('-')?;
    let minute = minute.parse::<i64>().ok()?;
    let age = now.as_millis().div_euclid(MINUTE_MS).saturating_sub(minute);
    (is_same(&tag(links, id, minute), given) && (0..=MINUTES_MAX).contains(&age)).then_some(id)
}

fn tag(links: &Links, id: &str, minute: i64) -> String {
    links.tag(&["sent", id, &minute.to_string()])
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::reroute::LinkKey;

    #[test]
    fn it_is_said_of_that_choice_for_some_minutes_and_of_none_that_was_not_sent() {
        let links = Links::new("https://pw.example", LinkKey::new(*b"secret"));
        let now = Timestamp::parse("2026-11-22T10:59:00Z").unwrap();
        let value = value(&links, "rr_1", now);
        let after = |minutes: u64| choice(&links, &value, now + Duration::from_secs(60 * minutes));
        assert_eq!((after(0), after(10), after(11)), (Some("rr_1"), Some("rr_1"), None));
        let (_, rest) = value.split_once('-').unwrap();
        for forged in ["", "rr_1", "rr_1--", &format!("rr_2-{rest}"), &format!("{value}0"), &value.replace("-2", "-3")]
        {
            assert_eq!(choice(&links, forged, now), None, "{forged}");
        }
    }
}
