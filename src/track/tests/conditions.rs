//! Each condition: opens, escalates, clears, is retracted, and does not open.

use super::timeline::{Timeline, conditions, world};

#[test]
fn never_uploaded_opens_a_day_after_shipping_and_clears_with_the_first_scan() {
    conditions(
        "0:00 ship ordered_at=0:00 shipped_at=1:00
         25:00 time
         25:00:00.001 time
             25:00:00.001 never_uploaded opened warn limit=25:00 by timer
         26:00 scan held H1
             26:00 held opened info limit=26:00 by scan
         27:00 scan picked_up
             27:00 never_uploaded cleared warn limit=25:00 by scan
             27:00 held cleared info limit=26:00 by scan
         28:00 time",
    );
}

#[test]
fn never_uploaded_is_retracted_by_a_scan_that_was_in_time_and_uploaded_late() {
    conditions(
        "0:00 ship ordered_at=0:00 service=on-demand
         3:00 time
             2:00:00.001 never_uploaded opened warn limit=2:00 by timer
         4:00 scan picked_up event_time=2:00
             4:00 never_uploaded retracted warn limit=2:00 by scan",
    );
}

#[test]
fn overdue_scan_awaits_one_milestone_after_the_other() {
    conditions(
        "0:00 ship ordered_at=0:00 route=picked_up+2h,departed_hub@H1+4h,arrived_hub@H2+10h
         3:00 scan picked_up event_time=2:20
             2:30:00.001 overdue_scan[0] opened warn limit=2:30 by timer
             3:00 overdue_scan[0] cleared warn limit=2:30 by scan
         7:00 scan departed_hub H1 event_time=6:00
             6:50:00.001 overdue_scan[1] opened warn limit=6:50 by timer episode=2
             7:00 overdue_scan[1] retracted warn limit=6:50 by scan episode=2
         17:00 time
             16:30:00.001 overdue_scan[2] opened warn limit=16:30 by timer episode=3",
    );
}

#[test]
fn overdue_scan_ends_with_a_later_milestone_and_with_the_last_mile_that_stands_for_all_before() {
    conditions(
        "0:00 ship ordered_at=0:00 route=picked_up+2h,departed_hub@H1+4h,arrived_hub@H2+10h,delivered+2h
         3:00 scan departed_hub H1
             2:30:00.001 overdue_scan[0] opened warn limit=2:30 by timer
             3:00 overdue_scan[0] cleared warn limit=2:30 by scan
         14:00 scan out_for_delivery
             5:00:00.001 skipped_scan[0] opened info limit=5:00 by timer
             13:30:00.001 overdue_scan[2] opened warn limit=13:30 by timer episode=2
             14:00 overdue_scan[2] cleared warn limit=13:30 by scan episode=2
         16:31 time
             16:00:00.001 skipped_scan[2] opened info limit=16:00 by timer episode=2
             16:30:00.001 overdue_scan[3] opened warn limit=16:30 by timer episode=3",
    );
}

#[test]
fn returning_ends_the_route_until_another_is_announced() {
    conditions(
        "0:00 ship ordered_at=0:00 route=picked_up+2h,departed_hub@H1+4h
         3:00 scan returning
             2:30:00.001 overdue_scan[0] opened warn limit=2:30 by timer
             3:00 overdue_scan[0] cleared warn limit=2:30 by scan
         9:00 ship ordered_at=0:00 route=picked_up+2h,departed_hub@H1+4h
         9:01 ship ordered_at=0:00 route=returned+9h
         9:45 time
             9:30:00.001 overdue_scan[0] opened warn limit=9:30 by timer episode=2",
    );
}

#[test]
fn a_changed_route_clears_overdue_scan_and_takes_effect_at_once_where_it_has_passed() {
    conditions(
        "0:00 ship ordered_at=0:00 route=picked_up+2h
         3:00 ship ordered_at=0:00 route=picked_up+1h
             2:30:00.001 overdue_scan[0] opened warn limit=2:30 by timer
             3:00 overdue_scan[0] cleared warn limit=2:30 by shipment
         3:00 time
         3:01 time
             3:00 overdue_scan[0] opened warn limit=1:30 by timer episode=2",
    );
}

