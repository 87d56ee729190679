//! The simulation's own test, run before it is trusted with the product.
//!
//! Each behaviour of the brokers that the product rests on is shown by a small scene; then copies made under every fault must be complete and none
//! doubled, and with each safety mechanism switched off that must be noticed.

use std::collections::BTreeMap;
use std::time::Duration;

use parcelwatch::stream::Clocks;
use parcelwatch::stream::brokers::{Asked, Brokers, Membership, NewRecord, Reader, WriteError, Writer};

use super::copying::run;
use super::instance::Instance;
use super::{Cluster, Sabotage, Stamped};

/// Seeds of copies without sabotage.
const SEEDS: u64 = 12;
/// Seeds within which each sabotage must be noticed; about one of six notices it.
const SEEDS_SABOTAGED: u64 = 120;

/// Every behaviour and what shows it.
const BEHAVIOURS: [(&str, fn()); 17] = [
    ("a marker occupies an offset, and the position passes over it", marker_occupies_an_offset),
    ("an open transaction holds readers back, but not the end that is told", open_transaction_holds_readers_back),
    ("aborted records are never seen", aborted_records_are_never_seen),
    ("what was fetched before a pause is fetched again", pause_drops_what_was_fetched),
    ("an offset that is gone is told once", gone_offset_is_told),
    ("a successor aborts what is open and fences", successor_fences),
    ("a transaction that is open for too long is aborted", long_transaction_is_aborted),
    ("offsets of a pending transaction are not told", pending_offsets_are_not_told),
    ("offsets of an old generation ask for an abort", old_generation_aborts),
    ("a partition is given on only after its owner has let go", partition_is_given_on_after_the_answer),
    ("who is paused for longer than its session has lost its partitions", paused_member_loses),
    ("where producers stamp, their times count, and times are looked up", producers_stamp),
    ("retention takes what is old", retention_takes_what_is_old),
    ("who is cut off gets no answers, and after a session has lost its partitions", cut_off_member_loses),
    ("a dead process does nothing, and its successor is another", dead_process_does_nothing),
    ("offsets are forgotten", offsets_are_forgotten),
    ("clocks drift, are set and stand still", clocks_depart_and_stand_still),
];

/// Runs all of it; an error says what does not hold.
pub fn check() -> Result<(), String> {
    for (what, shown) in BEHAVIOURS {
        println!("brokers: {what}");
        shown();
    }
    let mut happened = BTreeMap::<&str, u64>::new();
    for seed in 0..SEEDS {
        let first = run(seed, Sabotage::default());
        if !first.wrong.is_empty() {
            return Err(format!("copies of seed {seed}: {:?}\n{}", first.wrong, first.dump));
        }
        first.counts.iter().for_each(|(what, count)| *happened.entry(what).or_default() += count);
        if seed == 0 && run(seed, Sabotage::default()).digest != first.digest {
            return Err("expected a seed to replay, found another course".to_owned());
        }
    }
    println!("brokers: copies are complete under {happened:?}");
    let safe = Sabotage::default();
    for (what, sabotage) in [
        ("generations unchecked", Sabotage { generations_unchecked: true, ..safe }),
        ("epochs unchecked", Sabotage { epochs_unchecked: true, ..safe }),
        ("the last stable offset ignored", Sabotage { stable_offset_ignored: true, ..safe }),
        ("a restore that ends at the last stable offset", Sabotage { ends_are_stable: true, ..safe }),
    ] {
        if (0..SEEDS_SABOTAGED).all(|seed| run(seed, sabotage).wrong.is_empty()) {
            return Err(format!("expected copies to suffer from {what}, found none that did"));
        }
    }
    Ok(())
}

const TOPIC: &str = "scans";
const PLACE: (&str, i32) = (TOPIC, 0);
const SECOND: Duration = Duration::from_secs(1);

/// A cluster with one topic, and a process on it.
fn scene(partitions: i32) -> (Cluster, Instance) {
    let cluster = Cluster::new(1, 1_790_000_000_000, 10 * SECOND, 10 * SECOND);
    cluster.create_topic(TOPIC, partitions, Stamped::ByBroker);
    let process = cluster.start("a", "");
    (cluster, process)
}

fn reader(process: &Instance) -> <Instance as Brokers>::Reader {
    let reader = process.reader("group", &[]).expect("nothing fails here");
    reader.assign([(PLACE, 0)]).expect("nothing fails here");
    reader
}

