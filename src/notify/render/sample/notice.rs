//! Notices about one parcel, with all facts, with none and in every shape that reads differently.

use super::super::Locale;
use crate::model::{
    Audience, Chosen, Code, ConditionKind, Eta, Facts, Fee, Issued, Level, NoticeId, NoticeKind, Offered, Recipient,
    RerouteChange, RerouteOption, Timestamp,
};
use crate::reroute::Links;

/// What differs by language: who writes, where, and what money is called.
pub struct Local {
    #[allow(missing_docs)]
    pub from: &'static str,
    #[allow(missing_docs)]
    pub hub: &'static str,
    place: &'static str,
    hours: &'static str,
    currency: &'static str,
}

/// The names of a language.
pub fn local(locale: Locale) -> Local {
    match locale {
        Locale::En => {
            Local { from: "Shunda", hub: "Hangzhou", place: "5 Lotus Road", hours: "8:00 to 22:00", currency: "CNY" }
        }
        Locale::ZhCn => {
            Local { from: "顺达", hub: "杭州", place: "莲花路5号", hours: "8:00-22:00", currency: "CNY" }
        }
        Locale::ZhTw => {
            Local { from: "順達", hub: "桃園", place: "中正路5號", hours: "8:00-22:00", currency: "TWD" }
        }
    }
}

/// An instant.
pub fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap_or(Timestamp::FIRST)
}

fn window(from: &str, to: &str) -> Eta {
    Eta { from: at(from), to: at(to) }
}

/// A notice with every fact that its kind may have.
pub fn full(kind: NoticeKind, audience: Audience, level: Level, locale: Locale) -> Issued {
    let local = local(locale);
    let mut issued = bare(kind, audience, level);
    issued.merchant = Some("M-0042".to_owned());
    issued.facts = Facts {
        stage: Some(Code::DepartedHub),
        hub: Some("HGH01".to_owned()),
        last_scan: Some(at("2026-11-24T09:40:00+08:00")),
        promise: Some(at("2026-11-24T18:00:00+08:00")),
        eta: Some(window("2026-11-25T14:00:00+08:00", "2026-11-25T18:00:00+08:00")),
        reason: Some("weather".to_owned()),
        ended: Vec::new(),
        ..Facts::default()
    };
    let fee = |amount: &str| Fee { amount: amount.to_owned(), currency: local.currency.to_owned() };
    issued.offers = vec![
        Offered { option: RerouteOption::Reschedule, fee: fee("0.00") },
        Offered { option: RerouteOption::Locker, fee: fee("0.00") },
        Offered { option: RerouteOption::Address, fee: fee("8.00") },
    ];
    issued.options = issued.offers.iter().map(|offer| offer.option.name().to_owned()).collect();
    issued.offer_until = Some(at("2026-11-25T08:00:00+08:00"));
    let facts = &mut issued.facts;
    let mut waits = |code: Code| {
        facts.stage = Some(code);
        facts.place = Some("LK-0310".to_owned());
        facts.place_kind = Some("locker".to_owned());
        facts.place_name = Some(local.place.to_owned());
        facts.hours = Some(local.hours.to_owned());
        facts.pickup_code = Some("8-4-2017".to_owned());
        facts.free_until = Some(at("2026-11-27T20:00:00+08:00"));
        (facts.eta, facts.reason) = (None, None);
    };
    use ConditionKind::*;
    match kind {
        NoticeKind::Collection | NoticeKind::Condition(Uncollected) => {
            waits(Code::AwaitingCollection);
            issued.offers.clear();
            issued.options.clear();
            issued.offer_until = None;
        }
        NoticeKind::Condition(AttemptFailed) => {
            facts.stage = Some(Code::AttemptFailed);
            facts.reason = Some("nobody_home".to_owned());
            facts.slot = facts.eta.take();
        }
        NoticeKind::Condition(OverdueScan) => facts.due = Some(at("2026-11-24T12:00:00+08:00")),
        NoticeKind::Condition(UnconsentedDrop) => waits(Code::AwaitingCollection),
        NoticeKind::Condition(Damaged | Refused | Lost) => {
            (facts.eta, facts.reason) = (None, None);
            issued.offers.clear();
            issued.options.clear();
            issued.offer_until = None;
        }
        NoticeKind::Condition(SuspectSignature) => {
            facts.stage = Some(Code::Delivered);
            (facts.eta, facts.reason) = (None, None);
            issued.offers.clear();
            issued.options.clear();
            issued.offer_until = None;
        }
        NoticeKind::Recovered | NoticeKind::Corrected => facts.ended = vec![Stalled],
        NoticeKind::Choice => {
            facts.choice = Some(chosen(RerouteOption::Locker, RerouteChange::Accepted, locale));
            issued.offers.clear();
            issued.options.clear();
            issued.offer_until = None;
        }
        _ => {}
    }
    issued
}

