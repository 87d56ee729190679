//! The tracker: any story of records, limits, commits, aborts and restores.
//!
//! Bytes: steps, each an operation and what it needs; see `record` for records.

use parcelwatch::decode::{InputTopic, NotifierTopic, notifier_input, tracker_input};
use parcelwatch::model::{Code, Effect, LINK_AUDIENCES, RerouteChange, RerouteOption, Timestamp};
use parcelwatch::notify::Input;
use parcelwatch::reroute::{Link, Links, proof};
use parcelwatch::track::Tracker;
use serde_json::{Value, json};

use crate::bytes::{Bytes, NOW};
use crate::partition::Partition;
use crate::steps::{STEPS_MAX, gap, turn};
use crate::worlds::{LINKS, world};

const MINUTE_MS: i64 = 60_000;

/// Lets it happen.
pub fn run(data: &[u8]) {
    let mut bytes = Bytes(data);
    let mut partition = Partition::<Tracker>::new(world(), NOW);
    let mut now = NOW;
    for _ in 0..STEPS_MAX {
        if bytes.0.is_empty() {
            break;
        }
        now = now + gap(&mut bytes);
        match bytes.byte() % 16 {
            0 => raw(&mut partition, &mut bytes, now),
            1..=5 => turned(&mut partition, &mut bytes, now),
            6..=9 => record(&mut partition, InputTopic::Scans, &scan(&mut bytes, now), now),
            10..=12 => record(&mut partition, InputTopic::Shipments, &shipment(&mut bytes, now), now),
            13 | 14 => record(&mut partition, InputTopic::Reroutes, &reroute(&mut bytes, now), now),
            _ => look(&partition, &mut bytes, now),
        }
    }
    partition.pass(now);
    check(&partition.commit(), now);
    partition.restore();
}

fn turned(partition: &mut Partition<Tracker>, bytes: &mut Bytes<'_>, now: Timestamp) {
    check(&turn(partition, bytes, now), now);
}

/// A record of the fuzzer's own making.
fn raw(partition: &mut Partition<Tracker>, bytes: &mut Bytes<'_>, now: Timestamp) {
    let topic = bytes.choose([InputTopic::Shipments, InputTopic::Scans, InputTopic::Reroutes]);
    if let Ok(input) = tracker_input(topic, Some(bytes.until(0)), now) {
        partition.record(now, input);
    }
}

fn record(partition: &mut Partition<Tracker>, topic: InputTopic, value: &Value, now: Timestamp) {
    let json = value.to_string();
    let input = tracker_input(topic, Some(json.as_bytes()), now).unwrap_or_else(|reject| panic!("{reject}: {json}"));
    partition.record(now, input);
}

fn parcel(bytes: &mut Bytes<'_>) -> String {
    format!("P{}", bytes.byte() % 3)
}

fn before(now: Timestamp, minutes: i64) -> Timestamp {
    Timestamp::from_millis(now.as_millis() - minutes * MINUTE_MS)
}

fn scan(bytes: &mut Bytes<'_>, now: Timestamp) -> Value {
    let code = Code::ALL[usize::from(bytes.byte()) % Code::ALL.len()];
    let ago = bytes.choose([0, 0, 0, 5, 60, 300, 1500, 6000, -60]);
    let place = bytes.choose([None, Some("LK-0310"), Some("ST-0022"), Some("gone")]);
    json!({
        "parcel_id": parcel(bytes), "code": code.name(), "hub": bytes.choose(["H1", "H2", "H3"]),
        "event_time": before(now, ago).to_string(),
        "place": place, "place_kind": place.map(|_| "locker"), "pickup_code": bytes.choose([None, Some("1"), Some("2")]),
        "reason": bytes.choose([None, Some("weather")]),
    })
}