fn append(cluster: &Cluster, records: usize) {
    for _ in 0..records {
        cluster.append(TOPIC, b"k", None, 0);
    }
}

/// Offsets that arrive within some time.
fn arriving(cluster: &Cluster, reader: &impl Reader) -> Vec<i64> {
    let mut offsets = Vec::new();
    for _ in 0..100 {
        cluster.advance(Duration::from_millis(10));
        while let Some(read) = reader.poll(Duration::ZERO, |record| record.offset) {
            offsets.push(read.expect("nothing fails here"));
        }
    }
    offsets
}

fn position(reader: &impl Reader) -> Option<i64> {
    reader.positions().expect("nothing fails here").of(PLACE)
}

fn new_record(value: &[u8]) -> NewRecord<'_> {
    NewRecord { topic: TOPIC, partition: 0, key: None, value: Some(value), headers: &[] }
}

/// Serves and answers a membership for a while; what it was asked.
fn serve(cluster: &Cluster, members: &[&<Instance as Brokers>::Membership], time: Duration) -> Vec<Vec<Asked>> {
    let mut asked = vec![Vec::new(); members.len()];
    let until = cluster.now() + time;
    while cluster.now() < until {
        cluster.advance(Duration::from_millis(50));
        for (member, asked) in members.iter().zip(&mut asked) {
            for question in member.poll().expect("nothing fails here") {
                member.answer(&question).expect("nothing fails here");
                asked.push(question);
            }
        }
    }
    asked
}

fn marker_occupies_an_offset() {
    let (cluster, process) = scene(1);
    let (reader, mut upstream) = (reader(&process), cluster.upstream("u", 60 * SECOND));
    assert_eq!(position(&reader), None, "nothing has arrived");
    assert!(upstream.append(TOPIC, b"k", Some(b"v"), 0) && upstream.end(true));
    assert_eq!(arriving(&cluster, &reader), [0]);
    assert_eq!((position(&reader), cluster.span(TOPIC, 0)), (Some(2), (0, 2, 2)));
}

fn open_transaction_holds_readers_back() {
    let (cluster, process) = scene(1);
    let (reader, mut upstream) = (reader(&process), cluster.upstream("u", 60 * SECOND));
    cluster.append(TOPIC, b"k", None, 0);
    assert!(upstream.append(TOPIC, b"k", Some(b"v"), 0));
    cluster.append(TOPIC, b"k", None, 0);
    assert_eq!(arriving(&cluster, &reader), [0]);
    assert_eq!(reader.ends([PLACE]).expect("nothing fails here").of(PLACE), Some(3));
    assert!(upstream.end(true));
    assert_eq!(arriving(&cluster, &reader), [1, 2]);
}

fn aborted_records_are_never_seen() {
    let (cluster, process) = scene(1);
    let (reader, mut upstream) = (reader(&process), cluster.upstream("u", 60 * SECOND));
    assert!(upstream.append(TOPIC, b"k", Some(b"v"), 0) && upstream.end(false));
    assert!(arriving(&cluster, &reader).is_empty());
    assert_eq!(position(&reader), Some(2), "the marker was passed");
    assert!(cluster.committed(TOPIC).is_empty());
}

fn pause_drops_what_was_fetched() {
    let (cluster, process) = scene(1);
    let reader = reader(&process);
    append(&cluster, 30);
    let first = loop {
        cluster.advance(SECOND);
        if let Some(Ok(offset)) = reader.poll(Duration::ZERO, |record| record.offset) {
            break offset;
        }
    };
    assert_eq!(first, 0);
    reader.pause([PLACE]).expect("nothing fails here");
    assert!(arriving(&cluster, &reader).is_empty());
    reader.resume([PLACE]).expect("nothing fails here");
    assert_eq!(arriving(&cluster, &reader), (1..30).collect::<Vec<_>>());
}

fn gone_offset_is_told() {
    let (cluster, process) = scene(1);
    append(&cluster, 3);
    cluster.delete_records(TOPIC, 0, 2);
    let reader = reader(&process);
    let mut told = Vec::new();
    for _ in 0..100 {
        told.extend(reader.poll(Duration::ZERO, |record| record.offset));
    }
    assert!(matches!(told[..], [Err(_)]), "{told:?}");
}