/// A choice of this option that came to this.
pub fn chosen(option: RerouteOption, change: RerouteChange, locale: Locale) -> Chosen {
    let local = local(locale);
    use RerouteOption::*;
    let is_place = matches!(option, Locker | Station | Outlet);
    Chosen {
        id: "rr_1".to_owned(),
        option,
        change,
        place: is_place.then(|| "LK-0310".to_owned()),
        place_name: is_place.then(|| local.place.to_owned()),
        slot: (!matches!(option, Hold | Return))
            .then(|| window("2026-11-26T10:00:00+08:00", "2026-11-26T12:00:00+08:00")),
        fee: Some(Fee { amount: "0.00".to_owned(), currency: local.currency.to_owned() }),
        reason: (change == RerouteChange::Refused).then(|| "too_late".to_owned()),
    }
}

/// What a made-up notice is called.
pub fn id() -> NoticeId {
    NoticeId::from_text("ntc_sample")
}

/// A notice of which nothing is known but the parcel.
pub fn bare(kind: NoticeKind, audience: Audience, level: Level) -> Issued {
    let at = at("2026-11-24T21:40:00.001+08:00");
    Issued {
        id: id(),
        parcel_id: "SF1024000000017".to_owned(),
        journey: 1,
        kind,
        episode: 1,
        level,
        revision: 1,
        audience,
        recipient: Some(Recipient {
            name: Some("王芳".to_owned()),
            phone: Some("+8613800000000".to_owned()),
            email: Some("wf@example.com".to_owned()),
            ..Recipient::default()
        }),
        merchant: None,
        severity: level,
        at,
        expires: at + std::time::Duration::from_secs(3 * 24 * 3600),
        facts: Facts::default(),
        options: Vec::new(),
        offers: Vec::new(),
        offer_until: None,
        link_day: Some(Links::day(at) + 30),
        resolves: Vec::new(),
    }
}

/// Every shape of a kind that reads differently, by name: "full", "bare" and others.
pub fn shapes(kind: NoticeKind, audience: Audience, level: Level, locale: Locale) -> Vec<(String, Issued)> {
    let full = full(kind, audience, level, locale);
    let with = |change: &dyn Fn(&mut Issued)| {
        let mut issued = full.clone();
        change(&mut issued);
        issued
    };
    let mut shapes = vec![
        ("full".to_owned(), full.clone()),
        ("bare".to_owned(), bare(kind, audience, level)),
        ("no new date".to_owned(), with(&|issued| issued.facts.eta = None)),
        ("no link".to_owned(), with(&|issued| issued.link_day = None)),
    ];
    if full.facts.slot.is_some() {
        let no_slot = with(&|issued| issued.facts.eta = issued.facts.slot.take());
        shapes.push(("no slot".to_owned(), no_slot));
    }
    // In Chinese no text fits one part with the link of so long a number, and that is no mistake of its words.
    if locale == Locale::En {
        for id in ["1Z999AA10123456784", "9400111899223100001234"] {
            shapes.push((format!("a number of {}", id.len()), with(&|issued| issued.parcel_id = id.to_owned())));
        }
    }
    let mut stage = |code: Code| {
        let issued = with(&|issued| issued.facts.stage = Some(code));
        shapes.push((code.name().to_owned(), issued));
    };
    match kind {
        NoticeKind::Recovered | NoticeKind::Corrected => {
            [Code::OutForDelivery, Code::AwaitingCollection, Code::Collected, Code::Delivered]
                .into_iter()
                .for_each(stage);
            let all = with(&|issued| issued.facts.ended = ConditionKind::ALL.to_vec());
            shapes.push(("all over".to_owned(), all));
        }
        NoticeKind::Condition(ConditionKind::AttemptFailed | ConditionKind::Stalled) => stage(Code::OutForDelivery),
        NoticeKind::Condition(ConditionKind::Uncollected) | NoticeKind::Collection => {
            let no_code = with(&|issued| issued.facts.pickup_code = None);
            shapes.push(("no code".to_owned(), no_code));
        }
        NoticeKind::Choice => {
            for option in RerouteOption::ALL {
                for change in RerouteChange::ALL.into_iter().filter(|change| change.is_of_choice()) {
                    let name = format!("{} {}", option.name(), change.name());
                    let choice = with(&|issued| issued.facts.choice = Some(chosen(option, change, locale)));
                    shapes.push((name, choice));
                }
            }
        }
        _ => {}
    }
    shapes
}
