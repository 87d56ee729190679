//! Too many notices at once on real Kafka: they are held, over a `kill -9`, until an operator releases or discards them.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::command::Parcelwatch;
use super::{Flow, MERCHANT_SECRET, PATIENCE, scan, shipment};
use crate::channel::Server;
use crate::daemon::Daemon;
use crate::support::until;

/// Merchants enough that both partitions have some.
const MERCHANTS: usize = 8;

/// Lets so many parcels at once, all over the merchants, meet with this.
fn strike(flow: &Flow, code: &str, parcels: std::ops::Range<usize>) {
    let names: Vec<(String, usize)> = parcels.map(|n| (format!("{code}-{n}"), n % MERCHANTS)).collect();
    let announced = names.iter().map(|(name, merchant)| {
        let mut announced = shipment(name);
        announced["merchant"] = json!(format!("M-{merchant}"));
        (name.as_str(), announced)
    });
    flow.put("shipments.v1", announced);
    flow.put("scans.v1", names.iter().map(|(name, _)| (name.as_str(), scan(name, code))));
}

/// Decisions of merchants' notices, by their reason.
fn of<'a>(deliveries: &'a [Value], decision: &str, reason: &str) -> Vec<&'a Value> {
    let merchants =
        |delivery: &&Value| delivery["recipient_key"].as_str().is_some_and(|key| key.starts_with("merchant:"));
    let is = |delivery: &&Value| delivery["decision"] == decision && delivery["reason"] == reason;
    deliveries.iter().filter(merchants).filter(is).collect()
}

fn delivered(deliveries: &[Value]) -> usize {
    deliveries.iter().filter(|delivery| delivery["outcome"] == "delivered").count()
}

/// What the command lists of a kind: how many notices are held.
fn listed(command: &Parcelwatch, kind: &str) -> u64 {
    let output = command.run("release", &["--json"]);
    assert!(output.status.success(), "{output:?}");
    let listed: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(listed["answered"], json!([0, 1]), "{listed:#}");
    let storms = listed["storms"].as_array().expect("a list").iter().filter(|storm| storm["kind"] == kind);
    storms.map(|storm| storm["held"].as_u64().expect("a number")).sum()
}

#[test]
fn a_storm_is_held_over_a_kill_and_ends_as_an_operator_decides() {
    let Some(flow) = Flow::new() else { return };
    let Some(endpoint) = Server::start("webhook.py", &["--secret", MERCHANT_SECRET]) else { return };
    for merchant in 0..MERCHANTS {
        flow.merchant(&format!("M-{merchant}"), &format!("http://127.0.0.1:{}/hook", endpoint.port));
    }
    let settings = flow.settings().with("[notify]\nstorm_limit = 20");
    let command = Parcelwatch::with(&settings);
    let daemon = Daemon::start(&settings);
    strike(&flow, "damaged", 0..300);
    let deliveries = flow.until("deliveries.v1", "every notice to be sent or held", |all| {
        delivered(all) + of(all, "held", "storm").len() == 300
    });
    let (sent, held) = (delivered(&deliveries), of(&deliveries, "held", "storm").len());
    assert!((1..=40).contains(&sent), "{sent} were sent");
    daemon.kill();

    let daemon = Daemon::start(&settings);
    strike(&flow, "damaged", 300..301);
    flow.until("deliveries.v1", "one more to be held", |all| of(all, "held", "storm").len() == held + 1);
    let held = held + 1;
    until("the metrics to say so", PATIENCE, || {
        let found = daemon.metric("parcelwatch_storm_held_notices", &["kind=\"damaged\""]);
        if found == held as f64 { Ok(()) } else { Err(format!("{found} of {held}")) }
    });
    assert_eq!(daemon.metric("parcelwatch_storms", &["kind=\"damaged\""]), 2.0);
    assert_eq!(listed(&command, "damaged"), held as u64);

    let unasked = command.run("release", &["damaged"]);
    assert_eq!(unasked.status.code(), Some(2), "{unasked:?}");
    let said = String::from_utf8_lossy(&unasked.stdout).into_owned();
    assert!(said.contains(&format!("damaged: {held} notices are held")), "{said}");
    assert!(flow.values("controls.v1").is_empty(), "nothing is decided that was not confirmed");
    let released = command.run("release", &["damaged", "--yes", "--by", "night shift"]);
    assert!(released.status.success() && released.stdout.ends_with(b"carried out\n"), "{released:?}");
    let deliveries = flow.until("deliveries.v1", "everything to be delivered", |all| delivered(all) == 301);
    assert_eq!(of(&deliveries, "held", "storm released").len(), held);
    let controls = flow.values("controls.v1");
    assert_eq!(controls.len(), 2, "one in each partition: {controls:#?}");
    assert_eq!(controls[0], controls[1]);
    let said = ["action", "kind", "by"].map(|field| controls[0][field].as_str().unwrap_or_default());
    assert_eq!(said, ["release", "damaged", "night shift"]);

    strike(&flow, "lost", 0..100);
    let deliveries = flow.until("deliveries.v1", "the second storm", |all| {
        delivered(all) - 301 + of(all, "held", "storm").len() - held == 100
    });
    let (sent, lost) = (delivered(&deliveries), of(&deliveries, "held", "storm").len() - held);
    let discarded = command.run("discard", &["--all", "--yes", "--by", "night shift"]);
    assert!(discarded.status.success(), "{discarded:?}");
    flow.until("deliveries.v1", "it to be discarded", |all| of(all, "suppressed", "storm discarded").len() == lost);
    assert_eq!(listed(&command, "lost"), 0);
    assert_eq!(flow.values("controls.v1").len(), 4);
    daemon.stop();

    let events = endpoint.finish_with_events();
    let requests = events.iter().filter(|event| event["event"] == "request");
    let ids: Vec<&Value> = requests.map(|request| &request["headers"]["webhook-id"]).collect();
    let once: BTreeSet<String> = ids.iter().map(ToString::to_string).collect();
    assert_eq!((ids.len(), once.len()), (sent, sent), "each was received once, and nothing that was discarded");
}