#[test]
fn grace_is_configuration() {
    Timeline::new(world(&[("overdue_scan_grace = \"30m\"", "overdue_scan_grace = \"0s\"")]), false).check(
        "0:00 ship ordered_at=0:00 route=picked_up+2h,departed_hub@H1+4h
         2:00 scan picked_up
         6:00 time
         6:01 time
             6:00:00.001 overdue_scan[1] opened warn limit=6:00 by timer",
    );
}

#[test]
fn stalled_escalates_by_where_the_parcel_waits_until_the_last_scan_changes() {
    conditions(
        "0:00 scan arrived_hub H1
         12:00 time
         25:00 scan departed_hub H1
             12:00:00.001 stalled opened info limit=12:00 by timer
             24:00:00.001 stalled escalated warn limit=24:00 by timer
             25:00 stalled cleared warn limit=12:00 by scan
         50:00 scan arrived_hub H2 event_time=30:00
             49:00:00.001 stalled opened info limit=49:00 by timer episode=2
             50:00 stalled retracted info limit=49:00 by scan episode=2",
    );
    // The same at another hub is another last scan.
    conditions(
        "0:00 scan arrived_hub H1
         13:00 scan arrived_hub H2
             12:00:00.001 stalled opened info limit=12:00 by timer
             13:00 stalled cleared info limit=12:00 by scan",
    );
}

#[test]
fn a_late_scan_that_is_still_too_old_opens_all_levels_passed_at_its_own_instant() {
    conditions(
        "0:00 ship ordered_at=0:00
         100:00 scan sorted H1 event_time=20:00
             24:00:00.001 never_uploaded opened warn limit=24:00 by timer
             100:00 never_uploaded retracted warn limit=24:00 by scan
         100:00 scan damaged H1 event_time=19:00
             100:00 damaged opened critical limit=19:00 by scan
         100:00:00.001 time
             100:00 stalled opened info limit=32:00 by timer
             100:00 stalled escalated warn limit=44:00 by timer
             100:00 stalled escalated major limit=92:00 by timer",
    );
}

#[test]
fn stalled_waits_for_the_next_milestone_where_that_is_due_later() {
    conditions(
        "0:00 ship ordered_at=0:00 route=picked_up+2h,arrived_hub@H2+40h
         1:00 scan picked_up
         42:00 time
             41:30:00.001 overdue_scan[1] opened warn limit=41:30 by timer
         53:01 time
             49:00:00.001 dispatch_overdue opened warn limit=49:00 by timer
             53:00:00.001 stalled opened info limit=53:00 by timer",
    );
}

#[test]
fn stalled_names_the_hold_that_explains_it() {
    conditions(
        "0:00 scan arrived_hub H1
         1:00 scan held H1 reason=weather
             1:00 held opened info limit=1:00 by scan
         13:00 time
             12:00:00.001 stalled opened info limit=12:00 by timer held_by=held
         14:00 scan sorted H1
             14:00 stalled cleared info limit=12:00 by scan
             14:00 held cleared info limit=1:00 by scan",
    );
}

#[test]
fn a_given_promise_holds_before_any_scan_and_stops_with_the_first_attempt() {
    conditions(
        "0:00 ship ordered_at=0:00 promise=10:00
         11:00 scan attempt_failed event_time=10:10
             10:30:00.001 delayed opened major limit=10:30 by timer
             11:00 delayed cleared major limit=10:30 by scan
             11:00 attempt_failed opened warn limit=10:10 by scan
         12:00 time",
    );
}

