//! Every page in every language, as markup that people and screen readers get along with, and colours that can be read.

mod colours;
mod markup;
mod said;

use std::collections::BTreeMap;

use super::*;
use crate::model::{
    Audience, Channel, Code, ConditionKind, Detail, Eta, Fee, Level, RecipientKey, RerouteChange, RerouteOption,
    Timestamp,
};
use crate::reroute::{
    Answered, Collection, Doubt, HistoryLine, Offer, OpenCondition, Page, PlaceView, ProofState, Standing,
};

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

fn eta(from: &str, to: &str) -> Eta {
    Eta { from: at(from), to: at(to) }
}

fn now() -> Timestamp {
    at("2026-11-24T10:30:00+08:00")
}

fn pages() -> Pages {
    let hubs = [("HGH01", "杭州"), ("SHA02", "上海")];
    let policy = NotifyPolicy {
        from: "Shunda Express".to_owned(),
        help: "95338".to_owned(),
        time_zone: chrono_tz::Asia::Shanghai,
        hub_names: hubs.map(|(code, name)| (code.to_owned(), name.to_owned())).into(),
        ..NotifyPolicy::default()
    };
    Pages::new(&policy)
}

fn line(code: Code, hub: &str, time: &str) -> HistoryLine {
    HistoryLine { code, hub: Some(hub.to_owned()), event_time: at(time) }
}

fn offer(option: RerouteOption) -> Offer {
    Offer {
        option,
        detail: Detail::default(),
        place: None,
        fee: Fee { amount: "0.00".to_owned(), currency: "CNY".to_owned() },
        arrives: None,
        until: at("2026-11-24T20:00:00+08:00"),
        asks_text: false,
        asks_proof: false,
    }
}

fn place(kind: &str, id: &str, name: &str) -> PlaceView {
    PlaceView {
        id: Some(id.to_owned()),
        kind: Some(kind.to_owned()),
        name: Some(name.to_owned()),
        hours: Some("06:00–23:00".to_owned()),
        address: Some("淮海中路 381 号".to_owned()),
    }
}

fn offers() -> Vec<Offer> {
    let slot = |from: &str, to: &str| {
        let slot = eta(from, to);
        let detail = Detail { slot: Some(slot), ..Detail::default() };
        Offer { detail, arrives: Some(slot), ..offer(RerouteOption::Reschedule) }
    };
    let at_place = |option, kind, id: &str, name| Offer {
        detail: Detail { place: Some(id.to_owned()), ..Detail::default() },
        place: Some(place(kind, id, name)),
        arrives: Some(eta("2026-11-25T10:00:00+08:00", "2026-11-25T14:00:00+08:00")),
        ..offer(option)
    };
    vec![
        slot("2026-11-25T14:00:00+08:00", "2026-11-25T18:00:00+08:00"),
        slot("2026-11-26T09:00:00+08:00", "2026-11-26T12:00:00+08:00"),
        at_place(RerouteOption::Locker, "locker", "LK-0310", "淮海路快递柜"),
        Offer {
            fee: Fee { amount: "2.00".to_owned(), currency: "CNY".to_owned() },
            ..at_place(RerouteOption::Station, "station", "ST-0007", "瑞金二路驿站")
        },
        Offer { asks_text: true, asks_proof: true, ..offer(RerouteOption::Address) },
        Offer { asks_text: true, ..offer(RerouteOption::SafePlace) },
        Offer { asks_text: true, ..offer(RerouteOption::Neighbour) },
        offer(RerouteOption::Hold),
        Offer { fee: Fee { amount: "12.50".to_owned(), currency: "CNY".to_owned() }, ..offer(RerouteOption::Return) },
    ]
}

