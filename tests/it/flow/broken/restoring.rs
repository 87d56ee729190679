//! A restore that takes long: a partition's state log is held open by somebody's transaction, so that it stays as long as the
//! test wants.

use rdkafka::producer::{BaseRecord, DefaultProducerContext, Producer, ThreadedProducer};
use serde_json::Value;

use super::{PATIENCE, Scene, scan};
use crate::daemon::{Daemon, get};
use crate::support::until;

const STATE: &str = "tracker-state.v1";

/// Holds a partition of a topic open until it is dropped or aborted.
pub fn hold(scene: &Scene, topic: &str, partition: i32) -> ThreadedProducer<DefaultProducerContext> {
    hold_since(scene, topic, partition, chrono::Utc::now().timestamp_millis())
}

/// The same with a record of that time (in milliseconds since 1970), where the topic keeps producers' times. It has a key, which a compacted
/// topic wants.
pub fn hold_since(scene: &Scene, topic: &str, partition: i32, ms: i64) -> ThreadedProducer<DefaultProducerContext> {
    let mut config = scene.flow.cluster().client();
    config.set("transactional.id", scene.flow.topic("holder")).set("transaction.timeout.ms", "600000");
    let producer: ThreadedProducer<DefaultProducerContext> = config.create().expect("a producer");
    producer.init_transactions(PATIENCE).expect("a transactional id");
    producer.begin_transaction().expect("a transaction");
    let topic = scene.flow.topic(topic);
    let record =
        BaseRecord::to(&topic).key("holder").payload(&[1_u8, 0, 0, 0, 0][..]).partition(partition).timestamp(ms);
    producer.send(record).expect("room");
    producer.flush(PATIENCE).expect("acknowledged");
    producer
}

#[test]
fn partitions_become_active_one_by_one_and_say_how_far_they_are() {
    let Some(scene) = Scene::set() else { return };
    let holder = hold(&scene, STATE, 0);
    let mut daemon = Daemon::spawn(&scene.settings.clone().runtime("commit_every = \"50ms\""), &[]);
    let admin = scene.settings.admin().to_owned();
    let said = until("/readyz to say how far the restore is", PATIENCE, || match get(&admin, "/readyz") {
        Ok(answer)
            if answer.status == 503
                && answer.body.contains("tracker partition 0 is restoring")
                && !answer.body.contains("partition 1") =>
        {
            Ok(answer.body)
        }
        Ok(answer) => Err(answer.body),
        Err(error) => Err(error.to_string()),
    });
    let percent = |body: &str| -> Option<f64> {
        let (_, rest) = body.split_once("tracker partition 0 is restoring: ")?;
        rest.split_once(" %")?.0.parse().ok()
    };
    let percent = percent(&said).unwrap_or_else(|| panic!("{said}"));
    assert!((0.0..100.0).contains(&percent), "{said}");
    // The other partition decides, although this one is still restored.
    let other =
        (0..super::PARCELS).map(|n| format!("P{n}")).find(|id| crate::kafka::partition_of(id.as_bytes(), 2) == 1);
    let other = other.expect("a parcel of partition 1");
    scene.flow.put("scans.v1", [(other.as_str(), scan(&other, "lost"))]);
    let lost = |change: &Value| change["parcel_id"] == *other && change["condition"] == "lost";
    scene.flow.until("conditions.v1", "the other partition to decide", |changes| changes.iter().any(lost));
    let of = |daemon: &Daemon, name: &str, partition: &str| {
        daemon.metric(name, &["stage=\"tracker\"", &format!("partition=\"{partition}\"")])
    };
    assert_eq!(of(&daemon, "parcelwatch_restore_progress_ratio", "1"), 1.0);
    until("the gauge to show what was read", PATIENCE, || {
        match of(&daemon, "parcelwatch_restore_progress_ratio", "0") {
            ratio if ratio > 0.0 && ratio < 1.0 => Ok(()),
            ratio => Err(ratio),
        }
    });
    assert_eq!(daemon.metric("parcelwatch_partition_state", &["stage=\"tracker\"", "state=\"restoring\""]), 1.0);
    until("the log to say how far it is", PATIENCE, || {
        let log = daemon.log();
        let says =
            |line: &str| line.contains("\"restoring\"") && line.contains("\"percent\"") && line.contains("\"entries\"");
        if log.lines().any(says) { Ok(()) } else { Err(log) }
    });
    holder.abort_transaction(PATIENCE).expect("aborted");
    daemon.wait_until_ready();
    assert_eq!(daemon.metric("parcelwatch_workers_rebuilt_total", &[]), 0.0);
    assert_eq!(of(&daemon, "parcelwatch_restore_progress_ratio", "0"), 1.0);
    daemon.stop();
}
