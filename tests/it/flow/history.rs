//! A history told through Apache Kafka is the one that `replay` tells, and nobody hears of what it refutes: the daemon finds months of
//! scans waiting, of which the last is from yesterday.
//!
//! What should be told is worked out by the reference of rules.md in `tests/reference`, which shares nothing with the
//! product. What is true may change between the last record and today without any further record (a stall becomes worse, say): then
//! what is true today is told, and only that.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::command::{Parcelwatch, millis};
use super::ends::Ends;
use super::shifted::{History, MERCHANTS};
use super::{Flow, PATIENCE};
use crate::daemon::Daemon;
use crate::support::{shared_data, until};

mod told;

use told::{Told, Wanted};

/// What a daemon made of a history.
struct Outcome {
    conditions: Vec<Value>,
    notices: Vec<Value>,
    deliveries: Vec<Value>,
    received: BTreeMap<String, usize>,
    /// Between these instants the daemon came to today; up to the second all of this is complete.
    came: [i64; 2],
}

/// Tells the history, lets a daemon run until it has come to today and everybody is told, and checks what holds of every
/// history.
///
/// Each time as many offsets of `conditions.v1` are used as `kills` says, the daemon is killed and another one takes over.
fn run(history: &History, limits: &str, kills: &[i64]) -> Option<Outcome> {
    let (flow, ends) = (History::topics()?, Ends::start()?);
    history.tell(&flow, |_, _| None);
    ends.register(&flow, MERCHANTS);
    // Without the gap everything is told now that would be told in four hours.
    let settings = ends.settings(&flow).with(limits).with("[notify]\ngap = \"0s\"\n[notify.digest]\nwindow = \"1s\"");
    let settings = settings.runtime("save_time_every = \"1s\"\nsession_timeout = \"4s\"");
    let parcelwatch = Parcelwatch::with(&settings);
    for used in kills {
        let daemon = Daemon::spawn(&settings, &["--from", "earliest"]);
        until("the history to be amid", PATIENCE, || match flow.cluster().length(&flow.topic("conditions.v1")) {
            length if length >= *used => Ok(()),
            length => Err(format!("{length} of {used} offsets")),
        });
        daemon.kill();
    }
    let start = chrono::Utc::now().timestamp_millis();
    let daemon = Daemon::start(&settings);

    parcelwatch.until_saved_beyond("tracker", history.last());
    let end = chrono::Utc::now().timestamp_millis();
    parcelwatch.until_saved_beyond("tracker", end);
    parcelwatch.until_saved_beyond("notifier", end);
    let deliveries = until_all_is_said(&flow);
    daemon.stop();

    equals_replay(&flow, &parcelwatch, history);
    rejects_are_the_rejected(&flow, history);
    Some(Outcome {
        conditions: flow.values("conditions.v1"),
        notices: flow.values("notices.v1"),
        deliveries,
        received: ends.received(),
        came: [start, end],
    })
}

/// Waits until something final is known about every notice; gives the deliveries.
pub fn until_all_is_said(flow: &Flow) -> Vec<Value> {
    until("a last word on every notice", PATIENCE, || {
        let deliveries = flow.values("deliveries.v1");
        let last_word =
            |d: &&Value| d["decision"] == "suppressed" || d["decision"] == "expired" || d["outcome"] == "delivered";
        let said: BTreeSet<&str> =
            deliveries.iter().filter(last_word).filter_map(|d| d["notice_id"].as_str()).collect();
        let notices = flow.values("notices.v1");
        let open: Vec<&Value> = notices
            .iter()
            .filter(|notice| notice["change"] == "issued" && notice["audience"] != "hub_ops")
            .filter(|notice| !said.contains(notice["id"].as_str().unwrap_or_default()))
            .collect();
        match open.first() {
            None => Ok(deliveries.clone()),
            Some(first) => Err(format!("{} of {} are open, {first} among them", open.len(), notices.len())),
        }
    })
}

/// Changes up to the last record are those of `replay`, to the last field.
pub fn equals_replay(flow: &Flow, parcelwatch: &Parcelwatch, history: &History) {
    let last = history.last();
    let mut through_kafka: Vec<String> = flow
        .values("conditions.v1")
        .iter()
        .filter(|change| change["at"].as_str().is_some_and(|at| millis(at) <= last))
        .map(Value::to_string)
        .collect();
    let mut replayed: Vec<String> = parcelwatch.replay(&history.folder()).iter().map(Value::to_string).collect();
    through_kafka.sort();
    replayed.sort();
    assert!(!replayed.is_empty(), "a history without a single change says nothing");
    let only = |these: &[String], others: &[String]| {
        let others: BTreeSet<&String> = others.iter().collect();
        these.iter().filter(|one| !others.contains(one)).take(5).cloned().collect::<Vec<_>>()
    };
    assert!(
        through_kafka == replayed,
        "{} changes through Kafka, {} by replay; only through Kafka, say: {:#?}; only by replay, say: {:#?}",
        through_kafka.len(),
        replayed.len(),
        only(&through_kafka, &replayed),
        only(&replayed, &through_kafka)
    );
}

