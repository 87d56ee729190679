//! Order, compression, memory and the end of time: none but the last shows in the output.

use std::cell::RefCell;
use std::io;
use std::rc::Rc;

use serde_json::Value;
use tempfile::TempDir;

use super::*;
use crate::model::HashKey;
use crate::notify::Policy;
use crate::track::Rules;

/// A history in a folder of its own.
struct Case {
    folder: TempDir,
    history: History,
}

/// What a replay wrote.
#[derive(Debug, PartialEq)]
struct Written {
    conditions: String,
    notices: String,
    summary: Summary,
}

#[derive(Clone, Default)]
struct Sink(Rc<RefCell<Vec<u8>>>);

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Sink {
    fn text(&self) -> String {
        String::from_utf8(self.0.borrow().clone()).expect("UTF-8")
    }
}

fn world() -> World {
    World::new(Rules::default(), Policy::default(), HashKey::new(*b"a key for tests"))
}

impl Case {
    fn new(shipments: &[String], scans: &[String]) -> Case {
        let folder = tempfile::tempdir().expect("a folder");
        let file = |name: &str, lines: &[String]| {
            let path = folder.path().join(name);
            std::fs::write(&path, lines.join("\n")).expect("a file");
            path
        };
        let history = History {
            shipments: file("shipments", shipments),
            scans: file("scans", scans),
            until: None,
            memory_bytes: MEMORY_BYTES,
        };
        Case { folder, history }
    }

    fn replay(&self) -> Written {
        let (conditions, notices) = (Sink::default(), Sink::default());
        let results =
            Results { conditions: Some(Box::new(conditions.clone())), notices: Some(Box::new(notices.clone())) };
        let summary = replay(&self.history, &world(), results).expect("a replay");
        Written { conditions: conditions.text(), notices: notices.text(), summary }
    }

    /// (at, parcel, condition, change) of each line.
    fn changes(&self) -> Vec<[String; 4]> {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let line = |line: &str| {
            let change: Value = serde_json::from_str(line).expect("JSON");
            ["at", "parcel_id", "condition", "change"].map(|field| text(&change[field]))
        };
        self.replay().conditions.lines().map(line).collect()
    }
}

/// Two hundred parcels that stall, are promised, attempted and delivered late.
fn many() -> (Vec<String>, Vec<String>) {
    let (mut shipments, mut scans) = (Vec::new(), Vec::new());
    for number in 0..200 {
        let day = 1 + number % 20;
        let id = format!("P{:03}", number * 7 % 200);
        shipments.push(format!(
            r#"{{"parcel_id":"{id}","ordered_at":"2026-03-{day:02}T08:00:00Z","service":"same-city","recipient":{{"id":"c{number}"}}}}"#
        ));
        for (hour, code, hub) in [
            (9, "picked_up", "H1"),
            (11, "departed_hub", "H1"),
            (20, "out_for_delivery", "H2"),
            (23, "delivered", "H2"),
        ] {
            let day = day + u32::from(hour > 11) * 2;
            scans.push(format!(
                r#"{{"parcel_id":"{id}","code":"{code}","hub":"{hub}","event_time":"2026-03-{day:02}T{hour:02}:{:02}:00Z"}}"#,
                number % 60
            ));
        }
    }
    (shipments, scans)
}

fn compress(case: &Case, compressed: impl Fn(&[u8]) -> Vec<u8>) {
    for path in [&case.history.shipments, &case.history.scans] {
        let plain = std::fs::read(path).expect("a file");
        std::fs::write(path, compressed(&plain)).expect("a file");
    }
}

#[test]
fn order_in_the_files_compression_and_memory_do_not_show() {
    let (mut shipments, mut scans) = many();
    let expected = Case::new(&shipments, &scans).replay();
    assert!(expected.conditions.lines().count() > 500 && expected.notices.lines().count() > 500);
    shipments.reverse();
    scans.reverse();
    let mut case = Case::new(&shipments, &scans);
    assert_eq!(case.replay(), expected);
    case.history.memory_bytes = 10_000;
    assert_eq!(case.replay(), expected);
    compress(&case, |plain| zstd::encode_all(plain, 3).expect("zstd"));
    assert_eq!(case.replay(), expected);
    let case = Case::new(&shipments, &scans);
    compress(&case, |plain| {
        // Two members, as `cat a.gz b.gz` makes them.
        let member = |part: &[u8]| {
            let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            gzip.write_all(part).expect("gzip");
            gzip.finish().expect("gzip")
        };
        let (front, back) = plain.split_at(plain.len() / 2);
        [member(front), member(back)].concat()
    });
    assert_eq!(case.replay(), expected);
}

#[test]
fn lines_come_in_the_order_of_instant_and_parcel() {
    let (shipments, scans) = many();
    let changes = Case::new(&shipments, &scans).changes();
    let places: Vec<_> = changes.iter().map(|[at, parcel_id, ..]| (at, parcel_id)).collect();
    assert!(places.is_sorted());
}

