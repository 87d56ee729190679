//! Restored state equals the lost one byte for byte, whatever is killed in the middle of a sweep.

use serde_json::Value;

use super::super::command::Parcelwatch;
use super::{Flow, PATIENCE, scan, shipment};
use crate::daemon::{Daemon, Settings};
use crate::support::until;

/// Parcels of each round; all of them are scanned in every round.
const PARCELS: usize = 400;

const ROUNDS: usize = 4;

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

fn asked(daemon: &Daemon) -> Vec<Stands> {
    let of = |(stage, partition): (&'static str, i32)| {
        let body = daemon.get(&format!("/v1/states/{stage}/{partition}")).body;
        let found: Value = serde_json::from_str(&body).unwrap_or_else(|error| panic!("{error}: {body}"));
        stands(stage, partition, &found)
    };
    PARTITIONS.map(of).to_vec()
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

/// Waits until everything that was written is applied and committed, and gives where that is.
fn quiet(daemon: &Daemon) -> Vec<Stands> {
    let mut last = asked(daemon);
    until("everything to be applied", PATIENCE, || {
        let now = asked(daemon);
        let was = std::mem::replace(&mut last, now.clone());
        let lag = daemon.metric("parcelwatch_consumer_lag_records", &[]);
        if lag == 0.0 && was == now { Ok(now) } else { Err(format!("{lag} records wait: {was:?} {now:?}")) }
    })
}

fn start(settings: &Settings) -> Daemon {
    Daemon::start(settings)
}

/// At equal points everything is equal; gives how many those were.
fn equal(these: &[Stands], others: &[Stands]) -> usize {
    let point = |stands: &Stands| (stands.offsets.clone(), stands.stream_time.clone());
    let same = these.iter().zip(others).filter(|(this, other)| point(this) == point(other));
    same.map(|(this, other)| assert_eq!(this, other)).count()
}

/// Another scan of every parcel.
fn churn(flow: &Flow, round: usize) {
    let ids: Vec<String> = (0..PARCELS).map(|n| format!("P{n}")).collect();
    let code = ["damaged", "arrived_hub", "departed_hub", "lost"][round % 4];
    flow.put("scans.v1", ids.iter().map(|id| (id.as_str(), scan(id, code))));
}

#[test]
fn restored_state_equals_the_lost_one_byte_for_byte() {
    let Some(flow) = Flow::new() else { return };
    // Nothing is committed for time alone: a committed point stays until there is input.
    let settings = flow.settings().runtime("commit_every = \"10ms\"\nsave_time_every = \"10m\"\nrecords_per_turn = 10");
    let parcelwatch = Parcelwatch::with(&settings);
    let ids: Vec<String> = (0..PARCELS).map(|n| format!("P{n}")).collect();
    flow.put("shipments.v1", ids.iter().map(|id| (id.as_str(), shipment(id))));
    let mut daemon = start(&settings);
    let mut compared = 0;
    for round in 0..ROUNDS {
        let before = asked(&daemon);
        churn(&flow, round);
        // Killed in the middle of it, with a transaction and a sweep under way.
        until(
            "some of it to be applied",
            PATIENCE,
            || if asked(&daemon) == before { Err("nothing yet") } else { Ok(()) },
        );
        daemon.kill();
        daemon = start(&settings);
        let lost = quiet(&daemon);
        daemon.kill();
        let saved = read(&parcelwatch);
        compared += equal(&lost, &saved);
        daemon = start(&settings);
        // The new owner commits what it restored before it applies anything.
        compared += equal(&asked(&daemon), &saved);
    }
    // Limits of the notifier's pass now and then and make another point of it.
    assert!(compared >= ROUNDS * 3, "most points were the same, found {compared}");
    daemon.stop();
}
