//! What a link opens.

use super::timeline::{Timeline, choosing, instant, world};
use crate::model::{Audience, Code, ConditionKind, Effect, Level, Notice, RerouteChange, RerouteOption};
use crate::reroute::{LINK_DAYS_MAX, Link, Links, Page, PageState};

/// A parcel with names and contacts, announced at 0:00 and scanned for the first time at 1:00.
fn timeline(lines: &str) -> Timeline {
    let mut timeline = Timeline::new(choosing(world(&[])), true);
    timeline.apply("0:00 ship ordered_at=0:00 promise=68:00 to=+8613800001234 from=+8613900005678 area=310104");
    for line in lines.lines().map(str::trim).filter(|line| !line.is_empty()) {
        timeline.apply(line);
    }
    timeline
}

fn link(audience: Audience) -> Link {
    Link { journey: 1, audience, day: Links::day(instant("0:00")) + 14 }
}

fn open(timeline: &Timeline, link: Link, now: &str) -> Page {
    match timeline.tracker.page("P1", link, instant(now), &timeline.world) {
        Some(PageState::Open(page)) => *page,
        other => panic!("expected an open page, found {other:?}"),
    }
}

fn options(page: &Page) -> String {
    let mut names: Vec<&str> = page.offers.iter().map(|offer| offer.option.name()).collect();
    names.dedup();
    names.join(" ")
}

#[test]
fn a_page_says_where_it_is_what_is_wrong_and_what_can_be_chosen() {
    let timeline = timeline(
        "1:00 scan picked_up H1
         2:00 scan departed_hub H1 reason=weather
         51:00 time",
    );
    let page = open(&timeline, link(Audience::Recipient), "51:00");
    assert_eq!((page.tail.as_str(), page.stage, page.hub.as_deref()), ("P1", Some(Code::DepartedHub), Some("H1")));
    assert_eq!(page.reason.as_deref(), Some("weather"));
    assert_eq!((page.promise, page.original_promise), (Some(instant("68:00")), None));
    let wrong: Vec<_> = page.conditions.iter().map(|open| (open.kind, open.level)).collect();
    assert_eq!(wrong, [(ConditionKind::Stalled, Level::Warn)], "what hubs alone are told is not shown");
    let history: Vec<_> = page.history.iter().map(|line| line.code).collect();
    assert_eq!(history, [Code::DepartedHub, Code::PickedUp], "the newest first");
    assert_eq!(options(&page), "reschedule locker station outlet address hold return");
    assert_eq!((page.revision, page.choice), (0, None));
    assert_eq!((page.proof.possible, page.proof.tries_left), (true, 5));
    assert_eq!(options(&open(&timeline, link(Audience::Sender), "51:00")), "return");
}

#[test]
fn contacts_are_masked_and_the_digits_that_prove_who_one_is_are_not_shown() {
    let timeline = timeline("");
    let page = open(&timeline, link(Audience::Recipient), "1:00");
    assert_eq!(page.phone.as_deref(), Some("+861**** ****"));
    let json = serde_json::to_string(&page).unwrap();
    assert!(!json.contains("1234") && !json.contains("5678"), "{json}");
    assert!(page.recipient_key.is_some_and(|key| key.as_str().starts_with("p:")));
    assert_eq!(open(&timeline, link(Audience::Sender), "1:00").phone.as_deref(), Some("+861**** ****"));
}

