//! Every page in every language, as markup that people and screen readers get along with, and colours that can be read.

use std::collections::BTreeMap;

use super::*;
use crate::model::{
    Audience, Code, ConditionKind, Detail, Eta, Fee, Level, RecipientKey, RerouteChange, RerouteOption, Timestamp,
};
use crate::reroute::{Collection, HistoryLine, Offer, OpenCondition, Page, PlaceView, ProofState, Standing};

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
        phone: Some("+86 138 **** ****".to_owned()),
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
        choice: None,
        refused: None,
        revision: 0,
        proof: ProofState { possible: true, tries_left: 5 },
        question: None,
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
        ("undone", choice(RerouteChange::Cancelled, None), None, None),
        ("sent", stalled(), Some(Notice::Sent("?sent=rr_1".to_owned())), None),
        ("stale", stalled(), Some(Notice::Stale), None),
        ("used", stalled(), Some(Notice::Used), None),
        ("gone", stalled(), Some(Notice::Gone), None),
        ("nothing-chosen", stalled(), None, Some(bare)),
        ("address-wrong", stalled(), None, Some(address)),
        ("delivered", ended(Code::Delivered), None, None),
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

/// The opening tags of a page.
fn tags(html: &str) -> Vec<&str> {
    let body = &html[html.find("<body>").expect("a body")..];
    body.split('<')
        .skip(1)
        .filter_map(|rest| rest.split_once('>'))
        .map(|(tag, _)| tag)
        .filter(|tag| !tag.starts_with('/'))
        .collect()
}

fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
    Some(rest.split_once('"')?.0)
}

#[test]
fn every_page_has_its_language_one_heading_of_the_first_order_and_none_that_skips_one() {
    for (name, locale, html) in every() {
        assert!(html.contains(&format!("<html lang=\"{}\">", locale.name())), "{name}");
        let levels: Vec<u32> =
            tags(&html).iter().filter_map(|tag| tag.strip_prefix('h')?.chars().next()?.to_digit(10)).collect();
        assert_eq!(levels.iter().filter(|level| **level == 1).count(), 1, "{name} {levels:?}");
        let after_first = levels.iter().skip_while(|level| **level != 1).copied().collect::<Vec<_>>();
        assert!(after_first.windows(2).all(|pair| pair[1] <= pair[0] + 1), "{name} {levels:?}");
        let title = html.split("<title>").nth(1).and_then(|rest| rest.split("</title>").next()).unwrap();
        assert!(!title.trim().is_empty(), "{name}");
        for landmark in ["<main id=\"main\"", "<footer>", "<header", "<nav aria-label="] {
            assert!(html.contains(landmark), "{name}: {landmark}");
        }
    }
}

#[test]
fn every_field_has_a_label_every_id_is_its_own_and_every_reference_leads_somewhere() {
    for (name, _, html) in every() {
        let tags = tags(&html);
        let mut ids = BTreeMap::new();
        for id in tags.iter().filter_map(|tag| attribute(tag, "id")) {
            *ids.entry(id).or_insert(0) += 1;
        }
        assert!(ids.values().all(|count| *count == 1), "{name}: {ids:?}");
        for tag in &tags {
            for reference in ["for", "aria-describedby", "aria-labelledby"] {
                for id in attribute(tag, reference).iter().flat_map(|ids| ids.split(' ')) {
                    assert!(ids.contains_key(id), "{name}: {tag}");
                }
            }
            if let Some(id) = attribute(tag, "href").and_then(|href| href.strip_prefix('#')) {
                assert!(ids.contains_key(id), "{name}: {tag}");
            }
            if tag.starts_with("input") && !tag.contains("type=\"hidden\"") {
                let id = attribute(tag, "id").expect(tag);
                assert!(tags.iter().any(|label| label.starts_with("label") && attribute(label, "for") == Some(id)));
            }
        }
        let (fieldsets, legends) = (html.matches("<fieldset").count(), html.matches("<legend").count());
        assert_eq!(fieldsets, legends, "{name}");
    }
}