#[test]
fn delayed_is_retracted_only_by_an_attempt_before_the_promise_itself() {
    for (attempted, change) in [("10:00", "retracted"), ("10:01", "cleared"), ("10:30", "cleared")] {
        conditions(&format!(
            "0:00 ship ordered_at=0:00 promise=10:00
             11:00 scan awaiting_collection event_time={attempted}
                 10:30:00.001 delayed opened major limit=10:30 by timer
                 11:00 delayed {change} major limit=10:30 by scan"
        ));
    }
}

#[test]
fn the_pickup_fixes_what_the_service_level_promises() {
    conditions(
        "0:00 ship ordered_at=0:00 service=same-city
         1:00 scan arrived_hub H1
         2:00 scan picked_up
         3:00 ship ordered_at=0:00 service=inter-city
         14:00 scan arrived_destination H2
         26:31 scan out_for_delivery
             26:00:00.001 stalled opened info limit=26:00 by timer
             26:30:00.001 delayed opened major limit=26:30 by timer
             26:31 stalled cleared info limit=26:00 by scan",
    );
}

#[test]
fn a_computed_promise_opens_nothing_before_a_scan() {
    conditions(
        "0:00 ship ordered_at=0:00 shipped_at=100:00 service=same-city
         99:00 time",
    );
}

#[test]
fn thoroughly_delayed_comes_after_three_days_in_the_city_and_seven_elsewhere() {
    for (service, limit) in [("same-city", "82:00"), ("inter-city", "178:00")] {
        conditions(&format!(
            "0:00 ship ordered_at=0:00 shipped_at=400:00 promise=10:00 service={service}
             200:00 time
                 10:30:00.001 delayed opened major limit=10:30 by timer
                 {limit}:00.001 thoroughly_delayed opened critical limit={limit} by timer
             200:01 scan delivered
                 200:01 delayed cleared major limit=10:30 by scan
                 200:01 thoroughly_delayed cleared critical limit={limit} by scan"
        ));
    }
}

#[test]
fn dispatch_overdue_ends_with_any_sign_of_having_gone_on() {
    for sign in ["departed_hub H1", "arrived_hub H2", "arrived_destination H3", "forwarded", "returning"] {
        conditions(&format!(
            "0:00 scan picked_up
             12:00 scan sorted H1
             24:00 scan sorted H1
             36:00 scan sorted H1
             48:00 scan sorted H1
             49:00 scan {sign} event_time=10:00
                 48:00:00.001 dispatch_overdue opened warn limit=48:00 by timer
                 49:00 dispatch_overdue retracted warn limit=48:00 by scan",
        ));
    }
}

#[test]
fn a_failed_attempt_ends_with_a_newer_tour_and_not_with_an_older_one() {
    conditions(
        "0:00 scan out_for_delivery event_time=0:00
         5:00 scan attempt_failed
             5:00 attempt_failed opened warn limit=5:00 by scan
         6:00 scan out_for_delivery event_time=4:00
         7:00 scan attempt_failed
         8:00 scan out_for_delivery event_time=6:30
         9:00 scan out_for_delivery
             9:00 attempt_failed cleared warn limit=5:00 by scan",
    );
}

#[test]
fn an_attempt_older_than_what_followed_it_opens_nothing() {
    conditions(
        "0:00 scan out_for_delivery
         1:00 scan attempt_failed event_time=-1:00
         1:00 scan refused
             1:00 refused opened critical limit=1:00 by scan
         2:00 scan attempt_failed event_time=0:30",
    );
}

#[test]
fn the_silence_of_the_evening_is_a_failed_attempt_in_the_recipients_zone() {
    // 22:00 in Shanghai is 14:00 UTC; a scan in UTC itself waits until 22:00 there.
    conditions(
        "0:00 ship ordered_at=0:00 shipped_at=99:00 time_zone=Asia/Shanghai
         8:00 scan out_for_delivery
         15:00 scan out_for_delivery event_time=13:59
             14:00:00.001 attempt_failed opened warn limit=14:00 by timer
             15:00 attempt_failed retracted warn limit=14:00 by scan
         15:01 time
             15:00 attempt_failed opened warn limit=14:00 by timer episode=2",
    );
    conditions(
        "8:00 scan out_for_delivery
         21:59 time
             20:00:00.001 stalled opened info limit=20:00 by timer
         22:01 time
             22:00:00.001 attempt_failed opened warn limit=22:00 by timer",
    );
}

