//! Conditions that follow from what scans say beside the stage: milestones passed by, hubs off the route, tours that never were.

use super::timeline::{Timeline, choosing, conditions, notices, world};

#[test]
fn skipped_scan_opens_for_each_milestone_two_hours_after_a_later_one_was_read() {
    conditions(
        "0:00 ship ordered_at=0:00 route=picked_up,arrived_hub@H1,departed_hub@H1
         1:00 scan departed_hub H1 event_time=0:30
         3:00 time
         3:00:00.001 time
             3:00:00.001 skipped_scan[0] opened info limit=3:00 by timer
             3:00:00.001 skipped_scan[1] opened info limit=3:00 by timer episode=2
         4:00 scan arrived_hub H1 event_time=3:01
             4:00 skipped_scan[1] cleared info limit=3:00 by scan episode=2
         5:00 scan picked_up event_time=3:00
             5:00 skipped_scan[0] retracted info limit=3:00 by scan",
    );
}

#[test]
fn a_milestone_that_is_scanned_in_time_after_all_is_not_missing() {
    conditions(
        "0:00 ship ordered_at=0:00 route=picked_up,arrived_hub@H1
         1:00 scan arrived_hub H1
         3:00 scan picked_up event_time=0:10
         9:00 time",
    );
}

#[test]
fn the_last_mile_passes_by_what_lies_before_it_and_the_end_is_the_end_of_that() {
    conditions(
        "0:00 ship ordered_at=0:00 route=picked_up,arrived_hub@H1,delivered
         1:00 scan out_for_delivery
         4:00 scan delivered
             3:00:00.001 skipped_scan[0] opened info limit=3:00 by timer
             3:00:00.001 skipped_scan[1] opened info limit=3:00 by timer episode=2
             4:00 skipped_scan[0] cleared info limit=3:00 by scan
             4:00 skipped_scan[1] cleared info limit=3:00 by scan episode=2",
    );
    // What is missing less than two hours before the end is never said.
    conditions(
        "0:00 ship ordered_at=0:00 route=picked_up,delivered
         1:00 scan out_for_delivery
         3:00 scan delivered
         9:00 time",
    );
}

#[test]
fn what_is_missing_stays_so_when_the_route_ends_and_nothing_more_is() {
    conditions(
        "0:00 ship ordered_at=0:00 route=picked_up,arrived_hub@H1,arrived_hub@H2,arrived_hub@H3
         1:00 scan arrived_hub H1
         2:00 scan arrived_hub H3
         3:30 scan returning
             3:00:00.001 skipped_scan[0] opened info limit=3:00 by timer
         9:00 scan returned
             9:00 skipped_scan[0] cleared info limit=3:00 by scan",
    );
}

#[test]
fn a_changed_route_is_held_against_the_scans_by_when_they_were_read() {
    conditions(
        "0:00 ship ordered_at=0:00 route=picked_up,arrived_hub@H1
         1:00 scan arrived_hub H1
         4:00 ship ordered_at=0:00 route=picked_up,departed_hub@H0,arrived_hub@H1
             3:00:00.001 skipped_scan[0] opened info limit=3:00 by timer
             4:00 skipped_scan[0] cleared info limit=3:00 by shipment
         4:01 time
             4:00 skipped_scan[0] opened info limit=3:00 by timer episode=2
             4:00 skipped_scan[1] opened info limit=3:00 by timer episode=3",
    );
}

#[test]
fn scans_of_one_instant_and_code_are_told_apart_when_the_route_changes() {
    // Both hubs say the same of 1:00; what H2 said was read an hour earlier.
    conditions(
        "0:00 ship ordered_at=0:00 route=picked_up
         1:00 scan arrived_hub H2
         2:00 scan arrived_hub H1 event_time=1:00
         2:30 ship ordered_at=0:00 route=picked_up,arrived_hub@H1
         4:01 time
             4:00:00.001 skipped_scan[0] opened info limit=4:00 by timer",
    );
}

