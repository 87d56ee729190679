//! Restored state equals the lost one byte for byte, whatever is killed in the middle of a sweep.
//!
//! A daemon is asked all the while what it has committed and where, is killed while more is being written, and what it leaves behind is compared
//! with what it said of the same point; and so is what its successor restores.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::Value;

use super::super::command::Parcelwatch;
use super::{Flow, PATIENCE, scan, shipment};
use crate::daemon::Daemon;
use crate::support::until;

/// All of them are scanned again and again.
const PARCELS: usize = 400;

/// How often a daemon is killed amid its work and leaves a point behind of which it was asked.
const ROUNDS: usize = 4;

/// How often it may be killed for that. Between the last answer and the kill a machine with more to do lets it commit once more.
const KILLS: usize = 5 * ROUNDS;

/// Committed points of a stage, on both its partitions together, that are known before it is killed.
const POINTS: usize = 8;

/// Batches of scans that wait when the daemon is killed, so that it is amid its work.
const AHEAD: usize = 4;

/// Where a partition stands, and what it holds.
#[derive(Clone, Debug, PartialEq)]
struct Stands {
    stage: &'static str,
    partition: i32,
    offsets: Value,
    stream_time: Value,
    digest: Value,
}

const PARTITIONS: [(&str, i32); 4] = [("tracker", 0), ("tracker", 1), ("notifier", 0), ("notifier", 1)];

/// What a daemon says of its partitions; a worker that is busy for long leaves a question unanswered.
fn asked(daemon: &Daemon) -> Vec<Stands> {
    let of = |(stage, partition): (&'static str, i32)| {
        let answer = daemon.get(&format!("/v1/states/{stage}/{partition}"));
        let found: Value =
            serde_json::from_str(&answer.body).unwrap_or_else(|error| panic!("{error}: {}", answer.body));
        (answer.status == 200).then(|| stands(stage, partition, &found))
    };
    PARTITIONS.into_iter().filter_map(of).collect()
}

fn stands(stage: &'static str, partition: i32, found: &Value) -> Stands {
    let of = |name: &str| found[name].clone();
    assert!(found["digest"].is_string(), "{found}");
    Stands { stage, partition, offsets: of("offsets"), stream_time: of("stream_time"), digest: of("digest") }
}

fn read(parcelwatch: &Parcelwatch) -> Vec<Stands> {
    let all: Vec<Value> = ["tracker", "notifier"].into_iter().flat_map(|stage| parcelwatch.state(stage)).collect();
    let each = PARTITIONS.iter().zip(&all).map(|((stage, partition), found)| {
        assert_eq!((&found["stage"], &found["partition"]), (&Value::from(*stage), &Value::from(*partition)));
        stands(stage, *partition, found)
    });
    each.collect()
}

/// What was committed, by stage, partition and where that is.
#[derive(Debug, Default)]
struct Points(BTreeMap<(&'static str, i32, String), Value>);

impl Points {
    /// Takes what was said of a point; of the same point always the same.
    fn add(&mut self, all: &[Stands]) {
        for stands in all {
            let before = self.0.insert(stands.point(), stands.digest.clone());
            assert!(before.is_none_or(|before| before == stands.digest), "two states of one point: {stands:?}");
        }
    }

    /// The stages of those that stand at a point that is known, where they must be the same byte for byte.
    fn equal(&self, all: &[Stands]) -> Vec<&'static str> {
        let known = all.iter().filter_map(|stands| Some((stands, self.0.get(&stands.point())?)));
        let same = known.inspect(|(stands, digest)| assert_eq!(stands.digest, **digest, "{stands:?}"));
        same.map(|(stands, _)| stands.stage).collect()
    }

    /// How many points of a stage there are.
    fn count(&self, stage: &str) -> usize {
        self.0.keys().filter(|(of, ..)| *of == stage).count()
    }
}

impl Stands {
    fn point(&self) -> (&'static str, i32, String) {
        (self.stage, self.partition, format!("{} {}", self.offsets, self.stream_time))
    }
}

/// Waits until everything that was written is applied and committed, and gives where that is.
fn quiet(daemon: &Daemon) -> Vec<Stands> {
    let mut last = asked(daemon);
    until("everything to be applied", PATIENCE, || {
        let now = asked(daemon);
        let was = std::mem::replace(&mut last, now.clone());
        let lag = daemon.metric("parcelwatch_consumer_lag_records", &[]);
        if lag == 0.0 && was == now && now.len() == PARTITIONS.len() {
            Ok(now)
        } else {
            Err(format!("{lag} records wait: {was:?} {now:?}"))
        }
    })
}

/// Scans of every parcel, one batch after the other, so many batches ahead of whoever applies them; until it is to end.
struct Churn<'a> {
    flow: &'a Flow,
    wanted: AtomicUsize,
    ends: AtomicBool,
}