fn successor_fences() {
    let (cluster, process) = scene(1);
    let mut writer = process.writer("id").expect("nothing is open");
    writer.produce(new_record(b"left open")).expect("nothing fails here");
    writer.flush().expect("nothing fails here");
    let mut successor = process.writer("id").expect("it waits for the abort");
    assert_eq!(cluster.span(TOPIC, 0), (0, 2, 2), "the record and its abort");
    writer.produce(new_record(b"too late")).expect("it is queued");
    writer.flush().expect("all have their reports");
    assert!(matches!(writer.abort(), Err(WriteError::Fatal(_))));
    successor.produce(new_record(b"in time")).expect("nothing fails here");
    assert!(successor.flush().is_ok() && successor.abort().is_ok());
}

fn long_transaction_is_aborted() {
    let (cluster, process) = scene(1);
    let mut writer = process.writer("id").expect("nothing is open");
    writer.produce(new_record(b"v")).expect("nothing fails here");
    writer.flush().expect("nothing fails here");
    cluster.advance(9 * SECOND);
    assert_eq!(cluster.span(TOPIC, 0).1, 0);
    cluster.advance(12 * SECOND);
    assert_eq!(cluster.span(TOPIC, 0).1, 2);
    assert!(matches!(writer.abort(), Err(WriteError::Fatal(_))));
}

fn pending_offsets_are_not_told() {
    let (cluster, process) = scene(1);
    let member = process.join("group", TOPIC).expect("nothing fails here");
    serve(&cluster, &[&member], 5 * SECOND);
    let mut writer = process.writer("id").expect("nothing is open");
    writer.produce(new_record(b"v")).expect("nothing fails here");
    writer.flush().expect("nothing fails here");
    writer.commit(&[(PLACE, 7)], &member.group().expect("it is a member")).expect("nothing fails here");
    assert_eq!(cluster.group_offset("group", TOPIC, 0), None, "the marker is on its way");
    let before = cluster.now();
    let told = member.committed(TOPIC, &[0], SECOND).expect("told once the marker is there");
    assert_eq!((told[&0].as_ref(), cluster.now() > before), (Ok(&Some(7)), true));
}

fn old_generation_aborts() {
    let (cluster, process) = scene(2);
    let member = process.join("group", TOPIC).expect("nothing fails here");
    serve(&cluster, &[&member], 5 * SECOND);
    let old = member.group().expect("it is a member");
    let other = cluster.start("b", "").join("group", TOPIC).expect("nothing fails here");
    serve(&cluster, &[&member, &other], 20 * SECOND);
    let mut writer = process.writer("id").expect("nothing is open");
    writer.produce(new_record(b"v")).expect("nothing fails here");
    assert!(matches!(writer.commit(&[(PLACE, 7)], &old), Err(WriteError::Abort(_))));
    writer.abort().expect("good for another");
    writer.produce(new_record(b"v")).expect("nothing fails here");
    writer.commit(&[(PLACE, 7)], &member.group().expect("it is a member")).expect("a fresh one is taken");
}

fn partition_is_given_on_after_the_answer() {
    let (cluster, process) = scene(2);
    let member = process.join("group", TOPIC).expect("nothing fails here");
    let asked = serve(&cluster, &[&member], 5 * SECOND);
    assert_eq!(asked[0], [Asked::Assign(vec![0, 1])]);
    let other = cluster.start("b", "").join("group", TOPIC).expect("nothing fails here");
    let asked = serve(&cluster, &[&member, &other], 20 * SECOND);
    let [Asked::Revoke(revoked), Asked::Assign(none), ..] = &asked[0][..] else { panic!("{asked:?}") };
    assert_eq!((revoked.len(), none.len()), (1, 0), "{asked:?}");
    // First nothing, since it is still claimed; then what was let go.
    assert_eq!(asked[1], [Asked::Assign(vec![]), Asked::Assign(revoked.clone())]);
}

fn paused_member_loses() {
    let (cluster, process) = scene(2);
    let member = process.join("group", TOPIC).expect("nothing fails here");
    serve(&cluster, &[&member], 5 * SECOND);
    cluster.pause("a", 15 * SECOND, false);
    let other = cluster.start("b", "").join("group", TOPIC).expect("nothing fails here");
    let asked = serve(&cluster, &[&other], 14 * SECOND);
    assert_eq!(asked[0], [Asked::Assign(vec![0, 1])], "the session is over");
    assert!(!member.lost(), "it has heard nothing yet");
    cluster.advance(5 * SECOND);
    assert!(member.lost() && member.group().is_none());
    assert_eq!(member.poll(), Ok(vec![Asked::Revoke(vec![0, 1])]));
}