#[test]
fn a_scan_is_uploaded_late_after_half_an_hour_and_in_the_last_mile_after_five_minutes() {
    conditions(
        "1:00 scan sorted H1 event_time=0:30 upload_time=1:00
         1:01 scan departed_hub H1 event_time=0:30 upload_time=1:00:00.001
             1:01 uploaded_late opened info limit=1:00 by scan
         2:05 scan out_for_delivery event_time=2:00 upload_time=2:05
         2:06 scan attempt_failed event_time=2:00 upload_time=2:05:00.001
             2:06 attempt_failed opened warn limit=2:00 by scan
             2:06 uploaded_late opened info limit=2:05 by scan episode=2
         9:00 scan arrived_hub H1 event_time=3:00",
    );
}

#[test]
fn a_repeat_is_not_late_again_and_a_scan_from_before_the_end_is_late_after_it() {
    conditions(
        "0:00 scan out_for_delivery
         2:00 scan sorted H1 event_time=1:00 upload_time=2:00
             2:00 uploaded_late opened info limit=1:30 by scan
         2:10 scan sorted H1 event_time=1:00 upload_time=2:10
         3:00 scan delivered
         4:00 scan arrived_hub H1 event_time=2:30 upload_time=4:00
             4:00 uploaded_late opened info limit=3:00 by scan episode=2
         5:00 scan arrived_hub H1 event_time=3:30 upload_time=5:00",
    );
}

#[test]
fn misrouted_is_where_neither_the_route_nor_its_ends_lead() {
    conditions(
        "0:00 ship ordered_at=0:00 origin=H0 area=310104 route=picked_up,arrived_hub@H1,arrived_hub@H2
         1:00 scan sorted H0
         2:00 scan arrived_hub H9
             2:00 misrouted opened warn limit=2:00 by scan
         3:00 scan departed_hub H9
         4:00 scan arrived_hub H1 event_time=3:00
         5:00 scan arrived_hub H2
             5:00 misrouted cleared warn limit=2:00 by scan
         6:00 scan arrived_destination HD",
    );
}

#[test]
fn a_scan_that_is_not_the_last_one_or_has_another_code_misroutes_nothing() {
    conditions(
        "0:00 ship ordered_at=0:00 route=arrived_hub@H1,arrived_hub@H2
         2:00 scan arrived_hub H1
         3:00 scan arrived_hub H9 event_time=1:00
         4:00 scan out_for_delivery H9
         5:00 scan held H9
             5:00 held opened info limit=5:00 by scan",
    );
}

#[test]
fn nothing_is_misrouted_while_no_route_is_known() {
    for route in ["", "route=picked_up,delivered"] {
        conditions(&format!("0:00 ship ordered_at=0:00 origin=H0 {route}\n1:00 scan arrived_hub H9\n2:00 time"));
    }
    conditions(
        "0:00 ship ordered_at=0:00 route=arrived_hub@H1
         1:00 scan returning H1
         2:00 scan arrived_hub H9",
    );
}

#[test]
fn a_new_route_ends_misrouted_and_judges_the_last_scan_again() {
    conditions(
        "0:00 ship ordered_at=0:00 route=arrived_hub@H1
         1:00 scan arrived_hub H9
             1:00 misrouted opened warn limit=1:00 by scan
         2:00 ship ordered_at=0:00 route=arrived_hub@H9
             2:00 misrouted cleared warn limit=1:00 by shipment
         3:00 ship ordered_at=0:00 route=arrived_hub@H2
             3:00 misrouted opened warn limit=1:00 by shipment episode=2",
    );
}

#[test]
fn an_alternate_of_a_hub_is_as_good_as_that_hub() {
    Timeline::new(world(&[("[alternates]\n", "[alternates]\nH1 = [\"H9\"]\n")]), false).check(
        "0:00 ship ordered_at=0:00 route=arrived_hub@H1
         1:00 scan arrived_hub H9
         2:00 scan arrived_hub H8
             2:00 misrouted opened warn limit=2:00 by scan",
    );
}

