//! Repeats, ends, re-openings, journeys, shells and forgetting.

use super::timeline::{Timeline, conditions, world};
use crate::model::{Count, Effect, ScanOutcome};

#[test]
fn a_repeat_is_known_by_code_hub_and_second() {
    let mut timeline = Timeline::new(world(&[]), false);
    timeline.check("0:00 scan held H1\n    0:00 held opened info limit=0:00 by scan\n0:01 scan sorted H1\n    0:01 held cleared info limit=0:00 by scan");
    // Received in the same second; a repeat of `held` would open it again if it were new.
    timeline.check("0:05 scan held H1 event_time=0:00:00.900\n0:06 scan held H2 event_time=0:02\n    0:06 held opened info limit=0:02 by scan episode=2");
}

#[test]
fn a_scan_older_than_the_last_one_does_not_move_the_stage_back() {
    conditions(
        "0:00 scan arrived_hub H1
         2:00 scan departed_hub H1
         3:00 scan sorted H1 event_time=1:00
         25:00 time
         26:01 time
             26:00:00.001 stalled opened info limit=26:00 by timer",
    );
}

#[test]
fn at_equal_times_the_stage_order_decides() {
    conditions(
        "0:00 scan departed_hub H1
         0:00 scan sorted H1
         13:00 time
         24:01 time
             24:00:00.001 stalled opened info limit=24:00 by timer",
    );
}

#[test]
fn an_end_of_any_age_ends_unless_a_newer_return_was_read() {
    conditions(
        "0:00 scan held
             0:00 held opened info limit=0:00 by scan
         2:00 scan returning event_time=-1:00
         3:00 scan delivered event_time=-2:00
         4:00 scan delivered event_time=-0:30
             4:00 held retracted info limit=0:00 by scan
         5:00 scan held",
    );
}

#[test]
fn a_return_after_the_end_opens_the_parcel_again() {
    conditions(
        "0:00 scan delivered
         1:00 scan sorted H1
         2:00 scan returning event_time=0:00
         3:00 scan returning event_time=1:00
             2:00:00.001 suspect_signature opened warn limit=2:00 by timer
             3:00 suspect_signature retracted warn limit=2:00 by scan
         26:00 time
             25:00:00.001 stalled opened info limit=25:00 by timer",
    );
}

#[test]
fn limits_that_passed_while_it_was_ended_take_effect_at_the_reopening() {
    conditions(
        "0:00 ship ordered_at=0:00 promise=10:00
         1:00 scan lost
             1:00 lost opened critical limit=1:00 by scan
         30:00 scan sorted H1 event_time=2:00
             30:00 lost cleared critical limit=1:00 by scan
         30:00:00.001 time
             30:00 stalled opened info limit=14:00 by timer
             30:00 stalled escalated warn limit=26:00 by timer
             30:00 delayed opened major limit=10:30 by timer",
    );
}

#[test]
fn an_order_after_the_end_begins_a_journey_and_nothing_of_the_old_one_counts() {
    conditions(
        "0:00 ship ordered_at=0:00 promise=99:00
         1:00 scan damaged
             1:00 damaged opened critical limit=1:00 by scan
         2:00 scan delivered
         3:00 ship ordered_at=1:59
         4:00 ship ordered_at=3:00
             4:00 damaged cleared critical limit=1:00 by shipment
         5:00 scan damaged event_time=2:00
         6:00 scan damaged event_time=5:00
             6:00 damaged opened critical limit=5:00 by scan",
    );
}

#[test]
fn a_cancelled_shipment_ends_the_parcel() {
    conditions(
        "0:00 ship ordered_at=0:00
         25:00 ship ordered_at=0:00 cancelled=true
             24:00:00.001 never_uploaded opened warn limit=24:00 by timer
             25:00 never_uploaded cleared warn limit=24:00 by shipment
         99:00 time",
    );
}

#[test]
fn sixty_days_without_any_record_end_it_and_a_repeat_is_a_record() {
    conditions(
        "0:00 scan refused
             0:00 refused opened critical limit=0:00 by scan
         1:00 scan refused event_time=0:00
         1440:30 time
             12:00:00.001 stalled opened info limit=12:00 by timer
             24:00:00.001 stalled escalated warn limit=24:00 by timer
             72:00:00.001 stalled escalated major limit=72:00 by timer
         1441:01 time
             1441:00:00.001 refused cleared critical limit=0:00 by timer
             1441:00:00.001 stalled cleared major limit=12:00 by timer",
    );
}

#[test]
fn after_a_week_it_is_forgotten_and_its_id_is_new() {
    let mut timeline = Timeline::new(world(&[]), false);
    timeline.check(
        "0:00 ship ordered_at=0:00
         1:00 scan lost
             1:00 lost opened critical limit=1:00 by scan
         169:00 time
         169:00:00.002 time
             169:00:00.001 lost cleared critical limit=1:00 by timer",
    );
    assert_eq!((timeline.tracker.parcels.len(), timeline.tracker.announced.len()), (0, 0));
    timeline.check("170:00 scan lost event_time=1:00\n    170:00 lost opened critical limit=1:00 by scan");
}

#[test]
fn a_shells_limits_take_effect_when_its_shipment_comes() {
    conditions(
        "0:00 scan picked_up
         12:00 scan sorted H1
         24:00 scan sorted H1
         30:00 ship ordered_at=-1:00 service=same-city route=picked_up+2h,sorted@H1+4h,departed_hub+2h
         30:00:00.001 time
             30:00 overdue_scan[2] opened warn limit=14:30 by timer
             30:00 delayed opened major limit=24:30 by timer",
    );
}

#[test]
fn a_shell_is_counted_once_a_day_has_passed() {
    let mut timeline = Timeline::new(world(&[]), false);
    timeline.check("0:00 scan arrived_hub H1\n12:00 scan sorted H2");
    let mut effects = Vec::new();
    use crate::state::Machine;
    let passed = timeline.tracker.handle_timeout(super::timeline::instant("24:01"), 9, &timeline.world, &mut effects);
    let unknown = Effect::Count(Count::UnknownParcel { hub: Some("H2".into()) });
    assert!(passed < 9 && effects.contains(&unknown), "{effects:?}");
}

#[test]
fn of_many_scans_the_oldest_are_forgotten_and_counted() {
    let mut timeline = Timeline::new(world(&[]), false);
    let mut effects = Vec::new();
    for minute in (0..130).rev() {
        effects.extend(timeline.apply(&format!("3:00 scan sorted H1 event_time=0:{minute}")));
    }
    let count = |wanted: &Effect| effects.iter().filter(|effect| *effect == wanted).count();
    assert_eq!(count(&Effect::Count(Count::ForgottenScan)), 2);
    let outcomes = |minute: u32, timeline: &mut Timeline| {
        timeline.apply(&format!("3:00 scan sorted H1 event_time=0:{minute}")).into_iter().find_map(
            |effect| match effect {
                Effect::Count(Count::Scan { outcome, .. }) => Some(outcome),
                _ => None,
            },
        )
    };
    assert_eq!(outcomes(2, &mut timeline), Some(ScanOutcome::Repeat));
    assert_eq!(outcomes(1, &mut timeline), Some(ScanOutcome::Accepted));
}