#[test]
fn no_page_asks_for_anything_from_anywhere_or_runs_anything() {
    let policy = pages().policy();
    for part in
        ["default-src 'none'", "style-src 'sha256-", "form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'"]
    {
        assert!(policy.contains(part), "{policy}");
    }
    for (name, _, html) in every() {
        for forbidden in
            ["://", "<script", "<img", "<link", "@import", "url(", " src=", " style=", "onclick", "javascript:"]
        {
            assert!(!html.contains(forbidden), "{name}: {forbidden}");
        }
        assert_eq!(html.matches("<style>").count(), 1, "{name}");
    }
}

#[test]
fn the_style_that_is_sent_is_the_one_that_the_policy_allows() {
    use sha2::Digest;
    let (_, _, html) = every().remove(0);
    let style = html.split("<style>").nth(1).and_then(|rest| rest.split("</style>").next()).unwrap();
    let hash = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, sha2::Sha256::digest(style));
    assert!(pages().policy().contains(&hash));
}

#[test]
fn each_option_says_its_fee_its_deadline_and_has_a_button_that_names_it() {
    for (_, page, html) in parcels_in(Locale::En) {
        for (i, offer) in page.offers.iter().enumerate() {
            let n = i + 1;
            let label = html.split(&format!("<label class=\"option\" for=\"o{n}\">")).nth(1).expect("a card");
            let label = label.split("</label>").next().unwrap();
            assert!(label.contains(if offer.fee.is_free() { "free" } else { "¥" }), "{label}");
            assert!(label.contains("Choose by Tue 24 Nov, 8 pm"), "{label}");
            assert!(html.contains(&format!("<button class=\"button b{n}\" type=\"submit\" hidden>")));
        }
    }
    let html = &parcels_in(Locale::En)[0].2;
    for button in [
        "Send to locker LK-0310, free",
        "Deliver Wed 25 Nov, 2–6 pm, free",
        "Send to station ST-0007, ¥2",
        "Send it back, ¥12.50",
    ] {
        assert!(html.contains(&format!("hidden>{button}</button>")), "{button}");
    }
}

fn parcels_in(locale: Locale) -> Vec<(&'static str, Page, String)> {
    let pages = pages();
    let of = |(name, page, notice, refill): (&'static str, Page, Option<Notice>, Option<Refill>)| {
        let shown = Shown { page: &page, locale, now: now(), form: "1-tag", preferences: None, notice, refill };
        let html = pages.parcel(&shown);
        (name, page, html)
    };
    parcels().into_iter().map(of).collect()
}

fn text_of(html: &str) -> String {
    let main = html.split("<main").nth(1).and_then(|rest| rest.split("</main>").next()).unwrap();
    let text: Vec<&str> =
        main.split('<').filter_map(|rest| rest.split_once('>')).map(|(_, text)| text.trim()).collect();
    text.into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join("|")
}

#[test]
fn pages_say_where_when_what_next_in_this_order() {
    let all = parcels_in(Locale::En);
    let text = |name: &str| text_of(&all.iter().find(|(known, ..)| *known == name).unwrap().2);
    for (name, says) in [
        (
            "stalled",
            &[
                "Your parcel …0017 ·|For 王*",
                "Not moving at the moment",
                "It left 杭州 on Mon 23 Nov, 9:40 am. We have had no scan since then.",
                "Expected|Wed 25 Nov, 2–6 pm|It was promised by Tue 24 Nov, 6 pm.",
                "What you can choose",
                "Another time|Wed 25 Nov, 2–6 pm",
                "What has happened|Left 杭州|Mon 23 Nov, 9:40 am|Reached 杭州",
                "Picked up|",
                "What we are doing|The depot has been told.",
            ][..],
        ),
        ("on-its-way", &["On its way", "Promised by|Wed 25 Nov, 6 pm"]),
        ("announced", &["Announced to us", "We do not know the time yet.", "No scan yet."]),
        ("to-collect", &["Ready to collect", "Kept free of charge until|Wed 25 Nov, 8 pm", "5-2-8841", "06:00–23:00"]),
        (
            "requested",
            &[
                "We have your choice",
                "Send to the locker 淮海路快递柜 (LK-0310), free",
                "You can undo it until Tue 24 Nov, 8 pm.",
                "Undo this choice",
                "Choose something else",
            ],
        ),
        ("accepted", &["Confirmed", "Ready to collect Wed 25 Nov, 10 am–2 pm.", "Undo this choice"]),
        (
            "too-late",
            &["could not be carried out", "It was too late for that.", "What is still possible stands below."],
        ),
        ("wrong-proof", &["The digits were not those of the phone number.", "Tries left: 5."]),
        (
            "refused-beside",
            &["could not be carried out", "Send to another address, free", "wrong too often", "Confirmed", "LK-0310"],
        ),
        ("sent", &["We have received your choice", "Look again"]),
        ("delivered", &["Delivered|It was delivered on Tue 24 Nov, 10:05 am.", "What has happened"]),
        ("lost", &["Lost|It is lost and will not arrive. Sorry.", "a replacement or a refund"]),
    ] {
        let text = text(name);
        let mut rest = text.as_str();
        for part in says {
            let (_, after) = rest.split_once(part).unwrap_or_else(|| panic!("{name}: expected {part:?} in {rest}"));
            rest = after;
        }
    }
    assert!(!text("delivered").contains("choose") && !text("too-late").contains("Undo"));
}