#[test]
fn looping_is_a_third_visit_or_two_hubs_in_turn_twice() {
    conditions(
        "0:00 scan arrived_hub A
         1:00 scan arrived_hub B
         2:00 scan arrived_hub A
         2:30 scan arrived_hub A
         3:00 scan arrived_hub C
         4:00 scan arrived_destination A
             4:00 looping opened warn limit=4:00 by scan
         5:00 scan out_for_delivery event_time=4:00
         6:00 scan out_for_delivery
             6:00 looping cleared warn limit=4:00 by scan",
    );
    conditions(
        "0:00 scan arrived_hub A
         1:00 scan arrived_hub B
         3:00 scan arrived_hub B event_time=2:30
         4:00 scan arrived_hub A event_time=2:00
             4:00 looping opened warn limit=2:00 by scan",
    );
}

#[test]
fn a_loop_of_before_the_last_mile_is_none_any_more() {
    conditions(
        "0:00 scan arrived_hub A
         1:00 scan arrived_hub B
         2:00 scan arrived_hub A
         5:00 scan out_for_delivery
         6:00 scan arrived_hub B event_time=4:00",
    );
}

#[test]
fn a_signature_that_no_tour_explains_is_suspect_two_hours_later_for_a_week() {
    conditions(
        "0:00 scan picked_up
         1:00 scan delivered event_time=0:30
         3:00 time
         3:00:00.001 time
             3:00:00.001 suspect_signature opened warn limit=3:00 by timer
         169:01 time
             169:00:00.001 suspect_signature cleared warn limit=3:00 by timer",
    );
}

#[test]
fn a_tour_that_is_read_late_explains_a_signature() {
    for (read, found) in [("3:00", ""), ("4:00", "3:00:00.001 suspect_signature opened warn limit=3:00 by timer")] {
        let over = if found.is_empty() { "" } else { "4:00 suspect_signature retracted warn limit=3:00 by scan" };
        conditions(&format!(
            "0:00 scan picked_up
             1:00 scan delivered
             {read} scan awaiting_collection event_time=1:00
                 {found}
                 {over}
             9:00 time"
        ));
    }
    // One after it does not.
    conditions(
        "0:00 scan delivered
         1:00 scan out_for_delivery event_time=0:00:00.001
         3:00 time
             2:00:00.001 suspect_signature opened warn limit=2:00 by timer",
    );
}

#[test]
fn what_comes_back_was_not_delivered_and_is_no_longer_suspect() {
    conditions(
        "0:00 scan delivered
         3:00 scan returning event_time=2:30
             2:00:00.001 suspect_signature opened warn limit=2:00 by timer
             3:00 suspect_signature cleared warn limit=2:00 by scan
         9:00 time",
    );
}

#[test]
fn where_hubs_scan_no_tours_no_signature_is_suspect_for_want_of_them() {
    Timeline::new(world(&[("scans_tours = true", "scans_tours = false")]), false)
        .check("0:00 scan delivered\n9:00 time");
}

#[test]
fn a_drop_without_consent_lasts_until_there_is_consent_or_it_is_moved() {
    conditions(
        "0:00 ship ordered_at=0:00 consent=station
         1:00 scan awaiting_collection place_kind=locker
             1:00 unconsented_drop opened info limit=1:00 by scan
         2:00 ship ordered_at=0:00 consent=locker
             2:00 unconsented_drop cleared info limit=1:00 by shipment
         3:00 ship ordered_at=0:00 consent=station
             3:00 unconsented_drop opened info limit=1:00 by shipment episode=2
         4:00 scan awaiting_collection place_kind=locker
         5:00 scan out_for_delivery event_time=4:30
             5:00 unconsented_drop cleared info limit=1:00 by scan episode=2",
    );
}

