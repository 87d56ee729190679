//! What people ask for is done: opt-outs by each way, the order of channels, the language.

use super::timeline::{Desk, START, preference, timeline};
use super::*;
use crate::model::{Count, Effect, Ignored, Message};

#[test]
fn a_reply_stops_the_next_notice_and_another_one_lets_it_through_again() {
    timeline(
        &world(),
        "
        0s | reply email opt_out | preference: [Email]
        1s | a = stalled warn    | a suppressed: opted out
        2s | reply email opt_out | ignored: repeated reply
        3s | reply email opt_in  | preference: []
        4s | b = stalled warn    | b#1 by email
        ",
    );
}

#[test]
fn a_page_s_record_stops_the_next_notice_and_its_deletion_is_forgetting() {
    timeline(
        &world(),
        "
        0s | prefer out=email    |
        1s | a = stalled warn    | a suppressed: opted out
        2s | restart             |
        3s | b = stalled warn    | b suppressed: opted out
        4s | forget              |
        5s | c = stalled warn    | c#1 by email
        6s | forget              | ignored: repeated preference
        ",
    );
}

#[test]
fn a_provider_that_knows_of_an_opt_out_stops_texts_and_the_notice_goes_on_by_mail() {
    timeline(
        &texting(),
        "
        0s | a = stalled warn phone=+447700900123  | a#1 by sms
        1s | a#1 opted-out                         | a#1 refused; preference: [Sms]; a#2 by email
        2s | prefer out=sms ago=1s                 | ignored: repeated preference
        3s | a#2 delivered                         | a#2 delivered
        4s | b = attempt_failed warn phone=+447700900123 | b#1 by email
        5s | c = attempt_failed warn phone=+447700900123 mail=no parcel=SF2 | c suppressed: opted out
        ",
    );
}

#[test]
fn an_opt_out_of_one_channel_leaves_the_next() {
    timeline(
        &texting(),
        "
        0s | reply sms opt_out | preference: [Sms]
        1s | a = stalled warn phone=+447700900123 | a#1 by email
        2s | reply email opt_out | preference: [Sms, Email]; cancel a
        3s | a#1 refused | a#1 refused; a suppressed: opted out
        4s | reply sms opt_in | preference: [Email]
        5s | b = stalled warn phone=+447700900123 | b#1 by sms
        ",
    );
}

#[test]
fn what_waits_when_an_opt_out_comes_is_not_sent_and_what_has_not_begun_is_called_back() {
    timeline(
        &world(),
        "
        0s | a = attempt_failed warn     | a#1 by email
        1s | a#1 retry                   | a#1 retry
        2s | b = stalled warn parcel=SF2 | b#1 by email
        3s | b#1 delivered               | b#1 delivered
        4s | c = delayed major parcel=SF2 | c held: told recently
        5s | d = stalled warn parcel=SF3 | d#1 by email
        6s | e = stalled warn to=merchant | e#1 by webhook
        7s | reply email opt_out         | preference: [Email]; a suppressed: opted out; c suppressed: opted out; cancel d
        8s | d#1 refused                 | d#1 refused; d suppressed: opted out
        9s | reply email opt_in          | preference: []
        5h |                             | e#1 unknown; e#2 by webhook; e#2 unknown; e#3 by webhook; e#3 unknown; e#4 by webhook; e#4 unknown; e#5 by webhook; e#5 unknown
        ",
    );
    timeline(
        &texting(),
        "
        0s | a = stalled warn phone=+447700900123 | a#1 by sms
        1s | reply sms opt_out                    | preference: [Sms]; cancel a
        2s | a#1 refused                          | a#1 refused; a#2 by email
        ",
    );
}

#[test]
fn a_repeat_is_stopped_like_anything_else() {
    timeline(
        &world(),
        "
        0s  | a = stalled warn    | a#1 by email
        80s |                     | a#1 unknown
        90s | reply email opt_out | preference: [Email]; a suppressed: opted out
        1d  |                     |
        ",
    );
}

