//! What customers choose, and what becomes of it.

use super::timeline::{Timeline, choosing, world};

const PHONE: &str = "+8613800001234";

/// Checks what becomes of conditions and work.
fn facts(text: &str) {
    Timeline::new(choosing(world(&[])), false).check(&text.replace("PHONE", PHONE));
}

/// Checks what is told.
fn told(text: &str) {
    Timeline::new(choosing(world(&[])), true).check(&text.replace("PHONE", PHONE));
}

#[test]
fn a_choice_is_worked_on_promised_and_named_by_every_change_while_it_stands() {
    facts(
        "0:00 ship ordered_at=0:00 service=inter-city to=PHONE area=310104
         1:00 scan picked_up H1
         2:00 reroute requested locker id=rr_1 place=LK-1 fee=1.00
             2:00 work locker LK-1 due 54:00 promise 73:00 -> 73:00
         26:00 time
             13:00:00.001 stalled opened info limit=13:00 by timer choice=locker:requested
             25:00:00.001 stalled escalated warn limit=25:00 by timer choice=locker:requested
         27:00 reroute accepted locker id=rr_1
         28:00 scan departed_hub H1
             28:00 stalled cleared warn limit=13:00 by scan choice=locker:accepted",
    );
}

#[test]
fn a_repeat_changes_nothing() {
    facts(
        "0:00 ship ordered_at=0:00 service=inter-city to=PHONE area=310104
         2:00 reroute requested locker id=rr_1 place=LK-1
             2:00 work locker LK-1 due 6:00 promise none -> none
         3:00 reroute requested locker id=rr_1 place=LK-1
         4:00 reroute cancelled locker id=rr_1
             4:00 no work locker LK-1 due 6:00 promise none -> none
         5:00 reroute cancelled locker id=rr_1
         6:00 reroute requested locker id=rr_1 place=LK-1",
    );
}

#[test]
fn a_later_choice_replaces_the_earlier_one() {
    facts(
        "0:00 ship ordered_at=0:00 service=inter-city to=PHONE area=310104
         2:00 reroute requested locker id=rr_1 place=LK-1
             2:00 work locker LK-1 due 6:00 promise none -> none
         3:00 reroute requested reschedule id=rr_2 slot=33:00-36:00
             3:00 no work locker LK-1 due 6:00 promise none -> none
             3:00 work reschedule due 6:00 promise none -> 36:00
         4:00 reroute refused reschedule id=rr_2 reason=full",
    );
}

#[test]
fn an_appointment_is_the_promise_and_a_refusal_puts_the_old_one_back() {
    facts(
        "0:00 ship ordered_at=0:00 promise=20:00 to=PHONE area=310104
         2:00 reroute requested reschedule id=rr_1 slot=33:00-36:00
             2:00 work reschedule due 6:00 promise 20:00 -> 36:00
         22:00 time
         23:00 reroute refused reschedule id=rr_1 reason=full
         24:00 time
             23:00 delayed opened major limit=20:30 by timer",
    );
    facts(
        "0:00 ship ordered_at=0:00 promise=20:00 to=PHONE area=310104
         2:00 reroute requested reschedule id=rr_1 slot=33:00-36:00
             2:00 work reschedule due 6:00 promise 20:00 -> 36:00
         37:00 time
             24:00:00.001 never_uploaded opened warn limit=24:00 by timer choice=reschedule:requested
             36:30:00.001 delayed opened major limit=36:30 by timer choice=reschedule:requested",
    );
}

#[test]
fn who_calls_a_parcel_back_is_promised_nothing() {
    facts(
        "0:00 ship ordered_at=0:00 promise=20:00 to=PHONE from=+8613900005678 area=310104
         2:00 reroute requested return id=rr_1 by=sender
             2:00 work return due 6:00 promise 20:00 -> none
         100:00 time
             24:00:00.001 never_uploaded opened warn limit=24:00 by timer choice=return:requested",
    );
}