#[test]
fn a_scan_confirms_what_silence_said() {
    conditions(
        "12:00 scan out_for_delivery
         23:00 scan attempt_failed event_time=20:00
             22:00:00.001 attempt_failed opened warn limit=22:00 by timer
         23:30 scan out_for_delivery event_time=21:00
             23:30 attempt_failed cleared warn limit=22:00 by scan
         23:45 scan awaiting_collection event_time=21:30
             23:30 attempt_failed opened warn limit=22:00 by timer episode=2
             23:45 attempt_failed retracted warn limit=22:00 by scan episode=2",
    );
}

#[test]
fn an_accepted_reschedule_ends_a_failed_attempt_also_a_silent_one() {
    conditions(
        "12:00 scan out_for_delivery
         22:30 reroute requested reschedule
             22:00:00.001 attempt_failed opened warn limit=22:00 by timer
         22:31 reroute accepted locker
         22:32 reroute accepted reschedule
             22:32 attempt_failed cleared warn limit=22:00 by reroute
         23:00 time
         36:00 scan attempt_failed
             24:00:00.001 stalled opened info limit=24:00 by timer
             36:00 stalled cleared info limit=24:00 by scan
             36:00 attempt_failed opened warn limit=36:00 by scan episode=2",
    );
}

#[test]
fn uncollected_counts_from_the_scan_that_made_it_wait() {
    conditions(
        "0:00 scan awaiting_collection
         12:00 scan awaiting_collection
         49:00 scan damaged
             18:00:00.001 uncollected opened info limit=18:00 by timer
             48:00:00.001 uncollected escalated warn limit=48:00 by timer
             49:00 uncollected cleared warn limit=18:00 by scan
             49:00 damaged opened critical limit=49:00 by scan
         50:00 scan awaiting_collection
         69:00 time
             68:00:00.001 uncollected opened info limit=68:00 by timer episode=2",
    );
}

#[test]
fn held_ends_with_a_newer_movement_and_is_not_opened_by_an_older_word() {
    conditions(
        "0:00 scan arrived_hub H1
         1:00 scan held H1
             1:00 held opened info limit=1:00 by scan
         2:00 scan sorted H1 event_time=1:00
         3:00 scan departed_hub H1
             3:00 held cleared info limit=1:00 by scan
         4:00 scan held H1 event_time=2:30",
    );
}

#[test]
fn damage_outlasts_the_end_and_is_reported_once() {
    conditions(
        "0:00 scan damaged
             0:00 damaged opened critical limit=0:00 by scan
         0:30 scan out_for_delivery
         1:00 scan damaged
         2:00 scan delivered
         171:00 time
             170:00:00.001 damaged cleared critical limit=0:00 by timer",
    );
}

#[test]
fn a_refusal_ends_with_the_parcel() {
    conditions(
        "0:00 scan refused
             0:00 refused opened critical limit=0:00 by scan
         1:00 scan returning
         2:00 scan returned
             2:00 refused cleared critical limit=0:00 by scan",
    );
}

#[test]
fn lost_opens_with_the_end_and_clears_when_it_is_found() {
    conditions(
        "0:00 scan arrived_hub H1
         13:00 scan lost
             12:00:00.001 stalled opened info limit=12:00 by timer
             13:00 stalled cleared info limit=12:00 by scan
             13:00 lost opened critical limit=13:00 by scan
         14:00 scan sorted H1 event_time=12:30
         20:00 scan sorted H1
             20:00 lost cleared critical limit=13:00 by scan
         20:01 scan lost event_time=19:00",
    );
}
