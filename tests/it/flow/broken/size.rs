//! The state log stays small on Kafka: over complete walks with churn of few parcels, which is the worst for it, and with owners that are
//! killed in the middle of a sweep.
//!
//! What a log holds is read here, block by block, and held against what `parcelwatch state` says of the live state.

use parcelwatch::state::block::{Packer, unpack};
use serde_json::Value;

use super::super::command::Parcelwatch;
use super::{Flow, PATIENCE, scan, shipment};
use crate::daemon::Daemon;
use crate::support::until;

/// Parcels of both partitions. Fewer: a sixteenth of the state, the most that a small transaction sweeps, is less than it owes.
const PARCELS: usize = 2000;

/// Parcels that are scanned, again and again. More: less of a walk is written twice, and a sweep that does not keep up is not seen.
const SCANNED: usize = 60;

/// Scans in one transaction. Fewer: what each sweeps for itself hides what it sweeps for its changes.
const SCANS: usize = SCANNED;

/// Transactions between two looks at the log. More: a walk ends between them, and what was most is never seen.
const TRANSACTIONS: usize = 4;

/// Looks after which the owner is killed; a walk takes some seven.
const LOOKS: usize = 9;

/// Owners that have completed a walk of each partition before it is enough.
const WALKS: usize = 2;

/// So many kills are enough for those walks, or they never end.
const KILLS_MAX: usize = 16;

/// What a log may hold beside three times the live state: the last sweep of two walks goes over by a bucket, and states grow a little.
const SLACK_BYTES: usize = 4 * 1024;

/// What a transaction may write of its own, in bytes: a block's head, and the meta entry, which names inputs and writer.
const OWN_BYTES_MAX: usize = 256;

/// How many records of `scans.v1` are applied and committed.
fn applied(daemon: &Daemon) -> i64 {
    let of = |partition: i32| {
        let found: Value = serde_json::from_str(&daemon.get(&format!("/v1/states/tracker/{partition}")).body)
            .unwrap_or_else(|error| panic!("expected a state: {error}"));
        let offsets: Vec<(String, i64)> = serde_json::from_value(found["offsets"].clone()).expect("offsets by input");
        offsets.iter().find(|(input, _)| input == "scans.v1").map_or(0, |(_, offset)| *offset)
    };
    of(0) + of(1)
}

/// Scans of few parcels, again and again.
struct Churn<'a> {
    flow: &'a Flow,
    scans: usize,
}

impl Churn<'_> {
    fn put(&mut self) {
        let ids: Vec<String> = (self.scans..self.scans + SCANS).map(|n| format!("P{}", n % SCANNED)).collect();
        let code = ["arrived_hub", "departed_hub"][self.scans / SCANNED % 2];
        self.flow.put("scans.v1", ids.iter().map(|id| (id.as_str(), scan(id, code))));
        self.scans += SCANS;
    }

    fn is_applied(&self, daemon: &Daemon) {
        until("the scans to be committed", PATIENCE, || {
            let found = applied(daemon);
            if found == self.scans as i64 { Ok(()) } else { Err(format!("{found} of {}", self.scans)) }
        });
    }
}

/// For each partition, the bytes of all entries in its log.
fn entries(flow: &Flow) -> [usize; 2] {
    let mut all = [0; 2];
    for record in flow.read("tracker-state.v1") {
        let block = record.value.expect("a block");
        let mut of_block = 0;
        let read = unpack(&block, |walk, entry| {
            let mut alone = Packer::new(walk);
            alone.push(entry.table, entry.key, entry.value);
            of_block += if entry.table > 0 { alone.bytes() } else { 0 };
        });
        read.expect("a block that can be read");
        assert!(block.len() - of_block <= OWN_BYTES_MAX, "found {} bytes", block.len() - of_block);
        all[record.partition as usize] += of_block;
    }
    all
}

#[test]
fn the_state_log_stays_within_three_times_the_live_state_over_complete_walks() {
    let Some(flow) = Flow::new() else { return };
    // The scans of one round are one transaction, mostly, and there are none without scans, each of which would sweep a little, too.
    let settings = flow.settings().runtime("commit_every = \"250ms\"\nsave_time_every = \"10m\"");
    let parcelwatch = Parcelwatch::with(&settings);
    let ids: Vec<String> = (0..PARCELS).map(|n| format!("P{n}")).collect();
    flow.put("shipments.v1", ids.iter().map(|id| (id.as_str(), shipment(id))));
    let mut churn = Churn { flow: &flow, scans: 0 };
    let mut daemon = Daemon::start(&settings);
    // From where on each partition's log is complete: each complete walk moves it.
    let (mut complete, mut walks) = ([0; 2], [0; 2]);
    for kill in 0.. {
        assert!(kill < KILLS_MAX, "expected {WALKS} complete walks, found {walks:?}");
        let mut most = [0; 2];
        for _ in 0..LOOKS {
            for _ in 0..TRANSACTIONS {
                churn.put();
                churn.is_applied(&daemon);
            }
            let now = entries(&flow);
            most = [0, 1].map(|n| most[n].max(now[n]));
        }
        for (n, found) in parcelwatch.state("tracker").iter().enumerate() {
            let of = |name: &str| found[name].as_u64().unwrap_or_else(|| panic!("expected {name} in {found}"));
            let (most, live) = (most[n], of("live_bytes") as usize);
            println!("{kill}: [{n}] at most {most} bytes of entries, {live} live, {:.2}", most as f64 / live as f64);
            assert!(most <= 3 * live + SLACK_BYTES, "{kill}: {most} bytes of entries, {live} live: {found}");
            if of("complete_from") > complete[n] {
                complete[n] = of("complete_from");
                walks[n] += usize::from(kill > 0);
            }
        }
        if walks.iter().all(|walks| *walks >= WALKS) {
            break;
        }
        // With a transaction and a sweep under way.
        churn.put();
        daemon.kill();
        daemon = Daemon::start(&settings);
        churn.is_applied(&daemon);
    }
    daemon.stop();
}
