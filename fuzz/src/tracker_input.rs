//! Records of `shipments.v1`, `scans.v1` and `reroutes.v1`.
//!
//! Bytes: the topic, the record's time (3), the value.

use std::time::Duration;

use parcelwatch::decode::{self, InputTopic, OPTIONAL_FIELDS, RecordTime, tracker_input};
use parcelwatch::model::{Reroute, Timestamp};
use parcelwatch::track::{Input, Scan};

use crate::bytes::Bytes;
use crate::harmless;

/// As much as a parcel's identity and a name may have (wire.md).
const PARCEL_ID_MAX: usize = 64;
const NAME_MAX: usize = 200;

/// Decodes and checks.
pub fn run(data: &[u8]) {
    let mut bytes = Bytes(data);
    let topic = bytes.choose([InputTopic::Shipments, InputTopic::Scans, InputTopic::Reroutes]);
    let at = bytes.instant();
    let value = bytes.0;
    match tracker_input(topic, Some(value), at) {
        Err(reject) => harmless::check(&reject),
        Ok(input) => {
            let id = input.parcel_id();
            assert!((1..=PARCEL_ID_MAX).contains(&id.chars().count()) && !id.chars().any(char::is_control));
            let malformed = match &input {
                Input::Shipment(shipment) => &shipment.malformed,
                Input::Scan(scan) => &scan.malformed,
                Input::Reroute { malformed, .. } => malformed,
            };
            assert!(malformed.iter().all(|field| OPTIONAL_FIELDS.contains(field)), "{malformed:?}");
            match &input {
                Input::Scan(scan) => check_scan(scan, value, at),
                Input::Reroute { record, .. } => check_reroute(record, at),
                Input::Shipment(shipment) => {
                    for at in [Some(shipment.ordered_at), shipment.shipped_at, shipment.promise, shipment.updated_at] {
                        check_time(at);
                    }
                    for name in [&shipment.merchant, &shipment.service] {
                        check_name(name.as_deref());
                    }
                }
            }
        }
    }
}

fn check_scan(scan: &Scan, value: &[u8], at: Timestamp) {
    assert!(scan.event_time <= at + Duration::from_secs(120), "a scan of the future");
    assert!(!scan.code().is_hub_code() || scan.hub().is_some(), "a hub's scan without its hub");
    check_name(scan.hub());
    for name in [&scan.reason, &scan.place.place, &scan.place.kind, &scan.place.pickup_code] {
        check_name(name.as_deref());
    }
    for at in [Some(scan.event_time), scan.upload_time, scan.place.free_until] {
        check_time(at);
    }
    // By whatever clock it is judged, it is the same scan: a repeat is recognised after years.
    if let Ok(other) = decode::scan(Some(value), RecordTime::Own) {
        assert_eq!(other.identity, scan.identity);
    }
    let later = decode::scan(Some(value), RecordTime::Broker(Timestamp::LAST)).expect("a scan, however late");
    assert_eq!(later.identity, scan.identity);
}

/// What we write of it ourselves, and others of us read, is the same.
fn check_reroute(record: &Reroute, at: Timestamp) {
    let written = serde_json::to_vec(record).expect("a reroute is JSON");
    let (read, malformed) = decode::reroute(Some(&written), at).expect("what was read before");
    assert_eq!((&read, malformed), (record, Vec::new()), "{}", String::from_utf8_lossy(&written));
}

fn check_time(at: Option<Timestamp>) {
    assert!(at.is_none_or(|at| (Timestamp::FIRST..=Timestamp::LAST).contains(&at)), "{at:?}");
}

fn check_name(name: Option<&str>) {
    assert!(name.is_none_or(|name| (1..=NAME_MAX).contains(&name.chars().count())));
}
