//! The notifier: any story of notices, outcomes, replies, preferences, limits, commits, aborts and restores.
//!
//! Bytes: steps, each an operation and what it needs.

use parcelwatch::decode::{NotifierTopic, notifier_input};
use parcelwatch::model::{Attempt, Audience, Effect, Level, NoticeKind, RecipientKey, Timestamp};
use parcelwatch::notify::Notifier;
use serde_json::{Value, json};

use crate::bytes::{Bytes, NOW};
use crate::partition::Partition;
use crate::steps::{STEPS_MAX, gap, turn};
use crate::worlds::world;

const MINUTE_MS: i64 = 60_000;

/// To whom notices go: people, merchants with and without digests, hubs and customer service.
const KEYS: [&str; 6] = ["p:1", "p:2", "merchant:M-1", "merchant:M-2", "hub:H1", "service"];

/// The story so far.
struct Story {
    partition: Partition<Notifier>,
    /// Attempts that were claimed and committed.
    attempts: Vec<Attempt>,
}

/// Lets it happen.
pub fn run(data: &[u8]) {
    let mut bytes = Bytes(data);
    let mut story = Story { partition: Partition::new(world(), NOW), attempts: Vec::new() };
    let mut now = NOW;
    for _ in 0..STEPS_MAX {
        if bytes.0.is_empty() {
            break;
        }
        now = now + gap(&mut bytes);
        match bytes.byte() % 16 {
            0 => {
                let topic = bytes.choose([NotifierTopic::Notices, NotifierTopic::Receipts, NotifierTopic::Controls]);
                let key = bytes.choose(KEYS);
                story.raw(topic, key, bytes.until(0), now);
            }
            1..=6 => {
                let committed = turn(&mut story.partition, &mut bytes, now);
                story.take(committed, now);
            }
            7..=10 => {
                let (key, notice) = notice(&mut bytes, now);
                story.raw(NotifierTopic::Notices, key, notice.to_string().as_bytes(), now);
            }
            11..=13 => story.outcome(&mut bytes, now),
            14 => {
                let key = bytes.choose(KEYS);
                let preference = json!({
                    "recipient_key": key, "at": now.to_string(), "locale": bytes.choose([None, Some("en"), Some("zh-TW")]),
                    "opt_out": bytes.choose([&[][..], &["sms"], &["sms", "email"]]),
                    "channels": bytes.choose([&[][..], &["email", "sms"], &["sms"]]),
                    "quiet_hours": bytes.choose([None, Some("21:00-08:00"), Some("00:00-23:59")]),
                });
                let value =
                    bytes.choose([preference.to_string(), String::new()].each_ref().map(String::as_str)).to_owned();
                story.raw(NotifierTopic::Preferences, key, value.as_bytes(), now);
            }
            _ if bytes.byte() % 2 == 0 => {
                let control = json!({
                    "id": format!("ctl_{}", bytes.byte() % 4), "action": bytes.choose(["release", "discard"]),
                    "kind": bytes.choose(["delayed", "stalled", "held"]), "by": "wf", "at": now.to_string(),
                });
                story.raw(NotifierTopic::Controls, "", control.to_string().as_bytes(), now);
            }
            _ => {
                let key = RecipientKey::from_text(bytes.choose(KEYS));
                let _ = story.partition.machine().describe(&key, "P1");
                let _ = story.partition.machine().preference_of(&key);
            }
        }
    }
    story.partition.pass(now);
    let committed = story.partition.commit();
    story.take(committed, now);
    story.partition.restore();
}

