//! Approved texts: what a reader needs stands in them before they are short.

use super::*;
use crate::model::{Eta, RerouteChange, RerouteOption, Timestamp};
use crate::notify::render::words::KINDS;

/// A world in which every text of every kind has a code: its own name.
fn approving() -> World {
    let mut all = world(Locale::ZhCn);
    let words = Words::builtin();
    let codes = Locale::ALL.iter().flat_map(|locale| {
        let names = KINDS.iter().flat_map(|kind| words.approved(*locale).texts(kind));
        names.map(|(name, _)| format!("{name}.{}", locale.name())).collect::<Vec<_>>()
    });
    Arc::make_mut(&mut all.policy).notify.sms_codes = codes.map(|name| (name.clone(), name)).collect();
    all
}

/// How an approved text reads; empty where there is none.
fn said(issued: &Issued, locale: Locale, world: &World) -> String {
    match made(issued, locale, Channel::Sms, SmsProvider::Aliyun, world) {
        Some(Message::Text { text, .. }) => text,
        None => String::new(),
        other => panic!("expected an approved text, found {other:?}"),
    }
}

fn own(kind: &str, locale: Locale) -> Issued {
    full(kind, Audience::Recipient, locale)
}

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).expect("an instant")
}

/// Without anything to choose.
fn settled(mut issued: Issued) -> Issued {
    issued.offers.clear();
    issued.options.clear();
    issued.offer_until = None;
    issued
}

const KINDS_THAT_WAIT: [&str; 8] = [
    "never_uploaded",
    "overdue_scan",
    "stalled",
    "delayed",
    "thoroughly_delayed",
    "dispatch_overdue",
    "attempt_failed",
    "held",
];

#[test]
fn a_text_names_the_known_date_even_where_it_takes_a_second_part() {
    let world = approving();
    // Too far off for a weekday alone.
    let far = Eta { from: at("2026-12-09T14:00:00+08:00"), to: at("2026-12-09T18:00:00+08:00") };
    for kind in KINDS_THAT_WAIT {
        for link_day in [None, Some(1)] {
            for mut issued in [own(kind, Locale::ZhCn), settled(own(kind, Locale::ZhCn))] {
                let facts = &mut issued.facts;
                [&mut facts.eta, &mut facts.slot].into_iter().flatten().for_each(|window| *window = far);
                issued.link_day = issued.link_day.and(link_day);
                let text = said(&issued, Locale::ZhCn, &world);
                assert!(text.contains("12月9日14-18点"), "{kind}: {text:?}");
                issued.parcel_id = "SF-1024-0017".to_owned();
                let text = said(&issued, Locale::ZhCn, &world);
                assert!(text.contains("12月9日14-18点"), "{kind}: {text:?}");
            }
        }
    }
}

#[test]
fn a_text_about_a_choice_says_what_was_chosen_and_at_what_fee() {
    let world = approving();
    for (locale, parts) in [
        (Locale::ZhCn, ["送到快递柜（莲花路5号）", "（免费）", "已确认"]),
        (Locale::En, ["parcel locker", "free", "is confirmed"]),
    ] {
        let text = said(&own("choice", locale), locale, &world);
        assert!(parts.iter().all(|part| text.contains(part)), "{text:?}");
    }
}

#[test]
fn whoever_did_not_ask_for_another_address_is_told_to_say_so() {
    let world = approving();
    for (locale, asked) in [(Locale::ZhCn, "如非本人请立即告知"), (Locale::En, "Not you? Tell us now")] {
        for change in RerouteChange::ALL.into_iter().filter(|change| change.is_of_choice()) {
            let mut issued = own("choice", locale);
            issued.facts.choice = Some(sample::chosen(RerouteOption::Address, change, locale));
            let asks = matches!(change, RerouteChange::Accepted | RerouteChange::Requested);
            for link_day in [None, issued.link_day] {
                issued.link_day = link_day;
                let text = said(&issued, locale, &world);
                assert_eq!(text.contains(asked), asks, "{change:?}: {text:?}");
            }
        }
    }
}

#[test]
fn a_choice_is_offered_where_there_is_one_and_nowhere_else() {
    let world = approving();
    let offers =
        |text: &str| ["更改", "可改", "可选", "Change", "Choose", "Other"].iter().any(|word| text.contains(word));
    for locale in [Locale::ZhCn, Locale::En] {
        for kind in KINDS_THAT_WAIT {
            for has_eta in [true, false] {
                let mut issued = own(kind, locale);
                if !has_eta {
                    (issued.facts.eta, issued.facts.slot) = (None, None);
                }
                let text = said(&issued, locale, &world);
                assert!(offers(&text) && text.contains("pw.example/r/"), "{kind}: {text:?}");
                let text = said(&settled(issued), locale, &world);
                assert!(!text.is_empty() && !offers(&text), "{kind}: {text:?}");
            }
        }
    }
}

#[test]
fn a_place_that_is_too_long_is_not_said_in_part() {
    let world = approving();
    for (locale, place) in [(Locale::ZhCn, "莲".repeat(28) + "5号"), (Locale::En, "Lotus ".repeat(6) + "5")] {
        for kind in ["collection", "uncollected"] {
            let mut issued = own(kind, locale);
            issued.facts.place_name = Some(place.clone());
            let text = said(&issued, locale, &world);
            assert!(text.contains("8-4-2017") && text.contains("pw.example/r/"), "{kind}: {text:?}");
            assert!(!text.contains(&place[..12]), "{kind}: {text:?}");
        }
    }
}

#[test]
fn a_number_with_hyphens_is_texted_by_its_last_letters_and_digits_and_without_a_link() {
    let world = approving();
    for locale in [Locale::ZhCn, Locale::En] {
        for kind in KINDS {
            let mut issued = own(kind, locale);
            issued.parcel_id = "SF-1024-00-17".to_owned();
            let text = said(&issued, locale, &world);
            assert!(text.contains("0017") && !text.contains("pw.example"), "{kind}: {text:?}");
        }
    }
}
