//! What a partition of the tracker decides and tells, by its clock and by what it has read (runtime.md, "Time").

use super::*;
use crate::model::{Audience, HashKey, Notice};
use crate::notify::Policy;
use crate::state::Walk;
use crate::stream::stage::TrackerStage;
use crate::track::Rules;

const HOUR: i64 = 3_600_000;
/// 2026-11-20T00:00:00Z.
const START: i64 = 1_795_132_800_000;

fn at(hours: i64) -> Timestamp {
    Timestamp::from_millis(START + hours * HOUR)
}

fn world() -> World {
    World::new(Rules::default(), Policy::default(), HashKey::new(*b"of a test"))
}

/// A partition whose clock stands at the start, and the wall clock.
struct Scene {
    partition: Partition<TrackerStage>,
    queries: u64,
    read: [i64; 3],
}

impl Scene {
    fn new() -> Scene {
        let meta = Meta {
            offsets: Vec::new(),
            partitions: 1,
            stream_time: at(0),
            epoch: 1,
            writer: String::new(),
            fingerprint: TrackerStage::fingerprint(&world()),
            walk: Walk { number: 0, cursor: 0, start: 0, began: at(0), complete_from: 0 },
        };
        let partition = Partition::new(
            0,
            TrackerStage::machine(),
            meta,
            StateLog::empty(0),
            at(0),
            &world(),
            &Options::of_a_test(),
        );
        Scene { partition, queries: 0, read: [0; 3] }
    }

    fn fetch(&mut self, input: usize, hours: i64, json: &str) {
        let record = TrackerStage::decode(input, None, Some(json.as_bytes()), at(hours)).expect("a good record");
        let (offset, time, wall, queries) = (self.read[input], at(hours), at(1000), self.queries);
        self.partition.fetched(input, Fetch { offset, time, wall, queries, bytes: 100 }, Ok(record));
        self.read[input] += 1;
    }

