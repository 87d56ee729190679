//! What one parcel costs, without Kafka: decoding a scan, a scan through the tracker, saving and restoring a parcel.
//!
//! `cargo bench` prints time per item; compare ratios within one run, since machines are noisy.

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use parcelwatch::decode::{InputTopic, tracker_input};
use parcelwatch::model::{HashKey, Timestamp, World};
use parcelwatch::notify::Policy;
use parcelwatch::state::{Foreign, Machine, Meta, StateLog, Walk, restore_block};
use parcelwatch::track::{Rules, Tracker};

const PARCELS: usize = 1000;
const NOW: Timestamp = Timestamp::from_millis(1_795_320_000_000);

fn world() -> World {
    World::new(Rules::default(), Policy::default(), HashKey::new(*b"a key of the benchmarks"))
}

fn shipment(parcel: usize) -> Vec<u8> {
    format!(
        r#"{{"parcel_id":"SF{parcel:013}","merchant":"M-0042","service":"inter-city","ordered_at":"{NOW}",
        "route":[{{"code":"picked_up","within":"8h"}},{{"code":"departed_hub","hub":"HGH01","within":"13h"}},
        {{"code":"arrived_hub","hub":"SHA02","within":"5h"}},{{"code":"delivered","within":"12h"}}],
        "recipient":{{"id":"c-{parcel}","phone":"+8613{parcel:09}","email":"u{parcel}@example.com","locale":"zh-CN"}}}}"#
    )
    .into_bytes()
}

fn scan(parcel: usize, minute: i64) -> Vec<u8> {
    let at = Timestamp::from_millis(NOW.as_millis() + minute * 60_000);
    format!(r#"{{"parcel_id":"SF{parcel:013}","code":"arrived_hub","hub":"H{minute}","event_time":"{at}"}}"#)
        .into_bytes()
}

/// A tracker with parcels that are announced and scanned once.
fn tracker(world: &World) -> Tracker {
    let (mut tracker, mut out) = (Tracker::default(), Vec::new());
    for parcel in 0..PARCELS {
        for (topic, value) in [(InputTopic::Shipments, shipment(parcel)), (InputTopic::Scans, scan(parcel, 0))] {
            tracker.handle(NOW, tracker_input(topic, Some(&value), NOW).expect("a good record"), world, &mut out);
        }
    }
    tracker.committed();
    tracker
}

fn blocks(tracker: &mut Tracker) -> Vec<Vec<u8>> {
    let walk = Walk { number: 0, cursor: 0, start: 0, began: Timestamp::MIN, complete_from: 0 };
    let (offsets, writer) = (Vec::new(), String::new());
    let mut meta = Meta { offsets, partitions: 1, stream_time: NOW, epoch: 1, writer, fingerprint: 0, walk };
    StateLog::empty(0).blocks(&mut tracker.tables(), &mut meta, Some(0))
}

fn parcels(c: &mut Criterion) {
    let world = world();
    let bytes = scan(7, 1);
    c.bench_function("decode a scan", |b| {
        b.iter(|| tracker_input(InputTopic::Scans, Some(&bytes), NOW).expect("a good record"));
    });

    let (mut tracker_in_use, mut minute, mut out) = (tracker(&world), 0, Vec::new());
    c.bench_function("a scan through the tracker", |b| {
        b.iter_batched(
            || {
                minute += 1;
                tracker_input(InputTopic::Scans, Some(&scan(minute as usize % PARCELS, minute)), NOW).expect("a scan")
            },
            |input| {
                tracker_in_use.handle(NOW, input, &world, &mut out);
                tracker_in_use.committed();
                out.clear();
            },
            BatchSize::SmallInput,
        );
    });

    c.bench_function("save 1000 parcels", |b| {
        let touched = || {
            let (mut tracker, mut out) = (tracker(&world), Vec::new());
            for parcel in 0..PARCELS {
                let input = tracker_input(InputTopic::Scans, Some(&scan(parcel, 1)), NOW).expect("a scan");
                tracker.handle(NOW, input, &world, &mut out);
            }
            tracker
        };
        b.iter_batched(touched, |mut tracker| blocks(&mut tracker), BatchSize::LargeInput);
    });

    let mut saved = Tracker::default();
    let mut out = Vec::new();
    for parcel in 0..PARCELS {
        let input = tracker_input(InputTopic::Shipments, Some(&shipment(parcel)), NOW).expect("a shipment");
        saved.handle(NOW, input, &world, &mut out);
    }
    let saved = blocks(&mut saved);
    c.bench_function("restore 1000 parcels", |b| {
        b.iter(|| {
            let (mut tracker, mut meta) = (Tracker::default(), None);
            for block in &saved {
                restore_block(block, &mut tracker.tables(), &mut Foreign::default(), &mut meta)
                    .expect("a block of our own");
            }
            tracker.restored(&world);
            tracker
        });
    });
}

criterion_group!(benches, parcels);
criterion_main!(benches);
