//! The state log stays small on Kafka: over complete walks with much churn, and with owners that are killed in the middle of a sweep.

use serde_json::Value;

use super::super::command::Parcelwatch;
use super::{Flow, PATIENCE, scan, shipment};
use crate::daemon::Daemon;
use crate::support::until;

/// Parcels of both partitions. Fewer: a transaction's own weight hides what is measured.
const PARCELS: usize = 400;

/// Scans in one transaction: little beside a sixteenth of the state, which a transaction sweeps at most.
const SCANS: usize = 4;

/// Transactions between two looks at the log, at the end of which the owner is killed. A walk takes sixteen and more.
const TRANSACTIONS: usize = 25;

/// Complete walks of each partition before it is enough.
const WALKS: usize = 3;

/// So many looks are enough for those walks, or they never end.
const LOOKS_MAX: usize = 24;

/// Bytes of a transaction that are no entries: heads of blocks and the meta entry, which names the inputs.
const TRANSACTION_BYTES: u64 = 400;

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

/// Scans of parcels, other ones each time.
struct Churn<'a> {
    flow: &'a Flow,
    scans: usize,
}

impl Churn<'_> {
    fn put(&mut self) {
        let ids: Vec<String> = (self.scans..self.scans + SCANS).map(|n| format!("P{}", n * 149 % PARCELS)).collect();
        let code = ["arrived_hub", "departed_hub"][self.scans / PARCELS % 2];
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

#[test]
fn the_state_log_stays_within_three_times_the_live_state_over_complete_walks() {
    let Some(flow) = Flow::new() else { return };
    let settings = flow.settings().runtime("commit_every = \"10ms\"");
    let parcelwatch = Parcelwatch::with(&settings);
    let ids: Vec<String> = (0..PARCELS).map(|n| format!("P{n}")).collect();
    flow.put("shipments.v1", ids.iter().map(|id| (id.as_str(), shipment(id))));
    let mut churn = Churn { flow: &flow, scans: 0 };
    let mut daemon = Daemon::start(&settings);
    // From where on each partition's log is complete: each complete walk moves it.
    let (mut complete, mut walks) = ([0; 2], [0; 2]);
    for look in 0.. {
        assert!(look < LOOKS_MAX, "expected {WALKS} complete walks, found {walks:?}");
        for _ in 0..TRANSACTIONS {
            churn.put();
            churn.is_applied(&daemon);
        }
        for (n, found) in parcelwatch.state("tracker").iter().enumerate() {
            let of = |name: &str| found[name].as_u64().unwrap_or_else(|| panic!("expected {name} in {found}"));
            let own = TRANSACTION_BYTES * (of("end") - of("begins")) / 2;
            assert!(of("bytes") <= 3 * of("live_bytes") + own, "{look}: {found}");
            println!("{look}: [{n}] {} bytes, {} live, {own} of transactions", of("bytes"), of("live_bytes"));
            if of("complete_from") > complete[n] {
                complete[n] = of("complete_from");
                walks[n] += usize::from(look > 0);
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
