//! Instances come, leave and are killed under load, and the notices are those of a single instance that nobody disturbs.
//!
//! The same parcels are told to both under different prefixes. Ids of notices are functions of content, and nothing that is told
//! here is ever taken back, so the sets of ids must be equal, whoever decided what and when.

use std::collections::BTreeMap;

use serde_json::Value;

use super::ends::Ends;
use super::history::until_all_is_said;
use super::{Flow, PATIENCE};
use crate::daemon::{Daemon, Settings};
use crate::support::until;

mod load;

use load::Load;

/// How much happens, in offsets of notices, before the next instance comes or goes.
const PROGRESS: i64 = 700;

fn settings(flow: &Flow, ends: &Ends) -> Settings {
    ends.register(flow, 5);
    // The faster the machine, the more parcels in a minute: to the storm breaker they would be a storm.
    ends.settings(flow).variable("PARCELWATCH__NOTIFY__STORM_LIMIT", "0")
}

/// Instances that notice soon that one of them is gone, and that repeat an attempt of unknown outcome soon.
fn hasty(settings: &Settings) -> Settings {
    let settings = settings.clone().with(
        "[notify]\nclaim_window = \"6s\"\n\
         [notify.webhook]\ntotal_timeout = \"3s\"\nretries = [\"1s\"]\n[notify.email]\ntotal_timeout = \"4s\"\nretries = [\"1s\"]",
    );
    settings
        .runtime("session_timeout = \"4s\"\ntransaction_timeout = \"5s\"")
        .variable("PARCELWATCH__EMAIL__TIMEOUT", "4s")
        .variable("PARCELWATCH__EMAIL__CONNECT_TIMEOUT", "2s")
}

/// An instance of this name.
fn instance(settings: &Settings, name: &str) -> Daemon {
    Daemon::start(&settings.clone().instance(name))
}

/// Waits until so much more has happened.
fn progress(flow: &Flow) {
    let topic = flow.topic("notices.v1");
    let goal = flow.cluster().length(&topic) + PROGRESS;
    until("more notices", PATIENCE, || match flow.cluster().length(&topic) {
        length if length >= goal => Ok(()),
        length => Err(format!("{length} of {goal}")),
    });
}

/// What came of a load.
struct Outcome {
    /// How often each notice was issued, by id.
    issued: BTreeMap<String, usize>,
    /// Parcel, condition and change, each as often as it was written.
    conditions: BTreeMap<(String, String, String), usize>,
    deliveries: Vec<Value>,
    received: BTreeMap<String, usize>,
}

impl Outcome {
    fn of(flow: &Flow, ends: Ends, deliveries: Vec<Value>) -> Outcome {
        let mut issued = BTreeMap::new();
        for notice in flow.values("notices.v1") {
            assert_eq!(notice["change"], "issued", "nothing is ever taken back here: {notice}");
            *issued.entry(text(&notice["id"])).or_default() += 1;
        }
        let mut conditions = BTreeMap::new();
        for change in flow.values("conditions.v1") {
            let key = (text(&change["parcel_id"]), text(&change["condition"]), text(&change["change"]));
            *conditions.entry(key).or_default() += 1;
        }
        Outcome { issued, conditions, deliveries, received: ends.received() }
    }