/// A parcel that has not moved since yesterday, with everything to choose.
fn stalled() -> Page {
    Page {
        tail: "0017".to_owned(),
        audience: Audience::Recipient,
        recipient_key: Some(RecipientKey::from_text("p:9f2c")),
        locale: Some("zh-CN".to_owned()),
        time_zone: Some("Asia/Shanghai".to_owned()),
        name: Some("王*".to_owned()),
        phone: Some("+861**** ****".to_owned()),
        email: Some("w******ng@example.com".to_owned()),
        stage: Some(Code::DepartedHub),
        ended: None,
        hub: Some("HGH01".to_owned()),
        last_scan: Some(at("2026-11-23T09:40:00+08:00")),
        reason: Some("weather".to_owned()),
        promise: Some(at("2026-11-24T18:00:00+08:00")),
        original_promise: None,
        eta: Some(eta("2026-11-25T14:00:00+08:00", "2026-11-25T18:00:00+08:00")),
        conditions: vec![OpenCondition {
            kind: ConditionKind::Stalled,
            level: Level::Warn,
            since: at("2026-11-24T09:40:00+08:00"),
        }],
        collection: None,
        history: vec![
            line(Code::DepartedHub, "HGH01", "2026-11-23T09:40:00+08:00"),
            line(Code::ArrivedHub, "HGH01", "2026-11-22T23:35:00+08:00"),
            line(Code::PickedUp, "NGB03", "2026-11-22T18:10:00+08:00"),
        ],
        offers: offers(),
        used_up: false,
        choice: None,
        refused: None,
        revision: 0,
        proof: ProofState { possible: true, tries_left: 5 },
        doubt: None,
    }
}

fn standing(change: RerouteChange) -> Standing {
    Standing {
        id: "rr_0123456789abcdef0123456789abcdef".to_owned(),
        option: RerouteOption::Locker,
        detail: Detail { place: Some("LK-0310".to_owned()), ..Detail::default() },
        place: Some(place("locker", "LK-0310", "淮海路快递柜")),
        fee: Some(Fee { amount: "0.00".to_owned(), currency: "CNY".to_owned() }),
        arrives: Some(eta("2026-11-25T10:00:00+08:00", "2026-11-25T14:00:00+08:00")),
        change,
        reason: None,
        at: at("2026-11-24T10:20:00+08:00"),
        answered_at: None,
        undo_until: Some(at("2026-11-24T20:00:00+08:00")),
    }
}

fn ended(code: Code) -> Page {
    let mut page =
        Page { stage: Some(code), ended: Some(code), conditions: Vec::new(), offers: Vec::new(), ..stalled() };
    page.last_scan = Some(at("2026-11-24T10:05:00+08:00"));
    page.history.insert(0, line(code, "SHA02", "2026-11-24T10:05:00+08:00"));
    Page { name: None, phone: None, email: None, eta: None, ..page }
}

/// Said to be delivered, and perhaps it was not.
fn doubted(has_it: Option<bool>) -> Page {
    let answer = has_it.map(|has_it| Answered { id: "an_1".to_owned(), has_it, at: now() });
    Page { doubt: Some(Doubt { since: now(), count: 0, answer, is_asked: true }), ..ended(Code::Delivered) }
}