#[test]
fn an_outlet_and_a_place_that_was_agreed_to_need_no_consent() {
    for (consent, kind) in [("locker", "locker"), ("station", "station"), ("locker", "outlet")] {
        conditions(&format!(
            "0:00 ship ordered_at=0:00 consent={consent}\n1:00 scan awaiting_collection place_kind={kind}\n2:00 time"
        ));
    }
    conditions("1:00 scan awaiting_collection place_kind=locker\n2:00 time");
}

#[test]
fn a_drop_of_a_shell_is_judged_when_its_shipment_comes() {
    conditions(
        "1:00 scan awaiting_collection place_kind=station
         2:00 ship ordered_at=0:00
             2:00 unconsented_drop opened info limit=1:00 by shipment",
    );
}

#[test]
fn whoever_chooses_a_locker_consents_to_it() {
    Timeline::new(choosing(world(&[])), false).check(
        "0:00 ship ordered_at=0:00 to=+8613800001234 area=310104
         2:00 reroute requested locker id=rr_1 place=LK-1
             2:00 work locker LK-1 due 6:00 promise none -> none
         9:00 scan awaiting_collection H1 place=LK-1 place_kind=locker
         10:00 time",
    );
}

#[test]
fn customs_keep_it_until_they_release_it_or_it_moves() {
    conditions(
        "0:00 scan arrived_hub H1
         1:00 scan customs_held H1
             1:00 customs_held opened info limit=1:00 by scan
         2:00 scan held H1
             2:00 held opened info limit=2:00 by scan
         3:00 scan customs_released H1 event_time=1:00
         4:00 scan customs_released H1
             4:00 customs_held cleared info limit=1:00 by scan
         5:00 scan customs_held H1 event_time=3:00
         6:00 scan departed_hub H1
             6:00 held cleared info limit=2:00 by scan
         7:00 scan customs_held H1
             7:00 customs_held opened info limit=7:00 by scan episode=2
         8:00 scan arrived_hub H2
             8:00 customs_held cleared info limit=7:00 by scan episode=2",
    );
}

#[test]
fn customs_explain_that_nothing_moves_before_any_other_hold() {
    conditions(
        "0:00 scan arrived_hub H1
         1:00 scan held H1
             1:00 held opened info limit=1:00 by scan
         2:00 scan customs_held H1
             2:00 customs_held opened info limit=2:00 by scan
         13:00 scan customs_released H1
             12:00:00.001 stalled opened info limit=12:00 by timer held_by=customs_held
             13:00 customs_held cleared info limit=2:00 by scan
         25:00 time
             24:00:00.001 stalled escalated warn limit=24:00 by timer held_by=held",
    );
}

#[test]
fn a_recipient_who_has_it_ends_the_doubt() {
    conditions(
        "0:00 ship ordered_at=0:00 to=+8613800001234
         1:00 scan delivered
         2:00 reroute confirmed - id=an_1
         4:00 reroute confirmed - id=an_1 by=sender
             3:00:00.001 suspect_signature opened warn limit=3:00 by timer
         4:01 reroute confirmed - id=an_1 journey=2
         4:02 reroute confirmed - id=an_1
             4:02 suspect_signature cleared warn limit=3:00 by reroute
         4:03 reroute confirmed - id=an_1
         9:00 time",
    );
}

#[test]
fn a_denial_opens_a_case_once_until_it_is_taken_back() {
    conditions(
        "0:00 ship ordered_at=0:00 to=+8613800001234
         1:00 scan delivered
         4:00 reroute denied - id=an_1
             3:00:00.001 suspect_signature opened warn limit=3:00 by timer
             4:00 work case due none promise none -> none
         4:01 reroute denied - id=an_1
         4:02 reroute denied - id=an_2
         5:00 reroute confirmed - id=an_3
             5:00 no work case due none promise none -> none
             5:00 suspect_signature cleared warn limit=3:00 by reroute
         6:00 reroute denied - id=an_4
             6:00 work case due none promise none -> none
         169:01 time",
    );
}

