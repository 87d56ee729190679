//! What is offered when, as tables.

use super::*;
use crate::model::{Audience, Detail, Eta, Fee, Reroute, RerouteChange, RerouteOption, Timestamp};

/// The offers of `track`'s timelines: lockers LK-1 and LK-2 (inter-city only), station ST-1 and outlet OU-1, tours from 08:00 to
/// 20:00 UTC with slots from 09 to 12 and 14 to 18 on two days.
fn offers() -> Offers {
    crate::document::read_offers("offers.toml", include_str!("../track/tests/offers.toml")).expect("offers")
}

fn at(text: &str) -> Timestamp {
    Timestamp::parse(&format!("2026-03-{text}:00Z")).expect("a time")
}

/// On its way, two days before its promise.
fn situation() -> Situation<'static> {
    Situation {
        now: at("02T10:00"),
        audience: Audience::Recipient,
        phase: Phase::Before,
        area: Some("310104"),
        service: None,
        flags: &[],
        promise: Some(at("04T18:00")),
        at_destination: false,
        waits_at: None,
        waits_since: None,
        free_until: None,
        chosen: None,
        used_up: false,
        can_prove: true,
        locale: Some("en"),
    }
}

/// Options, each once.
fn names(situation: &Situation<'_>) -> String {
    let (short, _) = in_short(&offers().offered(situation));
    short.iter().map(|offered| offered.option.name()).collect::<Vec<_>>().join(" ")
}

/// `04T09-12` for the windows of one day that offers of these tests have.
fn window(eta: Eta) -> String {
    let (from, to) = (eta.from.to_string(), eta.to.to_string());
    format!("{}-{}", &from[8..13], &to[11..13])
}

#[test]
fn what_makes_sense_follows_the_stage_and_who_asks() {
    use Audience::{Merchant, Recipient, Sender};
    use Phase::*;
    for (audience, phase, expected) in [
        (Recipient, Before, "reschedule locker station outlet address hold return"),
        (Recipient, OutForDelivery, "reschedule safe_place neighbour"),
        (Recipient, AfterAttempt, "reschedule locker station outlet address safe_place neighbour"),
        (Recipient, Waiting, "reschedule hold return"),
        (Recipient, Over, ""),
        (Sender, Before, "return"),
        (Sender, OutForDelivery, ""),
        (Sender, AfterAttempt, "return"),
        (Sender, Waiting, "return"),
        (Sender, Over, ""),
        (Merchant, Before, ""),
    ] {
        let free_until = Some(at("04T18:00"));
        let situation = Situation { audience, phase, free_until, ..situation() };
        assert_eq!(names(&situation), expected, "{audience:?} {phase:?}");
    }
}

#[test]
fn goods_area_service_and_proof_take_options_away() {
    let fresh = ["fresh".into()];
    let pharma = ["pharma".into(), "fragile".into()];
    let fragile = ["fragile".into()];
    let all = "reschedule locker station outlet address hold return";
    let perishes = "reschedule outlet address return";
    let base = situation();
    for (what, situation, expected) in [
        ("fragile goods", Situation { flags: &fragile, ..base }, all),
        ("fresh goods", Situation { flags: &fresh, ..base }, perishes),
        ("medicine", Situation { flags: &pharma, ..base }, perishes),
        (
            "another part of the city",
            Situation { area: Some("310204"), ..base },
            "reschedule locker station address hold return",
        ),
        ("another city", Situation { area: Some("32"), ..base }, "reschedule station hold return"),
        ("far away", Situation { area: Some("65"), ..base }, "reschedule hold return"),
        ("nobody knows where", Situation { area: None, ..base }, "reschedule hold return"),
        ("no phone", Situation { can_prove: false, ..base }, "reschedule locker station outlet hold return"),
    ] {
        assert_eq!(names(&situation), expected, "{what}");
    }
    let lockers = |service| {
        let offers = offers().offered(&Situation { service, ..base });
        let lockers = offers.into_iter().filter(|offer| offer.option == RerouteOption::Locker);
        lockers.map(|offer| (offer.detail.place.unwrap_or_default(), offer.fee.amount)).collect::<Vec<_>>()
    };
    assert_eq!(lockers(None), [("LK-1".to_owned(), "1.00".to_owned())]);
    assert_eq!(lockers(Some("inter-city")).last(), Some(&("LK-2".to_owned(), "2.00".to_owned())));
}