#[test]
fn a_choice_is_shown_with_what_it_changes_and_can_be_taken_back_until_its_cut_off() {
    let mut timeline = timeline("2:00 reroute requested reschedule id=rr_1 slot=81:00-84:00 revision=0");
    let page = open(&timeline, link(Audience::Recipient), "3:00");
    let choice = page.choice.expect("a choice");
    assert_eq!((choice.option, choice.change), (RerouteOption::Reschedule, RerouteChange::Requested));
    assert_eq!(choice.undo_until, Some(instant("54:00")));
    assert_eq!((page.promise, page.original_promise), (Some(instant("84:00")), Some(instant("68:00"))));
    assert_eq!((page.eta.map(|eta| eta.from), page.revision), (Some(instant("81:00")), 1));
    assert_eq!(open(&timeline, link(Audience::Recipient), "84:00").eta, None, "what has gone by is not expected");
    assert_eq!(open(&timeline, link(Audience::Sender), "3:00").choice, None, "it is the recipient's");

    timeline.apply("4:00 reroute accepted reschedule id=rr_1");
    let choice = open(&timeline, link(Audience::Recipient), "54:00").choice.expect("a choice");
    assert_eq!((choice.change, choice.answered_at), (RerouteChange::Accepted, Some(instant("4:00"))));
    assert_eq!(choice.undo_until, Some(instant("54:00")), "to the last moment");
    let late = open(&timeline, link(Audience::Recipient), "54:00:00.001").choice.expect("a choice");
    assert_eq!(late.undo_until, None);

    timeline.apply("5:00 reroute cancelled reschedule id=rr_1");
    let page = open(&timeline, link(Audience::Recipient), "6:00");
    assert_eq!(page.choice.map(|choice| (choice.change, choice.undo_until)), Some((RerouteChange::Cancelled, None)));
    assert_eq!((page.promise, page.original_promise, page.revision), (Some(instant("68:00")), None, 2));
}

#[test]
fn where_no_more_choices_are_remembered_none_is_offered_and_the_one_that_stands_can_be_undone() {
    let mut timeline = timeline("1:00 scan picked_up H1\n2:00 reroute requested locker id=rr_0 place=LK-1");
    for n in 1..31 {
        timeline.apply(&format!("3:00 reroute requested locker id=rr_{n} place=LK-9"));
    }
    let page = open(&timeline, link(Audience::Recipient), "3:00");
    assert!(!page.used_up && !page.offers.is_empty());
    timeline.apply("3:00 reroute requested locker id=rr_31 place=LK-9");
    let page = open(&timeline, link(Audience::Recipient), "3:00");
    assert!(page.used_up && page.offers.is_empty(), "{:?}", page.offers);
    let choice = page.choice.expect("a choice");
    assert_eq!((choice.id.as_str(), choice.undo_until.is_some()), ("rr_0", true));

    timeline.apply("4:00 reroute refused locker id=rr_0 reason=full");
    let refused = timeline.apply("5:00 time").into_iter().find_map(|effect| match effect {
        Effect::Notice { notice: Notice::Issued(issued), .. } => Some(issued),
        _ => None,
    });
    assert_eq!(refused.map(|issued| issued.options), Some(Vec::new()), "nor does a notice name any");
}

#[test]
fn a_chosen_address_is_shown_to_nobody() {
    let timeline = timeline("2:00 reroute requested address id=rr_1 text=secret-lane digits=1234");
    let page = open(&timeline, link(Audience::Recipient), "3:00");
    assert_eq!(page.choice.as_ref().map(|choice| choice.option), Some(RerouteOption::Address));
    assert!(!serde_json::to_string(&page).unwrap().contains("secret-lane"));
    let described = timeline.tracker.describe("P1", instant("3:00"), &timeline.world).expect("a parcel");
    assert_eq!(described["choices"]["made"][0]["option"], "address");
    assert!(!described.to_string().contains("secret-lane"));
}

#[test]
fn a_parcel_that_waits_shows_place_and_code_to_the_one_it_waits_for() {
    let timeline =
        timeline("9:00 scan awaiting_collection H1 place=LK-1 place_kind=locker pickup_code=4711 free_until=57:00");
    let collection = open(&timeline, link(Audience::Recipient), "10:00").collection.expect("a place");
    assert_eq!((collection.place.name.as_deref(), collection.place.hours.as_deref()), (Some("Locker 1"), Some("24 h")));
    assert_eq!((collection.pickup_code.as_deref(), collection.free_until), (Some("4711"), Some(instant("57:00"))));
    let senders = open(&timeline, link(Audience::Sender), "10:00").collection.expect("a place");
    assert_eq!(senders.pickup_code, None);
}