#[test]
fn an_accepted_reschedule_ends_a_failed_attempt_whoever_agreed_upon_it() {
    facts(
        "0:00 ship ordered_at=0:00 to=PHONE area=310104
         9:00 scan out_for_delivery H1
         10:00 scan attempt_failed H1
             10:00 attempt_failed opened warn limit=10:00 by scan
         11:00 reroute requested reschedule id=rr_1 slot=33:00-36:00
             11:00 work reschedule due 30:00 promise none -> 36:00
         12:00 reroute accepted reschedule id=rr_1
             12:00 attempt_failed cleared warn limit=10:00 by reroute choice=reschedule:accepted
         34:00 scan attempt_failed H1
             22:00:00.001 stalled opened info limit=22:00 by timer choice=reschedule:accepted
             34:00 stalled cleared info limit=22:00 by scan choice=reschedule:accepted
             34:00 attempt_failed opened warn limit=34:00 by scan episode=2 choice=reschedule:accepted
         35:00 reroute accepted reschedule id=by_phone
             35:00 attempt_failed cleared warn limit=34:00 by reroute episode=2",
    );
}

#[test]
fn no_answer_to_what_was_not_chosen_or_stands_no_more_changes_anything() {
    facts(
        "0:00 ship ordered_at=0:00 to=PHONE area=310104
         1:00 reroute accepted locker id=rr_0
         2:00 reroute requested locker id=rr_1 place=LK-1
             2:00 work locker LK-1 due 6:00 promise none -> none
         3:00 reroute cancelled locker id=rr_1
             3:00 no work locker LK-1 due 6:00 promise none -> none
         4:00 reroute accepted locker id=rr_1
         5:00 reroute refused locker id=rr_1 reason=full",
    );
}

#[test]
fn it_is_confirmed_to_whoever_chose() {
    told(
        "0:00 ship ordered_at=0:00 merchant=M1 to=PHONE from=+8613900005678 area=310104
         2:00 reroute requested locker id=rr_1 place=LK-1
         3:00 time
         4:00 reroute accepted locker id=rr_1
         5:00 reroute refused locker id=rr_1 reason=full
             4:00 choice info locker accepted -> recipient until 28:00
         6:00 reroute requested return id=rr_2 by=sender
             5:00 choice info locker refused full -> recipient [reschedule+locker+station+outlet+address+hold+return by 6:00] until 29:00
         7:00 reroute accepted return id=rr_2
         8:00 time
             7:00 choice info return accepted -> sender until 31:00",
    );
}

#[test]
fn a_late_choice_is_refused_with_a_notice_of_what_is_still_possible() {
    told(
        "0:00 ship ordered_at=0:00 promise=20:00 to=PHONE area=310104
         9:00 scan out_for_delivery H1
         9:30 reroute requested locker id=rr_1 place=LK-1
         10:00 reroute requested reschedule id=rr_2 slot=9:00-12:00
             9:30 choice info locker refused too_late -> recipient [reschedule+safe_place+neighbour by 18:00] until 33:30
         11:00 scan delivered
             10:00 choice info reschedule refused too_late -> recipient [reschedule+safe_place+neighbour by 18:00] until 34:00
         12:00 reroute requested neighbour id=rr_3 text=left
         13:00 time
             12:00 choice info neighbour refused too_late -> recipient until 36:00",
    );
}

#[test]
fn a_page_that_is_older_than_another_choice_decides_nothing() {
    told(
        "0:00 ship ordered_at=0:00 to=PHONE area=310104
         2:00 reroute requested locker id=rr_1 place=LK-1 revision=0
         3:00 reroute requested station id=rr_2 place=ST-1 revision=0
         4:00 reroute requested station id=rr_3 place=ST-1 revision=1
             3:00 choice info station refused superseded -> recipient [reschedule+station+outlet+address+hold+return by 4:00] until 27:00
         5:00 reroute accepted station id=rr_3
         6:00 time
             5:00 choice info station accepted -> recipient until 29:00",
    );
}

#[test]
fn nothing_is_done_at_another_price_than_was_shown() {
    told(
        "0:00 ship ordered_at=0:00 to=PHONE area=310104
         2:00 reroute requested locker id=rr_1 place=LK-1 fee=0.00
         3:00 time
             2:00 choice info locker refused no_longer_offered -> recipient [reschedule+locker+station+outlet+address+hold+return by 4:00] until 26:00",
    );
}

