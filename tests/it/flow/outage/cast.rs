//! Parcels of which it is known by heart what a day without the daemon makes of them.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::flow::shifted::MERCHANTS;

/// In which life of the daemon something is told.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Told {
    InTheFirstLife,
    InTheSecondLife,
}

use Told::{InTheFirstLife as First, InTheSecondLife as Second};

/// A parcel. Hours are counted from when the daemon goes down; it comes back at 24.
struct Part {
    name: &'static str,
    /// Code, when it was scanned and when that became known.
    scans: &'static [(&'static str, f64, f64)],
    promise: f64,
    /// What its recipient hears: kind and level.
    hears: &'static [(Told, &'static str)],
}

/// None of them promises anything soon but where it says so.
const LATER: f64 = 400.0;

/// In a hub a parcel has stalled after 24 hours (`warn`) and after 72 (`major`).
const CAST: [Part; 8] = [
    Part {
        name: "stays-silent",
        scans: &[("arrived_hub", -20.0, -20.0)],
        promise: LATER,
        hears: &[(Second, "stalled warn")],
    },
    Part {
        name: "goes-on",
        scans: &[("arrived_hub", -20.0, -20.0), ("departed_hub", 3.0, 3.0), ("arrived_destination", 14.0, 14.0)],
        promise: LATER,
        hears: &[],
    },
    Part {
        // Opens at 4 and is taken back at 23, both within the outage: history, and nobody's news.
        name: "is-uploaded-late",
        scans: &[("arrived_hub", -20.0, -20.0), ("departed_hub", 3.0, 23.0)],
        promise: LATER,
        hears: &[],
    },
    Part {
        name: "recovers",
        scans: &[("arrived_hub", -30.0, -30.0), ("out_for_delivery", 4.0, 4.0), ("delivered", 5.0, 5.0)],
        promise: LATER,
        hears: &[(First, "stalled warn"), (Second, "recovered info")],
    },
    Part {
        name: "gets-worse",
        scans: &[("arrived_hub", -60.0, -60.0)],
        promise: LATER,
        hears: &[(First, "stalled warn"), (Second, "stalled major")],
    },
    Part {
        // Told to be late; it had been delivered in time, as is uploaded during the outage.
        name: "was-never-late",
        scans: &[("arrived_hub", -9.0, -9.0), ("out_for_delivery", -7.0, 2.0), ("delivered", -6.0, 2.0)],
        promise: -5.0,
        hears: &[(First, "delayed major"), (Second, "corrected info")],
    },
    Part {
        name: "waits-to-be-collected",
        scans: &[("arrived_hub", -9.0, -9.0), ("awaiting_collection", 10.0, 10.0)],
        promise: LATER,
        hears: &[(Second, "collection info")],
    },
    Part {
        name: "is-collected",
        scans: &[("arrived_hub", -9.0, -9.0), ("awaiting_collection", 2.0, 2.0), ("collected", 7.0, 7.0)],
        promise: LATER,
        hears: &[],
    },
];

/// Of each part there are so many, so that every partition has one.
const EACH: usize = 6;

/// When the shipments are announced.
const ORDERED: f64 = -70.0;

/// Everything that is recorded of them: (time, topic, parcel, value). `down` in milliseconds since 1970.
pub fn records(down: i64) -> Vec<(i64, &'static str, String, Value)> {
    let at = |hours: f64| down + (hours * 3_600_000.0) as i64;
    let text = |hours: f64| chrono::DateTime::from_timestamp_millis(at(hours)).expect("a time").to_rfc3339();
    let mut records = Vec::new();
    for part in &CAST {
        for n in 0..EACH {
            let parcel = format!("{}-{n}", part.name);
            let shipment = json!({
                "parcel_id": parcel, "merchant": format!("M-{}", n % MERCHANTS), "service": "inter-city",
                "ordered_at": text(ORDERED), "promise": text(part.promise),
                "recipient": {"id": parcel, "email": format!("{parcel}@example.com"), "locale": "en"},
            });
            records.push((at(ORDERED), "shipments.v1", parcel.clone(), shipment));
            for (code, event, upload) in part.scans {
                let scan = json!({
                    "parcel_id": parcel, "code": code, "hub": "H1",
                    "event_time": text(*event), "upload_time": text(*upload),
                });
                records.push((at(*upload), "scans.v1", parcel.clone(), scan));
            }
        }
    }
    records
}

/// What shows that brokers were there up to `now`, for longer than the daemon would wait after an outage: in every partition a shipment
/// each minute that says nothing new.
pub fn signs_of_life(down: i64, now: i64) -> Vec<(i64, &'static str, String, Value)> {
    let silent = records(down).into_iter().filter(|(_, topic, parcel, _)| {
        *topic == "shipments.v1" && parcel.rsplit_once('-').is_some_and(|(name, _)| name == CAST[0].name)
    });
    let silent: Vec<_> = silent.collect();
    let minutes = (0..15).rev().map(|minute| now - minute * 60_000);
    let each = |time| silent.iter().map(move |(_, topic, parcel, value)| (time, *topic, parcel.clone(), value.clone()));
    minutes.flat_map(each).collect()
}

/// What their recipients hear: by parcel, sorted.
pub fn should_hear(told: Told) -> BTreeMap<String, Vec<String>> {
    let mut should = BTreeMap::new();
    for part in &CAST {
        let hears: Vec<String> =
            part.hears.iter().filter(|(when, _)| *when == told).map(|(_, what)| (*what).to_owned()).collect();
        for n in (0..EACH).filter(|_| !hears.is_empty()) {
            should.insert(format!("{}-{n}", part.name), hears.clone());
        }
    }
    should
}

/// What they heard by these notices.
pub fn heard(issued: &[Value]) -> BTreeMap<String, Vec<String>> {
    let text = |notice: &Value, field: &str| notice[field].as_str().unwrap_or_default().to_owned();
    let mut heard = BTreeMap::<String, Vec<String>>::new();
    for notice in issued.iter().filter(|notice| notice["audience"] == "recipient") {
        let parcel = text(notice, "parcel_id");
        let is_cast = CAST.iter().any(|part| parcel.rsplit_once('-').is_some_and(|(name, _)| name == part.name));
        if is_cast {
            heard.entry(parcel).or_default().push(format!("{} {}", text(notice, "kind"), text(notice, "level")));
        }
    }
    heard.values_mut().for_each(|what| what.sort());
    heard
}
