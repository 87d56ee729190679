//! What the decoders take, what they refuse and with which words.

use super::*;
use crate::model::{Code, Detail, Reject, RerouteOption};
use crate::track::{Correction, Milestone, Scan, Shipment};

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).expect("a time")
}

fn scan_of(text: &str) -> Result<Scan, Reject> {
    scan(Some(text.as_bytes()), RecordTime::Broker(at("2026-11-22T00:00:00Z")))
}

fn shipment_of(text: &str) -> Result<Shipment, Reject> {
    shipment(Some(text.as_bytes()))
}

/// Reason, path and sentence.
fn refused<T: std::fmt::Debug>(result: Result<T, Reject>) -> (&'static str, String, String) {
    let reject = result.expect_err("a reject");
    (reject.reason, reject.path.into_owned(), reject.detail.into_owned())
}

const SCAN: &str = r#"{"parcel_id":"P1","code":"arrived_hub","hub":"H1","event_time":"2026-11-21T20:00:00+08:00"}"#;

/// The scan above with a field replaced (or removed, by an empty value).
fn scan_with(field: &str, value: &str) -> Result<Scan, Reject> {
    let mut fields: serde_json::Map<String, serde_json::Value> = serde_json::from_str(SCAN).expect("JSON");
    fields.remove(field);
    let own = if value.is_empty() { String::new() } else { format!("{field:?}:{value},") };
    let rest = serde_json::to_string(&fields).expect("JSON");
    scan_of(&format!("{{{own}{}", &rest[1..]))
}

#[test]
fn the_scan_of_the_wire_format_is_read() {
    let scan = scan_of(
        r#"{"parcel_id":"SF1024000000017","code":"awaiting_collection","hub":"HGH01","event_time":"2026-11-21T03:35:10.9999+08:00",
            "upload_time":"2026-11-21T03:36:02+08:00","next_hub":"SHA02","device":"PDA-17","reason":"weather","note":"free text",
            "place":"LK-1","place_kind":"locker","pickup_code":"4711","free_until":"2026-11-25T00:00:00+08:00"}"#,
    )
    .expect("a scan");
    assert_eq!(
        (scan.parcel_id.as_str(), scan.code(), scan.hub()),
        ("SF1024000000017", Code::AwaitingCollection, Some("HGH01"))
    );
    assert_eq!(scan.event_time, at("2026-11-20T19:35:10.999Z"));
    assert_eq!((scan.offset_minutes, scan.upload_time), (480, Some(at("2026-11-20T19:36:02Z"))));
    assert_eq!(scan.place.pickup_code.as_deref(), Some("4711"));
    assert_eq!(scan.place.free_until, Some(at("2026-11-24T16:00:00Z")));
    assert_eq!((scan.reason.as_deref(), scan.corrected, scan.malformed), (Some("weather"), None, vec![]));
}

#[test]
fn what_is_no_json_object_is_refused_with_its_place() {
    let cases: [(&[u8], &str, &str); 8] = [
        (b"", "empty", "found no byte"),
        (b"{\"parcel_id\":\xff}", "utf8", "offset 13"),
        (b"{\"parcel_id\":", "json", "line 1 column 13"),
        (b"{\"parcel_id\":\"P1\"}}", "json", "trailing characters at line 1 column 19"),
        (b"[1, {\"parcel_id\":\"P1\"}]", "type", "found a list"),
        (b"null", "type", "found null"),
        (b"\"P1\"", "type", "found a text"),
        (b"7e400", "json", "number out of range"),
    ];
    for (bytes, reason, place) in cases {
        for reject in [
            scan(Some(bytes), RecordTime::Own).expect_err("a reject"),
            shipment(Some(bytes)).expect_err("a reject"),
            reroute(Some(bytes), Timestamp::FIRST).expect_err("a reject"),
        ] {
            assert_eq!(reject.reason, reason, "{reject}");
            assert!(reject.detail.contains(place), "{reject}");
        }
    }
    assert_eq!(refused(scan(None, RecordTime::Own)).0, "empty");
    let deep = "[".repeat(10_000);
    assert_eq!(refused(scan_of(&deep)).0, "json");
    assert_eq!(refused(scan_of(&format!("{{\"note\":{deep}"))).0, "json");
}

