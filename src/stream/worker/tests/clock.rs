//! How stream time follows what the brokers answer.

use super::*;

const SECOND: Duration = Duration::from_secs(1);

/// Lets so much time pass, in turns.
fn pass(scene: &mut Scene<TrackerStage>, time: Duration) {
    let until = scene.shared.clock.now() + time;
    while scene.shared.clock.now() < until {
        scene.turns(1);
    }
}

fn behind(scene: &mut Scene<TrackerStage>, partition: i32) -> Duration {
    scene.shared.clock.now().since(START) - scene.stream_time(partition)
}

#[test]
fn one_question_in_a_turn_is_about_every_input_of_every_partition() {
    let mut scene = Scene::<TrackerStage>::with(&[0, 1]);
    for _ in 0..20 {
        scene.turns(1);
        let asked = scene.script.calls().iter().filter(|call| *call == "ends").count();
        assert!(asked <= 1, "{asked} questions in a turn");
    }
    pass(&mut scene, 10 * SECOND);
    assert!(behind(&mut scene, 0) < 3 * SECOND && behind(&mut scene, 1) < 3 * SECOND);
}

#[test]
fn stream_time_follows_the_instants_at_which_questions_were_sent_and_not_their_answers() {
    let mut scene = Scene::<TrackerStage>::with(&[0]);
    pass(&mut scene, 10 * SECOND);
    scene.script.state().answer_takes = SECOND;
    scene.script.calls();
    scene.script.pass(SECOND);
    scene.turns(1);
    let asked = scene.script.calls().iter().filter(|call| *call == "ends").count();
    assert_eq!(asked, 1, "one question, which took a second");
    // Its answer says nothing of what was written since it was sent.
    assert_eq!(behind(&mut scene, 0), 3 * SECOND);
}

#[test]
fn while_the_brokers_are_out_of_reach_stream_time_stands_still() {
    let mut scene = Scene::<TrackerStage>::with(&[0]);
    pass(&mut scene, 10 * SECOND);
    let stood = scene.stream_time(0);
    scene.script.state().unreachable = true;
    pass(&mut scene, 60 * SECOND);
    assert_eq!(scene.stream_time(0), stood);
    scene.script.state().unreachable = false;
    pass(&mut scene, SECOND);
    assert!(behind(&mut scene, 0) < 3 * SECOND);
}

#[test]
fn an_input_of_which_no_end_is_told_holds_stream_time_back() {
    let mut scene = Scene::<TrackerStage>::with(&[0]);
    pass(&mut scene, 10 * SECOND);
    let stood = scene.stream_time(0);
    scene.script.state().untold = Some("reroutes.v1");
    pass(&mut scene, 60 * SECOND);
    assert_eq!(scene.stream_time(0), stood);
}

#[test]
fn an_open_transaction_of_somebody_upstream_holds_stream_time_back() {
    let mut scene = Scene::<TrackerStage>::with(&[0]);
    pass(&mut scene, 10 * SECOND);
    let stood = scene.stream_time(0);
    scene.script.state().unstable.insert(("shipments.v1".to_owned(), 0), 0);
    scene.script.put("shipments.v1", 0, "P1", "{}".to_owned());
    pass(&mut scene, 60 * SECOND);
    assert!(scene.stream_time(0) <= stood + SECOND, "a shipment may say that nothing of it is late");
}

#[test]
fn while_somebody_has_set_the_systems_clock_stream_time_stands_still_and_no_instant_jumps() {
    for set_by in [3000, -3000] {
        let mut scene = Scene::<TrackerStage>::with(&[0]);
        pass(&mut scene, 10 * SECOND);
        let now = scene.shared.clock.now();
        scene.script.state().set_by = set_by;
        assert_eq!(scene.shared.clock.now(), now, "the wall clock is its start and the time since boot");
        let stood = scene.stream_time(0);
        pass(&mut scene, 60 * SECOND);
        assert!(scene.stream_time(0) <= stood + SECOND, "set by {set_by} ms");
        scene.script.state().set_by = 1000;
        pass(&mut scene, SECOND);
        assert!(behind(&mut scene, 0) < 3 * SECOND, "a second is within what clocks may differ");
    }
}

#[test]
fn a_clock_that_runs_from_elsewhere_departs_as_far_as_the_systems_clock_was_set() {
    let script = Script::new();
    let clock = Clock::of(Arc::new(script.clone()));
    script.pass(SECOND);
    assert_eq!(clock.departure(), Duration::ZERO);
    for (set_by, departure) in [(3000, 3 * SECOND), (-5000, 5 * SECOND)] {
        script.state().set_by = set_by;
        assert_eq!(clock.departure(), departure);
    }
}

#[test]
fn an_input_that_was_read_to_its_end_before_a_restart_is_confirmed_though_nothing_comes() {
    let mut scene = Scene::<TrackerStage>::with(&[0]);
    scene.script.put("scans.v1", 0, &parcel_of(0), scan(&parcel_of(0), "damaged", START));
    pass(&mut scene, 2 * SECOND);
    // What the client says where a partition was assigned and nothing has arrived: nothing.
    scene.script.state().asked.extend([Asked::Revoke(vec![0]), Asked::Assign(vec![0])]);
    pass(&mut scene, 5 * SECOND);
    assert!(behind(&mut scene, 0) < 3 * SECOND);
}
