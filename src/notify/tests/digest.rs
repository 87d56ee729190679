//! Hubs are told in digests only.

use super::timeline::{Desk, START, timeline};
use super::*;
use crate::model::{Effect, Message};

#[test]
fn a_hub_is_told_once_per_window() {
    timeline(
        &world(),
        "
        1m      | a = stalled warn to=hub_ops            | a held: digest
        2m      | b = overdue_scan warn to=hub_ops parcel=SF2 | b held: digest
        3m      | a = stalled warn to=hub_ops            | ignored: repeated notice
        14m59s  |                                        |
        15m     |                                        | digest#1 by email
        16m     | a = stalled warn to=hub_ops            | ignored: repeated notice
        17m     |                                        | digest#1 unknown
        ",
    );
}

#[test]
fn what_is_withdrawn_before_its_window_ends_drops_out_and_an_empty_digest_is_not_sent() {
    timeline(
        &world(),
        "
        1m  | a = stalled warn to=hub_ops  | a held: digest
        2m  | withdraw a                   | a suppressed: withdrawn
        3m  | restart                      |
        20m | b = stalled warn to=hub_ops episode=2 | b held: digest
        21m | c = recovered info to=hub_ops resolves=b | b suppressed: withdrawn; c suppressed: nothing told
        1h  |                              |
        2h  | a = stalled warn to=hub_ops  | ignored: repeated notice
        2d  |                              |
        ",
    );
}

#[test]
fn a_restart_within_a_window_changes_nothing_and_an_old_digest_expires() {
    timeline(
        &world(),
        "
        1m   | a = stalled warn to=hub_ops | a held: digest
        2m   | restart                     |
        3m   | close                       |
        20m  |                             |
        5h   | open                        | digest expired: no longer of use
        ",
    );
}

#[test]
fn a_digest_counts_by_kind_lists_the_worst_first_and_is_bounded() {
    let world = changed(|policy| policy.notify.digest.list = 3);
    let mut desk = Desk::new(&world);
    for (i, (kind, level)) in
        [("stalled", "info"), ("stalled", "major"), ("overdue_scan", "warn"), ("stalled", "warn"), ("stalled", "major")]
            .into_iter()
            .enumerate()
    {
        desk.step(START, &format!("n{i} = {kind} {level} to=hub_ops parcel=SF{i}"));
    }
    // Worse now, and still one parcel.
    desk.step(START, "n9 = stalled major to=hub_ops parcel=SF0");
    desk.pass(START + std::time::Duration::from_secs(16 * 60));
    let mail = desk.log.iter().find_map(|effect| match effect {
        Effect::Attempt(attempt) => Some(attempt.message.clone()),
        _ => None,
    });
    let Some(Message::Mail { subject, text, .. }) = mail else { panic!("no mail") };
    assert_eq!(subject, "HGH01: 5 parcels need attention");
    assert_eq!(
        text,
        "HGH01, Sun 22 Nov, midnight–12:15 am UTC: 5 parcels need attention.\n\n\
         No movement, major: 3\nScan overdue, warning: 1\nNo movement, warning: 1\n\n\
         SF0: No movement, major\nSF1: No movement, major\nSF4: No movement, major\nand 2 more\n\n\
         parcelwatch\n"
    );
}
