//! Texts: the next channel where one refuses, and what providers report later. A second device's late report changes nothing.

use super::timeline::{Desk, START, timeline};
use super::*;
use crate::model::Effect;

#[test]
fn a_report_that_a_text_arrived_ends_it_and_whatever_comes_after_changes_nothing() {
    timeline(
        &texting(),
        "
        0s  | a = stalled warn phone=+447700900123 | a#1 by sms
        2s  | a#1 delivered        | a#1 delivered
        9s  | report a#1 delivered | a#1 delivered
        10s | report a#1 delivered | ignored: idle report
        11s | report a#1 refused   | ignored: idle report
        12s | a#1 delivered        | ignored: repeated receipt
        1h  | report a#1 refused   | ignored: idle report
        2h  | b = stalled warn phone=+447700900123 | b suppressed: not worse
        ",
    );
}

#[test]
fn a_text_that_did_not_arrive_told_nobody_and_goes_on_by_the_next_channel() {
    timeline(
        &texting(),
        "
        0s  | a = stalled warn phone=+447700900123 | a#1 by sms
        2s  | a#1 delivered        | a#1 delivered
        9s  | report a#1 refused   | a#1 refused; a#2 by email
        10s | report a#1 delivered | ignored: idle report
        11s | a#2 delivered        | a#2 delivered
        12s | report a#1 refused   | ignored: idle report
        13s | report a#2 refused   | ignored: idle report
        14s | b = stalled warn phone=+447700900123 | b suppressed: not worse
        ",
    );
}

#[test]
fn a_report_of_a_text_that_a_look_up_found_counts_under_the_name_that_it_was_sent_by() {
    timeline(
        &texting(),
        "
        0s  | a = stalled warn phone=+8613800000000 | a#1 by sms
        1s  | a#1 unknown        | a#1 unknown
        32s |                    | a#2 by sms
        33s | a#2 delivered      | a#2 delivered
        40s | report a#1 refused | a#1 refused; a#3 by email
        41s | report a#1 delivered | ignored: idle report
        ",
    );
}

#[test]
fn without_another_channel_it_ends_and_the_next_notice_is_the_first() {
    timeline(
        &texting(),
        "
        0s  | a = stalled warn phone=+447700900123 mail=no | a#1 by sms
        2s  | a#1 delivered        | a#1 delivered
        9s  | report a#1 refused   | a#1 refused
        10s | report a#1 delivered | ignored: idle report
        11s | b = stalled warn phone=+447700900123 mail=no | b#1 by sms
        ",
    );
}

#[test]
fn a_report_after_its_time_changes_nothing() {
    timeline(
        &texting(),
        "
        0s     | a = stalled warn phone=+447700900123 | a#1 by sms
        2s     | a#1 delivered      | a#1 delivered
        3s     | restart            |
        45m3s  | report a#1 refused | ignored: idle report
        46m    | b = stalled warn phone=+447700900123 | b suppressed: not worse
        40d    |                    |
        41d    | report a#1 refused | ignored: unknown notice
        ",
    );
}

#[test]
fn a_report_may_overtake_the_channel_s_own_outcome() {
    timeline(
        &texting(),
        "
        0s | a = stalled warn phone=+447700900123 | a#1 by sms
        1s | report a#1 delivered | a#1 delivered
        2s | a#1 delivered        | ignored: repeated receipt
        3s | b = attempt_failed warn phone=+447700900123 | b#1 by sms
        4s | report b#1 refused   | b#1 refused; b#2 by email
        5s | b#1 delivered        | ignored: repeated receipt
        6s | b#2 delivered        | b#2 delivered
        ",
    );
}

#[test]
fn reports_of_what_was_never_attempted_or_of_no_text_change_nothing() {
    timeline(
        &texting(),
        "
        0s | a = stalled warn      | a#1 by email
        1s | report a#1 delivered  | ignored: idle report
        2s | report a#2 delivered  | ignored: idle report
        3s | report b#1 refused    | ignored: unknown notice
        4s | report a#1 retry      | ignored: idle report
        5s | report a#1 unknown    | ignored: idle report
        6s | a#1 delivered         | a#1 delivered
        7s | report a#1 refused    | ignored: idle report
        ",
    );
}

#[test]
fn what_was_withdrawn_meanwhile_does_not_go_on() {
    timeline(
        &texting(),
        "
        0s | a = stalled warn phone=+447700900123 | a#1 by sms
        1s | a#1 delivered       | a#1 delivered
        2s | withdraw a          |
        3s | report a#1 refused  | a#1 refused; a suppressed: withdrawn
        ",
    );
}

#[test]
fn what_its_channel_refuses_goes_on_with_that_channel_s_own_schedule() {
    // Texts wait for half a minute first, mails for a minute, then five.
    timeline(
        &texting(),
        "
        0s    | a = stalled warn phone=+447700900123 | a#1 by sms
        1s    | a#1 retry    | a#1 retry
        32s   | a#2 refused  | a#2 by sms; a#2 refused; a#3 by email
        33s   | a#3 retry    | a#3 retry
        93s   |              | a#4 by email
        94s   | a#4 retry    | a#4 retry
        394s  |              | a#5 by email
        395s  | a#5 refused  | a#5 refused
        396s  | b = stalled warn phone=+447700900123 | b#1 by sms
        ",
    );
}