fn shipment(bytes: &mut Bytes<'_>, now: Timestamp) -> Value {
    let mut shipment = json!({
        "parcel_id": parcel(bytes),
        "ordered_at": before(now, bytes.choose([0, 60, 1440, 5000])).to_string(),
        "merchant": bytes.choose(["M-1", "M-2", "M-3"]),
        "service": bytes.choose([None, Some("same-city"), Some("inter-city"), Some("on-demand"), Some("none such")]),
        "origin": {"hub": "H1"}, "destination": {"hub": "H3", "area": bytes.choose(["310104", "650100", ""])},
        "recipient": {"phone": "+8613800001234", "email": "a@example.com", "locale": bytes.choose(["zh-CN", "en", "x"])},
        "sender": {"phone": "+8613900005678"},
        "cancelled": bytes.byte() % 16 == 0,
    });
    let known = bytes.byte();
    if known % 2 == 0 {
        shipment["promise"] = before(now, bytes.choose([-60, -1440, -4000, 600])).to_string().into();
    }
    if known % 4 < 2 {
        let milestone = |bytes: &mut Bytes<'_>| {
            let code = Code::ALL[usize::from(bytes.byte()) % Code::ALL.len()];
            json!({"code": code.name(), "hub": bytes.choose([None, Some("H1"), Some("H2"), Some("H3")]),
                "within": bytes.choose([None, Some("1h"), Some("8h10m"), Some("2d"), Some("99999years")])})
        };
        shipment["route"] = (0..bytes.byte() % 5).map(|_| milestone(bytes)).collect();
    }
    if known % 8 < 2 {
        shipment["flags"] = json!(["cod", "fragile"]);
    }
    shipment
}

fn reroute(bytes: &mut Bytes<'_>, now: Timestamp) -> Value {
    let id = parcel(bytes);
    let option = RerouteOption::ALL[usize::from(bytes.byte()) % RerouteOption::ALL.len()];
    let change = RerouteChange::ALL[usize::from(bytes.byte()) % RerouteChange::ALL.len()];
    let which = bytes.byte();
    let day = now.as_millis() - now.as_millis().rem_euclid(24 * 60 * MINUTE_MS);
    let at =
        |hours: i64| Timestamp::from_millis(day + (i64::from(which % 4) * 24 + hours) * 60 * MINUTE_MS).to_string();
    let detail = match option {
        RerouteOption::Reschedule => json!({"slot": {"from": at(6), "to": at(10)}}),
        RerouteOption::Locker | RerouteOption::Station | RerouteOption::Outlet => {
            let places = ["LK-0310", "ST-0022", "gone", "OU-1"];
            json!({"place": places[usize::from(which % 4)]})
        }
        RerouteOption::Address | RerouteOption::SafePlace | RerouteOption::Neighbour => json!({"text": "by the bins"}),
        RerouteOption::Hold | RerouteOption::Return => json!({}),
    };
    let digits = bytes.choose(["1234", "5678", "0000"]);
    json!({
        "id": format!("rr_{}", bytes.byte() % 4), "journey": 1 + bytes.byte() % 2, "change": change.name(),
        "option": option.name(), "detail": detail, "by": bytes.choose(["recipient", "sender", "system"]),
        "revision": bytes.choose([None, Some(0), Some(1), Some(2)]), "at": now.to_string(),
        "proof": proof(&LINKS, &id, digits), "parcel_id": id,
    })
}

/// What customers and operators see is there for whatever has happened.
fn look(partition: &Partition<Tracker>, bytes: &mut Bytes<'_>, now: Timestamp) {
    let id = parcel(bytes);
    let (journey, audience) = (u32::from(bytes.byte() % 3), bytes.choose(LINK_AUDIENCES));
    let _ = partition.machine().page(&id, Link { journey, audience, day: Links::day(now) }, now, &partition.world);
    let _ = partition.machine().describe(&id, now, &partition.world);
}

/// Nothing is of the future, and what the notifier is told it can read.
fn check(effects: &[Effect], now: Timestamp) {
    for effect in effects {
        match effect {
            Effect::Condition(change) => {
                assert!(change.at <= now, "a condition of the future: {change:?}");
                serde_json::to_vec(change).expect("JSON");
            }
            Effect::WorkOrder(order) => drop(serde_json::to_vec(order).expect("JSON")),
            Effect::Notice { key, notice } => {
                let written = serde_json::to_vec(notice).expect("JSON");
                let read = notifier_input(NotifierTopic::Notices, Some(key.as_str().as_bytes()), Some(&written));
                assert_eq!(read, Ok(Input::Notice { key: key.clone(), notice: notice.clone() }));
            }
            Effect::Count(_) => {}
            other => panic!("not the tracker's: {other:?}"),
        }
    }
}
