//! "Only what is worse or other" (rules.md, "Who is told").

use super::timeline::timeline;
use super::*;

#[test]
fn within_a_group_only_what_is_worse_is_told() {
    timeline(
        &world(),
        "
        0s  | a = never_uploaded warn to=merchant     | a#1 by webhook
        1s  | a#1 delivered                           | a#1 delivered
        2s  | b = stalled warn to=merchant            | b#1 by webhook
        3s  | b#1 delivered                           | b#1 delivered
        4s  | c = stalled warn episode=2 to=merchant  | c suppressed: not worse
        5s  | d = stalled major episode=2 to=merchant | d#1 by webhook
        6s  | d#1 delivered                           | d#1 delivered
        7s  | e = delayed major to=merchant           | e#1 by webhook
        8s  | e#1 delivered                           | e#1 delivered
        9s  | f = stalled major episode=3 to=merchant | f suppressed: not worse
        10s | g = thoroughly_delayed critical to=merchant | g#1 by webhook
        ",
    );
}

#[test]
fn the_first_of_each_group_is_told() {
    timeline(
        &world(),
        "
        0s | a = thoroughly_delayed critical to=merchant | a#1 by webhook
        1s | a#1 delivered                     | a#1 delivered
        2s | b = damaged critical to=merchant  | b#1 by webhook
        3s | b#1 delivered                     | b#1 delivered
        4s | c = refused critical to=merchant  | c#1 by webhook
        5s | c#1 delivered                     | c#1 delivered
        6s | d = lost critical to=merchant     | d#1 by webhook
        ",
    );
}

#[test]
fn what_did_not_leave_told_nobody() {
    timeline(
        &world(),
        "
        0s | a = stalled warn expires=1h to=merchant | a#1 by webhook
        1s | a#1 refused                             | a#1 refused
        2s | b = stalled warn to=merchant            | b#1 by webhook
        3s | b#1 retry                               | b#1 retry
        4s | withdraw b                              | b suppressed: withdrawn
        5s | c = stalled warn to=merchant            | c#1 by webhook
        ",
    );
}

#[test]
fn people_get_at_most_one_notice_per_parcel_in_four_hours_and_then_the_latest_state() {
    timeline(
        &world(),
        "
        0s    | a = stalled warn               | a#1 by email
        2s    | a#1 delivered                  | a#1 delivered
        1h    | b = stalled major              | b held: told recently
        2h    | c = delayed major              | b suppressed: superseded; c held: told recently
        3h    | d = thoroughly_delayed critical | c suppressed: superseded; d held: told recently
        4h    |                                |
        4h1s  |                                | d#1 by email
        4h2s  | d#1 delivered                  | d#1 delivered
        ",
    );
    // Another parcel is another matter.
    timeline(
        &world(),
        "
        0s | a = stalled warn              | a#1 by email
        2s | a#1 delivered                 | a#1 delivered
        3s | b = stalled warn parcel=SF2   | b#1 by email
        ",
    );
}

#[test]
fn what_is_held_and_withdrawn_is_not_told() {
    timeline(
        &world(),
        "
        0s | a = stalled warn   | a#1 by email
        2s | a#1 delivered      | a#1 delivered
        1h | b = delayed major  | b held: told recently
        2h | withdraw b         | b suppressed: withdrawn
        5h |                    |
        ",
    );
}

#[test]
fn two_groups_that_wait_are_both_told_the_worse_first() {
    timeline(
        &world(),
        "
        0s   | a = stalled warn     | a#1 by email
        2s   | a#1 delivered        | a#1 delivered
        1h   | b = delayed major    | b held: told recently
        2h   | c = damaged critical | c held: told recently
        4h1s | c#1 delivered        | c#1 by email; c#1 delivered
        8h1s |                      | b#1 by email
        ",
    );
}