#[test]
fn a_merchant_whose_endpoint_is_gone_is_told_by_mail_at_once() {
    let mut desk = Desk::new(&world());
    let mut merchant = desk.world.merchants["M-0042"].clone();
    merchant.email = Some("ops@m.example".to_owned());
    desk.world.merchants = Arc::new([("M-0042".to_owned(), merchant)].into());
    let second = Duration::from_secs(1);
    assert_eq!(desk.step(START, "a = stalled warn to=merchant"), ["a#1 by webhook"]);
    assert_eq!(desk.step(START + second, "a#1 gone"), ["a#1 refused", "a#2 by email"]);
    assert_eq!(desk.step(START + second * 2, "a#2 delivered"), ["a#2 delivered"]);
    assert_eq!(desk.step(START + second * 3, "b = lost critical to=merchant"), ["b#1 by email"]);
}

#[test]
fn a_text_of_unknown_fate_is_not_repeated_unless_its_provider_can_be_asked() {
    timeline(
        &texting(),
        "
        0s  | a = stalled warn phone=+447700900123 | a#1 by sms
        1s  | a#1 unknown        | a#1 unknown
        20m |                    |
        1h  | report a#1 refused | ignored: idle report
        2h  | b = stalled warn phone=+447700900123 | b suppressed: not worse
        ",
    );
    timeline(
        &texting(),
        "
        0s  | a = stalled warn phone=+447700900123 | a#1 by sms
        1s  | a#1 unknown        | a#1 unknown
        20m | report a#1 refused | a#1 refused; a#2 by email
        ",
    );
    timeline(
        &texting(),
        "
        0s   | a = stalled warn phone=+8613800000000 | a#1 by sms
        1s   | a#1 unknown       | a#1 unknown
        32s  |                   | a#2 by sms
        33s  | a#2 unknown       | a#2 unknown
        154s |                   | a#3 by sms
        155s | a#3 unknown       | a#3 unknown
        2h   |                   |
        ",
    );
}

#[test]
fn a_repeat_after_doubt_says_so_to_the_channel_and_records_name_the_provider() {
    let mut desk = Desk::new(&texting());
    desk.event("a = stalled warn phone=+8613800000000");
    let second = Duration::from_secs(1);
    desk.pass(START + second);
    desk.event("a#1 unknown");
    desk.pass(START + second * 60);
    desk.event("a#2 unknown");
    desk.pass(START + second * 600);
    let asks = |effect: &Effect| match effect {
        Effect::Attempt(attempt) => Some(attempt.unknown_since),
        _ => None,
    };
    let first = Some(START.next());
    assert_eq!(desk.log.iter().filter_map(asks).collect::<Vec<_>>(), [None, first, first]);
    let carried = |effect: &Effect| match effect {
        Effect::Delivery(delivery) => delivery.provider.clone(),
        _ => None,
    };
    assert_eq!(desk.log.iter().find_map(carried).as_deref(), Some("aliyun"));
    let described = desk.machine.describe(&recipient(), "SF1024000000017");
    assert_eq!(described["journeys"][0]["notices"][0]["attempts"][1]["provider"], "aliyun");
}

#[test]
fn what_is_looked_up_first_has_the_look_up_s_time_to_begin_and_no_other_repeat_has() {
    // The claim's window, and half of a text's total timeout where Aliyun is asked first.
    for (contact, windows) in [("phone=+8613800000000", [10, 25]), ("", [10, 10])] {
        let mut desk = Desk::new(&texting());
        desk.event(&format!("a = stalled warn {contact}"));
        desk.pass(START + Duration::from_secs(1));
        desk.event("a#1 unknown");
        desk.pass(START + Duration::from_secs(120));
        let deadline = |effect: &Effect| match effect {
            Effect::Attempt(attempt) => Some(attempt.deadline),
            _ => None,
        };
        let deadlines: Vec<_> = desk.log.iter().filter_map(deadline).collect();
        let described = desk.machine.describe(&recipient(), "SF1024000000017");
        let attempts = described["journeys"][0]["notices"][0]["attempts"].as_array().unwrap();
        let claimed: Vec<_> = attempts.iter().map(|attempt| attempt["claimed_at"].clone()).collect();
        let begins_within = deadlines.iter().zip(windows).map(|(at, window)| *at - Duration::from_secs(window));
        assert_eq!(claimed, begins_within.map(|at| serde_json::json!(at)).collect::<Vec<_>>(), "{contact}");
        assert_eq!(claimed.len(), 2);
    }
}

#[test]
fn a_kind_without_an_approved_template_goes_by_the_next_channel() {
    timeline(
        &texting(),
        "
        0s | a = attempt_failed warn phone=+8613800000000 | a#1 by email
        1s | b = attempt_failed warn phone=+8613800000000 mail=no parcel=SF2 | b suppressed: no contact
        2s | c = stalled warn phone=+8613800000000 parcel=SF3 | c#1 by sms
        ",
    );
    // Approved are only words with a date, which this notice does not name.
    let fuller = changed(|policy| {
        policy.notify.sms_providers.insert("+".to_owned(), SmsProvider::Aliyun);
        policy.notify.sms_codes.insert("stalled.en".to_owned(), "SMS_1".to_owned());
    });
    timeline(&fuller, "0s | a = stalled warn phone=+8613800000000 | a#1 by email");
}