#[test]
fn another_address_asks_for_a_proof_and_tells_the_old_contact_at_once() {
    told(
        "0:00 ship ordered_at=0:00 to=PHONE area=310104
         2:00 reroute requested address id=rr_1 text=elsewhere
         2:01 reroute requested address id=rr_2 text=elsewhere digits=0000
             2:00 choice info address refused wrong_proof -> recipient [reschedule+locker+station+outlet+address+hold+return by 4:00] until 26:00
         2:02 reroute requested address id=rr_3 text=elsewhere digits=1234
             2:01 choice info address refused wrong_proof -> recipient [reschedule+locker+station+outlet+address+hold+return by 4:00] until 26:01
         2:03 time
             2:02 choice info address requested -> recipient until 26:02
         3:00 reroute accepted address id=rr_3
         4:00 time
             3:00 choice info address accepted -> recipient until 27:00",
    );
}

#[test]
fn guesses_are_counted_and_after_the_last_one_even_the_right_digits_do_nothing() {
    told(
        "0:00 ship ordered_at=0:00 to=PHONE area=310104
         1:00 reroute requested address id=rr_1 text=elsewhere digits=0001
         1:00 reroute requested address id=rr_2 text=elsewhere digits=0002
         1:00 reroute requested address id=rr_3 text=elsewhere digits=0003
         1:00 reroute requested address id=rr_4 text=elsewhere digits=0004
         1:00 reroute requested address id=rr_5 text=elsewhere digits=0005
         1:00 reroute requested address id=rr_6 text=elsewhere digits=1234
         2:00 time
             1:00 choice info address refused wrong_proof -> recipient [reschedule+locker+station+outlet+hold+return by 6:00] until 25:00
             1:00 choice info address refused wrong_proof -> recipient [reschedule+locker+station+outlet+hold+return by 6:00] until 25:00
             1:00 choice info address refused wrong_proof -> recipient [reschedule+locker+station+outlet+hold+return by 6:00] until 25:00
             1:00 choice info address refused wrong_proof -> recipient [reschedule+locker+station+outlet+hold+return by 6:00] until 25:00
             1:00 choice info address refused wrong_proof -> recipient [reschedule+locker+station+outlet+hold+return by 6:00] until 25:00",
    );
}

#[test]
fn a_failed_attempt_names_the_next_slot_and_what_else_can_be_chosen() {
    told(
        "0:00 ship ordered_at=0:00 to=PHONE area=310104
         9:00 scan out_for_delivery H1
         10:00 scan attempt_failed H1
         10:00:00.001 time
             10:00 attempt_failed warn slot 33:00-36:00 -> recipient [reschedule+locker+station+outlet+address+safe_place+neighbour by 28:00] until 34:00",
    );
}

#[test]
fn a_parcel_that_waits_can_be_delivered_after_all_or_kept() {
    told(
        "0:00 ship ordered_at=0:00 to=PHONE area=310104 consent=locker
         9:00 scan awaiting_collection H1 place=LK-1 place_kind=locker pickup_code=4711 free_until=57:00
         9:01 time
             9:00 collection info 4711 -> recipient [reschedule+hold+return by 30:00] until 57:00",
    );
}

#[test]
fn where_it_was_sent_to_wait_it_is_there_without_an_answer() {
    facts(
        "0:00 ship ordered_at=0:00 to=PHONE area=310104
         2:00 reroute requested locker id=rr_1 place=LK-1
             2:00 work locker LK-1 due 6:00 promise none -> none
         9:00 scan awaiting_collection H1 place=LK-1
         28:00 time
             27:00:00.001 uncollected opened info limit=27:00 by timer choice=locker:accepted",
    );
}

