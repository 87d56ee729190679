//! Sentences of rules.md that no other timeline shows by itself.

use super::timeline::conditions;

#[test]
fn what_is_open_counts_its_levels_from_where_it_opened() {
    conditions(
        "0:00 ship ordered_at=0:00 service=air
         1:00 scan arrived_hub H1
         14:00 ship ordered_at=0:00 route=arrived_hub@H1+1h,departed_hub+40h
             13:00:00.001 stalled opened info limit=13:00 by timer
         26:00 time
             25:00:00.001 stalled escalated warn limit=25:00 by timer",
    );
}

#[test]
fn a_condition_that_a_scan_opens_has_that_scans_event_time_as_its_limit() {
    conditions(
        "0:00 scan out_for_delivery
         5:00 scan attempt_failed event_time=4:00
             5:00 attempt_failed opened warn limit=4:00 by scan",
    );
}

#[test]
fn a_scan_within_the_grace_clears_overdue_scan_and_only_one_by_the_due_time_retracts_it() {
    for (event_time, change) in [("2:00", "retracted"), ("2:00:00.001", "cleared"), ("2:30", "cleared")] {
        conditions(&format!(
            "0:00 ship ordered_at=0:00 service=air route=picked_up+2h
             3:00 scan picked_up event_time={event_time}
                 2:30:00.001 overdue_scan[0] opened warn limit=2:30 by timer
                 3:00 overdue_scan[0] {change} warn limit=2:30 by scan"
        ));
    }
}

#[test]
fn a_scan_is_the_next_milestone_of_its_code_before_it_is_an_earlier_one() {
    conditions(
        "0:00 ship ordered_at=0:00 service=air route=arrived_hub,sorted,arrived_hub+1h,departed_hub+2h
         1:00 scan sorted H1
         1:30 scan arrived_hub H2
         4:00 time
             3:00:00.001 skipped_scan[0] opened info limit=3:00 by timer",
    );
}

#[test]
fn a_milestone_that_was_scanned_is_not_scanned_again() {
    conditions(
        "0:00 ship ordered_at=0:00 service=air route=arrived_hub,arrived_hub,departed_hub
         1:00 scan arrived_hub H1
         2:00 scan departed_hub H2
         2:30 scan arrived_hub H2 event_time=1:30
         5:00 time",
    );
}

#[test]
fn while_the_pickup_is_missing_the_promise_counts_from_the_first_scan() {
    conditions(
        "0:00 ship ordered_at=0:00 service=same-city
         1:00 scan arrived_hub H1
         26:00 time
             13:00:00.001 stalled opened info limit=13:00 by timer
             25:00:00.001 stalled escalated warn limit=25:00 by timer
             25:30:00.001 delayed opened major limit=25:30 by timer",
    );
}

#[test]
fn another_opening_scan_moves_when_a_condition_can_end_and_nothing_else() {
    conditions(
        "0:00 scan arrived_hub H1
         1:00 scan held H1
             1:00 held opened info limit=1:00 by scan
         3:00 scan held H1
         4:00 scan sorted H1 event_time=2:00
         5:00 scan departed_hub H1
             5:00 held cleared info limit=1:00 by scan",
    );
}

#[test]
fn a_result_of_the_same_moment_as_the_tour_is_one() {
    conditions(
        "12:00 scan out_for_delivery
         12:00 scan awaiting_collection
         23:00 time",
    );
}

#[test]
fn the_silence_of_an_evening_does_not_stop_the_promise_clock() {
    conditions(
        "0:00 ship ordered_at=0:00 promise=23:00 service=air
         12:00 scan out_for_delivery
         23:45 time
             22:00:00.001 attempt_failed opened warn limit=22:00 by timer
             23:30:00.001 delayed opened major limit=23:30 by timer",
    );
}

#[test]
fn delayed_is_a_fact_and_is_never_held() {
    conditions(
        "0:00 ship ordered_at=0:00 promise=3:00 service=air
         1:00 scan arrived_hub H1
         2:00 scan held H1
             2:00 held opened info limit=2:00 by scan
         4:00 time
             3:30:00.001 delayed opened major limit=3:30 by timer",
    );
}

#[test]
fn records_of_one_instant_come_before_the_limits_that_they_made_pass() {
    conditions(
        "0:00 ship ordered_at=0:00 service=air
         1:00 scan picked_up
         20:00 scan sorted H1 event_time=1:30
             13:00:00.001 stalled opened info limit=13:00 by timer
             20:00 stalled retracted info limit=13:00 by scan
         20:00 scan sorted H2 event_time=19:00
         20:01 time",
    );
}