#[test]
fn the_newest_stands_whatever_order_records_come_in_and_is_written_again_after_an_older_one() {
    timeline(
        &world(),
        "
        0s | prefer out=email locale=en | 
        1s | prefer ago=1h              | preference: [Email]; ignored: old preference
        2s | prefer out=email locale=en ago=2s | ignored: repeated preference
        3s | prefer                     |
        4s | a = stalled warn           | a#1 by email
        ",
    );
}

#[test]
fn an_old_opt_in_that_a_provider_pushes_again_does_not_undo_a_newer_opt_out() {
    let mut desk = Desk::new(&world());
    let at = |minutes: u32| START + std::time::Duration::from_secs(60) * minutes;
    let mut hear = |now: u32, said: u32, change: &str| {
        desk.pass(at(now));
        desk.handle(crate::notify::Input::Reply(super::timeline::reply(at(said), "email", change)));
        desk.machine.preference_of(&recipient()).is_some_and(|known| known.is_out(crate::model::Channel::Email))
    };
    let heard = [
        (1, 1, "opt_out"),
        (2, 2, "opt_in"),
        (4, 4, "opt_out"),
        (7, 2, "opt_in"),
        (9, 8, "opt_in"),
        (10, 3, "opt_out"),
    ];
    let out = heard.map(|(now, said, change)| hear(now, said, change));
    assert_eq!(out, [true, false, true, true, false, true], "an opt-out counts however late");
}

#[test]
fn a_new_address_is_told_by_mail_whatever_was_switched_off_before() {
    timeline(
        &texting(),
        "
        0s | prefer out=sms,email |
        1s | a = choice info chosen=locker phone=+447700900123  | a suppressed: opted out
        2s | b = choice info chosen=address phone=+447700900123 | b#1 by email
        3s | b#1 delivered        | b#1 delivered
        4s | c = choice info chosen=address phone=+447700900123 mail=no | c suppressed: opted out
        ",
    );
}

#[test]
fn two_replies_within_a_moment_are_not_undone_by_their_own_records() {
    let mut desk = Desk::new(&world());
    let written = |desk: &mut Desk, change: &str| {
        desk.log.clear();
        desk.handle(crate::notify::Input::Reply(super::timeline::reply(START, "email", change)));
        let found = desk.log.iter().find_map(|effect| match effect {
            Effect::Preference(preference) => Some((**preference).clone()),
            _ => None,
        });
        found.expect("a record")
    };
    let records = ["opt_in", "opt_out", "opt_in", "opt_out"][1..].iter().map(|change| written(&mut desk, change));
    let records: Vec<_> = records.collect();
    assert!(records.windows(2).all(|pair| pair[0].at < pair[1].at), "{records:?}");
    desk.log.clear();
    for record in &records[..2] {
        desk.prefer(recipient(), Some(record.clone()));
    }
    let last = records.last().expect("a record");
    assert_eq!(desk.machine.preference_of(&recipient()), Some(last), "older ones change nothing");
    desk.prefer(recipient(), Some(last.clone()));
    let ignored: Vec<_> = desk.log.iter().filter(|effect| matches!(effect, Effect::Count(Count::Ignored(_)))).collect();
    assert_eq!(ignored.len(), 3, "{ignored:?}");
}

#[test]
fn one_from_the_future_counts_as_of_now() {
    let mut desk = Desk::new(&world());
    let hour = std::time::Duration::from_secs(3600);
    let future = crate::model::Preference { at: START + hour * 24 * 365, ..preference(START, &["out=email"]) };
    desk.prefer(recipient(), Some(future));
    assert_eq!(desk.step(START + hour, "reply email opt_in"), ["preference: []"]);
    assert_eq!(desk.step(START + hour * 2, "a = stalled warn"), ["a#1 by email"]);
}