/// What parcels are shown as, by name.
fn parcels() -> Vec<(&'static str, Page, Option<Notice>, Option<Refill>)> {
    let choice = |change, reason: Option<&str>| {
        let choice = Standing { reason: reason.map(str::to_owned), ..standing(change) };
        Page { choice: Some(choice), revision: 1, ..stalled() }
    };
    let plain = Page {
        conditions: Vec::new(),
        reason: None,
        eta: None,
        promise: Some(at("2026-11-25T18:00:00+08:00")),
        ..stalled()
    };
    let out = Page {
        stage: Some(Code::OutForDelivery),
        last_scan: Some(at("2026-11-24T08:50:00+08:00")),
        eta: Some(eta("2026-11-24T14:00:00+08:00", "2026-11-24T16:00:00+08:00")),
        ..plain.clone()
    };
    let attempt = Page {
        stage: Some(Code::AttemptFailed),
        reason: Some("absent".to_owned()),
        conditions: vec![OpenCondition { kind: ConditionKind::AttemptFailed, level: Level::Warn, since: now() }],
        ..out.clone()
    };
    let waiting = Page {
        stage: Some(Code::AwaitingCollection),
        collection: Some(Collection {
            place: place("locker", "LK-0310", "淮海路快递柜"),
            pickup_code: Some("5-2-8841".to_owned()),
            free_until: Some(at("2026-11-25T20:00:00+08:00")),
        }),
        offers: Vec::new(),
        ..out.clone()
    };
    let announced =
        Page { stage: None, hub: None, last_scan: None, history: Vec::new(), promise: None, ..plain.clone() };
    let refused = Standing { reason: Some("wrong_proof".to_owned()), ..standing(RerouteChange::Refused) };
    let refused =
        Standing { option: RerouteOption::Address, detail: Detail::default(), place: None, arrives: None, ..refused };
    let proof = ProofState { possible: true, tries_left: 0 };
    let beside = Page { refused: Some(refused), proof, ..choice(RerouteChange::Accepted, None) };
    let bare = Refill { option: String::new(), text: String::new(), wrong: vec![Wrong::Option] };
    let address =
        Refill { option: "address||".to_owned(), text: "<b>x".to_owned(), wrong: vec![Wrong::Text, Wrong::Proof] };
    vec![
        ("stalled", stalled(), None, None),
        ("on-its-way", plain, None, None),
        ("announced", announced, None, None),
        ("out-for-delivery", Page { offers: offers()[5..7].to_vec(), ..out }, None, None),
        ("attempt-failed", attempt, None, None),
        ("to-collect", waiting, None, None),
        ("requested", choice(RerouteChange::Requested, None), None, None),
        ("accepted", choice(RerouteChange::Accepted, None), None, None),
        ("too-late", choice(RerouteChange::Refused, Some("too_late")), None, None),
        ("wrong-proof", choice(RerouteChange::Refused, Some("wrong_proof")), None, None),
        ("refused-beside", beside, None, None),
        ("used-up", Page { used_up: true, offers: Vec::new(), ..choice(RerouteChange::Accepted, None) }, None, None),
        ("undone", choice(RerouteChange::Cancelled, None), None, None),
        ("sent", stalled(), Some(Notice::Sent("?sent=rr_1".to_owned())), None),
        ("stale", stalled(), Some(Notice::Stale), None),
        ("used", stalled(), Some(Notice::Used), None),
        ("gone", stalled(), Some(Notice::Gone), None),
        ("still-stands", choice(RerouteChange::Accepted, None), Some(Notice::StillStands), None),
        ("nothing-chosen", stalled(), None, Some(bare)),
        ("address-wrong", stalled(), None, Some(address)),
        ("delivered", ended(Code::Delivered), None, None),
        ("asked", doubted(None), None, None),
        ("has-it", doubted(Some(true)), None, None),
        ("missing", doubted(Some(false)), None, None),
        ("answer-sent", doubted(None), Some(Notice::AnswerSent("?sent=an_1".to_owned())), None),
        ("collected", ended(Code::Collected), None, None),
        ("lost", ended(Code::Lost), None, None),
        ("cancelled", ended(Code::Cancelled), None, None),
        ("returned", ended(Code::Returned), None, None),
    ]
}

/// Every page: its name, its language, its HTML.
fn every() -> Vec<(String, Locale, String)> {
    let pages = pages();
    let mut all = Vec::new();
    for locale in Locale::ALL {
        for (name, page, notice, refill) in parcels() {
            let shown = Shown {
                page: &page,
                locale,
                now: now(),
                form: "1-tag",
                preferences: Some("T/preferences"),
                notice,
                refill,
                text_max: 200,
            };
            all.push((format!("parcel-{name}"), locale, pages.parcel(&shown)));
        }
        for state in [State::Unknown, State::Expired, State::Revoked, State::TooMany, State::Down, State::BadForm] {
            all.push((format!("state-{}", state.name()), locale, pages.state(state, locale)));
        }
        for (name, step) in [("ask", Unsubscribe::Ask), ("done", Unsubscribe::Done), ("again", Unsubscribe::Again)] {
            all.push((format!("unsubscribe-{name}"), locale, pages.unsubscribe(Channel::Email, step, locale)));
        }
        let contacts = Contacts { email: stalled().email, phone: stalled().phone };
        let quiet = Chosen { from: "21:00".to_owned(), to: "21:00".to_owned(), ..Chosen::of(None) };
        for (name, chosen, saved) in [
            ("as-usual", Chosen::of(None), Saved::No),
            ("saved", Chosen { first: Some(Channel::Email), locale: Some(Locale::En), ..Chosen::of(None) }, Saved::Yes),
            ("wrong", quiet, Saved::Wrong(WrongPreference::Quiet)),
        ] {
            let html = pages.preferences(&chosen, &contacts, saved, locale, "1-tag", "../T");
            all.push((format!("preferences-{name}"), locale, html));
        }
    }
    all
}

#[test]
#[ignore = "writes every page to target/pages, to be looked at"]
fn pages_to_look_at() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("target/pages");
    std::fs::create_dir_all(&folder).unwrap();
    for (name, locale, html) in every() {
        std::fs::write(folder.join(format!("{name}.{}.html", locale.name())), html).unwrap();
    }
}