fn producers_stamp() {
    let (cluster, process) = scene(1);
    cluster.create_topic(TOPIC, 1, Stamped::ByProducer);
    for time in [5, 9, 7] {
        cluster.append_at(TOPIC, 0, Some(b"k"), Some(b"v"), time);
    }
    let times: Vec<i64> = cluster.committed(TOPIC).iter().map(|seen| seen.time).collect();
    assert_eq!(times, [5, 9, 7]);
    let reader = reader(&process);
    let found = |ms| reader.at_time([PLACE], ms).expect("nothing fails here");
    assert_eq!((found(6).of(PLACE), found(10).is_after_all(PLACE)), (Some(1), true));
}

fn retention_takes_what_is_old() {
    let (cluster, process) = scene(1);
    append(&cluster, 2);
    cluster.advance(SECOND);
    append(&cluster, 1);
    cluster.retain_since(TOPIC, cluster.broker_ms());
    assert_eq!(reader(&process).beginnings([PLACE]).expect("nothing fails here").of(PLACE), Some(2));
}

fn cut_off_member_loses() {
    let (cluster, process) = scene(1);
    let (member, reader) = (process.join("group", TOPIC).expect("nothing fails here"), reader(&process));
    serve(&cluster, &[&member], 5 * SECOND);
    cluster.cut("a", 15 * SECOND);
    assert!(cluster.is_cut("a") && process.publish(TOPIC, b"k", None).is_err());
    append(&cluster, 1);
    assert!(reader.ends([PLACE]).is_err());
    assert!(arriving(&cluster, &reader).is_empty());
    cluster.advance(6 * SECOND);
    assert!(member.lost());
    assert!(cluster.group("group").1.is_empty(), "the session is over there, too");
}

fn dead_process_does_nothing() {
    let (cluster, process) = scene(1);
    let mut writer = process.writer("id").expect("nothing is open");
    writer.produce(new_record(b"v")).expect("nothing fails here");
    writer.flush().expect("nothing fails here");
    assert!(process.may_act());
    cluster.crash("a");
    let successor = cluster.start("a", "");
    assert!(process.is_crashed() && !process.may_act() && !successor.is_crashed());
    assert!(process.publish(TOPIC, b"k", None).is_err());
    assert!(matches!(writer.abort(), Err(WriteError::Fatal(_))));
    assert!(cluster.is_transaction_open("id"), "nobody has ended it");
    assert!(successor.writer("id").is_ok() && !cluster.is_transaction_open("id"));
}

fn offsets_are_forgotten() {
    let (cluster, process) = scene(1);
    let member = process.join("group", TOPIC).expect("nothing fails here");
    serve(&cluster, &[&member], 5 * SECOND);
    let mut writer = process.writer("id").expect("nothing is open");
    writer.produce(new_record(b"v")).expect("nothing fails here");
    writer.commit(&[(PLACE, 7)], &member.group().expect("it is a member")).expect("nothing fails here");
    cluster.advance(SECOND);
    let told = || member.committed(TOPIC, &[0], SECOND).expect("nothing is pending")[&0].clone();
    assert_eq!(told(), Ok(Some(7)));
    cluster.forget_offset("group", TOPIC, 0);
    assert_eq!(told(), Ok(None));
}

fn clocks_depart_and_stand_still() {
    let (cluster, process) = scene(1);
    let clocks = process.clocks();
    let read = |clocks: &dyn Clocks| (clocks.boot(), clocks.system().as_millis());
    cluster.drift(Some("a"), 100_000);
    cluster.advance(10 * SECOND);
    assert_eq!(read(&*clocks), (11 * SECOND, 1_790_000_011_000));
    cluster.step(Some("a"), -5_000);
    cluster.pause("a", 10 * SECOND, true);
    cluster.advance(10 * SECOND);
    assert_eq!(read(&*clocks), (11 * SECOND, 1_790_000_006_000));
    cluster.drift(Some("a"), 0);
    cluster.advance(SECOND);
    assert_eq!((read(&*clocks), cluster.broker_ms()), ((12 * SECOND, 1_790_000_007_000), 1_790_000_021_000));
}
