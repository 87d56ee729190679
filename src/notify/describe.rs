//! What a recipient was told of a parcel, and what waits and why: for `parcelwatch parcel`. Names no contact.

use serde_json::{Value, json};

use super::machine::Notifier;
use super::storm::Storm;
use super::thread::{End, Entry, Phase, Thread, Tried, Wait, thread_key};
use crate::model::{DeliveryOutcome, RecipientKey};

/// Journeys that are looked for; a parcel id that comes back more often is described up to this one.
const JOURNEYS_MAX: u32 = 99;

impl Notifier {
    /// What one recipient was told of a parcel, journey by journey:
    /// `{"recipient", "preference": {..}, "journeys": [{"journey", "notices": [..]}], "digest": [..]}`; `preference` is
    /// `null` where nothing was asked for.
    pub fn describe(&self, key: &RecipientKey, parcel_id: &str) -> Value {
        let threads = (1..=JOURNEYS_MAX).filter_map(|journey| {
            let thread = self.threads.get(&thread_key(key, parcel_id, journey))?;
            Some((journey, thread))
        });
        let journey = |(journey, thread): (u32, &Thread)| json!({ "journey": journey, "notices": thread.entries.iter().map(notice).collect::<Vec<_>>() });
        let digest = self.gathering.waiting(key, parcel_id).into_iter().map(|(kind, level, until)| {
            json!({ "kind": kind, "level": level, "state": "held", "reason": "digest", "until": until })
        });
        json!({
            "recipient": key,
            "preference": self.preference_of(key),
            "journeys": threads.map(journey).collect::<Vec<_>>(),
            "digest": digest.collect::<Vec<_>>(),
        })
    }

    /// What the storm breaker holds: `[{"kind", "since", "held"}]`; `since` is `null` once an operator has decided.
    pub fn describe_storms(&self) -> Value {
        let storm = |storm: Storm| json!({ "kind": storm.kind, "since": storm.since, "held": storm.held });
        self.storms().map(storm).collect()
    }
}

fn notice(entry: &Entry) -> Value {
    let (state, reason, until) = match entry.phase {
        Phase::Waiting { due, wait: Wait::Decision } => ("waiting", "decision", Some(due)),
        Phase::Waiting { due, wait: Wait::Gap } => ("held", "told recently", Some(due)),
        Phase::Waiting { due, wait: Wait::Retry } => ("waiting", "retry", Some(due)),
        Phase::Waiting { due, wait: Wait::Quiet } => ("held", "quiet hours", Some(due)),
        Phase::Waiting { due, wait: Wait::Onward } => ("waiting", "next channel", Some(due)),
        Phase::Waiting { wait: Wait::Storm, .. } => ("held", "storm", None),
        Phase::Waiting { due, wait: Wait::Released } => ("waiting", "released", Some(due)),
        Phase::Reporting { until } => {
            let is_taken = entry.tried.iter().any(|tried| tried.outcome == Some(DeliveryOutcome::Delivered));
            (if is_taken { "delivered" } else { "unknown" }, "report awaited", Some(until))
        }
        Phase::Claimed { unknown_at } => ("attempting", "outcome awaited", Some(unknown_at)),
        Phase::Ended(End::Delivered) => ("delivered", "", None),
        Phase::Ended(End::Refused) => ("refused", "", None),
        Phase::Ended(End::Shadow) => ("shadow", "", None),
        Phase::Ended(End::Suppressed(suppression)) => ("suppressed", suppression.name(), None),
        Phase::Ended(End::Expired) => ("expired", "", None),
        Phase::Ended(End::Unknown) => ("unknown", "", None),
    };
    json!({
        "id": entry.id,
        "kind": entry.kind,
        "level": entry.level,
        "episode": entry.episode,
        "audience": entry.audience,
        "at": entry.at,
        "expires": entry.expires,
        "state": state,
        "reason": (!reason.is_empty()).then_some(reason),
        "until": until,
        "told_at": entry.told_at(),
        "holds": !entry.over,
        "attempts": (1u32..).zip(&entry.tried).map(attempt).collect::<Vec<_>>(),
    })
}

fn attempt((number, tried): (u32, &Tried)) -> Value {
    let (channel, provider) = (tried.channel, tried.provider());
    json!({
        "attempt": number,
        "channel": channel,
        "provider": provider,
        "claimed_at": tried.at,
        "outcome": tried.outcome,
    })
}
