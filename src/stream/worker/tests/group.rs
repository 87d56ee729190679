//! Partitions come, are restored and become active; partitions go.

use super::*;
use crate::stream::pulse::Watch;
use crate::stream::restore::{CannotResume, Check, Restoring};

fn before(calls: &[String], first: &str, then: &str) {
    let at = |what: &str| {
        calls.iter().position(|call| call.starts_with(what)).unwrap_or_else(|| panic!("no {what} in {calls:#?}"))
    };
    assert!(at(first) < at(then), "expected {first} before {then}, found {calls:#?}");
}

/// A worker that has applied a scan of partition 0, and is gone; its logs.
fn predecessor() -> Script {
    let mut scene = Scene::<TrackerStage>::with(&[0]);
    scene.script.put("scans.v1", 0, &parcel_of(0), scan(&parcel_of(0), "damaged", START));
    scene.turns(30);
    let script = scene.script.clone();
    script.state().asked.push_back(Asked::Revoke(vec![0]));
    scene.turns(1);
    script.calls();
    script
}

/// A worker that is given partition 0 beside these logs.
pub fn successor(script: Script) -> Scene<TrackerStage> {
    let scene = Scene::on(script);
    scene.shared.worlds.complete();
    scene.script.state().asked.push_back(Asked::Assign(vec![0]));
    scene
}

#[test]
fn an_assignment_without_state_commits_where_it_begins_before_it_applies_anything() {
    let mut scene = Scene::<TrackerStage>::new();
    scene.shared.worlds.complete();
    scene.script.put("scans.v1", 0, &parcel_of(0), scan(&parcel_of(0), "damaged", START));
    scene.script.state().asked.push_back(Asked::Assign(vec![0]));
    scene.turns(30);
    let calls = scene.script.calls();
    before(&calls, "commit shipments.v1 0 0, scans.v1 0 0, reroutes.v1 0 0", "produce conditions.v1");
    before(&calls, "produce tracker-state.v1 0", "commit");
}

#[test]
fn no_input_is_applied_before_the_global_tables_are_read() {
    let mut scene = Scene::<TrackerStage>::new();
    scene.script.put("scans.v1", 0, &parcel_of(0), scan(&parcel_of(0), "damaged", START));
    scene.script.state().asked.push_back(Asked::Assign(vec![0]));
    scene.turns(30);
    let calls = scene.script.calls();
    assert!(!calls.iter().any(|call| call.starts_with("read scans.v1") || call.starts_with("commit")), "{calls:#?}");
    scene.shared.worlds.complete();
    scene.turns(30);
    before(&scene.script.calls(), "read scans.v1 0", "produce conditions.v1");
}

#[test]
fn a_revocation_is_answered_after_the_commit_and_takes_only_what_it_names() {
    let mut scene = Scene::<TrackerStage>::with(&[0, 1]);
    for partition in [0, 1] {
        let parcel = parcel_of(partition);
        scene.script.put("scans.v1", partition, &parcel, scan(&parcel, "damaged", START));
    }
    scene.until_dirty(0);
    scene.script.calls();
    scene.script.state().asked.push_back(Asked::Revoke(vec![0]));
    scene.turns(1);
    let calls = scene.script.calls();
    before(&calls, "commit shipments.v1 0 0, scans.v1 0 1", "let go scans.v1 0");
    before(&calls, "let go scans.v1 0", "answer Revoke([0])");
    assert!(!calls.iter().any(|call| call == "let go scans.v1 1"), "{calls:#?}");
    assert!(scene.worker.partition(0).is_none() && scene.worker.partition(1).is_some());
}

#[test]
fn an_event_without_partitions_is_answered_too() {
    let mut scene = Scene::<TrackerStage>::with(&[0]);
    for asked in [Asked::Revoke(Vec::new()), Asked::Assign(Vec::new())] {
        scene.script.state().asked.push_back(asked.clone());
        scene.turns(1);
        assert!(scene.script.calls().contains(&format!("answer {asked:?}")));
    }
    assert!(scene.worker.partition(0).is_some());
}

