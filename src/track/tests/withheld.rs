//! While telling is closed nothing is told but withdrawals; afterwards what still holds, once.

use super::timeline::{Timeline, notices, world};
use crate::state::Machine;

#[test]
fn what_still_holds_is_told_once_after_opening() {
    notices(
        "0:00 ship ordered_at=0:00 to=+8613800000000
         1:00 close
         1:00 scan departed_hub H1
         98:00 time
         99:00 open
         99:30 time
             97:00:00.001 stalled major -> recipient until 123:30
             97:00:00.001 stalled major -> hub_ops until 123:30",
    );
}

#[test]
fn what_waiting_scans_refute_is_never_told() {
    notices(
        "0:00 ship ordered_at=0:00 promise=10:00 to=+8613800000000
         1:00 scan departed_hub H1
         2:00 close
         60:00 scan out_for_delivery event_time=9:00
         60:00 scan delivered event_time=9:30
         60:01 open
         61:00 time",
    );
}

#[test]
fn a_recovery_of_something_told_waits_for_the_opening_too() {
    notices(
        "0:00 ship ordered_at=0:00 promise=10:00 to=+8613800000000
         1:00 scan departed_hub H1
         10:31 close
             10:30:00.001 delayed major -> recipient until 58:30:00.001
         12:00 scan delivered
             withdrawn: delayed major -> recipient
         13:00 open
         13:30 time
             12:00 recovered info from delayed -> recipient until 37:30",
    );
}

#[test]
fn an_arrival_is_told_with_the_newest_code() {
    notices(
        "0:00 ship ordered_at=0:00 to=+8613800000000
         0:30 close
         1:00 scan awaiting_collection pickup_code=11
         2:00 scan awaiting_collection pickup_code=22
         3:00 open
         3:00 time
             2:00 collection info 22 -> recipient until 51:00",
    );
}

#[test]
fn an_escalation_while_closed_withdraws_what_was_told_of_the_level_below() {
    notices(
        "0:00 ship ordered_at=0:00 to=+8613800000000
         1:00 scan awaiting_collection pickup_code=11
         20:00 close
             1:00 collection info 11 -> recipient until 49:00
             19:00:00.001 uncollected info 11 -> recipient until 67:00:00.001
         50:00 time
             withdrawn: uncollected info 11 -> recipient
         51:00 open
         51:00 time
             49:00:00.001 uncollected warn 11 -> recipient until 99:00",
    );
}

#[test]
fn the_backlog_is_told_in_slices() {
    let mut timeline = Timeline::new(world(&[]), true);
    timeline.tracker.set_open(false);
    let mut effects = Vec::new();
    let now = super::timeline::instant("1:00");
    for number in 0..10 {
        let scan =
            format!(r#"{{"parcel_id":"Q{number}","code":"damaged","hub":"H1","event_time":"2026-03-02T00:00:00Z"}}"#);
        let input = crate::decode::tracker_input(crate::decode::InputTopic::Scans, Some(scan.as_bytes()), now);
        timeline.tracker.handle(now, input.expect("a scan"), &timeline.world, &mut effects);
    }
    timeline.tracker.set_open(true);
    let (mut slices, later) = (0, super::timeline::instant("2:00"));
    effects.clear();
    assert!(timeline.tracker.poll_timeout() < Some(now));
    while timeline.tracker.handle_timeout(later, 4, &timeline.world, &mut effects) == 4 {
        slices += 1;
    }
    assert_eq!(
        (slices, effects.iter().filter(|effect| matches!(effect, crate::model::Effect::Notice { .. })).count()),
        (5, 10)
    );
    assert!(timeline.tracker.poll_timeout() > Some(later));
}