#[test]
fn attempts_and_collections_neither_wait_nor_make_others_wait() {
    timeline(
        &world(),
        "
        0s | a = stalled warn                    | a#1 by email
        1s | a#1 delivered                       | a#1 delivered
        2s | b = attempt_failed warn             | b#1 by email
        3s | b#1 delivered                       | b#1 delivered
        4s | c = attempt_failed warn             | c suppressed: not worse
        5s | d = attempt_failed warn episode=2   | d#1 by email
        6s | d#1 delivered                       | d#1 delivered
        7s | e = collection info                 | e#1 by email
        8s | e#1 delivered                       | e#1 delivered
        9s | f = collection info                 | f#1 by email
        ",
    );
    timeline(
        &world(),
        "
        0s | a = attempt_failed warn | a#1 by email
        1s | a#1 delivered           | a#1 delivered
        2s | b = stalled warn        | b#1 by email
        ",
    );
}

#[test]
fn an_uncollected_parcel_is_reminded_of_at_each_level_and_anew_after_another_collection() {
    timeline(
        &world(),
        "
        0h     | a = collection info            | a#1 by email
        1s     | a#1 delivered                  | a#1 delivered
        18h    | b = uncollected info           | b#1 by email
        18h1s  | b#1 delivered                  | b#1 delivered
        48h    | c = uncollected warn           | c#1 by email
        48h1s  | c#1 delivered                  | c#1 delivered
        49h    | d = collection info            | d#1 by email
        49h1s  | d#1 delivered                  | d#1 delivered
        67h    | e = uncollected info episode=2 | e#1 by email
        ",
    );
}

#[test]
fn a_changed_date_is_news_and_a_date_that_hardly_moves_is_not() {
    // The recipient's zone is UTC+8: its day ends at 16h after the start.
    timeline(
        &world(),
        "
        0s  | a = delayed major promise=20h to=merchant       | a#1 by webhook
        1s  | a#1 delivered                                   | a#1 delivered
        2s  | b = delayed major promise=23h to=merchant       | b suppressed: not worse
        3s  | c = delayed major promise=15h to=merchant       | c#1 by webhook
        4s  | c#1 delivered                                   | c#1 delivered
        5s  | d = stalled warn promise=19h to=merchant        | d#1 by webhook
        ",
    );
    timeline(
        &world(),
        "
        0s | a = delayed major promise=15h | a#1 by email
        1s | a#1 delivered                 | a#1 delivered
        5h | b = delayed major promise=17h | b#1 by email
        ",
    );
}

#[test]
fn of_one_conditions_changes_at_one_instant_only_the_last_is_told() {
    let mut desk = super::timeline::Desk::new(&world());
    let now = super::timeline::START;
    desk.pass(now);
    for (id, level) in [("a", "info"), ("b", "warn"), ("c", "major")] {
        let (key, issued) = super::timeline::issued(now, id, "stalled", level, &[]);
        desk.notice(key, crate::model::Notice::Issued(Box::new(issued)));
    }
    assert_eq!(desk.step(now, ""), ["a suppressed: superseded", "b suppressed: superseded", "c#1 by email"]);
}

#[test]
fn recovered_is_told_to_those_who_were_told_and_begins_the_group_anew() {
    timeline(
        &world(),
        "
        0s     | a = stalled warn            | a#1 by email
        1s     | a#1 delivered               | a#1 delivered
        5h     | withdraw a                  |
        5h     | b = recovered info resolves=a | b#1 by email
        5h1s   | b#1 delivered               | b#1 delivered
        10h    | c = stalled warn episode=2  | c#1 by email
        ",
    );
    timeline(
        &world(),
        "
        0s | a = stalled warn expires=1h   | a#1 by email
        1s | a#1 refused                   | a#1 refused
        2s | b = recovered info resolves=a | b suppressed: nothing told
        3s | c = recovered info resolves=x | c suppressed: nothing told
        ",
    );
}

