//! What `/metrics` says.

use std::collections::BTreeSet;
use std::time::Duration;

use super::*;
use crate::decode::{self, RecordTime};
use crate::model::{Change, Channel, Code, ConditionKind, Count, DeliveryOutcome, Level, ScanOutcome, Timestamp};

/// The value of a series, by its text up to the blank.
fn value(metrics: &Metrics, series: &str) -> Option<f64> {
    let text = metrics.render();
    let line = text.lines().find(|line| line.strip_prefix(series).is_some_and(|rest| rest.starts_with(' ')))?;
    line.rsplit_once(' ')?.1.parse().ok()
}

#[test]
fn what_can_be_known_is_there_before_anything_happened() {
    let metrics = Metrics::new();
    for series in [
        r#"parcelwatch_scans_total{code="lost",outcome="repeat"}"#,
        r#"parcelwatch_conditions_total{change="retracted",condition="stalled"}"#,
        r#"parcelwatch_attempts_total{channel="webhook",outcome="unknown"}"#,
        r#"parcelwatch_notices_total{audience="hub_ops",decision="held",kind="digest"}"#,
        r#"parcelwatch_notice_decisions_total{decision="suppressed",reason="no contact"}"#,
        r#"parcelwatch_rejects_total{reason="utf8",topic="scans.v1"}"#,
        r#"parcelwatch_parcels{stage="unscanned"}"#,
        r#"parcelwatch_commit_duration_seconds_count{stage="notifier"}"#,
        "parcelwatch_merchants_rejected_total",
    ] {
        assert_eq!(value(&metrics, series), Some(0.0), "{series}");
    }
}