fn notice(bytes: &mut Bytes<'_>, now: Timestamp) -> (&'static str, Value) {
    let key = bytes.choose(KEYS);
    let id = |number: u8| format!("ntc_{}", number % 12);
    let own = id(bytes.byte());
    if bytes.byte() % 8 == 0 {
        return (key, json!({"id": own, "change": "withdrawn"}));
    }
    let kinds: Vec<NoticeKind> = NoticeKind::all().filter(|kind| *kind != NoticeKind::Digest).collect();
    let kind = kinds[usize::from(bytes.byte()) % kinds.len()];
    let audience = match key {
        "p:1" | "p:2" => bytes.choose([Audience::Recipient, Audience::Sender]),
        "hub:H1" => Audience::HubOps,
        "service" => Audience::CustomerService,
        _ => Audience::Merchant,
    };
    let person = match bytes.byte() % 4 {
        0 => {
            json!({"phone": "+8613800001234", "email": "a@example.com", "locale": "zh-CN", "time_zone": "Asia/Shanghai"})
        }
        1 => json!({"email": "a@example.com", "locale": "en", "time_zone": "America/New_York"}),
        2 => json!({"phone": "+14155552345"}),
        _ => Value::Null,
    };
    let level = bytes.choose([Level::Info, Level::Warn, Level::Critical]);
    let after = |minutes: i64| Timestamp::from_millis(now.as_millis() + minutes * MINUTE_MS).to_string();
    let resolves: Vec<String> = (0..bytes.byte() % 3).map(|_| id(bytes.byte())).collect();
    let notice = json!({
        "id": own, "change": "issued", "parcel_id": bytes.choose(["P1", "P2"]), "journey": 1 + bytes.byte() % 2,
        "kind": kind.name(), "episode": bytes.byte() % 3, "level": level, "revision": 1 + bytes.byte() % 3,
        "audience": audience.name(), "recipient": person, "merchant": bytes.choose(["M-1", "M-2", "M-3"]),
        "severity": level, "at": after(bytes.choose([0, 0, -1, -600])),
        "expires": after(bytes.choose([4320, 60, 5, 0, -5])),
        "facts": {"stage": "departed_hub", "hub": "H1", "last_scan": after(-60), "promise": after(bytes.choose([60, 1440])),
            "eta": {"from": after(600), "to": after(900)}, "reason": bytes.choose([None, Some("weather"), Some("<b>")])},
        "link_day": bytes.choose([None, Some(9900)]), "resolves": resolves,
    });
    (key, notice)
}

impl Story {
    /// A record, of which the notifier may think what it likes.
    fn raw(&mut self, topic: NotifierTopic, key: &str, value: &[u8], now: Timestamp) {
        if let Ok(input) = notifier_input(topic, Some(key.as_bytes()), Some(value)) {
            self.partition.record(now, input);
        }
    }

    /// What became of an attempt; or of one that never was.
    fn outcome(&mut self, bytes: &mut Bytes<'_>, now: Timestamp) {
        let which = usize::from(bytes.byte());
        let Some(attempt) = self.attempts.get(which % self.attempts.len().max(1)) else { return };
        let (key, number) = (attempt.recipient_key.clone(), attempt.attempt + u32::from(bytes.byte() % 16 == 0));
        let receipt = match bytes.byte() % 8 {
            0 => json!({"recipient_key": key, "kind": "reply", "channel": attempt.channel().name(),
                "change": bytes.choose(["opt_out", "opt_in"]), "at": now.to_string()}),
            _ => json!({"recipient_key": key, "kind": bytes.choose(["outcome", "outcome", "provider"]),
                "notice_id": attempt.notice_id, "channel": attempt.channel().name(), "attempt": number,
                "outcome": bytes.choose(["delivered", "delivered", "retry", "refused", "unknown"]),
                "retry_after_ms": bytes.choose([None, Some(1_000_u64), Some(u64::MAX)]),
                "endpoint_gone": bytes.byte() % 8 == 0, "opted_out": bytes.byte() % 8 == 0, "at": now.to_string()}),
        };
        self.raw(NotifierTopic::Receipts, key.as_str(), receipt.to_string().as_bytes(), now);
    }

    /// What was committed: attempts begin, nothing is of the future.
    fn take(&mut self, effects: Vec<Effect>, now: Timestamp) {
        for effect in effects {
            match effect {
                Effect::Attempt(attempt) => self.attempts.push(*attempt),
                Effect::Delivery(delivery) => {
                    assert!(delivery.at <= now, "a delivery of the future: {delivery:?}");
                    serde_json::to_vec(&delivery).expect("JSON");
                }
                Effect::Preference(preference) => {
                    let (key, written) = (&preference.recipient_key, serde_json::to_vec(&preference).expect("JSON"));
                    let key = Some(key.as_str().as_bytes());
                    let read = notifier_input(NotifierTopic::Preferences, key, Some(&written));
                    assert!(read.is_ok(), "{read:?}");
                }
                Effect::Cancel(_) | Effect::Count(_) => {}
                other => panic!("not the notifier's: {other:?}"),
            }
        }
    }
}
