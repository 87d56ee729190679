//! When each stage may speak, and what it reads.

use super::*;

const SECOND: Duration = Duration::from_secs(1);

/// Everything is read, and the clock has come to now.
fn fresh() -> Freshness {
    Freshness { reads_fresh: true, behind: 2 * SECOND, ahead: Duration::ZERO, limits_wait: false, speaks: false }
}

#[test]
fn the_tracker_tells_only_what_is_fresh_and_after_the_limits_that_waited_for_its_clock() {
    let may = |freshness: Freshness| TrackerStage::may_speak(&freshness, &Options::of_a_test());
    assert!(may(fresh()));
    assert!(!may(Freshness { reads_fresh: false, ..fresh() }), "somebody's records are unread");
    assert!(may(Freshness { behind: 120 * SECOND, ..fresh() }));
    assert!(!may(Freshness { behind: 121 * SECOND, ..fresh() }), "its clock has not come to now");
    assert!(!may(Freshness { limits_wait: true, ..fresh() }), "what they say is stale by the next one");
    assert!(may(Freshness { limits_wait: true, speaks: true, ..fresh() }), "limits pass all the time");
    assert!(may(Freshness { behind: Duration::ZERO, ahead: 2 * SECOND, ..fresh() }));
    assert!(!may(Freshness { behind: Duration::ZERO, ahead: 3 * SECOND, ..fresh() }), "somebody's clock was wrong");
}

#[test]
fn the_notifier_attempts_only_while_its_clock_is_close_to_the_wall_clock() {
    let may = |behind| NotifierStage::may_speak(&Freshness { behind, ..fresh() }, &Options::of_a_test());
    assert!(may(5 * SECOND));
    assert!(!may(5 * SECOND + Duration::from_millis(1)), "a withdrawal may be written and unread");
}

#[test]
fn at_one_instant_shipments_go_before_scans_and_scans_before_reroutes() {
    assert_eq!(TrackerStage::INPUTS, ["shipments.v1", "scans.v1", "reroutes.v1"]);
    assert_eq!(
        (TrackerStage::INPUTS[TrackerStage::MAIN], NotifierStage::INPUTS[NotifierStage::MAIN]),
        ("scans.v1", "notices.v1")
    );
}
