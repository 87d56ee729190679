//! `kill -9` at each step of a delivery, then a restart: state and deliveries continue, and nobody is told twice but by
//! an attempt whose outcome nobody could know, which is counted.

use serde_json::Value;

use super::command::Parcelwatch;
use super::{Flow, scan, shipment};
use crate::channel::Server;
use crate::daemon::{Daemon, Settings};
use crate::support::until;

mod gate;

use gate::Gate;

/// How often a scene is set that the machine may spoil.
const TRIES: usize = 5;

/// A damaged parcel is told at once: to its merchant, whose endpoint stands behind a gate.
struct Scene {
    flow: Flow,
    settings: Settings,
    gate: Gate,
    server: Server,
}

impl Scene {
    fn set(path: &str) -> Option<Scene> {
        let flow = Flow::new()?;
        let server = Server::start("webhook.py", &["--secret", super::MERCHANT_SECRET])?;
        let gate = Gate::before(server.port);
        flow.merchant("M-1", &format!("http://127.0.0.1:{}{path}", gate.port()));
        let settings =
            flow.settings().with("[notify]\nclaim_window = \"10s\"\n[notify.webhook]\ntotal_timeout = \"3s\"");
        Some(Scene { flow, settings, gate, server })
    }

    /// Starts a daemon that commits this often and lets a parcel be damaged.
    fn damage(&self, commit_every: &str) -> Daemon {
        let settings = self.settings.clone().runtime(&format!("commit_every = \"{commit_every}\""));
        let daemon = Daemon::start(&settings);
        self.flow.put("shipments.v1", [("P1", shipment("P1"))]);
        self.flow.put("scans.v1", [("P1", scan("P1", "damaged"))]);
        daemon
    }

    /// Whether the saved state holds what was decided about the notice.
    fn notice_is_applied(&self) -> bool {
        let read = |saved: &Value| {
            let offsets = saved["offsets"].as_array().into_iter().flatten();
            offsets.filter(|input| input[0] == "notices.v1").any(|input| input[1] != 0)
        };
        Parcelwatch::with(&self.settings).state("notifier").iter().any(read)
    }

    /// After the restart: waits until the merchant's delivery is settled and everything else is quiet, then gives
    /// the merchant's deliveries.
    fn settled(&self) -> Vec<Value> {
        let daemon = Daemon::start(&self.settings);
        let to_merchant = |delivery: &&Value| delivery["recipient_key"] == "merchant:M-1";
        let deliveries = self.flow.until("deliveries.v1", "the merchant's delivery", |all| {
            all.iter().filter(to_merchant).any(|delivery| delivery["outcome"] == "delivered")
        });
        daemon.stop();
        let conditions = self.flow.values("conditions.v1");
        let opened = |c: &&Value| c["condition"] == "damaged" && c["change"] == "opened";
        assert_eq!(conditions.iter().filter(opened).count(), 1, "{conditions:#?}");
        deliveries.iter().filter(to_merchant).cloned().collect()
    }

    /// The `webhook-id` of every request that the endpoint has verified.
    fn received(self) -> Vec<String> {
        let events = self.server.finish_with_events();
        let requests = events.into_iter().filter(|event| event["event"] == "request");
        requests
            .map(|request| {
                assert_eq!(request["refusal"], Value::Null, "the signature is right");
                request["headers"]["webhook-id"].as_str().expect("an id").to_owned()
            })
            .collect()
    }
}

fn unknowns(deliveries: &[Value]) -> usize {
    deliveries.iter().filter(|delivery| delivery["outcome"] == "unknown").count()
}

/// A scene whose daemon was killed with a claim that was not committed. A machine that does something else for four seconds between the notice and
/// the kill makes another scene of it, which says nothing.
fn killed_before_the_claim() -> Option<Scene> {
    for _ in 0..TRIES {
        let scene = Scene::set("/hook")?;
        let daemon = scene.damage("4s");
        scene.flow.until("notices.v1", "the notice", |notices| !notices.is_empty());
        daemon.kill();
        if !scene.notice_is_applied() {
            return Some(scene);
        }
    }
    panic!("{TRIES} times a claim was committed before the daemon could be killed");
}

#[test]
fn killed_before_the_claim_is_committed_the_notice_is_delivered_once() {
    let Some(scene) = killed_before_the_claim() else { return };
    assert_eq!(scene.gate.connections(), 0, "nothing may leave before its claim is committed");
    let deliveries = scene.settled();
    assert_eq!(unknowns(&deliveries), 0, "{deliveries:#?}");
    assert_eq!(scene.received().len(), 1);
}

#[test]
fn killed_after_the_claim_the_attempt_is_unknown_and_repeated() {
    let Some(scene) = Scene::set("/hook") else { return };
    scene.gate.close();
    let daemon = scene.damage("100ms");
    until("an attempt to hang at the gate", super::PATIENCE, || match scene.gate.connections() {
        0 => Err("no connection"),
        _ => Ok(()),
    });
    daemon.kill();
    scene.gate.open();
    let deliveries = scene.settled();
    assert_eq!(unknowns(&deliveries), 1, "{deliveries:#?}");
    assert_eq!(scene.received().len(), 1, "the endpoint has never seen the first attempt");
}

#[test]
fn killed_after_the_endpoint_accepted_it_is_repeated_under_the_same_id() {
    let Some(scene) = Scene::set("/lost-once") else { return };
    let daemon = scene.damage("100ms");
    scene.server.next("request");
    daemon.kill();
    let deliveries = scene.settled();
    assert_eq!(unknowns(&deliveries), 1, "{deliveries:#?}");
    // The first request was taken by `next` above.
    assert_eq!(scene.received(), [deliveries[0]["notice_id"].as_str().expect("an id")]);
}

#[test]
fn killed_after_the_outcome_nothing_is_repeated() {
    let Some(scene) = Scene::set("/hook") else { return };
    let daemon = scene.damage("4s");
    scene.flow.until("receipts.v1", "the outcome", |receipts| !receipts.is_empty());
    daemon.kill();
    let deliveries = scene.settled();
    assert_eq!(unknowns(&deliveries), 0, "{deliveries:#?}");
    assert_eq!(scene.received().len(), 1);
}
