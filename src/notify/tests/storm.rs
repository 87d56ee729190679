//! Too many notices of a kind in a minute are held until an operator decides, and nothing is lost by that.

use std::time::Duration;

use super::timeline::{START, control, timeline};
use super::*;
use crate::model::NoticeKind::Collection;
use crate::model::QuietHours;

/// So many notices of a kind in a minute are enough; nothing is given up as unknown while a test lasts.
fn limited(limit: u32, change: impl FnOnce(&mut Policy)) -> World {
    changed(|policy| {
        policy.notify.storm_limit = limit;
        policy.notify.email.total_timeout = Duration::from_secs(30 * 24 * 3600);
        change(policy);
    })
}

fn calm() -> World {
    limited(2, |_| {})
}

/// Nights of Shanghai, where everybody is: from 13:00 to 24:00 UTC.
fn nights(policy: &mut Policy) {
    policy.notify.quiet_hours = QuietHours::parse("21:00-08:00");
}

#[test]
fn what_is_too_much_is_held_and_sent_once_it_is_released() {
    timeline(
        &calm(),
        "
        0s   | a = stalled warn parcel=SF1              | a#1 by email
        10s  | b = stalled warn parcel=SF2              | b#1 by email
        20s  | c = stalled warn parcel=SF3              | c held: storm
        25s  | d = damaged warn parcel=SF9              | d#1 by email
        10m  | e = stalled warn parcel=SF4              | e held: storm
        20m  | restart                                  |
        20m  | f = stalled warn parcel=SF5              | f held: storm
        30m  | discard delayed                          | ignored: no storm
        40m  | release stalled                          | c held: storm released; e held: storm released; f held: storm released; c#1 by email; e#1 by email; f#1 by email
        41m  | g = stalled warn parcel=SF6              | g#1 by email
        ",
    );
}

#[test]
fn what_is_discarded_is_never_sent_and_the_storm_is_over() {
    timeline(
        &calm(),
        "
        0s   | a = stalled warn parcel=SF1              | a#1 by email
        1s   | b = stalled warn parcel=SF2              | b#1 by email
        2s   | c = stalled warn parcel=SF3              | c held: storm
        3s   | d = stalled warn parcel=SF4              | d held: storm
        10s  | discard stalled                          | c suppressed: storm discarded; d suppressed: storm discarded
        11s  | discard stalled                          | ignored: no storm
        12s  | e = stalled warn parcel=SF5              | e#1 by email
        13s  | f = stalled warn parcel=SF6              | f#1 by email
        14s  | g = stalled warn parcel=SF7              | g held: storm
        15s  | c = stalled warn parcel=SF3              | ignored: repeated notice
        ",
    );
}

#[test]
fn what_is_held_is_withdrawn_gives_way_and_expires_like_anything_else() {
    timeline(
        &calm(),
        "
        0s   | a = stalled warn parcel=SF1              | a#1 by email
        1s   | b = stalled warn parcel=SF2              | b#1 by email
        2s   | c = stalled warn parcel=SF3              | c held: storm
        3s   | d = stalled warn parcel=SF4 expires=1h   | d held: storm
        4s   | e = stalled warn parcel=SF5              | e held: storm
        5s   | f = stalled warn parcel=SF6              | f held: storm
        1m   | withdraw c                               | c suppressed: withdrawn
        2m   | e2 = delayed major parcel=SF5            | e2#1 by email
        2h   |                                          | d expired: no longer of use
        3h   | prefer out=email                         | cancel a; cancel b; e suppressed: opted out; cancel e2; f suppressed: opted out
        4h   | release stalled                          |
        ",
    );
}

#[test]
fn an_attempt_that_was_made_before_the_storm_is_repeated_and_one_that_was_released_goes_on() {
    timeline(
        &calm(),
        "
        0s   | a = stalled warn parcel=SF1              | a#1 by email
        1s   | b = stalled warn parcel=SF2              | b#1 by email
        2s   | c = stalled warn parcel=SF3              | c held: storm
        3s   | a#1 retry                                | a#1 retry
        2m   |                                          | a#2 by email
        3m   | release stalled                          | c held: storm released; c#1 by email
        4m   | c#1 retry                                | c#1 retry
        250s | d = stalled warn parcel=SF4              | d#1 by email
        251s | e = stalled warn parcel=SF5              | e#1 by email
        252s | f = stalled warn parcel=SF6              | f held: storm
        10m  |                                          | c#2 by email
        ",
    );
}

#[test]
fn what_is_released_at_night_waits_for_the_morning_and_is_held_by_no_later_storm() {
    timeline(
        &limited(1, nights),
        "
        12h  | a = stalled warn parcel=SF1              | a#1 by email
        12h  | b = stalled warn parcel=SF2              | b held: storm
        16h  | release stalled                          | b held: storm released; b held: quiet hours
        17h  | c = stalled warn parcel=SF3              | c held: quiet hours
        18h  | d = stalled warn parcel=SF4              | d held: quiet hours
        18h  | e = stalled warn parcel=SF5              | e held: storm
        24h  |                                          | b#1 by email; c held: storm; d held: storm
        25h  | release stalled                          | c held: storm released; d held: storm released; e held: storm released; c#1 by email; d#1 by email; e#1 by email
        ",
    );
}

#[test]
fn the_morning_after_a_quiet_night_is_no_storm() {
    timeline(
        &limited(1, nights),
        "
        17h  | a = stalled warn parcel=SF1              | a held: quiet hours
        18h  | b = stalled warn parcel=SF2              | b held: quiet hours
        19h  | c = stalled warn parcel=SF3              | c held: quiet hours
        24h  |                                          | a#1 by email; b#1 by email; c#1 by email
        ",
    );
}