    /// Every notice is issued and delivered once, and arrives once more at most for every attempt of unknown outcome; gives how
    /// many those were.
    fn is_told_once(&self) -> usize {
        let count = |outcome: &str| {
            let mut count = BTreeMap::<&str, usize>::new();
            for delivery in self.deliveries.iter().filter(|delivery| delivery["outcome"] == outcome) {
                *count.entry(delivery["notice_id"].as_str().expect("an id")).or_default() += 1;
            }
            count
        };
        let (delivered, unknown) = (count("delivered"), count("unknown"));
        for (id, issued) in &self.issued {
            let of = |count: &BTreeMap<&str, usize>| count.get(id.as_str()).copied().unwrap_or_default();
            let (delivered, unknown) = (of(&delivered), of(&unknown));
            let received = self.received.get(id).copied().unwrap_or_default();
            let deliveries =
                || self.deliveries.iter().filter(|delivery| delivery["notice_id"] == **id).collect::<Vec<_>>();
            assert_eq!(*issued, 1, "{id} was issued {issued} times");
            assert_eq!(delivered, 1, "{id} was delivered {delivered} times: {:#?}", deliveries());
            assert!((1..=1 + unknown).contains(&received), "{id} arrived {received} times: {:#?}", deliveries());
        }
        let unheard: Vec<_> = self.received.keys().filter(|id| !self.issued.contains_key(*id)).collect();
        assert!(unheard.is_empty(), "arrived and was never issued: {unheard:?}");
        unknown.values().sum()
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("expected a text, found {value}")).to_owned()
}

/// One instance joins, one leaves, one joins again and one is killed, while the load goes on.
fn disturbed(load: &Load) -> Option<Outcome> {
    let (flow, ends) = (Flow::new()?, Ends::start()?);
    let settings = hasty(&settings(&flow, &ends));
    let one = instance(&settings, "one");
    let three = std::thread::scope(|scope| {
        let running = scope.spawn(|| load.run(&flow));
        // Whatever fails here must not leave the load running for ever.
        let disturbing = scope.spawn(|| {
            progress(&flow);
            let two = instance(&settings, "two");
            progress(&flow);
            one.stop();
            progress(&flow);
            let three = instance(&settings, "three");
            progress(&flow);
            two.kill();
            progress(&flow);
            three
        });
        let three = disturbing.join();
        load.stop();
        running.join().expect("the load ran to its end");
        three.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    });
    let deliveries = until_all_is_said(&flow);
    three.stop();
    Some(Outcome::of(&flow, ends, deliveries))
}

/// A single instance with the same parcels, and with the time that it is given by default: a busy machine is no disturbance to it.
fn undisturbed(load: &Load) -> Option<Outcome> {
    let (flow, ends) = (Flow::new()?, Ends::start()?);
    let one = instance(&settings(&flow, &ends), "one");
    load.again(&flow);
    until("every parcel to be told", PATIENCE, || {
        let told: std::collections::BTreeSet<String> =
            flow.values("notices.v1").iter().map(|notice| text(&notice["parcel_id"])).collect();
        if told.len() == load.produced() { Ok(()) } else { Err(format!("{} of {}", told.len(), load.produced())) }
    });
    let deliveries = until_all_is_said(&flow);
    one.stop();
    Some(Outcome::of(&flow, ends, deliveries))
}

#[test]
fn instances_that_join_leave_and_are_killed_tell_what_a_single_one_tells() {
    let load = Load::new();
    let Some(disturbed) = disturbed(&load) else { return };
    let Some(undisturbed) = undisturbed(&load) else { return };
    let unknown = disturbed.is_told_once();
    // A machine with more to do makes attempts last too long: their outcome is unknown though nothing has happened.
    let of_one = undisturbed.is_told_once();
    assert!(load.produced() >= 500, "there was a load, found {} parcels", load.produced());
    let difference = |these: &BTreeMap<String, usize>, others: &BTreeMap<String, usize>| {
        these.keys().filter(|id| !others.contains_key(*id)).count()
    };
    assert_eq!(difference(&disturbed.issued, &undisturbed.issued), 0, "only by those that were disturbed");
    assert_eq!(difference(&undisturbed.issued, &disturbed.issued), 0, "only by the one that was not");
    assert_eq!(disturbed.conditions, undisturbed.conditions);
    let (parcels, notices) = (load.produced(), disturbed.issued.len());
    println!("{parcels} parcels, {notices} notices, {unknown} attempts of unknown outcome, {of_one} of the single one");
}
