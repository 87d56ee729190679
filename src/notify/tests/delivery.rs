//! From claim to outcome: retries, unknown outcomes, withdrawals, expiry, gone endpoints.

use super::timeline::{Desk, START, timeline};
use super::*;
use crate::model::{Count, Decision, DeliveryOutcome, Effect};

#[test]
fn a_notice_is_claimed_attempted_and_delivered() {
    timeline(
        &world(),
        "
        0s  | a = stalled warn  | a#1 by email
        2s  | a#1 delivered     | a#1 delivered
        3s  | a#1 delivered     | ignored: repeated receipt
        4s  | a = stalled warn  | ignored: repeated notice
        5s  | b#1 delivered     | ignored: unknown notice
        6s  | withdraw b        | ignored: unknown notice
        9d  |                   |
        ",
    );
}

#[test]
fn nothing_is_claimed_while_it_is_closed_and_a_withdrawal_then_leaves_no_trace_outside() {
    timeline(
        &world(),
        "
        0s  | close             |
        1s  | a = stalled warn  |
        2s  | b = damaged critical |
        3s  | withdraw a        | a suppressed: withdrawn
        1h  | open              | b#1 by email
        ",
    );
}

#[test]
fn a_notice_to_a_merchant_goes_to_its_webhook_and_one_to_customer_service_by_mail() {
    timeline(
        &world(),
        "
        0s  | a = stalled warn to=merchant           | a#1 by webhook
        1s  | b = lost critical to=customer_service  | b#1 by email
        ",
    );
}

#[test]
fn a_failed_webhook_follows_its_schedule_until_it_expires() {
    timeline(
        &world(),
        "
        0s     | a = stalled warn to=merchant expires=3h | a#1 by webhook
        1s     | a#1 retry      | a#1 retry
        6s     |                | a#2 by webhook
        7s     | a#2 retry 10m  | a#2 retry
        5m8s   |                |
        10m7s  |                | a#3 by webhook
        10m8s  | a#3 retry      | a#3 retry
        40m9s  | a#4 retry      | a#4 by webhook; a#4 retry
        160m10s | a#5 retry     | a#5 by webhook; a#5 retry
        3h     |                | a expired: no longer of use
        3h1s   | a#5 delivered  | ignored: repeated receipt
        ",
    );
}

#[test]
fn an_unheard_outcome_is_unknown_only_after_deadline_timeout_and_grace_and_is_then_repeated() {
    // Claim window 10 s, mail's total timeout 60 s, grace 5 s.
    timeline(
        &world(),
        "
        0s      | a = stalled warn | a#1 by email
        75s     |                  |
        75s1ms  |                  | a#1 unknown
        2m      |                  |
        135s2ms |                  | a#2 by email
        137s    | a#2 delivered    | a#2 delivered
        ",
    );
}

#[test]
fn a_late_outcome_applies_to_its_attempt_and_stops_a_repeat_that_is_not_claimed() {
    timeline(
        &world(),
        "
        0s  | a = stalled warn | a#1 by email
        80s |                  | a#1 unknown
        90s | a#1 delivered    | a#1 delivered
        1d  |                  |
        ",
    );
    timeline(
        &world(),
        "
        0s   | a = stalled warn | a#1 by email
        80s  |                  | a#1 unknown
        3m   |                  | a#2 by email
        181s | a#1 delivered    | a#1 delivered
        182s | a#2 retry        | a#2 retry
        1d   |                  |
        ",
    );
    timeline(
        &world(),
        "
        0s  | a = stalled warn | a#1 by email
        80s |                  | a#1 unknown
        90s | a#1 refused      | a#1 refused
        91s | b = stalled warn | b#1 by email
        ",
    );
}

#[test]
fn an_outcome_that_the_channel_calls_unknown_is_repeated_and_counts_as_told() {
    timeline(
        &world(),
        "
        0s     | a = stalled warn | a#1 by email
        1s     | a#1 unknown      | a#1 unknown
        2s     | b = stalled warn | b suppressed: not worse
        61s1ms |                  | a#2 by email
        62s    | a#2 refused      | a#2 refused
        63s    | c = stalled warn | c suppressed: not worse
        ",
    );
}