#[test]
fn what_does_not_leave_is_no_storm_and_neither_is_what_people_have_chosen() {
    timeline(
        &limited(1, |policy| policy.send.mode = Mode::Shadow),
        "
        0s   | a = stalled warn parcel=SF1              | a shadow: send shadow
        1s   | b = stalled warn parcel=SF2              | b shadow: send shadow
        2s   | c = stalled warn parcel=SF3              | c shadow: send shadow
        ",
    );
    timeline(
        &limited(1, |_| {}),
        "
        0s   | a = choice info parcel=SF1 chosen=hold   | a#1 by email
        1s   | b = choice info parcel=SF2 chosen=hold   | b#1 by email
        ",
    );
}

#[test]
fn a_kind_can_have_a_limit_of_its_own_and_none_at_all() {
    timeline(
        &limited(0, |policy| policy.notify.storm_limits = [(Collection, 1)].into()),
        "
        0s   | a = stalled warn parcel=SF1              | a#1 by email
        0s   | b = stalled warn parcel=SF2              | b#1 by email
        0s   | c = collection info parcel=SF3           | c#1 by email
        0s   | d = collection info parcel=SF4           | d held: storm
        ",
    );
}

#[test]
fn each_partition_watches_its_share_rounded_up() {
    let mut world = limited(4, |_| {});
    world.notice_partitions = 3;
    timeline(
        &world,
        "
        0s   | a = stalled warn parcel=SF1              | a#1 by email
        0s   | b = stalled warn parcel=SF2              | b#1 by email
        0s   | c = stalled warn parcel=SF3              | c held: storm
        ",
    );
}

#[test]
fn after_a_restart_the_last_minute_is_counted_from_what_was_sent() {
    timeline(
        &calm(),
        "
        0s   | a = stalled warn parcel=SF1              | a#1 by email
        10s  | b = stalled warn parcel=SF2              | b#1 by email
        10s  | a#1 delivered                            | a#1 delivered
        20s  | restart                                  |
        30s  | c = stalled warn parcel=SF3              | c held: storm
        2m   | release stalled                          | c held: storm released; c#1 by email
        130s | restart                                  |
        131s | d = stalled warn parcel=SF4              | d#1 by email
        132s | e = stalled warn parcel=SF5              | e#1 by email
        133s | restart                                  |
        134s | f = stalled warn parcel=SF6              | f held: storm
        ",
    );
}

#[test]
fn after_a_restart_a_morning_is_no_storm_and_a_night_counts_as_it_did() {
    timeline(
        &limited(2, nights),
        "
        17h  | a = stalled warn parcel=SF1              | a held: quiet hours
        18h  | b = stalled warn parcel=SF2              | b held: quiet hours
        18h  | c = stalled warn parcel=SF3              | c held: quiet hours
        18h  | restart                                  |
        18h  | d = stalled warn parcel=SF4              | d held: storm
        19h  | discard stalled                          | d suppressed: storm discarded
        24h  |                                          | a#1 by email; b#1 by email; c#1 by email
        24h  | restart                                  |
        24h  | e = stalled warn parcel=SF5              | e#1 by email
        24h  | f = stalled warn parcel=SF6              | f#1 by email
        24h  | restart                                  |
        24h  | g = stalled warn parcel=SF7              | g held: storm
        ",
    );
}

#[test]
fn nothing_is_saved_that_an_older_version_does_not_know_until_there_is_a_storm() {
    let mut desk = super::timeline::Desk::new(&calm());
    let at = |secs| START + Duration::from_secs(secs);
    desk.step(at(0), "a = stalled warn parcel=SF1");
    desk.step(at(1), "b = stalled warn parcel=SF2");
    desk.step(at(2), "release stalled");
    assert_eq!(sizes(desk.machine.tables())[4], 0);
    desk.step(at(3), "c = stalled warn parcel=SF3");
    assert_eq!(sizes(desk.machine.tables())[4], 1);
}

#[test]
fn a_decision_about_one_storm_that_is_read_again_ends_no_later_one() {
    let mut desk = super::timeline::Desk::new(&limited(1, |_| {}));
    let at = |secs| START + Duration::from_secs(secs);
    let storm = |desk: &mut super::timeline::Desk, from, names: [&str; 2]| {
        for (secs, name) in (from..).zip(names) {
            desk.step(at(secs), &format!("{name} = stalled warn parcel={name}"));
        }
        desk.machine.storms().filter(|storm| storm.since.is_some()).count()
    };
    let [early, first] = [at(1), at(12)].map(|at| control(at, "release", "stalled"));
    desk.pass(at(1));
    desk.handle(crate::notify::Input::Control(early.clone()));
    assert_eq!(storm(&mut desk, 10, ["a", "b"]), 1);
    desk.pass(at(12));
    desk.handle(crate::notify::Input::Control(first.clone()));
    assert_eq!(desk.machine.storms().filter(|storm| storm.since.is_some()).count(), 0);
    assert_eq!(storm(&mut desk, 100, ["c", "d"]), 1);
    // An older version had the partition for a while, and dropped where its successor stood in `controls.v1`.
    desk.pass(at(120));
    for control in [early, first] {
        desk.handle(crate::notify::Input::Control(control));
        assert_eq!(desk.machine.storms().filter(|storm| storm.since.is_some()).count(), 1, "it goes on");
    }
    desk.handle(crate::notify::Input::Control(control(at(120), "release", "stalled")));
    assert_eq!(desk.machine.storms().filter(|storm| storm.since.is_some()).count(), 0);
}