#[test]
fn without_data_nothing_is_offered() {
    let situation = situation();
    assert!(Offers::default().offered(&situation).is_empty());
    let mut offers = offers();
    offers.options.clear();
    assert!(offers.offered(&situation).is_empty(), "no option has terms");
    let mut offers = self::offers();
    offers.areas.clear();
    assert!(offers.offered(&situation).is_empty(), "no tour, no deadline");
    let mut offers = self::offers();
    offers.places.clear();
    offers.areas[0].slots.clear();
    let (short, _) = in_short(&offers.offered(&situation));
    let left: Vec<_> = short.iter().map(|offered| offered.option.name()).collect();
    assert_eq!(left, ["address", "hold", "return"], "neither places nor slots");
}

#[test]
fn slots_begin_with_the_tour_that_keeps_the_promise_or_the_first_that_can_be_changed() {
    let base = situation();
    let late = Situation { promise: Some(at("01T12:00")), ..base };
    for (what, situation, expected, until) in [
        ("promised for the 4th", base, "04T09-12 04T14-18 05T09-12 05T14-18", "04T06:00"),
        (
            "early on the 4th",
            Situation { promise: Some(at("04T01:00")), ..base },
            "03T09-12 03T14-18 04T09-12 04T14-18",
            "03T06:00",
        ),
        ("late", late, "03T09-12 03T14-18 04T09-12 04T14-18", "03T06:00"),
        (
            "before today's tour",
            Situation { now: at("02T06:00"), ..late },
            "02T09-12 02T14-18 03T09-12 03T14-18",
            "02T06:00",
        ),
        (
            "a minute later",
            Situation { now: at("02T06:01"), ..late },
            "03T09-12 03T14-18 04T09-12 04T14-18",
            "03T06:00",
        ),
        (
            "at its outlet already",
            Situation { at_destination: true, ..base },
            "03T09-12 03T14-18 04T09-12 04T14-18",
            "03T06:00",
        ),
        (
            "on its tour",
            Situation { phase: Phase::OutForDelivery, ..base },
            "03T09-12 03T14-18 04T09-12 04T14-18",
            "02T18:00",
        ),
        (
            "after it failed",
            Situation { phase: Phase::AfterAttempt, ..base },
            "03T09-12 03T14-18 04T09-12 04T14-18",
            "03T06:00",
        ),
    ] {
        let slots = offers().offered(&situation).into_iter().filter(|offer| offer.option == RerouteOption::Reschedule);
        let (slots, ends): (Vec<_>, Vec<_>) =
            slots.map(|offer| (offer.detail.slot.map(window).unwrap_or_default(), offer.until)).unzip();
        assert_eq!(slots.join(" "), expected, "{what}");
        assert!(ends.iter().all(|end| *end == at(until)), "{what}: {ends:?}");
    }
}

#[test]
fn however_much_is_configured_every_option_is_offered_and_each_has_a_button() {
    let mut offers = offers();
    offers.areas[0].slots = vec![offers.areas[0].slots[0]; 4];
    offers.areas[0].days_ahead = 14;
    for place in offers.places.clone() {
        offers.places.extend((0..20).map(|n| Place { id: format!("{}{n}", place.id), ..place.clone() }));
    }
    for phase in [Phase::Before, Phase::AfterAttempt] {
        let situation = Situation { phase, ..situation() };
        let all = offers.offered(&situation);
        let (short, _) = in_short(&all);
        assert_eq!(short.len(), 7, "{phase:?}");
        assert!(all.len() <= OFFERS_MAX, "{phase:?}: {}", all.len());
        let slots: Vec<_> = all.iter().filter_map(|offer| offer.detail.slot).collect();
        assert_eq!(slots.len(), 21, "{phase:?}");
        assert!(slots.is_sorted_by_key(|slot| slot.from), "the next ones");
    }
}