#[test]
fn a_mail_whose_outcome_is_unknown_twice_is_not_repeated_again() {
    timeline(
        &world(),
        "
        0s   | a = stalled warn | a#1 by email
        80s  |                  | a#1 unknown
        136s |                  | a#2 by email
        4m   |                  | a#2 unknown
        1d   | b = stalled warn | b suppressed: not worse
        ",
    );
}

#[test]
fn a_restart_between_claim_and_outcome_repeats_only_what_is_unknown() {
    timeline(
        &world(),
        "
        0s  | a = stalled warn | a#1 by email
        1s  | restart          |
        80s | restart          | a#1 unknown
        136s | restart         | a#2 by email
        2m20s  | a#2 delivered    | a#2 delivered
        5m  | restart          |
        6m  | a = stalled warn | ignored: repeated notice
        ",
    );
}

#[test]
fn a_withdrawal_cancels_a_claim_and_ends_what_did_not_leave() {
    timeline(
        &world(),
        "
        0s  | a = stalled warn | a#1 by email
        1s  | withdraw a       | cancel a
        2s  | a#1 refused      | a#1 refused; a suppressed: withdrawn
        3s  | b = stalled warn | b#1 by email
        4s  | b#1 retry        | b#1 retry
        5s  | withdraw b       | b suppressed: withdrawn
        6s  | c = stalled warn | c#1 by email
        7s  | withdraw c       | cancel c
        8s  | c#1 delivered    | c#1 delivered
        9s  | d = stalled warn | d suppressed: not worse
        ",
    );
}

#[test]
fn a_cancelled_claim_of_which_nothing_is_heard_is_unknown_and_not_repeated() {
    timeline(
        &world(),
        "
        0s  | a = stalled warn | a#1 by email
        1s  | withdraw a       | cancel a
        2m  |                  | a#1 unknown; a suppressed: withdrawn
        1d  |                  |
        ",
    );
}

#[test]
fn an_endpoint_that_is_gone_counts_as_absent_until_its_owner_gives_another() {
    let gone = world();
    let mut desk = Desk::new(&gone);
    let second = std::time::Duration::from_secs(1);
    assert_eq!(desk.step(START, "a = stalled warn to=merchant"), ["a#1 by webhook"]);
    let mut receipt = super::timeline::receipt(START + second, "a#1", "gone", None);
    receipt.recipient_key = RecipientKey::merchant("M-0042");
    desk.handle(crate::notify::Input::Receipt(Box::new(receipt)));
    let said = desk.step(START + second, "b = lost critical to=merchant");
    assert_eq!(said, ["a#1 refused", "b suppressed: endpoint gone"]);

    let mut renewed = world();
    let mut merchant = renewed.merchants["M-0042"].clone();
    merchant.webhook.as_mut().unwrap().url += "2";
    renewed.merchants = Arc::new([("M-0042".to_owned(), merchant)].into());
    desk.world = renewed;
    desk.step(START + second, "restart");
    assert_eq!(desk.step(START + second * 2, "c = damaged critical to=merchant"), ["c#1 by webhook"]);
    assert_eq!(sizes(desk.machine.tables())[2], 0, "what is renewed is forgotten");
}

#[test]
fn shadow_records_and_off_suppresses_and_neither_tells() {
    let shadow = changed(|policy| policy.send.mode = Mode::Shadow);
    timeline(
        &shadow,
        "
        0s | a = stalled warn | a shadow: send shadow
        1s | b = stalled warn | b shadow: send shadow
        2s | c = recovered info resolves=a | c suppressed: nothing told
        ",
    );
    let off = changed(|policy| policy.send.mode = Mode::Off);
    timeline(&off, "0s | a = stalled warn | a suppressed: send off");
}