fn rejects_are_the_rejected(flow: &Flow, history: &History) {
    let rejects = flow.read("rejects.v1");
    let mut found: Vec<(String, String)> = rejects
        .iter()
        .map(|reject| {
            let value = String::from_utf8_lossy(reject.value.as_deref().unwrap_or_default());
            (reject.header("topic").expect("a reject says where it was"), value.into_owned())
        })
        .collect();
    let mut expected: Vec<(String, String)> =
        history.rejected().map(|(topic, line)| (flow.topic(topic), line.to_owned())).collect();
    found.sort();
    expected.sort();
    assert_eq!(found, expected);
}

/// Whether what was issued is what is true: nothing else, nothing twice, and everything.
fn tells_the_truth(history: &History, outcome: &Outcome) {
    // The two differ where a limit passed in the very seconds between them.
    let [then, now] = outcome.came.map(|instant| Wanted::of(&history.truth(instant)));
    let may: BTreeSet<Told> = [then.must, then.may, now.may].into_iter().flatten().collect();
    let mut told = BTreeMap::<Told, usize>::new();
    let by_then = |notice: &&Value| notice["at"].as_str().is_some_and(|at| millis(at) <= outcome.came[1]);
    for notice in outcome.notices.iter().filter(|notice| notice["change"] == "issued").filter(by_then) {
        *told.entry(Told::by(notice)).or_default() += 1;
    }
    let refuted: Vec<&Told> = told.keys().filter(|told| !may.contains(told) && !now.must.contains(told)).collect();
    assert!(
        refuted.is_empty(),
        "{} notices of what is not true, {:#?} among them",
        refuted.len(),
        &refuted[..refuted.len().min(9)]
    );
    let twice: Vec<_> = told.iter().filter(|(_, count)| **count > 1).collect();
    assert!(twice.is_empty(), "told twice: {twice:#?}");
    let untold: Vec<&Told> = now.must.iter().filter(|wanted| !told.contains_key(wanted)).collect();
    assert!(
        untold.is_empty(),
        "{} things are true and untold, {:#?} among them",
        untold.len(),
        &untold[..untold.len().min(9)]
    );
}

/// Whether every notice was delivered once, or not at all and with a reason; of one matter at least the worst.
fn tells_once(outcome: &Outcome) {
    let mut delivered = BTreeMap::<&str, usize>::new();
    for delivery in &outcome.deliveries {
        let id = delivery["notice_id"].as_str().expect("a delivery names its notice");
        assert!(delivery["decision"] == "sent" || delivery["reason"].is_string(), "a reason is given: {delivery}");
        assert_ne!(delivery["decision"], "expired", "what is still true is of use: {delivery}");
        if delivery["outcome"] == "delivered" {
            *delivered.entry(id).or_default() += 1;
        }
    }
    let received: BTreeMap<&str, usize> = outcome.received.iter().map(|(id, count)| (id.as_str(), *count)).collect();
    assert_eq!(delivered, received, "what was delivered has arrived, and nothing else");
    assert!(delivered.values().all(|count| *count == 1), "nobody is told twice: {delivered:#?}");

    let mut worst = BTreeMap::new();
    for notice in outcome.notices.iter().filter(|notice| notice["change"] == "issued") {
        let (told, id) = (Told::by(notice), notice["id"].as_str().expect("an id"));
        let (parcel, journey, matter, audience) = told.matter();
        let key = (parcel.to_owned(), journey, matter.to_owned(), audience.to_owned());
        let rank = (told.rank(), id);
        worst.entry(key).and_modify(|worst| *worst = rank.max(*worst)).or_insert(rank);
    }
    for ((parcel, _, matter, audience), (_, id)) in &worst {
        assert!(
            audience == "hub_ops" || delivered.contains_key(id),
            "{parcel}: {audience} has not heard of {matter}: {id}"
        );
    }
}

#[test]
fn cargo2000_through_kafka_and_kills_is_its_replay_and_nobody_hears_what_is_long_over() {
    let Some(source) = shared_data("data/cargo2000") else { return };
    let Some(history) = History::shifted(&source, 1.0, 0) else { return };
    let Some(outcome) = run(&history, "[limits]\noverdue_scan_grace = \"0s\"", &[2000, 12_000, 24_000]) else { return };
    let overdue =
        outcome.conditions.iter().filter(|c| c["condition"] == "overdue_scan" && c["change"] == "opened").count();
    assert!(overdue > 1000, "the log has thousands of late milestones, found {overdue}");
    // Every leg was delivered before the log ends.
    tells_the_truth(&history, &outcome);
    assert_eq!(outcome.notices, Vec::<Value>::new());
    assert_eq!(outcome.received, BTreeMap::new());
}

#[test]
fn a_dirty_history_through_kafka_and_kills_is_its_replay_and_tells_once_what_is_left_of_it() {
    let Some(history) = History::made_up(5, 300, 1.0) else { return };
    let Some(outcome) = run(&history, "", &[200, 3000]) else { return };
    tells_the_truth(&history, &outcome);
    tells_once(&outcome);
}

#[test]
fn a_dirty_history_cut_off_in_its_midst_tells_once_what_is_true_of_parcels_on_their_way() {
    let Some(history) = History::made_up(6, 400, 0.5) else { return };
    let Some(outcome) = run(&history, "", &[]) else { return };
    tells_the_truth(&history, &outcome);
    tells_once(&outcome);
    assert!(outcome.received.len() > 100, "many are told, found {}", outcome.received.len());
}
