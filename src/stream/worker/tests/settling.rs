//! What is left of an outage of the brokers, whoever owns a partition by then.

use super::group::successor;
use super::*;

/// Lets minutes pass one by one: a worker that takes no turn for longer looks as if it had waited for the brokers.
fn pass(scene: &mut Scene<TrackerStage>, minutes: u32) {
    for _ in 0..minutes {
        scene.script.pass(Duration::from_mins(1));
        scene.turns(3);
    }
}

fn tells(scene: &mut Scene<TrackerStage>) -> bool {
    scene.worker.partition(0).expect("it is active").may_speak()
}

/// A worker that may tell.
fn owner() -> Scene<TrackerStage> {
    let mut scene = Scene::with(&[0]);
    pass(&mut scene, 1);
    // Its clock is saved.
    scene.turns(10);
    assert!(tells(&mut scene));
    scene
}

/// It lets go, and another takes over.
fn handed_over(mut scene: Scene<TrackerStage>) -> Scene<TrackerStage> {
    scene.script.state().asked.push_back(Asked::Revoke(vec![0]));
    scene.turns(1);
    let mut scene = successor(scene.script.clone());
    scene.turns(20);
    scene
}

/// After the brokers were out of reach for an hour, and are back for two minutes.
fn after_an_outage() -> Scene<TrackerStage> {
    let mut scene = owner();
    scene.script.state().unreachable = true;
    pass(&mut scene, 60);
    scene.script.state().unreachable = false;
    pass(&mut scene, 2);
    assert!(!tells(&mut scene), "hubs have yet to send what they kept");
    scene
}

#[test]
fn who_takes_over_after_an_outage_waits_as_its_predecessor_did() {
    let mut scene = handed_over(after_an_outage());
    let saved = scene.worker.partition(0).expect("it is active").meta.stream_time;
    assert!(saved > START + Duration::from_mins(61), "the saved clock shows nothing of it: {saved}");
    pass(&mut scene, 1);
    assert!(!tells(&mut scene));
    // And whoever comes next.
    let mut scene = handed_over(scene);
    pass(&mut scene, 5);
    assert!(!tells(&mut scene));
    pass(&mut scene, 4);
    assert!(tells(&mut scene), "ten minutes have passed");
    // Nothing of it is left, and nobody waits again.
    assert!(tells(&mut handed_over(scene)));
}

#[test]
fn who_comes_back_after_nobody_watched_tells_at_once_only_where_records_show_that_the_brokers_were_there() {
    // For so many minutes there was no record, then one each minute; whether it tells at once.
    for (silent, scanned, at_once) in [(0, 60, true), (1, 0, true), (40, 20, true), (55, 5, false), (60, 0, false)] {
        let script = owner().script.clone();
        script.pass(Duration::from_mins(silent));
        for _ in 0..scanned {
            let parcel = parcel_of(0);
            script.put("scans.v1", 0, &parcel, scan(&parcel, "arrived_hub", START));
            script.pass(Duration::from_mins(1));
        }
        let mut scene = successor(script);
        scene.turns(20);
        let case = format!("{silent} minutes of silence, {scanned} of scans");
        assert_eq!(tells(&mut scene), at_once, "{case}");
        pass(&mut scene, 11);
        assert!(tells(&mut scene), "{case}: hubs have sent what they kept");
    }
}
