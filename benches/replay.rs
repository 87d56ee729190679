//! How fast history is replayed: files of shipments and scans through order, tracker and notifier, without a broker.
//!
//! `cargo bench --bench replay` prints records per second of three runs over the same files; machines are noisy, so what counts is the ratio
//! to the first, which is the baseline: reading the lines and parsing each as JSON, which nobody who looks at such a file is spared.

use std::fmt::Write as _;
use std::hint::black_box;
use std::io;
use std::path::Path;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use parcelwatch::decode::{self, RecordTime};
use parcelwatch::model::{HashKey, Timestamp, World};
use parcelwatch::notify::{Mode, Policy, Sending};
use parcelwatch::replay::{History, MEMORY_BYTES, Results, replay};
use parcelwatch::track::Rules;

const PARCELS: i64 = 5000;
const START: Timestamp = Timestamp::from_millis(1_795_320_000_000);

/// What a parcel goes through, with the hour of each scan: every tenth lies at a hub for long, every seventh misses its tour.
const WAY: [(&str, i64); 7] = [
    ("picked_up", 2),
    ("departed_hub", 5),
    ("arrived_hub", 12),
    ("departed_hub", 14),
    ("arrived_destination", 20),
    ("out_for_delivery", 26),
    ("delivered", 31),
];

fn at(minutes: i64) -> Timestamp {
    Timestamp::from_millis(START.as_millis() + minutes * 60_000)
}

fn shipments() -> String {
    let mut lines = String::new();
    for parcel in 0..PARCELS {
        let ordered_at = at(parcel % 1440);
        let _ = writeln!(
            lines,
            r#"{{"parcel_id":"SF{parcel:013}","merchant":"M-{}","service":"inter-city","ordered_at":"{ordered_at}","route":[{{"code":"picked_up","within":"8h"}},{{"code":"departed_hub","hub":"HGH01","within":"8h"}},{{"code":"arrived_hub","hub":"SHA02","within":"12h"}},{{"code":"delivered","within":"24h"}}],"recipient":{{"id":"c-{parcel}","email":"u{parcel}@example.com","locale":"zh-CN"}}}}"#,
            parcel % 50
        );
    }
    lines
}

fn scans() -> String {
    let mut lines = String::new();
    for parcel in 0..PARCELS {
        for (number, (code, hour)) in WAY.into_iter().enumerate() {
            if parcel % 7 == 0 && code == "out_for_delivery" {
                continue;
            }
            let late = if parcel % 10 == 0 && number > 2 { 30 } else { 0 };
            let event_time = at(parcel % 1440 + (hour + late) * 60);
            let hub = if number < 2 { "HGH01" } else { "SHA02" };
            let _ = writeln!(
                lines,
                r#"{{"parcel_id":"SF{parcel:013}","code":"{code}","hub":"{hub}","event_time":"{event_time}"}}"#
            );
        }
    }
    lines
}

fn world() -> World {
    let policy = Policy { send: Sending { mode: Mode::On, ..Sending::default() }, ..Policy::default() };
    World::new(Rules::default(), policy, HashKey::new(*b"a key of the benchmarks"))
}

fn lines(file: &Path) -> Vec<String> {
    std::fs::read_to_string(file).expect("a readable file").lines().map(str::to_owned).collect()
}

fn replays(c: &mut Criterion) {
    let folder = tempfile::tempdir().expect("a folder");
    let files = [("shipments", shipments()), ("scans", scans())].map(|(name, text)| {
        let file = folder.path().join(name);
        std::fs::write(&file, text).expect("a file");
        file
    });
    let [shipments, scans] = &files;
    let records = files.iter().map(|file| lines(file).len()).sum::<usize>();
    let mut group = c.benchmark_group("replay");
    group.throughput(Throughput::Elements(records as u64));
    group.sample_size(10);

    group.bench_function("the baseline: lines as JSON", |b| {
        b.iter(|| {
            for line in files.iter().flat_map(|file| lines(file)) {
                black_box(serde_json::from_str::<serde_json::Value>(&line).expect("JSON"));
            }
        });
    });

    group.bench_function("lines as shipments and scans", |b| {
        b.iter(|| {
            for line in lines(shipments) {
                black_box(decode::shipment(Some(line.as_bytes())).expect("a shipment"));
            }
            for line in lines(scans) {
                black_box(decode::scan(Some(line.as_bytes()), RecordTime::Own).expect("a scan"));
            }
        });
    });

    let world = world();
    let (shipments, scans, memory_bytes) = (shipments.clone(), scans.clone(), MEMORY_BYTES);
    let history = History { shipments, scans, until: Some(at(10 * 1440)), memory_bytes };
    group.bench_function("replay, conditions and notices written", |b| {
        b.iter(|| {
            let (conditions, notices) = (Box::new(io::sink()), Box::new(io::sink()));
            let summary = replay(&history, &world, Results { conditions: Some(conditions), notices: Some(notices) });
            assert_eq!(summary.expect("a replay").records, records as u64);
        });
    });
    group.finish();
}

criterion_group!(benches, replays);
criterion_main!(benches);
