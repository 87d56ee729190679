//! A worker that never takes another turn, in a process that otherwise lives: its heartbeats go on, so nobody else gets its
//! partitions for many minutes, unless that process ends itself.
//!
//! Nothing in the product is made for this test: a debugger holds that one thread.

use serde_json::Value;

use super::{Flow, PATIENCE, scan, shipment};
use crate::channel::Server;
use crate::daemon::Daemon;

/// Patience counts in timeouts of a transaction: this is the shortest that may be configured.
const SHORT: &str = "transaction_timeout = \"1s\"";

fn decided(conditions: &[Value], parcel: &str) -> bool {
    conditions.iter().any(|change| change["parcel_id"] == parcel)
}

#[test]
fn a_process_whose_worker_stands_still_ends_and_says_so_and_another_goes_on() {
    let Some(flow) = Flow::new() else { return };
    let mut one = Daemon::start(&flow.settings().runtime(SHORT));
    flow.put("shipments.v1", ["P1", "P2"].map(|id| (id, shipment(id))));
    flow.put("scans.v1", [("P1", scan("P1", "damaged"))]);
    flow.until("conditions.v1", "the first to decide", |all| decided(all, "P1"));

    let Some(debugger) = Server::spawn("debugger.py", &[&one.pid().to_string(), "tracker-0"]) else { return };
    debugger.next("held");
    flow.put("scans.v1", [("P2", scan("P2", "damaged"))]);
    // It joins, and waits: whoever stands still is a member as good as any.
    let mut two = Daemon::spawn(&flow.settings().instance("two"), &[]);
    assert_eq!(one.get("/livez").status, 200);

    // Some 70 looks of the watch, one a second; then the other workers end as at any stop.
    let status = one.ended(4 * PATIENCE);
    assert_eq!(status.code(), Some(1), "{}", one.last_words());
    let log = one.log();
    let last = log.lines().last().unwrap_or_default();
    let says = ["the tracker worker 0 has stood still", "another one can go on with its partitions"];
    assert!(says.iter().all(|word| last.contains(word)), "expected {says:?} in the last line, found {last}");
    two.wait_until_ready();
    flow.until("conditions.v1", "the second to decide", |all| decided(all, "P2"));
    two.stop();
    assert_eq!(flow.values("conditions.v1").iter().filter(|change| change["condition"] == "damaged").count(), 2);
}
