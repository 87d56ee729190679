//! Hubs are told in digests only, merchants where they wish it.

use super::timeline::{Desk, START, timeline};
use super::*;
use crate::model::{Attempt, Delivery, Effect, Message};

#[test]
fn a_hub_is_told_once_per_window() {
    timeline(
        &world(),
        "
        1m      | a = stalled warn to=hub_ops            | a held: digest
        2m      | b = overdue_scan warn to=hub_ops parcel=SF2 | b held: digest
        3m      | a = stalled warn to=hub_ops            | ignored: repeated notice
        14m59s  |                                        |
        15m     |                                        | a suppressed: in digest; b suppressed: in digest; digest#1 by email
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
        16m | withdraw a                   |
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
        20m  |                             | a suppressed: in digest
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

#[test]
fn a_merchant_that_collects_is_told_once_per_window_but_at_once_of_what_is_critical() {
    timeline(
        &collecting(),
        "
        1m      | a = stalled warn to=merchant            | a held: digest
        2m      | b = delayed major to=merchant parcel=SF2 | b held: digest
        3m      | c = lost critical to=merchant parcel=SF3 | c#1 by webhook
        181s    | c#1 delivered                           | c#1 delivered
        5m      | d = recovered info to=merchant parcel=SF3 resolves=c | d#1 by webhook
        301s    | d#1 delivered                           | d#1 delivered
        7m      | e = recovered info to=merchant parcel=SF2 resolves=b | b suppressed: withdrawn; e suppressed: nothing told
        8m      | f = stalled warn phone=+447700900123    | f#1 by email
        481s    | f#1 delivered                           | f#1 delivered
        30m     | restart                                 |
        59m59s  |                                         |
        1h      |                                         | a suppressed: in digest; digest#1 by webhook
        1h1s    | a = stalled warn to=merchant            | ignored: repeated notice
        ",
    );
}

#[test]
fn what_is_over_drops_out_of_a_merchant_s_digest_though_it_is_told_of_something_else_by_itself() {
    timeline(
        &collecting(),
        "
        1m | a = stalled warn to=merchant     | a held: digest
        2m | b = damaged critical to=merchant | b#1 by webhook
        121s | b#1 delivered                  | b#1 delivered
        3m | c = recovered info to=merchant resolves=a,b | a suppressed: withdrawn; c#1 by webhook
        181s | c#1 delivered                  | c#1 delivered
        2h |                                  |
        ",
    );
}

#[test]
fn a_merchant_s_digest_names_the_merchant_its_window_and_the_worst_first_and_goes_where_its_notices_go() {
    let mut desk = Desk::new(&collecting());
    desk.event("a = stalled warn to=merchant");
    desk.event("b = delayed major to=merchant parcel=SF2");
    desk.pass(START + std::time::Duration::from_secs(3601));
    let json = desk.log.iter().find_map(|effect| match effect {
        Effect::Attempt(attempt) => match &attempt.message {
            Message::Json(json) => Some(json.clone()),
            _ => None,
        },
        _ => None,
    });
    let event: serde_json::Value = serde_json::from_str(&json.expect("a webhook")).expect("JSON");
    let digest = &event["data"];
    assert_eq!((&digest["merchant"], &digest["hub"]), (&"M-0042".into(), &serde_json::Value::Null), "{event}");
    assert_eq!(
        (&digest["from"], &digest["to"]),
        (&"2026-11-22T00:00:00.000Z".into(), &"2026-11-22T01:00:00.000Z".into())
    );
    assert_eq!((&digest["parcels"][0]["parcel_id"], &digest["total"]), (&"SF2".into(), &2.into()));
}

#[test]
fn a_merchant_that_stops_collecting_gets_what_was_gathered_and_then_each_by_itself() {
    let mut desk = Desk::new(&collecting());
    assert_eq!(desk.step(START, "a = stalled warn to=merchant"), ["a held: digest"]);
    desk.world = world();
    let minute = std::time::Duration::from_secs(60);
    assert_eq!(desk.step(START + minute, "b = stalled warn to=merchant parcel=SF2"), ["b#1 by webhook"]);
    assert_eq!(
        desk.step(START + minute * 2, "a = stalled warn to=merchant"),
        ["b#1 unknown", "b#2 by webhook", "ignored: repeated notice"]
    );
    let said = desk.step(START + minute * 60, "").join("; ");
    assert!(said.ends_with("a suppressed: in digest; digest#1 by webhook"), "{said}");
}

fn deliveries(desk: &Desk) -> impl Iterator<Item = &Delivery> {
    desk.log.iter().filter_map(|effect| match effect {
        Effect::Delivery(delivery) => Some(&**delivery),
        _ => None,
    })
}

fn attempts(desk: &Desk) -> impl Iterator<Item = &Attempt> {
    desk.log.iter().filter_map(|effect| match effect {
        Effect::Attempt(attempt) => Some(&**attempt),
        _ => None,
    })
}

#[test]
fn the_last_word_on_each_gathered_notice_names_the_digest_that_tells_it() {
    let mut desk = Desk::new(&world());
    for parcel in ["SF1", "SF2"] {
        desk.event(&format!("{parcel} = stalled warn to=hub_ops parcel={parcel}"));
    }
    desk.pass(START + std::time::Duration::from_secs(16 * 60));
    let [attempt] = attempts(&desk).collect::<Vec<_>>()[..] else { panic!("expected one digest") };
    let digest = serde_json::to_value(&attempt.notice_id).expect("an id");
    for parcel in ["SF1", "SF2"] {
        let of_it = deliveries(&desk).filter(|delivery| delivery.notice_id.as_str() == parcel);
        let words: Vec<_> = of_it.map(|delivery| serde_json::to_value(delivery).expect("JSON")).collect();
        assert_eq!(words.len(), 2, "{words:?}");
        assert_eq!((&words[0]["reason"], words[0].get("digest")), (&"digest".into(), None), "while it is gathered");
        assert_eq!((&words[1]["reason"], &words[1]["digest"]), (&"in digest".into(), &digest));
        assert_eq!((&words[1]["parcel_id"], &words[1]["recipient_key"]), (&parcel.into(), &"hub:HGH01".into()));
    }
}

#[test]
fn what_is_withdrawn_is_not_in_the_digest_and_its_last_word_is_not_the_digest_s() {
    let mut desk = Desk::new(&world());
    desk.event("a = stalled warn to=hub_ops parcel=SF1");
    desk.event("b = stalled warn to=hub_ops parcel=SF2");
    desk.event("withdraw a");
    desk.pass(START + std::time::Duration::from_secs(16 * 60));
    let words = |id: &str| {
        let of_it = deliveries(&desk).filter(|delivery| delivery.notice_id.as_str() == id);
        of_it.filter_map(|delivery| delivery.reason.clone()).collect::<Vec<_>>()
    };
    assert_eq!(
        (words("a"), words("b")),
        (vec!["digest".into(), "withdrawn".into()], vec!["digest".into(), "in digest".into()])
    );
    let Some(Message::Mail { text, .. }) = attempts(&desk).map(|attempt| attempt.message.clone()).next() else {
        panic!("no mail")
    };
    assert!(text.contains("SF2") && !text.contains("SF1"), "{text}");
}