#[test]
fn what_belongs_to_a_lost_assignment_is_aborted() {
    let mut scene = Scene::<TrackerStage>::with(&[0]);
    scene.script.put("scans.v1", 0, &parcel_of(0), scan(&parcel_of(0), "damaged", START));
    scene.until_dirty(0);
    scene.script.calls();
    scene.script.state().lost = true;
    scene.script.state().asked.push_back(Asked::Revoke(vec![0]));
    scene.turns(1);
    let calls = scene.script.calls();
    before(&calls, "abort", "answer Revoke([0])");
    assert!(!calls.iter().any(|call| call.starts_with("commit")), "another member may own it: {calls:#?}");
    assert!(scene.script.values("conditions.v1", 0).is_empty() && scene.script.values("conditions.v1", 1).is_empty());
}

#[test]
fn a_commit_goes_out_with_the_groups_metadata_of_that_moment() {
    let mut scene = Scene::<TrackerStage>::with(&[0]);
    scene.script.put("scans.v1", 0, &parcel_of(0), scan(&parcel_of(0), "damaged", START));
    // Another member joins meanwhile, and this one keeps what it has.
    scene.script.state().regroups = true;
    scene.turns(20);
    let calls = scene.script.calls();
    assert!(calls.iter().any(|call| call.starts_with("commit")), "{calls:#?}");
    assert!(!calls.iter().any(|call| call.starts_with("abort")), "{calls:#?}");
}

#[test]
fn who_is_no_member_of_its_group_commits_nothing() {
    let mut scene = Scene::<TrackerStage>::with(&[0]);
    scene.script.state().member = false;
    scene.script.put("scans.v1", 0, &parcel_of(0), scan(&parcel_of(0), "damaged", START));
    scene.turns(30);
    let calls = scene.script.calls();
    assert!(calls.contains(&"abort".to_owned()), "{calls:#?}");
    assert!(!calls.iter().any(|call| call.starts_with("commit")), "{calls:#?}");
    scene.script.state().member = true;
    scene.turns(60);
    assert!(scene.script.calls().iter().any(|call| call.starts_with("commit")));
}

#[test]
fn a_successor_goes_on_from_the_saved_clock_and_offsets() {
    let script = predecessor();
    let mut scene = successor(script);
    scene.script.pass(Duration::from_hours(24));
    // Not one of them is answered: the clock stands where it was saved.
    scene.script.state().untold = Some("reroutes.v1");
    scene.turns(6);
    assert!(scene.script.calls().contains(&"read scans.v1 0 from 1".to_owned()));
    assert!(scene.stream_time(0) < Duration::from_secs(60), "{:?}", scene.stream_time(0));
    assert_eq!(scene.worker.partition(0).map(|partition| partition.meta.epoch), Some(2));
}

#[test]
fn a_restore_waits_for_what_an_open_transaction_holds_back() {
    let script = predecessor();
    let last = script.values("tracker-state.v1", 0).len();
    assert!(last > 0, "there is state");
    script.state().unstable.insert(("tracker-state.v1".to_owned(), 0), 2);
    let mut scene = successor(script);
    scene.turns(20);
    assert!(scene.worker.partition(0).is_none(), "what it has read is not all that there is");
    scene.script.state().unstable.clear();
    scene.turns(20);
    assert!(scene.worker.partition(0).is_some());
}

#[test]
fn state_without_the_groups_offset_stops_the_worker_and_names_the_remedy() {
    let script = predecessor();
    script.state().committed.clear();
    let error = successor(script).fails();
    assert!(
        matches!(error, WorkerError::CannotResume(_)) && error.to_string().contains("--resume-from-state"),
        "{error}"
    );
}

#[test]
fn offsets_without_state_stop_the_worker_and_are_never_read_as_a_first_start() {
    let script = predecessor();
    script.state().logs.remove(&("tracker-state.v1".to_owned(), 0));
    let error = successor(script).fails();
    assert!(
        matches!(error, WorkerError::CannotResume(_)) && error.to_string().contains("the state was lost"),
        "{error}"
    );
}