#[test]
fn after_the_end_a_page_says_how_it_ended_and_nothing_else_is_left_on_it() {
    let timeline = timeline(
        "9:00 scan awaiting_collection H1 place=LK-1 pickup_code=4711
         10:00 scan collected H1",
    );
    let page = open(&timeline, link(Audience::Recipient), "11:00");
    assert_eq!((page.ended, options(&page)), (Some(Code::Collected), String::new()));
    assert_eq!(page.collection, None);
    assert_eq!((page.name, page.phone, page.email), (None, None, None));
    assert!(!serde_json::to_string(&page.history).unwrap().contains("4711"));
}

#[test]
fn a_link_of_another_journey_or_one_that_was_taken_back_opens_nothing() {
    let mut timeline = timeline("1:00 scan picked_up H1");
    let state = |timeline: &Timeline, link: Link| timeline.tracker.page("P1", link, instant("3:00"), &timeline.world);
    let first = link(Audience::Recipient);
    assert_eq!(state(&timeline, Link { journey: 2, ..first }), Some(PageState::Revoked));
    assert_eq!(timeline.tracker.page("P2", first, instant("3:00"), &timeline.world), None);

    timeline.apply("2:00 reroute revoked locker id=rv_1");
    assert_eq!(state(&timeline, first), Some(PageState::Revoked));
    let longest = Link { day: Links::day(instant("2:00")) + LINK_DAYS_MAX, ..first };
    assert_eq!(state(&timeline, longest), Some(PageState::Revoked), "whatever link_days was");
    assert!(matches!(state(&timeline, Link { day: longest.day + 1, ..first }), Some(PageState::Open(_))));
}

#[test]
fn links_of_a_parcel_that_has_ended_can_be_taken_back() {
    let mut timeline = timeline("9:00 scan out_for_delivery H1\n10:00 scan delivered H1");
    let state =
        |timeline: &Timeline| timeline.tracker.page("P1", link(Audience::Recipient), instant("12:00"), &timeline.world);
    assert!(matches!(state(&timeline), Some(PageState::Open(_))));
    timeline.apply("11:00 reroute revoked locker id=rv_1");
    assert_eq!(state(&timeline), Some(PageState::Revoked));
}

#[test]
fn a_notice_after_links_were_taken_back_carries_one_that_opens() {
    let mut timeline = timeline("1:00 scan picked_up H1");
    let link_of = |effects: Vec<Effect>| {
        effects.into_iter().find_map(|effect| match effect {
            Effect::Notice { notice: Notice::Issued(issued), .. } => Some(issued.link_day),
            _ => None,
        })
    };
    let stalled = link_of(timeline.apply("26:00 time"));
    assert_eq!(stalled, Some(None), "no link to a hub's digest");
    let told = timeline.apply("27:00 reroute requested locker id=rr_1 place=LK-9");
    assert_eq!(link_of(told), None);
    let refused = link_of(timeline.apply("28:00 time"));
    assert_eq!(refused, Some(Some(Links::day(instant("27:00")) + 14)));

    for (hours, id) in [(29, "rv_1"), (29, "rv_1"), (30, "rv_2")] {
        timeline.apply(&format!("{hours}:00 reroute revoked locker id={id}"));
    }
    timeline.apply("31:00 reroute requested locker id=rr_2 place=LK-9");
    let day = link_of(timeline.apply("32:00 time")).flatten().expect("a link");
    let through = Links::day(instant("29:00")) + LINK_DAYS_MAX;
    assert_eq!(day, through + 2, "taken back twice, the repeat not counted");
    let link = Link { day, ..link(Audience::Recipient) };
    assert!(matches!(timeline.tracker.page("P1", link, instant("33:00"), &timeline.world), Some(PageState::Open(_))));
}