#[test]
fn recovered_is_not_told_while_something_told_still_stands() {
    timeline(
        &world(),
        "
        0s | a = stalled warn to=merchant  | a#1 by webhook
        1s | a#1 delivered                 | a#1 delivered
        2s | b = delayed major to=merchant | b#1 by webhook
        3s | b#1 delivered                 | b#1 delivered
        4s | withdraw a                    |
        5s | c = recovered info resolves=a to=merchant   | c suppressed: still open
        6s | withdraw b                    |
        7s | d = recovered info resolves=a,b to=merchant | d#1 by webhook
        ",
    );
}

#[test]
fn recovered_gives_way_to_other_news_of_its_scan() {
    let mut desk = super::timeline::Desk::new(&world());
    let now = super::timeline::START;
    let later = now + std::time::Duration::from_secs(5 * 3600);
    desk.step(now, "a = stalled warn");
    desk.step(now, "a#1 delivered");
    desk.pass(later);
    for (id, kind, rest) in [("b", "recovered", &["resolves=a"][..]), ("c", "collection", &[])] {
        let (key, issued) = super::timeline::issued(later, id, kind, "info", rest);
        desk.notice(key, crate::model::Notice::Issued(Box::new(issued)));
    }
    assert_eq!(desk.step(later, ""), ["b suppressed: other news", "c#1 by email"]);
}

#[test]
fn a_recovery_that_is_held_is_dropped_when_the_parcel_stalls_again() {
    timeline(
        &world(),
        "
        0s | a = stalled warn              | a#1 by email
        1s | a#1 delivered                 | a#1 delivered
        1h | b = recovered info resolves=a | b held: told recently
        2h | c = stalled warn episode=2    | b suppressed: still open; c suppressed: not worse
        3h | withdraw c                    |
        3h | d = recovered info resolves=c | d held: told recently
        4h1s |                             | d#1 by email
        ",
    );
}

#[test]
fn corrected_is_told_to_those_who_were_told_just_that_and_takes_it_back() {
    timeline(
        &world(),
        "
        0s | a = stalled warn to=merchant  | a#1 by webhook
        1s | a#1 delivered                 | a#1 delivered
        2s | withdraw a                    |
        2s | b = corrected info resolves=a to=merchant | b#1 by webhook
        3s | b#1 delivered                 | b#1 delivered
        4s | c = stalled warn episode=2 to=merchant    | c#1 by webhook
        5s | c#1 delivered                 | c#1 delivered
        6s | d = corrected info resolves=x to=merchant | d suppressed: nothing told
        ",
    );
}

#[test]
fn what_a_waiting_correction_takes_back_makes_nothing_less_bad() {
    timeline(
        &world(),
        "
        0s     | a = delayed major              | a#1 by email
        1s     | a#1 delivered                  | a#1 delivered
        1h     | withdraw a                     |
        1h     | b = corrected info resolves=a  | b held: told recently
        2h     | c = stalled warn               | c held: told recently
        4h1s   |                                | b#1 by email
        4h2s   | b#1 delivered                  | b#1 delivered
        8h1s   |                                | c#1 by email
        ",
    );
}

