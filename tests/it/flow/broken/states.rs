//! Every way in which state, offsets and topics may not fit each other.

use rdkafka::producer::Producer;

use super::restoring::hold;
use super::{PATIENCE, Scene};
use crate::daemon::Daemon;
use crate::kafka::Record;

const STATE: &str = "tracker-state.v1";

#[test]
fn a_cut_state_log_stops_the_daemon() {
    let Some(scene) = Scene::set() else { return };
    let (_, end) = scene.span(STATE, 0);
    // The last block, which holds the meta entry, and the transaction's marker stay.
    scene.delete_before(STATE, 0, end - 2);
    scene.is_broken_by(
        &[("state_cut", "tracker 0")],
        &["something else deleted", "cleanup.policy=delete", "restore it from a backup"],
    );
}

#[test]
fn a_missing_state_log_stops_the_daemon() {
    let Some(scene) = Scene::set() else { return };
    for partition in 0..2 {
        let (_, end) = scene.span("notifier-state.v1", partition);
        scene.delete_before("notifier-state.v1", partition, end);
    }
    scene.is_broken_by(
        &[("state_missing", "notifier 0"), ("state_missing", "notifier 1")],
        &["the state was lost", "restore the topic from a backup", "start anew with --from"],
    );
}

#[test]
fn a_missing_group_offset_stops_the_daemon_and_an_operator_may_go_on_from_the_state() {
    let Some(scene) = Scene::set() else { return };
    scene.forget_group("tracker");
    scene.is_broken_by(
        &[("group_offset_missing", "tracker 0"), ("group_offset_missing", "tracker 1")],
        &["has no committed offset", "offsets.retention.minutes", "--resume-from-state"],
    );
    let mut daemon = Daemon::spawn(&scene.settings, &["--resume-from-state"]);
    daemon.wait_until_ready();
    daemon.stop();
    let (code, found) = scene.doctor();
    assert_eq!(code, Some(0), "{found:#?}");
}

#[test]
fn grown_topics_stop_the_daemon() {
    let Some(mut scene) = Scene::set() else { return };
    scene.grow(&["scans.v1"], 3);
    scene.is_broken_by(
        &[("topics", "group parcels"), ("partition_counts", "tracker")],
        &["expected equal partition counts", "create the topics anew with equal counts"],
    );
    scene.grow(&["shipments.v1", "reroutes.v1", STATE], 3);
    scene.settings = scene.settings.variable("PARCELWATCH__TOPICS__PARTITIONS__PARCELS", "3");
    scene.is_broken_by(
        &[("repartitioned", "tracker 0"), ("repartitioned", "tracker 1")],
        &["expected 2 partitions", "found 3", "create new topics"],
    );
}

#[test]
fn a_state_of_a_newer_version_stops_the_daemon() {
    let Some(scene) = Scene::set() else { return };
    let producer = scene.flow.cluster().producer();
    producer.send(Record::to(&scene.flow.topic(STATE)).value([2, 0, 0, 0, 0]).partition(1));
    producer.flush();
    scene.is_broken_by(
        &[("state_unreadable", "tracker 1")],
        &["expected state of encoding 1 or older, found 2", "run the version that wrote it"],
    );
}

#[test]
fn an_input_that_was_deleted_or_made_anew_stops_the_daemon() {
    let Some(scene) = Scene::set() else { return };
    let (_, end) = scene.span("shipments.v1", 0);
    // The daemon is down, and retention is faster than its return.
    let ids: Vec<String> = (0..super::PARCELS).map(|n| format!("P{n}")).collect();
    scene.flow.put("shipments.v1", ids.iter().map(|id| (id.as_str(), super::shipment(id))));
    assert!(scene.span("shipments.v1", 0).1 > end + 1, "some are of partition 0");
    scene.delete_before("shipments.v1", 0, end + 1);
    scene.is_broken_by(&[("input_cut", "tracker 0")], &["retention must outlast any outage", "start anew with --from"]);
    scene.make_anew("shipments.v1", &[("message.timestamp.type", "LogAppendTime")]);
    let (code, found) = scene.doctor();
    let short = |found: &&serde_json::Value| found["check"] == "input_short" && found["verdict"] == "problem";
    assert_eq!((code, found.iter().filter(short).count()), (Some(1), 2), "{found:#?}");
}

#[test]
fn a_transaction_that_was_left_open_in_a_state_log_is_named() {
    let Some(scene) = Scene::set() else { return };
    let holder = hold(&scene, STATE, 0);
    scene.doctor_names(&[("open_transaction", "tracker 0")], &["find-hanging"]);
    holder.abort_transaction(PATIENCE).expect("aborted");
    let (code, found) = scene.doctor();
    assert_eq!(code, Some(0), "{found:#?}");
}
