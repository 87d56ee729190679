//! A daemon is let loose on a history: what comes of it, and what holds of every history.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::daemon::Daemon;
use crate::flow::command::{Parcelwatch, millis};
use crate::flow::ends::Ends;
use crate::flow::shifted::{History, MERCHANTS};
use crate::flow::{Flow, PATIENCE};
use crate::support::until;

/// What a daemon made of a history.
pub struct Outcome {
    pub conditions: Vec<Value>,
    pub notices: Vec<Value>,
    pub deliveries: Vec<Value>,
    pub received: BTreeMap<String, usize>,
    /// Between these instants the daemon came to today; up to the second all of this is complete.
    pub came: [i64; 2],
}

/// Tells the history, lets a daemon run until it has come to today and everybody is told, and checks what holds of every
/// history.
///
/// Each time as many offsets of `conditions.v1` are used as `kills` says, the daemon is killed and another one takes over.
pub fn run(history: &History, limits: &str, kills: &[i64]) -> Option<Outcome> {
    let (flow, ends) = (History::topics()?, Ends::start()?);
    history.tell(&flow, |_, _| None);
    ends.register(&flow, MERCHANTS);
    // Without the gap everything is told now that would be told in four hours.
    let settings = ends.settings(&flow).with(limits).with("[notify]\ngap = \"0s\"\n[notify.digest]\nwindow = \"1s\"");
    // Weeks of history lie in the topics, with hours of which no record says that brokers were there: whoever takes over in their midst
    // would wait as after an outage.
    let settings = settings.runtime("save_time_every = \"1s\"\nsession_timeout = \"4s\"\nsettle_for = \"0s\"");
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
        // What is in a digest has ended when that has.
        let digest_of: BTreeMap<&str, &str> =
            deliveries.iter().filter_map(|d| Some((d["notice_id"].as_str()?, d["digest"].as_str()?))).collect();
        let has_ended = |id: &str| said.contains(id) && digest_of.get(id).is_none_or(|digest| said.contains(digest));
        let notices = flow.values("notices.v1");
        let open: Vec<&Value> = notices
            .iter()
            .filter(|notice| notice["change"] == "issued")
            .filter(|notice| !has_ended(notice["id"].as_str().unwrap_or_default()))
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
    // To replay a shipment is of when it was ordered; what came last through Kafka may be one that was repeated.
    let mut replayed: Vec<String> = parcelwatch.replay(&history.folder(), last).iter().map(Value::to_string).collect();
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

/// What was put aside is what the reference cannot read, and nothing else.
pub fn rejects_are_the_rejected(flow: &Flow, history: &History) {
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