#[test]
fn without_an_answering_system_a_choice_is_accepted_at_once() {
    let mut world = choosing(world(&[]));
    world.reroute.auto_accept = true;
    Timeline::new(world, true).check(
        "0:00 ship ordered_at=0:00 to=+8613800001234 area=310104
         2:00 reroute requested locker id=rr_1 place=LK-1
         3:00 time
             2:00 choice info locker accepted -> recipient until 26:00",
    );
}

#[test]
fn what_is_decided_while_telling_is_closed_is_told_after_it_opens() {
    told(
        "0:00 ship ordered_at=0:00 to=PHONE area=310104
         1:00 close
         2:00 reroute requested locker id=rr_1 place=LK-1
         3:00 reroute accepted locker id=rr_1
         4:00 time
         5:00 open
         5:01 time
             3:00 choice info locker accepted -> recipient until 29:01",
    );
}

#[test]
fn another_journey_is_somebody_elses() {
    told(
        "0:00 ship ordered_at=0:00 to=PHONE area=310104
         1:00 scan delivered
         2:00 ship ordered_at=2:00 to=+8613700009999 area=310104
         3:00 reroute requested locker id=rr_1 place=LK-1 journey=1
         4:00 reroute requested locker id=rr_2 place=LK-1 journey=3
         5:00 time",
    );
}

#[test]
fn it_is_taken_back_by_its_chooser_before_the_cut_off_only() {
    facts(
        "0:00 ship ordered_at=0:00 promise=20:00 to=PHONE from=+8613900005678 area=310104
         2:00 reroute requested locker id=rr_1 place=LK-1
             2:00 work locker LK-1 due 6:00 promise 20:00 -> 20:00
         3:00 reroute cancelled locker id=rr_1 by=sender
         6:00:00.001 reroute cancelled locker id=rr_1
         7:00 reroute requested reschedule id=rr_2 slot=33:00-36:00
             7:00 no work locker LK-1 due 6:00 promise 20:00 -> 20:00
             7:00 work reschedule due 30:00 promise 20:00 -> 36:00
         30:00 reroute cancelled reschedule id=rr_2
             24:00:00.001 never_uploaded opened warn limit=24:00 by timer choice=reschedule:requested
             30:00 no work reschedule due 30:00 promise 36:00 -> 20:00",
    );
}

#[test]
fn an_appointment_that_failed_stands_no_more_and_one_to_come_does() {
    facts(
        "0:00 ship ordered_at=0:00 to=PHONE area=310104
         9:00 scan out_for_delivery H1
         10:00 reroute requested reschedule id=rr_1 slot=33:00-36:00
             10:00 work reschedule due 18:00 promise none -> 36:00
         11:00 scan attempt_failed H1
             11:00 attempt_failed opened warn limit=11:00 by scan choice=reschedule:requested
         33:30 scan out_for_delivery H1
             23:00:00.001 stalled opened info limit=23:00 by timer choice=reschedule:requested
             33:30 stalled cleared info limit=23:00 by scan choice=reschedule:requested
             33:30 attempt_failed cleared warn limit=11:00 by scan choice=reschedule:requested
         34:00 scan attempt_failed H1
             34:00 attempt_failed opened warn limit=34:00 by scan episode=2 choice=reschedule:requested
         35:00 scan held H1
             35:00 held opened info limit=35:00 by scan",
    );
}

#[test]
fn fresh_goods_go_into_no_locker_and_a_shell_has_nobody_to_choose() {
    told(
        "0:00 ship ordered_at=0:00 to=PHONE area=310104 flags=fresh
         1:00 reroute requested locker id=rr_1 place=LK-1
         2:00 time
             1:00 choice info locker refused no_longer_offered -> recipient [reschedule+outlet+address+return by 4:00] until 25:00",
    );
    told(
        "0:00 scan picked_up H1
         1:00 reroute requested locker id=rr_1 place=LK-1
         2:00 time",
    );
}

#[test]
fn where_no_link_is_made_nothing_is_offered_and_nothing_can_be_chosen() {
    let mut world = choosing(world(&[]));
    world.links = None;
    Timeline::new(world, true).check(
        "0:00 ship ordered_at=0:00 to=+8613800001234 area=310104
         9:00 scan attempt_failed H1
         9:30 time
             9:00 attempt_failed warn -> recipient until 33:00
         10:00 reroute requested locker id=rr_1 place=LK-1
         11:00 time
             10:00 choice info locker refused no_longer_offered -> recipient until 34:00",
    );
}