#[test]
fn the_mode_is_read_at_the_decision() {
    let mut desk = Desk::new(&changed(|policy| policy.send.mode = Mode::Shadow));
    let second = std::time::Duration::from_secs(1);
    assert_eq!(desk.step(START, "a = stalled warn"), ["a shadow: send shadow"]);
    desk.world = world();
    assert_eq!(desk.step(START + second, "b = stalled warn"), ["b#1 by email"]);
}

#[test]
fn records_and_counts_name_decision_reason_and_outcome() {
    let mut desk = Desk::new(&world());
    desk.step(START, "a = stalled warn");
    desk.handle(crate::notify::Input::Receipt(Box::new(super::timeline::receipt(desk.now, "a#1", "delivered", None))));
    let Effect::Delivery(delivery) = &desk.log[0] else { panic!("expected a record") };
    assert_eq!((delivery.decision, delivery.outcome), (Decision::Sent, Some(DeliveryOutcome::Delivered)));
    assert_eq!((delivery.took_ms, delivery.provider.as_deref()), (Some(5), Some("smtp")));
    assert!(matches!(desk.log[1], Effect::Count(Count::Attempted { .. })), "{:?}", desk.log[1]);
}

#[test]
fn a_description_says_what_was_told_what_waits_and_why_and_names_no_contact() {
    let mut desk = Desk::new(&world());
    let second = std::time::Duration::from_secs(1);
    desk.step(START, "a = stalled warn");
    desk.step(START + second, "a#1 delivered");
    desk.step(START + second * 2, "b = delayed major");
    desk.step(START + second * 3, "c = stalled warn");
    desk.step(START + second * 4, "d = stalled warn to=hub_ops");
    let described = desk.machine.describe(&recipient(), "SF1024000000017");
    let notices = &described["journeys"][0]["notices"];
    assert_eq!(described["journeys"][0]["journey"], 1);
    assert_eq!(
        (&notices[0]["state"], &notices[0]["told_at"]),
        (&"delivered".into(), &"2026-11-22T00:00:00.001Z".into())
    );
    assert_eq!(notices[0]["attempts"][0]["channel"], "email");
    assert_eq!((&notices[1]["state"], &notices[1]["reason"]), (&"held".into(), &"told recently".into()));
    assert_eq!(notices[1]["until"], "2026-11-22T04:00:00.001Z");
    assert_eq!(
        (&notices[2]["state"], &notices[2]["reason"]),
        (&"waiting".into(), &"decision".into()),
        "for what is worse and waits"
    );
    assert!(!described.to_string().contains("example.com"), "{described}");
    let hub = desk.machine.describe(&RecipientKey::hub("HGH01"), "SF1024000000017");
    assert_eq!(
        (&hub["digest"][0]["kind"], &hub["digest"][0]["until"]),
        (&"stalled".into(), &"2026-11-22T00:15:00.000Z".into())
    );
}

#[test]
fn what_ended_keeps_no_contact_and_is_forgotten_in_time() {
    let mut desk = Desk::new(&world());
    desk.step(START, "a = stalled warn");
    assert!(saved(&mut desk).contains("wf@example.com"));
    desk.step(START + std::time::Duration::from_secs(1), "a#1 delivered");
    assert!(!saved(&mut desk).contains("wf@example.com"));
    let month = std::time::Duration::from_secs(30 * 24 * 3600 + 2);
    desk.step(START + month, "");
    assert_eq!(sizes(desk.machine.tables()), [0, 0, 0, 0, 0, 0]);
    assert_eq!(desk.machine.poll_timeout(), None);
}

fn saved(desk: &mut Desk) -> String {
    let mut bytes = Vec::new();
    for table in desk.machine.tables() {
        for bucket in 0..crate::state::BUCKETS {
            table.sweep(bucket, u32::MAX, &mut |_, value| bytes.extend_from_slice(value));
        }
    }
    desk.machine.aborted(&desk.world);
    String::from_utf8_lossy(&bytes).into_owned()
}