#[test]
fn what_others_say_is_escaped() {
    let html = parcels_in(Locale::En).into_iter().find(|(name, ..)| *name == "address-wrong").unwrap().2;
    assert!(html.contains("value=\"&lt;b&gt;x\"") && !html.contains("<b>x"));
    assert!(html.contains("role=\"alert\"") && html.contains("href=\"#text_address\""));
    assert!(html.contains("<title>There is a problem – Your parcel …0017</title>"));
}

#[test]
fn a_reader_gets_the_language_asked_for_then_ones_own_then_the_browsers() {
    let pages = pages();
    let name = |asked, known, accepted| pages.locale(asked, known, accepted).name();
    assert_eq!(name(Some("en"), Some("zh-CN"), Some("zh-TW")), "en");
    assert_eq!(name(Some("xx"), Some("zh-CN"), Some("en")), "zh-CN");
    assert_eq!(name(None, None, Some("fr-FR, zh-CN;q=0.8, en;q=0.5")), "zh-CN");
    assert_eq!(name(None, None, Some("de, en;q=0.9, zh;q=0.9")), "en");
    assert_eq!(name(None, None, Some("en;q=x, *, ;;q=,")), pages.names.locale.name());
    assert_eq!(name(None, None, Some(&"xx;".repeat(10_000))), pages.names.locale.name());
}

/// The luminance of WCAG 2.
fn luminance(colour: &str) -> f64 {
    let channel = |i: usize| {
        let value = f64::from(u8::from_str_radix(&colour[i..i + 2], 16).unwrap()) / 255.0;
        if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5)
}

fn contrast(a: &str, b: &str) -> f64 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

#[test]
fn every_text_can_be_read_in_light_and_in_dark() {
    let style = include_str!("style.css");
    let colours = |from: &str| -> BTreeMap<String, String> {
        let block = style.split(from).nth(1).and_then(|rest| rest.split('}').next()).unwrap();
        let pairs = block.split([';', '\n']).filter_map(|each| each.trim().strip_prefix("--")?.split_once(':'));
        pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    };
    let light = colours(":root{");
    let dark = colours("(prefers-color-scheme:dark){:root{");
    assert_eq!(light.keys().collect::<Vec<_>>(), dark.keys().collect::<Vec<_>>());
    for (look, colours) in [("light", light), ("dark", dark)] {
        // Texts need 4.5, what shows where to click 3 (WCAG 2.2, 1.4.3 and 1.4.11).
        for (front, grounds, least) in [
            ("text", &["page", "card", "tint", "good-tint", "warn-tint", "bad-tint"][..], 4.5),
            ("soft", &["page", "card", "tint", "good-tint", "warn-tint"], 4.5),
            ("accent", &["page", "card", "tint", "good-tint", "warn-tint", "bad-tint"], 4.5),
            ("on-accent", &["accent"], 4.5),
            ("good", &["card", "tint", "good-tint"], 4.5),
            ("warn", &["warn-tint"], 4.5),
            ("bad", &["card", "bad-tint"], 4.5),
            ("edge", &["card", "tint"], 3.0),
        ] {
            for ground in grounds {
                let found = contrast(&colours[front], &colours[*ground]);
                assert!(found >= least, "{look}: {front} on {ground} has {found:.2}");
            }
        }
    }
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