#[test]
fn each_offer_says_when_it_comes_as_far_as_that_is_known() {
    let base = situation();
    let arrives = |situation: &Situation<'_>, option: RerouteOption| {
        let offers = offers().offered(situation);
        let offer = offers.iter().find(|offer| offer.option == option).expect("an offer");
        offer.arrives.map(window)
    };
    use RerouteOption::*;
    assert_eq!(arrives(&base, Locker).as_deref(), Some("04T08-20"));
    assert_eq!(arrives(&base, Address).as_deref(), Some("05T08-20"), "a day later");
    assert_eq!(arrives(&base, Hold).as_deref(), Some("07T08-20"), "three days later");
    assert_eq!(arrives(&base, Return), None);
    assert_eq!(arrives(&Situation { phase: Phase::OutForDelivery, ..base }, Neighbour).as_deref(), Some("02T08-20"));
    let late = Situation { promise: Some(at("01T12:00")), ..base };
    assert_eq!(arrives(&late, Locker), None, "it may be anywhere");
    assert_eq!(arrives(&Situation { at_destination: true, ..late }, Locker).as_deref(), Some("03T08-20"));
    assert_eq!(arrives(&Situation { promise: None, ..base }, Locker), None);
}

#[test]
fn a_place_keeps_a_parcel_no_longer_than_it_keeps_any() {
    let waiting = Situation {
        phase: Phase::Waiting,
        waits_at: Some("LK-1"),
        waits_since: Some(at("01T12:00")),
        free_until: Some(at("03T12:00")),
        ..situation()
    };
    assert_eq!(names(&waiting), "reschedule hold return", "two days and three more are five");
    assert_eq!(names(&Situation { free_until: Some(at("03T12:01")), ..waiting }), "reschedule return");
    assert_eq!(
        names(&Situation { free_until: None, ..waiting }),
        "reschedule return",
        "nobody said how long it is free"
    );
    assert_eq!(
        names(&Situation { free_until: Some(at("02T09:00")), ..waiting }),
        "reschedule return",
        "it is free no more"
    );
}

#[test]
fn what_was_chosen_is_not_offered_again_and_who_calls_it_back_has_nothing_to_choose() {
    let base = situation();
    let locker = Detail { place: Some("LK-1".into()), ..Detail::default() };
    let chosen = Situation { chosen: Some((RerouteOption::Locker, &locker)), ..base };
    assert_eq!(names(&chosen), "reschedule station outlet address hold return");
    let slot = offers().offered(&base)[0].detail.clone();
    let chosen = Situation { chosen: Some((RerouteOption::Reschedule, &slot)), ..base };
    assert_eq!(offers().offered(&chosen).len(), offers().offered(&base).len() - 1, "the other slots are");
    let plain = Detail::default();
    assert_eq!(names(&Situation { chosen: Some((RerouteOption::Return, &plain)), ..base }), "");
}

#[test]
fn a_notice_names_the_lowest_price_and_the_deadline_that_all_keep() {
    let (short, until) = in_short(&offers().offered(&Situation { service: Some("inter-city"), ..situation() }));
    let fee = |option| short.iter().find(|offered| offered.option == option).map(|offered| offered.fee.amount.as_str());
    assert_eq!(fee(RerouteOption::Locker), Some("1.00"));
    assert_eq!(fee(RerouteOption::Return), Some("8.00"));
    assert_eq!(until, Some(at("04T04:00")), "the address has to be known four hours before");
    assert_eq!(in_short(&[]), (Vec::new(), None));
}

