//! Quiet hours: what is not urgent waits, then the latest state is told. The reader's clock is eight hours ahead.

use super::timeline::timeline;
use super::*;
use crate::model::QuietHours;

#[test]
fn what_is_not_urgent_waits_until_morning_and_then_the_latest_state_is_told() {
    timeline(
        &world(),
        "
        0s  | prefer quiet=21:00-08:00 |
        13h | a = stalled warn         | a held: quiet hours
        14h | b = attempt_failed warn  | b#1 by email
        14h1s | b#1 delivered          | b#1 delivered
        16h | c = delayed major        | c held: quiet hours
        17h | restart                  |
        23h59m59s |                    |
        24h |                          | c#1 by email
        24h1s | c#1 delivered          | c#1 delivered; a suppressed: not worse
        ",
    );
}

#[test]
fn what_is_withdrawn_or_of_no_use_by_morning_is_not_told() {
    timeline(
        &world(),
        "
        0s  | prefer quiet=21:00-08:00       |
        13h | a = stalled warn               | a held: quiet hours
        14h | withdraw a                     | a suppressed: withdrawn
        15h | b = stalled warn expires=20h   | b held: quiet hours
        21h |                                | b expired: no longer of use
        2d  |                                |
        ",
    );
}

#[test]
fn the_configured_hours_are_for_people_and_a_reader_s_own_win() {
    let world = changed(|policy| policy.notify.quiet_hours = QuietHours::parse("21:00-08:00"));
    timeline(
        &world,
        "
        13h   | a = stalled warn                    | a held: quiet hours
        13h1s | b = lost critical to=customer_service | b#1 by email
        13h2s | c = stalled warn to=merchant        | c#1 by webhook
        13h3s | prefer quiet=08:00-09:00            | a#1 by email
        ",
    );
}

#[test]
fn hours_that_change_in_the_night_count_at_once() {
    timeline(
        &world(),
        "
        0s    | prefer quiet=21:00-08:00 |
        13h   | a = stalled warn         | a held: quiet hours
        14h   | prefer quiet=23:00-08:00 | a#1 by email
        14h1s | a#1 delivered            | a#1 delivered
        15h   | b = stalled warn parcel=SF2 | b held: quiet hours
        16h   | forget                   | b#1 by email
        ",
    );
}

#[test]
fn a_repeat_and_the_next_channel_wait_too() {
    timeline(
        &world(),
        "
        0s          | prefer quiet=21:00-08:00 |
        12h59m30s   | a = stalled warn         | a#1 by email
        13h         |                          |
        13h1m       |                          | a#1 unknown
        13h2m       |                          | a held: quiet hours
        24h         |                          | a#2 by email
        ",
    );
}

#[test]
fn an_opt_out_in_the_night_ends_what_waits() {
    timeline(
        &world(),
        "
        0s  | prefer quiet=21:00-08:00 |
        13h | a = stalled warn         | a held: quiet hours
        14h | reply email opt_out      | preference: [Email]; a suppressed: opted out
        2d  |                          |
        ",
    );
}
