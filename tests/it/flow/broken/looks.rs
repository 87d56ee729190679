//! `doctor` looks and touches nothing, whether or not a daemon runs.

use std::collections::BTreeMap;
use std::time::Duration;

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::{Offset, TopicPartitionList};

use super::super::command::Parcelwatch;
use super::{PATIENCE, Scene};
use crate::daemon::Daemon;
use crate::support::until;

const ANSWER: Duration = Duration::from_secs(20);

/// Everything of this test that `doctor` might change: topics with their spans, groups with their members and offsets.
fn everything(scene: &Scene) -> BTreeMap<String, String> {
    let (consumer, prefix) = (scene.consumer(), scene.flow.topic(""));
    let mut all = BTreeMap::new();
    let metadata = consumer.fetch_metadata(None, ANSWER).expect("metadata");
    for topic in metadata.topics().iter().filter(|topic| topic.name().starts_with(&prefix)) {
        for partition in topic.partitions() {
            let span = consumer.fetch_watermarks(topic.name(), partition.id(), ANSWER).expect("watermarks");
            all.insert(format!("{} {}", topic.name(), partition.id()), format!("{span:?}"));
        }
    }
    let groups = consumer.fetch_group_list(None, ANSWER).expect("groups");
    for group in groups.groups().iter().filter(|group| group.name().starts_with(&prefix)) {
        let members: Vec<&str> = group.members().iter().map(|member| member.id()).collect();
        all.insert(format!("group {}", group.name()), format!("{} {members:?}", group.state()));
    }
    for stage in [("tracker", "scans.v1"), ("notifier", "notices.v1")] {
        all.insert(format!("offsets of {}", stage.0), format!("{:?}", offsets(scene, stage)));
    }
    all
}

fn offsets(scene: &Scene, (stage, main): (&str, &str)) -> Vec<Offset> {
    let mut config = scene.flow.cluster().client();
    config.set("group.id", format!("{}-{stage}", scene.flow.topic("pw")));
    let consumer: BaseConsumer = config.create().expect("a consumer");
    let mut list = TopicPartitionList::new();
    for partition in 0..2 {
        list.add_partition(&scene.flow.topic(main), partition);
    }
    let told = consumer.committed_offsets(list, ANSWER).expect("offsets");
    told.elements().iter().map(|element| element.offset()).collect()
}

#[test]
fn nothing_is_changed_and_nothing_is_wrong() {
    let Some(scene) = Scene::set() else { return };
    let before = everything(&scene);
    let (code, found) = scene.doctor();
    assert_eq!(code, Some(0), "{found:#?}");
    assert!(found.iter().all(|finding| finding["verdict"] == "ok"), "{found:#?}");
    let states = found.iter().filter(|finding| finding["check"] == "state").count();
    assert_eq!(states, 4, "every partition of both stages: {found:#?}");
    assert_eq!(everything(&scene), before);
    let text = Parcelwatch::with(&scene.settings).doctor_text();
    assert!(text.ends_with("0 problems, 0 warnings\n"), "{text}");
}

#[test]
fn a_running_daemon_is_not_disturbed_and_its_movement_is_no_problem() {
    let Some(scene) = Scene::set() else { return };
    // No machine stands still for so long without another wait of this test failing: what is lost and begun anew is doctor's doing.
    let patient = "save_time_every = \"100ms\"\nsession_timeout = \"5m\"\ntransaction_timeout = \"5m\"";
    let daemon = Daemon::start(&scene.settings.clone().runtime(patient));
    let parcelwatch = Parcelwatch::with(&scene.settings);
    for _ in 0..5 {
        let (code, found) = parcelwatch.doctor();
        assert_eq!(code, Some(0), "{found:#?}");
    }
    assert_eq!(daemon.metric("parcelwatch_workers_rebuilt_total", &[]), 0.0);
    assert_eq!(daemon.metric("parcelwatch_rebalances_total", &[]), 2.0, "one assignment for each stage");
    until("doctor to see who owns what", PATIENCE, || {
        let (_, found) = parcelwatch.doctor();
        let owns = |finding: &&serde_json::Value| {
            finding["check"] == "instance" && super::text(&finding["text"]).contains("tracker [0, 1]")
        };
        if found.iter().any(|finding| owns(&finding)) { Ok(()) } else { Err(format!("{found:#?}")) }
    });
    daemon.stop();
}

#[test]
fn brokers_that_do_not_answer_are_no_verdict() {
    let Some(scene) = Scene::set() else { return };
    let settings = scene.settings.clone().variable("PARCELWATCH__KAFKA__BOOTSTRAP", "127.0.0.1:9");
    let (code, found) = Parcelwatch::with(&settings).doctor();
    assert_eq!((code, found.len()), (Some(2), 0), "{found:#?}");
}