#[test]
fn a_required_field_that_is_missing_or_malformed_refuses_the_scan() {
    let long = format!("{:?}", "x".repeat(65));
    let cases = [
        ("parcel_id", "", "missing", "expected a text, found nothing"),
        ("parcel_id", "null", "missing", "expected a text, found nothing"),
        ("parcel_id", "5", "type", "expected a text, found a number"),
        ("parcel_id", r#""""#, "range", "expected 1 to 64 characters, found 0"),
        ("parcel_id", &long, "range", "expected 1 to 64 characters, found 65"),
        ("parcel_id", r#""a\tb""#, "range", "expected printable characters, found another at 1"),
        ("parcel_id", r#""a\u200b""#, "range", "expected printable characters, found another at 1"),
        ("code", "", "missing", "expected a text, found nothing"),
        ("code", r#""loaded""#, "unknown_code", "expected the code of a scan, found \"loaded\""),
        ("code", "[]", "type", "expected a text, found a list"),
        ("hub", "", "missing", "expected a text, found nothing"),
        ("hub", r#""""#, "range", "expected 1 to 200 characters, found 0"),
        ("hub", "{}", "type", "expected a text, found an object"),
        ("event_time", "", "missing", "expected a text, found nothing"),
        ("event_time", "17", "type", "expected a text, found a number"),
        ("event_time", r#""2026-11-21""#, "time", "expected RFC 3339 with an offset, found another text"),
        (
            "event_time",
            r#""9999-01-01T00:00:00Z""#,
            "range",
            "expected a time within the years 2000 to 2100, found another year",
        ),
        (
            "event_time",
            r#""1999-12-31T23:00:00""#,
            "range",
            "expected a time within the years 2000 to 2100, found another year",
        ),
    ];
    for (field, value, reason, detail) in cases {
        assert_eq!(refused(scan_with(field, value)), (reason, field.to_owned(), detail.to_owned()), "{field}={value}");
    }
}

#[test]
fn printable_ids_of_any_script_are_taken() {
    for id in ["SF-1 2", "快件17", "Пос-1", "e\u{301}", "a\"b\\'", &"x".repeat(64)] {
        let value = serde_json::to_string(id).expect("JSON");
        assert_eq!(scan_with("parcel_id", &value).map(|scan| scan.parcel_id), Ok(id.to_owned()));
    }
}

#[test]
fn a_malformed_optional_field_counts_as_absent_and_is_listed() {
    let scan = scan_of(
        r#"{"parcel_id":"P1","code":"delivered","event_time":"2026-11-21T20:00:00Z","hub":7,"upload_time":"yesterday",
            "reason":{"a":[1]},"place":true,"place_kind":null,"pickup_code":[],"free_until":"2026-11-21T20:00:00","device":5}"#,
    )
    .expect("a scan");
    assert_eq!((scan.hub(), scan.upload_time, scan.reason.as_deref()), (None, None, None));
    assert_eq!(scan.malformed, ["hub", "upload_time", "place", "pickup_code", "reason", "free_until"]);
}

#[test]
fn the_last_of_two_equal_keys_counts_and_escaped_keys_are_keys() {
    let scan = scan_of(r#"{"parcel_id":"P0","code":"held","p\u0061rcel_id":"P1","event_time":"2026-11-21T20:00:00Z"}"#);
    assert_eq!(scan.map(|scan| scan.parcel_id), Ok("P1".to_owned()));
}

#[test]
fn an_event_time_that_cannot_be_is_replaced() {
    let own = |text: &str| scan(Some(text.as_bytes()), RecordTime::Own);
    let text = |event: &str, upload: Option<&str>| {
        let upload = upload.map(|upload| format!(r#","upload_time":{upload:?}"#)).unwrap_or_default();
        format!(r#"{{"parcel_id":"P1","code":"held","event_time":{event:?}{upload}}}"#)
    };
    // Event, upload, what is used in replay (none: rejected) and by the daemon at 2026-11-22T00:00:00Z.
    let (future, no_zone) = (Some(Correction::Future), Some(Correction::NoZone));
    let cases = [
        (
            "2026-11-21T10:02:00Z",
            Some("2026-11-21T10:00:00Z"),
            Some(("2026-11-21T10:02:00Z", None)),
            ("2026-11-21T10:02:00Z", None),
        ),
        (
            "2026-11-21T10:02:00.001Z",
            Some("2026-11-21T10:00:00Z"),
            Some(("2026-11-21T10:00:00Z", future)),
            ("2026-11-21T10:02:00.001Z", None),
        ),
        ("2026-11-23T10:00:00Z", None, Some(("2026-11-23T10:00:00Z", None)), ("2026-11-22T00:00:00Z", future)),
        (
            "2026-11-23T10:00:00Z",
            Some("2026-11-21T10:00:00Z"),
            Some(("2026-11-21T10:00:00Z", future)),
            ("2026-11-21T10:00:00Z", future),
        ),
        (
            "2026-11-23T10:00:00Z",
            Some("2026-11-23T10:00:00Z"),
            Some(("2026-11-23T10:00:00Z", None)),
            ("2026-11-22T00:00:00Z", future),
        ),
        (
            "2026-11-21T18:00:00",
            Some("2026-11-21T10:00:00Z"),
            Some(("2026-11-21T10:00:00Z", no_zone)),
            ("2026-11-21T10:00:00Z", no_zone),
        ),
        ("2026-11-21T18:00:00", None, None, ("2026-11-22T00:00:00Z", no_zone)),
    ];
    for (event, upload, in_replay, in_daemon) in cases {
        let text = text(event, upload);
        let used = |scan: Scan| (scan.event_time, scan.corrected);
        let expected = in_replay.map(|(time, corrected)| (at(time), corrected));
        assert_eq!(own(&text).ok().map(used), expected, "{text}");
        assert_eq!(scan_of(&text).map(used), Ok((at(in_daemon.0), in_daemon.1)), "{text}");
    }
}

#[test]
fn the_identity_is_of_what_was_received() {
    let identity = |event: &str| scan_with("event_time", &format!("{event:?}")).expect("a scan").identity;
    assert_eq!(identity("2026-11-21T20:00:00.100+08:00"), identity("2026-11-21T12:00:00.900Z"));
    assert_ne!(identity("2026-11-21T12:00:00Z"), identity("2026-11-21T12:00:01Z"));
    assert_ne!(identity("2026-11-21T12:00:00Z"), identity("2026-11-21T12:00:00"));
    // Both are corrected to the same instant and stay two scans.
    assert_ne!(identity("2026-12-21T12:00:00Z"), identity("2026-12-22T12:00:00Z"));
}

#[test]
fn the_shipment_of_the_wire_format_is_read() {
    let shipment = shipment_of(
        r#"{"parcel_id":"SF1","merchant":"M-0042","service":"inter-city","ordered_at":"2026-11-21T20:10:00+08:00",
            "shipped_at":"2026-11-21T21:00:00+08:00","promise":"2026-11-24T18:00:00+08:00","updated_at":"2026-11-22T00:00:00Z",
            "origin":{"hub":"HGH01","area":"330106"},"destination":{"hub":"SHA02","area":"310104"},
            "route":[{"code":"picked_up","within":"2h"},{"code":"departed_hub","hub":"HGH01","within":"8h10m"},{"code":"delivered"}],
            "recipient":{"id":"c-77","name":"王芳","phone":"+8613800000000","email":"wf@example.com","locale":"zh-CN","time_zone":"Asia/Shanghai"},
            "sender":{"phone":"+8613900000000"},"flags":["fresh"],"consent":["locker"],"cancelled":false,"unknown":{"a":1}}"#,
    )
    .expect("a shipment");
    assert_eq!((shipment.ordered_at, shipment.promise), (at("2026-11-21T12:10:00Z"), Some(at("2026-11-24T10:00:00Z"))));
    let milestone = |code, hub: Option<&str>, within_ms| Milestone { code, hub: hub.map(Into::into), within_ms };
    assert_eq!(
        shipment.route,
        Some(vec![
            milestone(Code::PickedUp, None, Some(7_200_000)),
            milestone(Code::DepartedHub, Some("HGH01"), Some(29_400_000)),
            milestone(Code::Delivered, None, None),
        ])
    );
    assert_eq!(shipment.recipient.and_then(|person| person.time_zone).as_deref(), Some("Asia/Shanghai"));
    assert_eq!((shipment.cancelled, shipment.malformed), (Some(false), vec![]));
}

#[test]
fn a_shipment_needs_an_id_and_a_time_of_order() {
    let missing = |path: &str| ("missing", path.to_owned(), "expected a text, found nothing".to_owned());
    assert_eq!(refused(shipment_of(r#"{"ordered_at":"2026-11-21T20:10:00Z"}"#)), missing("parcel_id"));
    assert_eq!(refused(shipment_of(r#"{"parcel_id":"P1","ordered_at":null}"#)), missing("ordered_at"));
    assert_eq!(refused(shipment_of(r#"{"parcel_id":"P1","ordered_at":"2026-11-21T20:10:00"}"#)).0, "time");
}

#[test]
fn malformed_fields_of_a_shipment_leave_what_is_known() {
    let cases = [
        (r#""promise":"soon""#, vec!["promise"]),
        (r#""shipped_at":5"#, vec!["shipped_at"]),
        (r#""service":["air"]"#, vec!["service"]),
        (r#""recipient":"Wang""#, vec!["recipient"]),
        (r#""recipient":{"phone":5}"#, vec!["recipient"]),
        (r#""consent":"locker""#, vec!["consent"]),
        (r#""consent":["locker",5]"#, vec!["consent"]),
        (r#""cancelled":"yes""#, vec!["cancelled"]),
        (r#""origin":"H1""#, vec!["origin"]),
        (r#""route":"H1,H2""#, vec!["route"]),
        (r#""route":[1]"#, vec!["route"]),
        (r#""route":[{"hub":"H1"}]"#, vec!["route"]),
        (r#""route":[{"code":"loaded"}]"#, vec!["route"]),
        (r#""route":null,"promise":null,"consent":null,"cancelled":null,"origin":null"#, vec![]),
    ];
    for (field, malformed) in cases {
        let shipment = shipment_of(&format!(r#"{{"parcel_id":"P1","ordered_at":"2026-11-21T20:10:00Z",{field}}}"#))
            .expect("a shipment");
        assert_eq!(shipment.malformed, malformed, "{field}");
        let absent = (&shipment.route, &shipment.promise, &shipment.consent, &shipment.cancelled, &shipment.origin);
        assert_eq!(absent, (&None, &None, &None, &None, &None), "{field}");
    }
}

#[test]
fn every_optional_field_that_can_be_malformed_is_listed() {
    let malformed = |fields: &[&str]| fields.iter().map(|field| format!(",{field:?}:7")).collect::<String>();
    let of_scan = malformed(&["hub", "upload_time", "reason", "place", "place_kind", "pickup_code", "free_until"]);
    let scan = scan_of(&format!(r#"{{"parcel_id":"P1","code":"held","event_time":"2026-11-21T20:10:00Z"{of_scan}}}"#))
        .expect("a scan");
    let of_shipment = malformed(&OPTIONAL_FIELDS);
    let shipment = |route: &str| {
        shipment_of(&format!(
            r#"{{"parcel_id":"P1","ordered_at":"2026-11-21T20:10:00Z"{of_shipment},"route":{route}}}"#
        ))
        .expect("a shipment")
    };
    let route = r#"[{"code":"held","hub":7,"within":7}]"#;
    let preference = r#"{"recipient_key":"p:1","at":"2026-11-21T20:10:00Z","opt_out":["sms","pigeon"],"channels":7,
        "quiet_hours":7,"locale":7}"#;
    let Ok(crate::notify::Input::Preference { malformed: of_preference, .. }) =
        notifier_input(NotifierTopic::Preferences, Some(b"p:1"), Some(preference.as_bytes()))
    else {
        panic!("no preference")
    };
    let of_reroute = format!(r#"{{"parcel_id":"P1","change":"refused","option":"hold"{of_shipment}}}"#)
        .replace(r#""revision":7"#, r#""revision":-7"#);
    let (_, of_reroute) = reroute(Some(of_reroute.as_bytes()), Timestamp::FIRST).expect("a reroute");
    let mut listed =
        [scan.malformed, shipment("7").malformed, shipment(route).malformed, of_reroute, of_preference].concat();
    listed.sort();
    listed.dedup();
    assert_eq!(listed, OPTIONAL_FIELDS);
}

#[test]
fn a_milestone_without_usable_time_or_hub_stays_a_milestone() {
    for within in ["7", "\"soon\"", "\"3 parsecs\""] {
        let route =
            format!(r#"[{{"code":"picked_up","within":{within}}},{{"code":"sorted","hub":7,"within":"1h 5min"}}]"#);
        let shipment =
            shipment_of(&format!(r#"{{"parcel_id":"P1","ordered_at":"2026-11-21T20:10:00Z","route":{route}}}"#))
                .expect("a shipment");
        assert_eq!(shipment.malformed, ["route.within", "route.hub"]);
        let route: Vec<_> =
            shipment.route.into_iter().flatten().map(|milestone| (milestone.hub, milestone.within_ms)).collect();
        assert_eq!(route, [(None, None), (None, Some(3_900_000))]);
    }
}

#[test]
fn a_reroute_says_what_changed_about_which_option() {
    let record = |change: &str, option: &str, journey: &str| {
        let text = format!(
            r#"{{"id":"rr_1","parcel_id":"P1","journey":{journey},"change":{change:?},"option":{option:?},"at":"..."}}"#
        );
        reroute(Some(text.as_bytes()), Timestamp::FIRST)
    };
    let (known, malformed) = record("accepted", "reschedule", "1").expect("a reroute");
    assert_eq!((known.option, known.at), (Some(RerouteOption::Reschedule), Timestamp::FIRST));
    assert_eq!(malformed, ["at"]);
    assert_eq!(
        refused(record("done", "reschedule", "1")).2,
        "expected requested, accepted, refused, cancelled, revoked, confirmed or denied, found \"done\""
    );
    assert_eq!(refused(record("accepted", "teleport", "1")).1, "option");
    assert_eq!(refused(record("accepted", "locker", "-1")).2, "expected a number from 1, found a number");
    for change in ["requested", "accepted"] {
        assert_eq!(refused(record(change, "locker", "0")).2, "expected a number from 1, found 0", "{change}");
    }
}

#[test]
fn a_choice_says_what_was_chosen_and_half_of_it_is_none() {
    let record = |fields: &str| {
        let text = format!(r#"{{"parcel_id":"P1","journey":1,"change":"requested","option":"reschedule",{fields}}}"#);
        reroute(Some(text.as_bytes()), Timestamp::FIRST).expect("a reroute")
    };
    let slot = r#"{"from":"2026-11-24T14:00:00+08:00","to":"2026-11-24T18:00:00+08:00"}"#;
    let (known, malformed) = record(&format!(
        r#""id":"rr_1","detail":{{"slot":{slot},"text":" by the bins "}},"fee":{{"amount":"3.00","currency":"CNY"}},
        "by":"recipient","revision":2,"proof":"abc""#
    ));
    assert_eq!(malformed, Vec::<&str>::new());
    assert_eq!(known.detail.slot.map(|slot| slot.from), Some(at("2026-11-24T06:00:00Z")));
    assert_eq!(known.detail.text.as_deref(), Some("by the bins"));
    assert_eq!(
        (known.revision, known.proof.as_deref(), known.by.as_deref()),
        (Some(2), Some("abc"), Some("recipient"))
    );
    let long = "x".repeat(501);
    for (fields, path) in [
        (r#""detail":{"place":"LK-1","slot":{"from":"2026-11-24T14:00:00+08:00"}}"#.to_owned(), "detail"),
        (r#""detail":{"place":7}"#.to_owned(), "detail"),
        (format!(r#""detail":{{"text":"{long}"}}"#), "detail"),
        (r#""detail":{"text":"a\u0000b"}"#.to_owned(), "detail"),
        (r#""fee":{"amount":"-1","currency":"CNY"}"#.to_owned(), "fee"),
        (r#""fee":{"amount":"1.0.0","currency":"CNY"}"#.to_owned(), "fee"),
        (r#""fee":"free""#.to_owned(), "fee"),
        (r#""revision":-1"#.to_owned(), "revision"),
    ] {
        let (known, malformed) = record(&fields);
        assert_eq!(malformed, [path], "{fields}");
        assert_eq!((known.detail, known.fee, known.revision), (Detail::default(), None, None), "{fields}");
    }
}

#[test]
fn an_answer_needs_no_journey_and_taking_links_back_no_option() {
    let record = |fields: &str| reroute(Some(format!(r#"{{"parcel_id":"P1",{fields}}}"#).as_bytes()), Timestamp::FIRST);
    assert_eq!(record(r#""change":"refused","option":"locker","id":"rr_1""#).expect("an answer").0.journey, 0);
    assert_eq!(record(r#""change":"revoked","journey":1"#).expect("a revocation").0.option, None);
    assert_eq!(refused(record(r#""change":"requested","option":"locker""#)).1, "journey");
    assert_eq!(refused(record(r#""change":"accepted","journey":1"#)).1, "option");
}

#[test]
fn no_message_repeats_what_the_record_says() {
    let secret = "+8613800000000";
    for text in [
        format!(r#"{{"parcel_id":"P1","code":"held","event_time":"{secret}"}}"#),
        format!(r#"{{"parcel_id":"{secret} {secret} {secret} {secret} {secret}"}}"#),
        format!(r#"{{"parcel_id":"{secret}"#),
        format!(r#""{secret}""#),
        format!(r#"{{"parcel_id":"P1","code":"the person at {secret} was not there today"}}"#),
    ] {
        let reject = scan_of(&text).expect_err("a reject");
        assert!(!reject.to_string().contains(secret), "{reject}");
    }
}

/// A key that serde_json takes for its own where any crate of the build turns its `raw_value` on, as axum does.
#[test]
fn a_key_of_the_parser_s_own_does_not_make_it_repeat_what_stands_there() {
    for value in ["8613800000000", "\"8613800000000@\"", "{\"8613800000000\":1}", "[\"+8613800000000\"]"] {
        let marked = format!(r#"{{"$serde_json::private::RawValue":{value}}}"#);
        let shipment = format!(r#"{{"parcel_id":"P1","ordered_at":"2026-11-22T00:00:00Z","recipient":{marked}}}"#);
        let reroute = format!(r#"{{"parcel_id":"P1","change":"revoked","journey":1,"detail":{marked}}}"#);
        let preference = format!(r#"{{"recipient_key":"p:1","opt_out":{marked},"at":"2026-11-22T00:00:00Z"}}"#);
        let merchant = format!(r#"{{"merchant":"M","digest":{marked}}}"#);
        for reject in [
            shipment_of(&shipment).err(),
            self::reroute(Some(reroute.as_bytes()), Timestamp::FIRST).err(),
            notifier_input(NotifierTopic::Preferences, Some(b"p:1"), Some(preference.as_bytes())).err(),
            merchant_of(&merchant).err(),
        ] {
            let said = reject.map(|reject| reject.to_string()).unwrap_or_default();
            assert!(!said.contains("86138"), "{value}: {said}");
        }
    }
}

fn merchant_of(json: &str) -> Result<Option<crate::model::Merchant>, Reject> {
    super::merchant(b"M", Some(json.as_bytes()))
}

proptest::proptest! {
    #[test]
    fn no_bytes_make_a_decoder_panic(bytes: Vec<u8>, text in r#"\{("(parcel_id|code|hub|event_time|route|journey)":("held"|null|\[\{\}\]|7|"2026-11-2[0-9]T10:00:00"),?){0,6}\}"#) {
        for bytes in [bytes.as_slice(), text.as_bytes()] {
            for topic in [InputTopic::Shipments, InputTopic::Scans, InputTopic::Reroutes] {
                let _ = tracker_input(topic, Some(bytes), at("2026-11-22T00:00:00Z"));
            }
            for topic in [NotifierTopic::Preferences, NotifierTopic::Notices, NotifierTopic::Receipts, NotifierTopic::Controls] {
                let _ = notifier_input(topic, Some(b"p:1"), Some(bytes));
            }
        }
    }
}

#[test]
fn what_an_unknown_field_holds_is_never_an_error() {
    let deep = format!("{}{}", "[".repeat(500), "]".repeat(500));
    for unknown in ["1e999", r#""\ud800""#, &deep] {
        let fields = [
            (InputTopic::Shipments, r#""ordered_at":"2026-11-22T00:00:00Z""#),
            (InputTopic::Scans, r#""code":"picked_up","event_time":"2026-11-22T00:00:00Z""#),
            (InputTopic::Reroutes, r#""journey":1,"change":"requested","option":"hold""#),
        ];
        for (topic, fields) in fields {
            let json = format!(r#"{{"parcel_id":"P1",{fields},"unknown":{unknown}}}"#);
            let read = tracker_input(topic, Some(json.as_bytes()), Timestamp::FIRST);
            assert!(read.is_ok(), "{topic:?} {}: {}", &unknown[..5], read.err().unwrap());
        }
        let json = format!(r#"{{"recipient_key":"p:1","opt_out":[],"at":"2026-11-22T00:00:00Z","unknown":{unknown}}}"#);
        let read = notifier_input(NotifierTopic::Preferences, Some(b"p:1"), Some(json.as_bytes()));
        assert!(read.is_ok(), "{}: {}", &unknown[..5], read.err().unwrap());
    }
}

#[test]
fn what_is_too_long_is_malformed() {
    let read = |field: &str, value: serde_json::Value| {
        let mut record = serde_json::json!({"parcel_id": "P", "ordered_at": "2026-11-22T00:00:00Z"});
        record[field] = value;
        shipment(Some(record.to_string().as_bytes())).unwrap().malformed
    };
    let names = |count: usize, length: usize| serde_json::json!(vec!["n".repeat(length); count]);
    let route = |count: usize| serde_json::json!(vec![serde_json::json!({"code": "sorted"}); count]);
    let name = |length: usize| serde_json::json!("n".repeat(length));
    for (field, most, more) in [
        ("flags", names(32, 200), names(33, 1)),
        ("flags", names(1, 200), names(1, 201)),
        ("consent", names(32, 200), names(1, 201)),
        ("route", route(256), route(257)),
        ("service", name(200), name(201)),
        ("recipient", serde_json::json!({"name": name(200)}), serde_json::json!({"name": name(201)})),
    ] {
        assert_eq!((read(field, most), read(field, more)), (vec![], vec![field]), "{field}");
    }
}