#[test]
fn only_people_have_preferences() {
    let mut desk = Desk::new(&world());
    for key in [RecipientKey::merchant("M-0042"), RecipientKey::hub("HGH01"), RecipientKey::service()] {
        let found = preference(START, &["out=email,webhook"]);
        desk.prefer(key.clone(), Some(crate::model::Preference { recipient_key: key, ..found }));
    }
    let ignored = |effect: &Effect| *effect == Effect::Count(Count::Ignored(Ignored::NoPerson));
    assert!(desk.log.len() == 3 && desk.log.iter().all(ignored), "{:?}", desk.log);
    assert_eq!(desk.step(START, "a = stalled warn to=merchant").last().map(String::as_str), Some("a#1 by webhook"));
}

#[test]
fn channels_are_tried_in_the_reader_s_order_and_what_is_not_named_comes_after() {
    timeline(
        &texting(),
        "
        0s | prefer order=email                   |
        1s | a = attempt_failed warn phone=+447700900123 | a#1 by email
        2s | a#1 refused                          | a#1 refused; a#2 by sms
        3s | a#2 delivered                        | a#2 delivered
        4s | prefer order=webhook,sms             |
        5s | b = attempt_failed warn phone=+447700900123 episode=2 | b#1 by sms
        ",
    );
}

#[test]
fn a_reader_s_own_language_wins_over_the_shipment_s() {
    let mut desk = Desk::new(&world());
    desk.step(START, "prefer locale=zh-CN");
    desk.pass(START.next());
    desk.event("a = stalled warn");
    desk.pass(START.next().next());
    let mail = desk.log.iter().find_map(|effect| match effect {
        Effect::Attempt(attempt) => Some(attempt.message.clone()),
        _ => None,
    });
    let Some(Message::Mail { text, .. }) = mail else { panic!("no mail") };
    assert!(text.contains('您'), "{text}");
}

#[test]
fn opt_outs_are_counted_by_channel_once() {
    let mut desk = Desk::new(&world());
    for event in ["reply sms opt_out", "prefer out=sms,email", "prefer out=email", "forget"] {
        desk.event(event);
        desk.pass(desk.now + std::time::Duration::from_secs(1));
    }
    let counts = desk.log.iter().filter_map(|effect| match effect {
        Effect::Count(Count::Opted { channel, change }) => Some(format!("{} {}", channel.name(), change.name())),
        _ => None,
    });
    assert_eq!(counts.collect::<Vec<_>>(), ["sms opt_out", "email opt_out", "sms opt_in", "email opt_in"]);
}

#[test]
fn a_description_says_what_its_reader_asked_for() {
    let mut desk = Desk::new(&world());
    assert_eq!(desk.machine.describe(&recipient(), "SF1")["preference"], serde_json::Value::Null);
    desk.step(START, "prefer out=sms order=email quiet=21:00-08:00");
    let described = desk.machine.describe(&recipient(), "SF1");
    let expected = serde_json::json!({"recipient_key": "p:1", "opt_out": ["sms"], "channels": ["email"],
        "quiet_hours": "21:00-08:00", "locale": null, "at": "2026-11-22T00:00:00.000Z"});
    assert_eq!(described["preference"], expected);
}

#[test]
fn a_person_s_mail_can_be_ended_by_one_click_and_staff_s_cannot() {
    use crate::reroute::{LinkKey, Links};
    let mut desk = Desk::new(&world());
    desk.world.links = Some(Arc::new(Links::new("https://pw.example/", LinkKey::new(*b"key"))));
    desk.event("a = stalled warn");
    desk.event("b = lost critical to=customer_service");
    desk.pass(START.next());
    let found = desk.log.iter().filter_map(|effect| match effect {
        Effect::Attempt(attempt) => match &attempt.message {
            Message::Mail { unsubscribe, .. } => Some((attempt.notice_id.to_string(), unsubscribe.clone())),
            _ => None,
        },
        _ => None,
    });
    let url = desk.world.links.as_ref().map(|links| links.unsubscribe(&recipient(), crate::model::Channel::Email));
    assert!(url.as_ref().is_some_and(|url| url.starts_with("https://pw.example/u/p")), "{url:?}");
    let mut found: Vec<_> = found.collect();
    found.sort();
    assert_eq!(found, [("a".to_owned(), url), ("b".to_owned(), None)]);
}