#[test]
fn a_group_that_is_elsewhere_than_the_state_stops_the_worker() {
    let script = predecessor();
    script.state().committed.insert(("scans.v1".to_owned(), 0), 0);
    let error = successor(script).fails();
    assert!(error.to_string().contains("is at offset 0, the saved state at 1"), "{error}");
}

#[test]
fn a_log_that_begins_later_than_it_is_complete_from_stops_the_worker() {
    let script = predecessor();
    let mut restoring = Restoring::<TrackerStage>::new(0, 9, Duration::ZERO);
    for block in script.values("tracker-state.v1", 0) {
        restoring.block("tracker-state.v1", 0, 0, &block).expect("a block of ours");
    }
    restoring.begins = restoring.meta().expect("it was saved").walk.complete_from + 1;
    let (state_topic, main_topic) = ("tracker-state.v1", "scans.v1");
    let check = Check { state_topic, main_topic, group: "g", partition: 0, partitions: PARTITIONS };
    let error = restoring.checked(&check, Some(1), &options()).expect_err("records were deleted");
    assert!(matches!(error, CannotResume::Truncated { .. }), "{error}");
}

#[test]
fn a_very_first_start_must_be_told_where_to_begin() {
    let check = Check { state_topic: "s", main_topic: "m", group: "g", partition: 0, partitions: PARTITIONS };
    let nowhere = Options { from: None, ..options() };
    let error = Restoring::<TrackerStage>::new(0, 0, Duration::ZERO)
        .checked(&check, None, &nowhere)
        .expect_err("nobody has said");
    assert!(error.to_string().contains("--from earliest, --from latest or --from 2026"), "{error}");
    assert!(Restoring::<TrackerStage>::new(0, 0, Duration::ZERO).checked(&check, None, &options()).is_ok());
    assert!(
        Restoring::<NotifierStage>::new(0, 0, Duration::ZERO).checked(&check, None, &nowhere).is_ok(),
        "its inputs are our own"
    );
}

#[test]
fn a_partition_that_is_restored_holds_no_other_up() {
    let script = predecessor();
    script.state().unstable.insert(("tracker-state.v1".to_owned(), 0), 0);
    let mut scene = successor(script);
    scene.script.state().asked.push_back(Asked::Assign(vec![1]));
    scene.script.put("scans.v1", 1, &parcel_of(1), scan(&parcel_of(1), "damaged", START));
    scene.turns(40);
    assert!(scene.worker.partition(0).is_none(), "it waits for somebody's transaction");
    assert_eq!(scene.worker.partition(1).map(|partition| partition.offsets()[1]), Some(1));
}

#[test]
fn a_record_on_the_wrong_partition_is_counted() {
    let mut scene = Scene::<TrackerStage>::with(&[0]);
    scene.script.put("scans.v1", 0, &parcel_of(0), scan(&parcel_of(0), "damaged", START));
    scene.script.put("scans.v1", 0, &parcel_of(1), scan(&parcel_of(1), "damaged", START));
    scene.turns(20);
    let metrics = scene.shared.metrics.render();
    let counted = metrics.lines().find(|line| line.contains("misplaced_records_total") && line.contains("scans.v1"));
    assert!(counted.is_some_and(|line| line.ends_with(" 1")), "{counted:?}");
}

#[test]
fn topics_of_unequal_or_grown_partition_counts_are_refused_with_the_remedy() {
    let unequal = Topics::of("", |topic| if topic == "reroutes.v1" { 3 } else { 2 });
    let error = unequal.co_partitioned::<TrackerStage>().expect_err("keys would not meet").to_string();
    assert!(error.contains("reroutes.v1 3") && error.contains("create the topics anew"), "{error}");
    assert!(unequal.co_partitioned::<NotifierStage>().is_ok());

    let scene = Scene::<TrackerStage>::new();
    scene.script.state().partitions = PARTITIONS + 1;
    let error = Worker::<TrackerStage, Script>::new(Arc::clone(&scene.shared), &scene.script, 1).err();
    let error = error.expect("it has grown since the instance started").to_string();
    assert!(error.contains("expected 2 partitions of scans.v1") && error.contains("create new topics"), "{error}");
}