    /// A parcel that is scanned in a hub after an hour, and never again.
    fn leave_lying(&mut self, parcel: &str) {
        self.fetch(
            0,
            0,
            &format!(r#"{{"parcel_id":"{parcel}","ordered_at":"2026-11-20T00:00:00Z","recipient":{{"id":"c"}}}}"#),
        );
        self.fetch(
            1,
            1,
            &format!(r#"{{"parcel_id":"{parcel}","code":"picked_up","event_time":"2026-11-20T01:00:00Z"}}"#),
        );
    }

    /// Asks for the ends at this instant, is answered that there is nothing more, and takes turns until nothing is left to do.
    /// Gives the instants, kinds and levels of what recipients are told.
    fn come_to(&mut self, hours: i64) -> Vec<String> {
        self.decide(at(hours), true).iter().filter_map(told_to_recipient).collect()
    }

    /// The same to the millisecond; `is_settled` is whether nothing of an outage is left. Gives everything that is decided.
    fn decide(&mut self, wall: Timestamp, is_settled: bool) -> Vec<Effect> {
        let mut decided = Vec::new();
        for _ in 0..3 {
            self.answer(wall, [0; 3]);
            while self.turn(wall, is_settled, &mut decided) == Turn::More {}
        }
        decided
    }

    /// Asks for the ends at this instant; of each input so many records are still on their way.
    fn answer(&mut self, asked_at: Timestamp, missing: [i64; 3]) {
        self.queries += 1;
        for (input, missing) in missing.into_iter().enumerate() {
            let position = self.read[input];
            let answer = Answer { query: self.queries, asked_at, end: position + missing, position };
            self.partition.answered(input, answer);
        }
    }

    fn turn(&mut self, wall: Timestamp, is_settled: bool, decided: &mut Vec<Effect>) -> Turn {
        self.turn_by(&Options::of_a_test(), wall, is_settled, decided)
    }

    fn turn_by(&mut self, options: &Options, wall: Timestamp, is_settled: bool, decided: &mut Vec<Effect>) -> Turn {
        let mut out = Output::default();
        let aftermath = if is_settled { Aftermath::None } else { Aftermath::Lasts };
        let turn = self.partition.turn(wall, aftermath, &world(), options, &mut out);
        decided.append(&mut out.effects);
        turn
    }

    /// A scan, read at the instant that it is of.
    fn scan(&mut self, parcel: &str, time: Timestamp, code: &str) {
        let json = format!(r#"{{"parcel_id":"{parcel}","code":"{code}","hub":"H1","event_time":"{time}"}}"#);
        let record = TrackerStage::decode(1, None, Some(json.as_bytes()), time).expect("a good record");
        let fetch = Fetch { offset: self.read[1], time, wall: at(1000), queries: self.queries, bytes: 100 };
        self.partition.fetched(1, fetch, Ok(record));
        self.read[1] += 1;
    }
}

/// What became of conditions: kind, change, level and instant.
fn changes(decided: &[Effect]) -> Vec<String> {
    let change = |effect: &Effect| {
        let Effect::Condition(change) = effect else { return None };
        let (kind, what, level) = (change.condition.name(), change.change.name(), change.level.name());
        Some(format!("{} {kind} {what} {level} at {}", change.parcel_id, change.at))
    };
    decided.iter().filter_map(change).collect()
}

/// When the wall clock must be asked for stream time to come to this instant.
fn confirming(instant: Timestamp) -> Timestamp {
    instant + Options::of_a_test().clock_skew
}

/// What lies in a hub since an hour has stalled (`info`, which nobody is told) when time is later than this.
fn limit() -> Timestamp {
    at(13)
}

fn told_to_recipient(effect: &Effect) -> Option<String> {
    let Effect::Notice { notice: Notice::Issued(issued), .. } = effect else { return None };
    let is_recipients = issued.audience == Audience::Recipient;
    is_recipients.then(|| format!("{} {} {}", issued.parcel_id, issued.kind.name(), issued.level.name()))
}

#[test]
fn limits_that_pass_while_nothing_was_read_are_told_once_as_they_are_now() {
    let mut scene = Scene::new();
    scene.leave_lying("P1");
    scene.leave_lying("P2");
    // A day after the scan it is `warn`, after three `major`.
    let told = scene.come_to(100);
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told.iter().all(|told| told.ends_with("stalled major")), "{told:?}");
}

#[test]
fn what_becomes_worse_later_is_told_again() {
    let mut scene = Scene::new();
    scene.leave_lying("P1");
    assert_eq!(scene.come_to(2), Vec::<String>::new());
    assert_eq!(scene.come_to(26), ["P1 stalled warn"]);
    assert_eq!(scene.come_to(27), Vec::<String>::new());
    assert_eq!(scene.come_to(74), ["P1 stalled major"]);
}

#[test]
fn while_an_input_is_not_read_to_its_end_nothing_is_told() {
    let mut scene = Scene::new();
    scene.leave_lying("P1");
    scene.answer(at(100), [0, 0, 1]);
    assert_eq!(scene.turn(at(100), true, &mut Vec::new()), Turn::Ask);
    assert_eq!(scene.partition.stream_time(), at(0), "the reroute that is on its way may be earlier than the scan");
    assert!(!scene.partition.may_speak());
}

#[test]
fn a_limit_passes_only_once_stream_time_is_later() {
    let mut scene = Scene::new();
    scene.leave_lying("P1");
    assert_eq!(changes(&scene.decide(confirming(limit()), true)), Vec::<String>::new());
    assert_eq!(scene.partition.stream_time(), limit());
    let later = scene.decide(confirming(limit().next()), true);
    assert_eq!(changes(&later), [format!("P1 stalled opened info at {}", limit().next())]);
}

#[test]
fn a_scan_of_the_very_instant_of_a_limit_is_applied_before_it() {
    let mut scene = Scene::new();
    scene.leave_lying("P1");
    scene.scan("P1", limit(), "sorted");
    assert_eq!(changes(&scene.decide(at(14), true)), Vec::<String>::new(), "it has moved in time");
}

#[test]
fn limits_before_a_record_pass_before_it_is_applied() {
    let mut scene = Scene::new();
    scene.leave_lying("P1");
    scene.scan("P1", at(20), "sorted");
    let opened = format!("P1 stalled opened info at {}", limit().next());
    assert_eq!(changes(&scene.decide(at(21), true)), [opened, format!("P1 stalled cleared info at {}", at(20))]);
}

#[test]
fn a_turn_fires_no_more_timers_than_it_may() {
    let mut scene = Scene::new();
    for parcel in ["P1", "P2", "P3", "P4", "P5"] {
        scene.leave_lying(parcel);
    }
    scene.decide(at(2), true);
    scene.answer(at(14), [0; 3]);
    let mut opened = Vec::new();
    loop {
        let mut decided = Vec::new();
        let turn = scene.turn(at(14), true, &mut decided);
        opened.push(changes(&decided).len());
        if turn != Turn::More {
            break;
        }
    }
    assert_eq!(opened.iter().sum::<usize>(), 5);
    assert!(opened.iter().all(|opened| *opened <= Options::of_a_test().timers_per_turn), "{opened:?}");
}

#[test]
fn while_anything_of_an_outage_is_left_nothing_is_told_and_afterwards_once_what_holds() {
    let mut scene = Scene::new();
    scene.leave_lying("P1");
    let told = |decided: &[Effect]| decided.iter().filter_map(told_to_recipient).collect::<Vec<_>>();
    let decided = scene.decide(at(26), false);
    assert_eq!(told(&decided), Vec::<String>::new());
    assert_eq!(changes(&decided).len(), 2, "conditions follow stream time all the same");
    assert_eq!(told(&scene.decide(at(27), true)), ["P1 stalled warn"]);
    assert_eq!(told(&scene.decide(at(28), true)), Vec::<String>::new());
}

#[test]
fn a_partition_goes_on_from_the_saved_clock() {
    let mut scene = Scene::new();
    scene.leave_lying("P1");
    scene.decide(at(10), true);
    let (_, saved) = scene.partition.blocks("writer", Some(0));
    let resumed: Partition<TrackerStage> = Partition::new(
        0,
        TrackerStage::machine(),
        saved.clone(),
        StateLog::empty(0),
        at(0),
        &world(),
        &Options::of_a_test(),
    );
    assert_eq!(
        (saved.stream_time, resumed.stream_time()),
        (scene.partition.stream_time(), scene.partition.stream_time())
    );
    assert_eq!(resumed.offsets(), scene.partition.offsets());
}

#[test]
fn an_abort_puts_back_clock_offsets_and_state_and_what_is_read_again_decides_the_same() {
    let mut scene = Scene::new();
    scene.leave_lying("P1");
    scene.decide(at(2), true);
    let (_, saved) = scene.partition.blocks("writer", Some(0));
    scene.partition.committed(saved);
    let committed = scene.partition.stream_time();
    scene.scan("P1", at(20), "sorted");
    let decided = changes(&scene.decide(at(30), true));
    assert_eq!(decided.len(), 2, "{decided:?}");

    scene.partition.aborted(&world());
    assert_eq!(scene.partition.stream_time(), committed);
    assert_eq!(scene.partition.offsets(), [1, 1, 0]);
    assert!(!scene.partition.is_dirty());
    scene.read[1] = 1;
    scene.scan("P1", at(20), "sorted");
    assert_eq!(changes(&scene.decide(at(30), true)), decided);
}

#[test]
fn a_saved_wait_is_never_longer_than_one_may_take_whatever_the_clock_was_of_whoever_saved_it() {
    let mut scene = Scene::new();
    scene.partition.machine.settling.set(Some(at(100)));
    scene.decide(at(1), true);
    assert!(!scene.partition.may_speak());
    scene.decide(at(1) + Duration::from_mins(11), true);
    assert!(scene.partition.may_speak());
}

#[test]
fn after_an_abort_limits_that_wait_again_are_told_once_as_they_are_now() {
    let mut scene = Scene::new();
    scene.leave_lying("P1");
    let slowly = Options { timers_per_turn: 1, ..Options::of_a_test() };
    let mut decided = Vec::new();
    for _ in 0..10 {
        scene.answer(at(100), [0; 3]);
        scene.turn_by(&slowly, at(100), true, &mut decided);
        if !changes(&decided).is_empty() {
            break;
        }
    }
    assert_eq!(changes(&decided).len(), 1, "the clock has come to now, and only the first of three limits has passed");
    let (_, saved) = scene.partition.blocks("writer", Some(0));
    scene.partition.committed(saved);
    assert_eq!(scene.come_to(100), ["P1 stalled major"]);
    assert!(scene.partition.may_speak());
    scene.partition.aborted(&world());
    assert!(!scene.partition.may_speak());
    assert_eq!(scene.come_to(100), ["P1 stalled major"]);
}

#[test]
fn after_an_abort_nothing_is_told_before_what_was_put_back_is_read_again() {
    let mut scene = Scene::new();
    scene.decide(at(2), true);
    let (_, saved) = scene.partition.blocks("writer", Some(0));
    scene.partition.committed(saved);
    scene.scan("P1", at(2), "sorted");
    scene.decide(at(2), true);
    assert!(scene.partition.may_speak());
    scene.partition.aborted(&world());
    scene.turn(at(2), true, &mut Vec::new());
    assert!(!scene.partition.may_speak(), "the scan is to be read again");
}

#[test]
fn what_lies_beyond_the_last_record_counts_as_read() {
    let mut scene = Scene::new();
    scene.leave_lying("P1");
    // The markers of a transaction.
    scene.read[1] += 3;
    scene.decide(at(2), true);
    assert_eq!(scene.partition.offsets(), [1, 4, 0]);
    let (_, saved) = scene.partition.blocks("writer", Some(0));
    assert_eq!(saved.offset("scans.v1"), Some(4));
}

#[test]
fn what_is_fetched_and_not_applied_is_read_again_after_a_restart() {
    let mut scene = Scene::new();
    scene.leave_lying("P1");
    scene.answer(at(2), [1, 0, 0]);
    scene.turn(at(2), true, &mut Vec::new());
    scene.turn(at(2), true, &mut Vec::new());
    assert_eq!(scene.partition.offsets(), [1, 0, 0], "another shipment may come before the scan");
    let (_, saved) = scene.partition.blocks("writer", Some(0));
    assert_eq!(saved.offset("scans.v1"), Some(0));
}