#[test]
fn a_denial_does_not_end_the_doubt_and_the_next_delivery_is_another() {
    conditions(
        "0:00 ship ordered_at=0:00 to=+8613800001234
         1:00 scan delivered
         4:00 reroute denied - id=an_1
             3:00:00.001 suspect_signature opened warn limit=3:00 by timer
             4:00 work case due none promise none -> none
         5:00 scan returning
             5:00 suspect_signature cleared warn limit=3:00 by scan
         6:00 scan delivered
         9:00 reroute denied - id=an_2
             8:00:00.001 suspect_signature opened warn limit=8:00 by timer episode=2
             9:00 work case due none promise none -> none",
    );
}

#[test]
fn the_recipient_is_asked_and_whoever_has_it_is_asked_no_more() {
    notices(
        "0:00 ship ordered_at=0:00 merchant=M1 to=+8613800000000
         1:00 scan delivered
         3:01 time
             3:00:00.001 suspect_signature warn -> recipient until 171:00:00.001
         4:00 reroute confirmed - id=an_1
             withdrawn: suspect_signature warn -> recipient
         9:00 time",
    );
}

#[test]
fn a_tour_that_is_read_late_takes_the_question_back() {
    notices(
        "0:00 ship ordered_at=0:00 to=+8613800000000
         1:00 scan delivered
         4:00 scan out_for_delivery event_time=0:30
             3:00:00.001 suspect_signature warn -> recipient until 171:00:00.001
             withdrawn: suspect_signature warn -> recipient
         4:01 time
             4:00 corrected info from suspect_signature -> recipient until 28:00",
    );
}

#[test]
fn what_hubs_do_wrong_is_told_to_the_hub_where_it_is() {
    notices(
        "0:00 ship ordered_at=0:00 to=+8613800000000 origin=H0 route=picked_up,arrived_hub@H1,arrived_hub@H2
         1:00 scan arrived_hub H9 event_time=0:10 upload_time=1:00
         1:01 time
             1:00 uploaded_late info -> hub_ops until 25:00
             1:00 misrouted warn -> hub_ops until 25:00
         2:00 scan arrived_hub H2
             withdrawn: misrouted warn -> hub_ops
         4:01 time
             4:00:00.001 skipped_scan info -> hub_ops until 28:00:00.001
             4:00:00.001 skipped_scan info -> hub_ops until 28:00:00.001
         5:00 scan awaiting_collection place_kind=locker
         5:01 time
             5:00 unconsented_drop info -> hub_ops until 29:00
             5:00 collection info -> recipient until 53:00",
    );
}

#[test]
fn customs_are_told_to_recipient_and_merchant_and_a_stall_that_they_explain_to_nobody() {
    notices(
        "0:00 ship ordered_at=0:00 merchant=M1 to=+8613800000000
         1:00 scan arrived_hub H1
         2:00 scan customs_held H1
         2:01 time
             2:00 customs_held info -> recipient until 50:00
             2:00 customs_held info -> merchant until 50:00
         30:00 time
         31:00 scan departed_hub H1
             withdrawn: customs_held info -> recipient
             withdrawn: customs_held info -> merchant
         31:01 time
             31:00 recovered info from customs_held -> recipient until 55:00
             31:00 recovered info from customs_held -> merchant until 55:00",
    );
}

#[test]
fn a_late_upload_is_told_at_its_instant_or_never() {
    notices(
        "0:00 ship ordered_at=0:00 to=+8613800000000
         0:01 close
         1:00 scan arrived_hub H1 event_time=0:10 upload_time=1:00
         2:00 scan sorted H1 event_time=1:10 upload_time=2:00
         3:00 open
         3:01 time
         4:00 scan departed_hub H1 event_time=3:10 upload_time=4:00
         4:01 time
             4:00 uploaded_late info -> hub_ops until 28:00",
    );
}

#[test]
fn a_shell_whose_last_scan_names_no_hub_is_told_to_the_hub_before() {
    notices(
        "0:00 scan arrived_hub H1
         1:00 scan attempt_failed
         1:01 time
             1:00 attempt_failed warn -> hub_ops until 25:00",
    );
}