#[test]
fn a_partition_that_was_added_to_a_running_topic_is_recognised_and_never_read_as_a_first_start() {
    fn recognised<S: Stage>() {
        let mut scene = Scene::<S>::with(&[0]);
        scene.script.state().partitions = PARTITIONS + 4;
        scene.script.state().asked.push_back(Asked::Assign(vec![PARTITIONS]));
        let error = scene.fails();
        assert!(matches!(error, WorkerError::Rebuild(_)), "{error}");
        let calls = scene.script.calls();
        assert!(!calls.iter().any(|call| call.starts_with("produce") || call.starts_with("read")), "{calls:#?}");
        let stops = Worker::<S, Script>::new(Arc::clone(&scene.shared), &scene.script, 0).err().expect("it has grown");
        assert!(stops.to_string().contains("found 6: keys belong to other partitions now"), "{stops}");
    }
    recognised::<TrackerStage>();
    recognised::<NotifierStage>();
}

/// So many transactions make a walk complete; the newest cut that is to follow.
fn cut(scene: &mut Scene<TrackerStage>) -> (String, i32, i64) {
    for _ in 0..60 {
        scene.script.pass(Duration::from_secs(10));
        scene.turns(3);
    }
    std::iter::from_fn(|| scene.trims.try_recv().ok()).last().expect("a cut")
}

#[test]
fn who_takes_over_makes_the_cut_that_its_predecessor_did_not_come_to() {
    let mut scene = Scene::<TrackerStage>::with(&[0]);
    // Its owner is killed before anything is cut.
    let lost = cut(&mut scene);
    let script = scene.script.clone();
    drop(scene);
    let mut scene = successor(script.clone());
    scene.turns(20);
    assert_eq!(scene.trims.try_recv(), Ok(lost.clone()));
    // Once it is made, nobody makes it again.
    script.state().begins.insert((lost.0, lost.1), lost.2);
    drop(scene);
    let mut scene = successor(script);
    scene.turns(20);
    assert!(scene.worker.partition(0).is_some() && scene.trims.try_recv().is_err());
}

#[test]
fn a_log_that_is_cut_while_it_is_restored_is_read_anew_and_no_other_partition_with_it() {
    let mut scene = Scene::<TrackerStage>::with(&[0]);
    // Its former owner cuts the log.
    let (_, _, before) = cut(&mut scene);
    let script = scene.script.clone();
    script.state().asked.push_back(Asked::Revoke(vec![0]));
    scene.turns(1);

    let log = ("tracker-state.v1".to_owned(), 0);
    script.state().unstable.insert(log.clone(), 0);
    let mut scene = successor(script);
    scene.script.state().asked.push_back(Asked::Assign(vec![1]));
    scene.turns(20);
    assert!(scene.worker.partition(0).is_none() && scene.worker.partition(1).is_some());
    scene.script.calls();
    scene.script.state().begins.insert(log.clone(), before);
    scene.script.state().unstable.clear();
    scene.turns(20);
    assert!(scene.worker.partition(0).is_some());
    let calls = scene.script.calls();
    assert!(calls.contains(&format!("read tracker-state.v1 0 from {before}")), "{calls:#?}");
    assert!(!calls.iter().any(|call| call.starts_with("read tracker-state.v1 1")), "{calls:#?}");
}

#[test]
fn a_worker_that_takes_turns_does_not_stand_still_and_one_that_takes_none_does() {
    let mut scene = Scene::<TrackerStage>::with(&[0]);
    let mut watch = Watch::new(5);
    for _ in 0..20 {
        scene.turns(1);
        assert_eq!(watch.tick(&scene.shared.pulse), None);
    }
    let ticks = std::iter::repeat_with(|| watch.tick(&scene.shared.pulse));
    assert_eq!(ticks.take(10).flatten().next(), Some((TrackerStage::NAME, 0)));
}