impl Churn<'_> {
    fn run(&self) {
        let ids: Vec<String> = (0..PARCELS).map(|n| format!("P{n}")).collect();
        let codes = ["damaged", "arrived_hub", "departed_hub", "lost"];
        for batch in 0.. {
            while batch >= self.wanted.load(Ordering::SeqCst) {
                if self.ends.load(Ordering::SeqCst) {
                    return;
                }
                std::thread::park_timeout(Duration::from_millis(5));
            }
            let code = codes[batch % codes.len()];
            self.flow.put("scans.v1", ids.iter().map(|id| (id.as_str(), scan(id, code))));
        }
    }
}

/// Whatever fails must not leave a thread that nobody ends.
struct Ends<'a>(&'a AtomicBool);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// Asks a daemon amid its work until both stages have committed several times, and kills it then; gives what it said.
fn killed_amid(flow: &Flow, daemon: Daemon) -> Points {
    let churn = Churn { flow, wanted: AtomicUsize::new(AHEAD), ends: AtomicBool::new(false) };
    let mut points = Points::default();
    std::thread::scope(|scope| {
        let _ends = Ends(&churn.ends);
        scope.spawn(|| churn.run());
        until("both stages to commit again and again", PATIENCE, || {
            let before = points.count("tracker");
            points.add(&asked(&daemon));
            let counts = ["tracker", "notifier"].map(|stage| points.count(stage));
            churn.wanted.fetch_add(usize::from(counts[0] > before), Ordering::SeqCst);
            if counts.iter().all(|count| *count > POINTS) { Ok(()) } else { Err(format!("{counts:?} points")) }
        });
        // With a transaction and a sweep under way.
        daemon.kill();
    });
    points
}

#[test]
fn restored_state_equals_the_lost_one_byte_for_byte() {
    let Some(flow) = Flow::new() else { return };
    // The clock is saved only with what is applied: what is at rest stays at its point.
    let settings = flow.settings().runtime(
        "commit_every = \"300ms\"\nsave_time_every = \"10m\"\nrecords_per_turn = 10\nsession_timeout = \"4s\"\ntransaction_timeout = \"4s\"",
    );
    let parcelwatch = Parcelwatch::with(&settings);
    let ids: Vec<String> = (0..PARCELS).map(|n| format!("P{n}")).collect();
    flow.put("shipments.v1", ids.iter().map(|id| (id.as_str(), shipment(id))));
    let mut rounds = Vec::new();
    for _ in 0..KILLS {
        let said = killed_amid(&flow, Daemon::start(&settings));
        let same = said.equal(&read(&parcelwatch));
        rounds.extend((!same.is_empty()).then_some(same));
        if rounds.len() == ROUNDS {
            break;
        }
    }
    assert_eq!(rounds.len(), ROUNDS, "so many of {KILLS} kills left a point behind of which was asked: {rounds:?}");
    let stages: BTreeSet<&str> = rounds.concat().into_iter().collect();
    assert_eq!(stages.len(), 2, "of both stages: {rounds:?}");

    // What nothing is written to any more, a successor has as it was left; unless a timer, or that nobody watched for a while, came between.
    let again = (0..KILLS).any(|_| {
        let daemon = Daemon::start(&settings);
        let mut said = Points::default();
        said.add(&quiet(&daemon));
        daemon.kill();
        let saved = said.equal(&read(&parcelwatch));
        let daemon = Daemon::start(&settings);
        let restored = said.equal(&quiet(&daemon));
        daemon.stop();
        [saved, restored].iter().all(|stages| stages.contains(&"tracker"))
    });
    assert!(again, "none of {KILLS} successors had the tracker at the point where it was left");
}