#[test]
fn a_correction_waits_while_what_was_no_worse_than_its_mistake_stands() {
    timeline(
        &world(),
        "
        0s | a = delayed major to=merchant              | a#1 by webhook
        1s | a#1 delivered                              | a#1 delivered
        2s | b = stalled warn to=merchant               | b suppressed: not worse
        3s | withdraw a                                 |
        3s | c = corrected info resolves=a to=merchant  |
        9s |                                            |
        1h | withdraw b                                 | c#1 by webhook
        1h | d = recovered info resolves=b to=merchant  |
        1h | c#1 delivered                              | c#1 delivered
        2h |                                            | d suppressed: nothing told
        2h | e = stalled warn episode=2 to=merchant     | e#1 by webhook
        ",
    );
    // Not for what its reader hears of in another way, nor for what is another matter.
    timeline(
        &world(),
        "
        0s | a = delayed major to=merchant              | a#1 by webhook
        1s | a#1 delivered                              | a#1 delivered
        2s | b = stalled warn to=merchant               | b suppressed: not worse
        3s | c = damaged critical to=merchant           | c#1 by webhook
        4s | c#1 delivered                              | c#1 delivered
        5s | withdraw a                                 |
        5s | d = corrected info resolves=a to=merchant  |
        6s | e = thoroughly_delayed critical to=merchant | e#1 by webhook
        7s | e#1 delivered                              | e#1 delivered; d#1 by webhook
        ",
    );
    // Nor longer than it is of use.
    timeline(
        &world(),
        "
        0s     | a = delayed major to=merchant                        | a#1 by webhook
        1s     | a#1 delivered                                        | a#1 delivered
        2s     | b = stalled warn to=merchant                         | b suppressed: not worse
        3s     | withdraw a                                           |
        3s     | c = corrected info resolves=a to=merchant expires=1h |
        1h4s   |                                                      | c expired: no longer of use
        ",
    );
}

#[test]
fn what_was_true_and_is_over_is_never_taken_back() {
    timeline(
        &world(),
        "
        0s  | a = stalled warn to=merchant               | a#1 by webhook
        1s  | a#1 delivered                              | a#1 delivered
        2s  | withdraw a                                 |
        2s  | r = recovered info resolves=a to=merchant  | r#1 by webhook
        3s  | r#1 delivered                              | r#1 delivered
        4s  | d = delayed major to=merchant              | d#1 by webhook
        5s  | d#1 delivered                              | d#1 delivered
        6s  | b = stalled warn episode=2 to=merchant     | b suppressed: not worse
        7s  | withdraw b                                 |
        7s  | c = corrected info resolves=b to=merchant  | c suppressed: nothing told
        9s  | withdraw d                                 |
        9s  | e = recovered info resolves=d to=merchant  | e#1 by webhook
        ",
    );
}

#[test]
fn an_instant_is_over_once_it_is_told() {
    timeline(
        &world(),
        "
        0s  | a = uploaded_late info to=merchant         | a#1 by webhook
        1s  | a#1 delivered                              | a#1 delivered
        2s  | b = stalled warn to=merchant               | b#1 by webhook
        3s  | b#1 delivered                              | b#1 delivered
        4s  | withdraw b                                 |
        4s  | c = recovered info resolves=b to=merchant  | c#1 by webhook
        ",
    );
}

#[test]
fn a_correction_is_as_urgent_as_what_it_takes_back() {
    timeline(
        &world(),
        "
        0s     | a = stalled warn               | a#1 by email
        1s     | a#1 delivered                  | a#1 delivered
        1h     | withdraw a                     |
        1h     | b = corrected info resolves=a  | b held: told recently
        2h     | c = damaged critical           | c held: told recently
        4h1s   |                                | c#1 by email
        4h2s   | c#1 delivered                  | c#1 delivered
        8h2s   |                                | b#1 by email
        ",
    );
}

#[test]
fn a_failed_notice_is_superseded_by_a_worse_one_of_its_group_and_by_no_other() {
    timeline(
        &world(),
        "
        0s  | a = stalled warn to=merchant     | a#1 by webhook
        1s  | a#1 retry 1h                     | a#1 retry
        2s  | b = damaged critical to=merchant | b#1 by webhook
        3s  | b#1 delivered                    | b#1 delivered
        4s  | c = delayed major to=merchant    | a suppressed: superseded; c#1 by webhook
        ",
    );
}

#[test]
fn one_claim_is_outstanding_per_recipient_parcel_and_journey() {
    timeline(
        &world(),
        "
        0s  | a = stalled warn to=merchant     | a#1 by webhook
        1s  | b = damaged critical to=merchant |
        2s  | c = stalled major to=merchant    |
        3s  | a#1 delivered                    | a#1 delivered; b#1 by webhook
        4s  | b#1 delivered                    | b#1 delivered; c#1 by webhook
        ",
    );
}
