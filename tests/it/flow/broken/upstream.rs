//! What goes wrong on the way to us and shows in the inputs: a transaction that its producer has left open, and brokers whose clocks
//! are not right. `doctor` names both, and nothing of the sort where nothing is wrong.

use std::sync::atomic::{AtomicBool, Ordering};

use rdkafka::producer::Producer;
use serde_json::Value;

use super::restoring::hold_since;
use super::{Flow, PATIENCE, Scene, scan, text};
use crate::kafka::Record;

/// Findings of a check that are not fine.
fn complaints<'a>(found: &'a [Value], check: &str) -> Vec<&'a Value> {
    found.iter().filter(|finding| finding["check"] == check && finding["verdict"] != "ok").collect()
}

#[test]
fn a_transaction_that_somebody_upstream_has_left_open_in_an_input_is_named_with_what_ends_it() {
    let producers = [("message.timestamp.type", "CreateTime")];
    let Some(flow) = Flow::with_topics(&[("scans.v1", &producers)]) else { return };
    let scene = Scene::on(flow);
    let now = chrono::Utc::now().timestamp_millis();
    let place = format!("{} 0", scene.flow.topic("scans.v1"));

    let young = hold_since(&scene, "scans.v1", 0, now);
    let (code, found) = scene.doctor();
    assert_eq!((code, complaints(&found, "open_transaction")), (Some(0), vec![]), "it is under way: {found:#?}");
    young.abort_transaction(PATIENCE).expect("aborted");
    drop(young);

    let (_, end) = scene.span("scans.v1", 0);
    let _hanging = hold_since(&scene, "scans.v1", 0, now - 20 * 60_000);
    scene.doctor_names(
        &[("open_transaction", &place)],
        &["open for 20m", &format!("holds 1 offsets from {end} on back"), "it hangs"],
    );
    let (_, found) = scene.doctor();
    let remedy = text(&complaints(&found, "open_transaction")[0]["remedy"]);
    let topic = scene.flow.topic("scans.v1");
    let abort = format!("abort --topic {topic} --partition 0 --start-offset {end}");
    assert!(remedy.contains("kafka-transactions.sh") && remedy.ends_with(&abort), "{remedy}");

    // What an operator does first: whoever starts under its id ends it.
    drop(hold_since(&scene, "scans.v1", 1, now));
    let (code, found) = scene.doctor();
    assert_eq!((code, complaints(&found, "open_transaction")), (Some(0), vec![]), "{found:#?}");
}

/// What `doctor` says of brokers' clocks while scans come in.
fn doctor_amid_scans(scene: &Scene) -> Vec<Value> {
    let is_over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let (producer, topic) = (scene.flow.cluster().producer(), scene.flow.topic("scans.v1"));
            while !is_over.load(Ordering::Relaxed) {
                producer.send(Record::to(&topic).key("P1").value(scan("P1", "sorted").to_string()));
                producer.flush();
            }
        });
        let (_, found) = scene.doctor();
        is_over.store(true, Ordering::Relaxed);
        found
    })
}

#[test]
fn a_broker_whose_clock_is_behind_or_ahead_of_ours_is_named() {
    let Some((cluster, shift)) = crate::kafka::shifted() else { return };
    let scene = Scene::on(Flow::on(cluster, &[]));
    let quiet = scene.doctor().1;
    assert!(said(&quiet).contains("no clock of a broker was seen"), "{quiet:#?}");

    let right = doctor_amid_scans(&scene);
    assert_eq!(complaints(&right, "broker_clock"), Vec::<&Value>::new(), "{right:#?}");
    assert!(said(&right).contains("the clocks of the brokers [1] agree"), "{right:#?}");

    for (seconds, words) in [(-30, "behind this machine's by "), (30, "ahead of this machine's by ")] {
        shift.set(seconds);
        let found = doctor_amid_scans(&scene);
        let complaints = complaints(&found, "broker_clock");
        let [complaint] = &complaints[..] else { panic!("expected one broker, found {found:#?}") };
        assert_eq!(complaint["verdict"], "warning");
        assert!(text(&complaint["place"]).starts_with("broker 1 at 127.0.0.1:"), "{complaint}");
        let (_, by) = text(&complaint["text"]).split_once(words).unwrap_or_else(|| panic!("{words}: {complaint}"));
        // At least so much shows: how long a record was on its way does not.
        let by = by.split_once(" at least").expect("how far").0;
        assert!(by == "30s" || by.starts_with("2"), "{by}");
    }
    shift.set(0);
    let right = doctor_amid_scans(&scene);
    assert_eq!(complaints(&right, "broker_clock"), Vec::<&Value>::new(), "{right:#?}");
}

/// What was found to be fine about the brokers' clocks.
fn said(found: &[Value]) -> &str {
    let ok = found.iter().find(|finding| finding["check"] == "broker_clock" && finding["verdict"] == "ok");
    text(&ok.unwrap_or_else(|| panic!("{found:#?}"))["text"])
}