#[test]
fn places_have_the_readers_name() {
    for (locale, name) in [("en", "Locker 1"), ("zh-CN", "一号柜"), ("zh-TW", "一号柜"), ("de", "Locker 1")] {
        assert_eq!(offers().shown("LK-1", None, Some(locale)).name.as_deref(), Some(name), "{locale}");
    }
    let unknown = offers().shown("LK-9", Some("locker"), None);
    assert_eq!((unknown.id.as_deref(), unknown.kind.as_deref(), unknown.name), (Some("LK-9"), Some("locker"), None));
}

#[test]
fn a_request_is_judged_by_what_is_offered_when_it_is_read() {
    let base = situation();
    let request = |option, detail: Detail| Reroute { option: Some(option), detail, ..reroute() };
    let place = |place: &str| Detail { place: Some(place.into()), ..Detail::default() };
    let slot = |from: &str, to: &str| Detail { slot: Some(Eta { from: at(from), to: at(to) }), ..Detail::default() };
    let text = |text: &str| Detail { text: Some(text.into()), ..Detail::default() };
    let out = Situation { phase: Phase::OutForDelivery, ..base };
    use RerouteOption::*;
    for (what, situation, request, expected) in [
        ("a locker", base, request(Locker, place("LK-1")), None),
        ("a locker for others", base, request(Locker, place("LK-2")), Some(Refusal::NoLongerOffered)),
        ("a locker as a station", base, request(Station, place("LK-1")), Some(Refusal::NoLongerOffered)),
        ("no locker in particular", base, request(Locker, Detail::default()), Some(Refusal::NoLongerOffered)),
        ("a locker, too late", out, request(Locker, place("LK-1")), Some(Refusal::TooLate)),
        ("a slot", base, request(Reschedule, slot("04T09:00", "04T12:00")), None),
        ("half a slot", base, request(Reschedule, slot("04T09:00", "04T11:00")), Some(Refusal::NoLongerOffered)),
        ("a slot that has gone", base, request(Reschedule, slot("03T09:00", "03T12:00")), Some(Refusal::TooLate)),
        ("a slot in a year", base, request(Reschedule, slot("24T09:00", "24T12:00")), Some(Refusal::NoLongerOffered)),
        ("a neighbour", out, request(Neighbour, text("Li, 4th floor")), None),
        ("no neighbour", out, request(Neighbour, Detail::default()), Some(Refusal::NoLongerOffered)),
        ("blank", out, request(Neighbour, text("  ")), Some(Refusal::NoLongerOffered)),
        ("a novel", out, request(Neighbour, text(&"x".repeat(201))), Some(Refusal::NoLongerOffered)),
    ] {
        assert_eq!(offers().judge(&situation, &request, 200).err(), expected, "{what}");
    }
    let fee = |amount: &str| Some(Fee { amount: amount.into(), currency: "CNY".into() });
    for (shown, expected) in [(None, None), (fee("1.00"), None), (fee("0.00"), Some(Refusal::NoLongerOffered))] {
        let request = Reroute { fee: shown, ..request(Locker, place("LK-1")) };
        assert_eq!(offers().judge(&base, &request, 200).err(), expected);
    }
}

fn reroute() -> Reroute {
    Reroute {
        id: "rr_1".into(),
        parcel_id: "P1".into(),
        journey: 1,
        notice_id: None,
        change: RerouteChange::Requested,
        option: None,
        detail: Detail::default(),
        fee: None,
        at: at("02T10:00"),
        by: None,
        reason: None,
        proof: None,
        revision: None,
    }
}

#[test]
fn the_settings_are_those_of_the_commented_default() {
    let shown: toml_edit::DocumentMut = REFERENCE.parse().expect("TOML");
    let number = |key: &str| shown["reroute"][key].as_integer();
    let settings = Settings::default();
    assert_eq!(number("link_days"), Some(i64::from(settings.link_days)));
    assert_eq!(number("proof_tries"), Some(i64::from(settings.proof_tries)));
    assert_eq!(number("text_max"), Some(settings.text_max as i64));
    assert_eq!(shown["reroute"]["auto_accept"].as_bool(), Some(settings.auto_accept));
}