#[test]
fn at_one_instant_shipments_come_first_then_scans_by_event_time_and_stage_order() {
    let scan = |code: &str, event: &str| {
        format!(
            r#"{{"parcel_id":"P1","code":"{code}","hub":"H1","event_time":"{event}","upload_time":"2026-03-01T12:00:00Z"}}"#
        )
    };
    let noon = "2026-03-01T12:00:00Z";
    // In any other order the cancellation would come too late, or `held` open.
    let scans = [scan("delivered", noon), scan("held", "2026-03-01T11:00:00Z"), scan("sorted", noon)];
    let shipment = r#"{"parcel_id":"P1","ordered_at":"2026-02-28T11:00:00Z","updated_at":"2026-03-01T12:00:00Z"}"#;
    let changes = Case::new(&[shipment.to_owned()], &scans).changes();
    let changes: Vec<_> =
        changes.iter().map(|[_, _, condition, change]| (condition.as_str(), change.as_str())).collect();
    assert_eq!(changes, [("uploaded_late", "opened"), ("held", "opened"), ("held", "cleared")]);
}

#[test]
fn time_passes_up_to_the_last_record_or_until_it_is_told() {
    let scan = |parcel: &str, day: u32| {
        format!(r#"{{"parcel_id":"{parcel}","code":"picked_up","event_time":"2026-03-{day:02}T00:00:00Z"}}"#)
    };
    let mut case = Case::new(&[], &[scan("P1", 1), scan("P2", 2)]);
    let info = ["2026-03-01T12:00:00.001Z", "P1", "stalled", "opened"].map(str::to_owned);
    // Its next level has its limit at the last record: that has not passed.
    assert_eq!(case.changes(), std::slice::from_ref(&info));
    case.history.until = Some(Timestamp::parse("2026-03-01T12:00:00Z").expect("a time"));
    assert_eq!((case.changes().len(), case.replay().summary.records), (0, 1));
    case.history.until = Some(Timestamp::parse("2026-03-01T12:00:00.001Z").expect("a time"));
    assert_eq!(case.changes(), [info]);
}

#[test]
fn what_the_last_records_made_pass_takes_effect() {
    let scan = r#"{"parcel_id":"P1","code":"picked_up","event_time":"2026-03-01T00:00:00Z","upload_time":"2026-03-02T12:00:00Z"}"#;
    let changes = Case::new(&[], &[scan.to_owned()]).changes();
    let changes: Vec<_> = changes.iter().map(|change| change.each_ref().map(String::as_str)).collect();
    let at = "2026-03-02T12:00:00.000Z";
    let [late, opened, escalated] = [("uploaded_late", "opened"), ("stalled", "opened"), ("stalled", "escalated")]
        .map(|(kind, to)| [at, "P1", kind, to]);
    assert_eq!(changes, [late, opened, escalated]);
}

#[test]
fn what_cannot_be_decoded_is_counted_and_does_not_move_time() {
    let scans = [
        "{\"parcel_id\":",
        r#"{"parcel_id":"P1","code":"picked_up","event_time":"2026-03-01T00:00:00Z"}"#,
        "",
        r#"{"parcel_id":"P2","code":"loaded","event_time":"2026-04-01T00:00:00Z"}"#,
        r#"{"parcel_id":"P2","code":"held","event_time":"2026-04-01T00:00:00"}"#,
    ]
    .map(str::to_owned);
    let summary = Case::new(&[], &scans).replay().summary;
    let rejects: Vec<_> = summary.rejects.into_iter().map(|((file, reason), count)| (file, reason, count)).collect();
    assert_eq!(rejects, [("scans", "json", 1), ("scans", "time", 1), ("scans", "unknown_code", 1)]);
    assert_eq!((summary.records, summary.until), (1, Timestamp::parse("2026-03-01T00:00:00Z").ok()));
}

#[test]
fn an_empty_history_comes_to_nothing_and_a_missing_file_is_named() {
    let mut case = Case::new(&[], &[]);
    assert_eq!(case.replay().summary, Summary::default());
    case.history.scans = case.folder.path().join("nowhere");
    let error = replay(&case.history, &world(), Results::default()).expect_err("no such file").to_string();
    assert!(error.contains("nowhere: cannot read"), "{error}");
}

#[test]
fn a_line_without_end_is_rejected_and_not_kept() {
    let (shipments, scans) = many();
    let expected = Case::new(&shipments, &scans).replay();
    let case = Case::new(&shipments, &scans);
    // Longer than what is read of it, between two good ones.
    let mut long = vec![b'{'; (16 << 20) + 100_000];
    long.push(b'\n');
    let plain = std::fs::read(&case.history.scans).expect("a file");
    let first = plain.iter().position(|byte| *byte == b'\n').expect("a line") + 1;
    std::fs::write(&case.history.scans, [&plain[..first], &long, &plain[first..]].concat()).expect("a file");
    let found = case.replay();
    assert_eq!((&found.conditions, &found.notices), (&expected.conditions, &expected.notices));
    assert_eq!(found.summary.rejects, BTreeMap::from([(("scans", "json"), 1)]));
}