#[test]
fn an_answer_that_comes_after_its_appointment_failed_takes_nothing_back() {
    facts(
        "0:00 ship ordered_at=0:00 to=PHONE area=310104
         9:00 scan out_for_delivery H1
         10:00 reroute requested reschedule id=rr_1 slot=33:00-36:00
             10:00 work reschedule due 18:00 promise none -> 36:00
         33:30 scan out_for_delivery H1
             21:00:00.001 stalled opened info limit=21:00 by timer choice=reschedule:requested
             22:00:00.001 attempt_failed opened warn limit=22:00 by timer choice=reschedule:requested
             33:00:00.001 stalled escalated warn limit=33:00 by timer choice=reschedule:requested
             33:30 stalled cleared warn limit=21:00 by scan choice=reschedule:requested
             33:30 attempt_failed cleared warn limit=22:00 by scan choice=reschedule:requested
         34:00 scan attempt_failed H1
             34:00 attempt_failed opened warn limit=34:00 by scan episode=2 choice=reschedule:requested
         35:00 reroute accepted reschedule id=rr_1
         36:00 time",
    );
}

#[test]
fn whoever_has_another_appointment_is_not_told_that_the_parcel_rests_until_then() {
    told(
        "0:00 ship ordered_at=0:00 to=PHONE area=310104
         9:00 scan out_for_delivery H1
         10:00 scan attempt_failed H1
         10:05 time
             10:00 attempt_failed warn slot 33:00-36:00 -> recipient [reschedule+locker+station+outlet+address+safe_place+neighbour by 28:00] until 34:00
         11:00 reroute requested reschedule id=rr_1 slot=57:00-60:00
         11:10 reroute accepted reschedule id=rr_1
             withdrawn: attempt_failed warn slot 33:00-36:00 -> recipient [reschedule+locker+station+outlet+address+safe_place+neighbour by 28:00]
         12:00 time
             11:10 choice info reschedule accepted -> recipient until 35:10
         56:00 time
             22:00:00.001 stalled info -> hub_ops until 46:00:00.001
             withdrawn: stalled info -> hub_ops
             34:00:00.001 stalled warn -> hub_ops until 58:00:00.001
         90:00 time
             withdrawn: stalled warn -> hub_ops
             82:00:00.001 stalled major -> recipient [reschedule+locker+station+outlet+address+safe_place+neighbour by 100:00] until 106:00:00.001
             82:00:00.001 stalled major -> hub_ops until 106:00:00.001",
    );
}

#[test]
fn whoever_has_another_appointment_is_not_told_to_collect_until_then() {
    told(
        "0:00 ship ordered_at=0:00 to=PHONE area=310104 consent=locker
         9:00 scan awaiting_collection H1 place=LK-1 place_kind=locker pickup_code=4711 free_until=80:00
         9:01 time
             9:00 collection info 4711 -> recipient [reschedule+return by 30:00] until 57:00
         10:00 reroute requested reschedule id=rr_1 slot=57:00-60:00
         10:10 reroute accepted reschedule id=rr_1
         10:20 time
             10:10 choice info reschedule accepted -> recipient until 34:10
         58:30 time",
    );
}

#[test]
fn what_was_confirmed_and_is_taken_back_is_told_to_be_so() {
    told(
        "0:00 ship ordered_at=0:00 service=inter-city to=PHONE area=310104
         1:00 scan picked_up H1
         2:00 reroute requested locker id=rr_1 place=LK-1
         2:10 reroute accepted locker id=rr_1
         3:00 reroute cancelled locker id=rr_1
             2:10 choice info locker accepted -> recipient until 26:10
         4:00 reroute requested station id=rr_2 place=ST-1
             3:00 choice info locker cancelled -> recipient until 27:00
         4:01 reroute cancelled station id=rr_2
         5:00 time",
    );
}
