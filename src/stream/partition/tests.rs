//! When a partition of the tracker tells, by its clock and by what it has read.

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
        let partition =
            Partition::new(0, TrackerStage::machine(), meta, StateLog::empty(0), &world(), &Options::of_a_test());
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
        let mut told = Vec::new();
        for _ in 0..3 {
            self.queries += 1;
            for input in 0..3 {
                let (end, position) = (self.read[input], self.read[input]);
                self.partition.answered(input, Answer { query: self.queries, asked_at: at(hours), end, position });
            }
            loop {
                let mut out = Output::default();
                let turn = self.partition.turn(at(hours), true, &world(), &Options::of_a_test(), &mut out);
                told.extend(out.effects.iter().filter_map(told_to_recipient));
                if turn != Turn::More {
                    break;
                }
            }
        }
        told
    }
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
    scene.read[2] = 1;
    scene.queries += 1;
    for input in 0..3 {
        let position = if input == 2 { 0 } else { scene.read[input] };
        let answer = Answer { query: scene.queries, asked_at: at(100), end: scene.read[input], position };
        scene.partition.answered(input, answer);
    }
    let mut out = Output::default();
    assert_eq!(scene.partition.turn(at(100), true, &world(), &Options::of_a_test(), &mut out), Turn::Ask);
    assert_eq!(scene.partition.stream_time(), at(0), "the reroute that is on its way may be earlier than the scan");
    assert!(!scene.partition.may_speak());
}