#[test]
fn a_happening_counts_once_where_it_belongs() {
    let metrics = Metrics::new();
    metrics.count(&Count::Scan { code: Code::Lost, outcome: ScanOutcome::Ended });
    let kind = ConditionKind::Stalled;
    metrics.count(&Count::Condition { kind, change: Change::Escalated, level: Level::Major });
    let lag = Duration::from_secs(4);
    metrics.count(&Count::Attempted { channel: Channel::Email, outcome: DeliveryOutcome::Delivered, lag });
    metrics.count(&Count::Attempted { channel: Channel::Email, outcome: DeliveryOutcome::Unknown, lag });
    for (series, expected) in [
        (r#"parcelwatch_scans_total{code="lost",outcome="ended"}"#, 1.0),
        (r#"parcelwatch_scans_total{code="lost",outcome="accepted"}"#, 0.0),
        (r#"parcelwatch_conditions_total{change="escalated",condition="stalled"}"#, 1.0),
        (r#"parcelwatch_attempts_total{channel="email",outcome="unknown"}"#, 1.0),
        (r#"parcelwatch_notice_delivery_seconds_bucket{channel="email",le="5"}"#, 1.0),
        (r#"parcelwatch_notice_delivery_seconds_count{channel="email"}"#, 1.0),
    ] {
        assert_eq!(value(&metrics, series), Some(expected), "{series}");
    }
}

#[test]
fn a_partition_takes_its_gauges_along() {
    let metrics = Metrics::new();
    let lines = || metrics.render().lines().filter(|line| !line.starts_with("process_")).count();
    let before = lines();
    metrics.partition("tracker", 7, false);
    let restoring = r#"parcelwatch_partition_state{partition="7",stage="tracker",state="restoring"}"#;
    assert_eq!(value(&metrics, restoring), Some(1.0));
    metrics.partition("tracker", 7, true);
    assert_eq!(value(&metrics, restoring), Some(0.0));
    metrics.stream_time_lag("tracker", 7, Duration::from_secs(3));
    metrics.consumer_lag("tracker", "scans.v1", 7, 12);
    metrics.parcels(7, [("arrived_hub", 2), ("unscanned", 3)]);
    metrics.parcels(8, [("unscanned", 4)]);
    metrics.partition("notifier", 7, true);
    metrics.storms(7, [("delayed", true, 40)]);
    metrics.storms(8, [("delayed", true, 2), ("lost", false, 5)]);
    let storm = |name: &str, kind: &str| value(&metrics, &format!("parcelwatch_{name}{{kind=\"{kind}\"}}"));
    assert_eq!((storm("storms", "delayed"), storm("storm_held_notices", "delayed")), (Some(2.0), Some(42.0)));
    assert_eq!((storm("storms", "lost"), storm("storm_held_notices", "lost")), (Some(0.0), Some(5.0)));
    metrics.partition_left("notifier", 7);
    assert_eq!((storm("storms", "delayed"), storm("storm_held_notices", "delayed")), (Some(1.0), Some(2.0)));
    let parcels = r#"parcelwatch_parcels{stage="unscanned"}"#;
    assert_eq!(value(&metrics, parcels), Some(7.0));
    assert_eq!(value(&metrics, r#"parcelwatch_consumer_lag_records{partition="7",topic="scans.v1"}"#), Some(12.0));

    metrics.partition_left("tracker", 7);
    assert_eq!(value(&metrics, parcels), Some(4.0));
    assert!(!metrics.render().contains(r#"partition="7""#));
    assert_eq!(before, lines());
}

#[test]
fn stream_time_that_nobody_reports_goes_on_falling_behind() {
    let metrics = Metrics::new();
    metrics.stream_time_lag("tracker", 7, Duration::from_secs(3));
    let lag = || value(&metrics, r#"parcelwatch_stream_time_lag_seconds{partition="7",stage="tracker"}"#).unwrap();
    let first = lag();
    assert!(first >= 3.0 && lag() > first);
}

#[test]
fn hubs_beyond_the_bound_are_counted_together() {
    let metrics = Metrics::new();
    for hub in 0..2100 {
        metrics.count(&Count::UnknownParcel { hub: Some(format!("H{hub}")) });
    }
    metrics.count(&Count::UnknownParcel { hub: None });
    assert_eq!(value(&metrics, r#"parcelwatch_unknown_parcels_total{hub="H1999"}"#), Some(1.0));
    assert_eq!(value(&metrics, r#"parcelwatch_unknown_parcels_total{hub="other"}"#), Some(100.0));
    assert_eq!(value(&metrics, r#"parcelwatch_unknown_parcels_total{hub="none"}"#), Some(1.0));
}

#[test]
#[cfg(target_os = "linux")]
fn the_process_says_when_it_began_and_what_it_uses() {
    let metrics = Metrics::new();
    assert!(value(&metrics, "process_start_time_seconds").unwrap() > 1.7e9);
    assert!(value(&metrics, "process_resident_memory_bytes").unwrap() > 1e5);
    assert!(value(&metrics, "process_open_fds").unwrap() >= 3.0);
    assert!(metrics.render().contains("process_cpu_seconds_total"));
}

#[test]
fn every_reason_to_reject_has_its_series_from_the_start() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/decode");
    let sources = std::fs::read_dir(folder).unwrap().map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap());
    let source: String = sources.collect();
    let reasons =
        source.split("Reject::at(").skip(1).filter_map(|call| call.trim_start().strip_prefix('"')?.split('"').next());
    for reason in reasons {
        assert!(super::series::REJECT_REASONS.contains(&reason), "{reason}");
    }
}

#[test]
fn every_field_that_may_be_malformed_has_its_series_from_the_start() {
    let scan = r#"{"parcel_id":"P","code":"held","event_time":"2026-11-22T00:00:00Z","hub":7,"upload_time":7,"reason":7,
        "place":7,"place_kind":7,"pickup_code":7,"free_until":7}"#;
    let scan = decode::scan(Some(scan.as_bytes()), RecordTime::Own).unwrap();
    let shipment = |route: &str| {
        let text = format!(
            r#"{{"parcel_id":"P","ordered_at":"2026-11-22T00:00:00Z","shipped_at":7,"promise":7,"updated_at":7,
            "merchant":7,"service":7,"origin":7,"destination":7,"recipient":7,"sender":7,"flags":7,"consent":7,
            "cancelled":7,"route":{route}}}"#
        );
        decode::shipment(Some(text.as_bytes())).unwrap().malformed
    };
    let inside = shipment(r#"[{"code":"delivered","hub":7,"within":7}]"#);
    let preference = r#"{"recipient_key":"p:1","at":"2026-11-22T00:00:00Z","opt_out":["sms","pigeon"],"channels":7,
        "quiet_hours":7,"locale":7}"#;
    let topic = decode::NotifierTopic::Preferences;
    let preference = decode::notifier_input(topic, Some(b"p:1"), Some(preference.as_bytes()));
    let Ok(crate::notify::Input::Preference { malformed: wishes, .. }) = preference else { panic!("no preference") };
    let reroute = r#"{"parcel_id":"P","change":"refused","option":"hold","id":7,"notice_id":7,"detail":7,"fee":7,"at":7,"by":7,
        "proof":7,"revision":"7"}"#;
    let (_, reroute) = decode::reroute(Some(reroute.as_bytes()), Timestamp::FIRST).unwrap();
    let found: BTreeSet<&str> = [scan.malformed, shipment("7"), inside, reroute, wishes].concat().into_iter().collect();
    assert_eq!(found, BTreeSet::from(decode::OPTIONAL_FIELDS));
}
