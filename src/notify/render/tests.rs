//! Every text is made at least once; a few stand here to be read.

use chrono_tz::Tz;

use super::*;
use crate::model::{Code, ConditionKind, Destination, Eta, Facts, Level, NoticeId, NoticeKind, Recipient};

/// A notice with every fact, or with none.
fn issued(kind: NoticeKind, is_full: bool) -> Issued {
    let at = |text: &str| Some(Timestamp::parse(text).unwrap());
    let text = |text: &str| Some(text.to_owned());
    let full = Facts {
        stage: Some(Code::DepartedHub),
        hub: text("HGH01"),
        last_scan: at("2026-11-24T09:40:00+08:00"),
        promise: at("2026-11-24T18:00:00+08:00"),
        eta: Some(Eta { from: at("2026-11-25T14:00:00+08:00").unwrap(), to: at("2026-11-25T18:00:00+08:00").unwrap() }),
        reason: text("weather"),
        due: at("2026-11-24T12:00:00+08:00"),
        place: text("LK-0310"),
        place_kind: text("locker"),
        pickup_code: text("8-4-2017"),
        free_until: at("2026-11-27T20:00:00+08:00"),
        ended: vec![ConditionKind::Stalled],
        ..Facts::default()
    };
    Issued {
        id: NoticeId::from_text("ntc_1"),
        parcel_id: "SF1024000000017".to_owned(),
        journey: 1,
        kind,
        episode: 1,
        level: Level::Warn,
        revision: 1,
        audience: Audience::Recipient,
        recipient: Some(Recipient {
            name: text("王芳"),
            phone: text("+8613800000000"),
            email: text("wf@example.com"),
            ..Recipient::default()
        }),
        merchant: text("M-0042").filter(|_| is_full),
        severity: Level::Warn,
        at: at("2026-11-24T21:40:00.001+08:00").unwrap(),
        expires: at("2026-11-27T21:40:00.001+08:00").unwrap(),
        facts: if is_full { full } else { Facts::default() },
        options: if is_full { vec!["reschedule".to_owned(), "locker".to_owned()] } else { Vec::new() },
        offers: Vec::new(),
        link_day: None,
        offer_until: at("2026-11-25T08:00:00+08:00").filter(|_| is_full),
        resolves: Vec::new(),
    }
}

fn policy() -> NotifyPolicy {
    let mut policy = NotifyPolicy { from: "顺达 Shunda".to_owned(), ..NotifyPolicy::default() };
    policy.hub_names.insert("HGH01".to_owned(), "Hangzhou".to_owned());
    policy
}

fn reader(locale: Locale, audience: Audience) -> Reader {
    Reader { audience, locale, zone: Tz::Asia__Shanghai }
}

fn mail(issued: &Issued, reader: &Reader, policy: &NotifyPolicy) -> (String, String, String) {
    match super::mail::mail(&Content::Notice(Box::new(issued.clone())), reader, policy) {
        Some(Message::Mail { subject, text, html, .. }) => (subject, text, html),
        other => panic!("no mail about {:?} for {reader:?}: {other:?}", issued.kind),
    }
}

#[track_caller]
fn check(kind: &str, change: impl FnOnce(&mut Issued), reader: Reader, subject: &str, text: &str) {
    let mut issued = issued(NoticeKind::from_name(kind).unwrap(), true);
    change(&mut issued);
    let (found_subject, found_text, _) = mail(&issued, &reader, &policy());
    assert_eq!(found_subject, subject);
    assert_eq!(found_text.trim_end(), text.trim());
}

const EN: fn(Audience) -> Reader = |audience| reader(Locale::En, audience);
const ZH: fn(Audience) -> Reader = |audience| reader(Locale::ZhCn, audience);

#[test]
fn a_stall_says_what_it_means_then_why_then_what_can_be_chosen() {
    check(
        "stalled",
        |issued| issued.facts.eta = None,
        EN(Audience::Recipient),
        "Your parcel …0017 has not moved since Tue 24 Nov, 9:40 am",
        "
Your parcel …0017 may come later than promised (Tue 24 Nov, 6 pm).

We have had no scan since Tue 24 Nov, 9:40 am in Hangzhou (bad weather). We will write when it moves again.

You can still choose until Wed 25 Nov, 8 am: another time or a parcel locker.

顺达 Shunda",
    );
    check(
        "stalled",
        |issued| issued.facts.eta = None,
        ZH(Audience::Recipient),
        "您的快件（尾号0017）自周二 11月24日 09:40起没有新的进展",
        "
您的快件（尾号0017）可能晚于承诺时间（周二 11月24日 18:00）送达。

最近一次扫描：周二 11月24日 09:40，Hangzhou。之后没有新的记录（天气原因）。快件继续运送后我们会通知您。

您在周三 11月25日 08:00前还可以选择：改时间或放快递柜。

顺达 Shunda",
    );
}

#[test]
fn a_delay_names_the_new_window() {
    check(
        "delayed",
        |issued| issued.options.clear(),
        EN(Audience::Recipient),
        "Your parcel …0017 is late: now expected Wed 25 Nov, 2–6 pm",
        "
Your parcel …0017 is now expected Wed 25 Nov, 2–6 pm instead of Tue 24 Nov, 6 pm.

The reason: bad weather. The last scan was Tue 24 Nov, 9:40 am in Hangzhou.

顺达 Shunda",
    );
    check(
        "delayed",
        |issued| issued.options.clear(),
        ZH(Audience::Recipient),
        "您的快件（尾号0017）延误，预计改为周三 11月25日 14:00–18:00送达",
        "
您的快件（尾号0017）预计改为周三 11月25日 14:00–18:00送达（原定周二 11月24日 18:00前）。

原因：天气原因。最近一次扫描：周二 11月24日 09:40，Hangzhou。

顺达 Shunda",
    );
}

#[test]
fn a_collection_says_where_until_when_and_the_code() {
    check(
        "collection",
        |issued| issued.options.clear(),
        ZH(Audience::Recipient),
        "您的快件（尾号0017）可以领取了：快递柜 LK-0310",
        "
您的快件（尾号0017）可以领取了，地点：快递柜 LK-0310。免费保管至周五 11月27日 20:00。

取件码：8-4-2017

顺达 Shunda",
    );
    check(
        "uncollected",
        |issued| issued.options.clear(),
        EN(Audience::Recipient),
        "Your parcel …0017 is waiting to be collected until Fri 27 Nov, 8 pm",
        "
Please collect your parcel …0017 by Fri 27 Nov, 8 pm: parcel locker LK-0310.

Code: 8-4-2017

顺达 Shunda",
    );
}

#[test]
fn an_attempt_says_when_it_comes_next_or_that_we_do_not_know() {
    check(
        "attempt_failed",
        |issued| {
            issued.options.clear();
            issued.facts.eta = None;
            issued.facts.stage = Some(Code::AttemptFailed);
            issued.facts.reason = Some("nobody_home".to_owned());
        },
        EN(Audience::Recipient),
        "Your parcel …0017 was not delivered",
        "
Your parcel …0017 was not delivered, and we do not know the next time yet.

The courier tried on Tue 24 Nov, 9:40 am (nobody was there).

顺达 Shunda",
    );
    check(
        "attempt_failed",
        |issued| {
            issued.options.clear();
            issued.facts.stage = Some(Code::OutForDelivery);
        },
        EN(Audience::Sender),
        "The parcel you sent (…0017) was not delivered",
        "
The parcel you sent (…0017) is now expected Wed 25 Nov, 2–6 pm.

It went out for delivery on Tue 24 Nov, 9:40 am, and we have no result from the courier.

顺达 Shunda",
    );
}

#[test]
fn what_is_over_and_what_was_wrong_are_said_plainly() {
    check(
        "recovered",
        |issued| {
            issued.facts.eta = None;
            issued.facts.stage = Some(Code::Delivered);
        },
        EN(Audience::Recipient),
        "Your parcel …0017 has been delivered",
        "
Your parcel …0017 has been delivered: Tue 24 Nov, 9:40 am.

顺达 Shunda",
    );
    check(
        "corrected",
        |issued| {
            issued.facts.eta = None;
            issued.at = Timestamp::parse("2026-11-24T12:00:00+08:00").unwrap();
            issued.facts.ended = vec![ConditionKind::NeverUploaded, ConditionKind::Stalled];
        },
        EN(Audience::Recipient),
        "A message of ours about your parcel …0017 was mistaken",
        "
Please disregard our message that your parcel …0017 had not been handed over and that it had not moved. It is still promised for Tue 24 Nov, 6 pm.

A scan reached us late, and our records were wrong. Sorry.

顺达 Shunda",
    );
}

#[test]
fn a_correction_after_the_promise_does_not_promise_the_past() {
    check(
        "corrected",
        |issued| issued.facts.eta = None,
        EN(Audience::Recipient),
        "A message of ours about your parcel …0017 was mistaken",
        "
Please disregard our message that your parcel …0017 had not moved.

A scan reached us late, and our records were wrong. Sorry.

顺达 Shunda",
    );
}

#[test]
fn nobody_is_asked_to_collect_by_a_day_that_is_past() {
    check(
        "uncollected",
        |issued| {
            issued.options.clear();
            issued.at = Timestamp::parse("2026-11-30T09:00:00+08:00").unwrap();
        },
        EN(Audience::Recipient),
        "Your parcel …0017 is waiting to be collected",
        "
Please collect your parcel …0017: parcel locker LK-0310.

Code: 8-4-2017

顺达 Shunda",
    );
}

#[test]
fn those_who_work_with_parcels_get_the_facts_as_a_list() {
    check(
        "stalled",
        |issued| {
            issued.facts.eta = None;
            issued.facts.reason = Some("belt 4 down".to_owned());
            issued.options.clear();
            issued.facts.place = None;
            issued.facts.place_kind = None;
        },
        EN(Audience::Merchant),
        "No movement: parcel …0017 since Tue 24 Nov, 9:40 am",
        "
Parcel …0017 has not moved since Tue 24 Nov, 9:40 am. It is promised for Tue 24 Nov, 6 pm.

Parcel: SF1024000000017
Merchant: M-0042
Since: Tue 24 Nov, 9:40 pm
Level: warning
Last scan: left the hub, Tue 24 Nov, 9:40 am
Hub: Hangzhou (HGH01)
Scan due: Tue 24 Nov, 12 noon
Promised: Tue 24 Nov, 6 pm
Reason: belt 4 down

顺达 Shunda",
    );
}

#[test]
fn every_kind_can_be_said_in_every_language_to_every_audience_whatever_is_known() {
    let mut policy = policy();
    for kind in NoticeKind::all().filter(|kind| *kind != NoticeKind::Digest) {
        for (locale, audience) in
            Locale::ALL.into_iter().flat_map(|locale| Audience::ALL.map(|audience| (locale, audience)))
        {
            for is_full in [true, false] {
                policy.help = if is_full { "400-100-0000".to_owned() } else { String::new() };
                let issued = issued(kind, is_full);
                let (subject, text, html) = mail(&issued, &reader(locale, audience), &policy);
                let place = format!("{kind:?} {locale:?} {audience:?} {is_full}:\n{subject}\n{text}");
                assert!(subject.contains("0017") && !subject.contains(['\n', '!', '！']), "{place}");
                assert!(text.contains("0017") && text.lines().count() >= 3, "{place}");
                for wrong in [
                    "none",
                    "undefined",
                    "{",
                    "}",
                    "!",
                    "！",
                    "  ",
                    "..",
                    "。。",
                    " .",
                    " ,",
                    "()",
                    "（）",
                    "<",
                    ": \n",
                ] {
                    assert!(!text.contains(wrong) && !subject.contains(wrong), "{wrong:?} in {place}");
                }
                let is_own = matches!(audience, Audience::Recipient | Audience::Sender);
                assert_eq!(text.contains("SF1024000000017"), !is_own, "{place}");
                assert!(!text.contains("8-4-2017") || is_own, "{place}");
                assert!(!text.contains("wf@example.com") && !text.contains("+8613800000000"), "{place}");
                check_html(&html, &text, &place);
            }
        }
    }
}

/// Every line of the text stands in the page, and nothing is fetched for it.
fn check_html(html: &str, text: &str, place: &str) {
    for line in text.lines().filter(|line| !line.is_empty()) {
        let escaped = line.replace('&', "&amp;").replace('<', "&lt;").replace('\'', "&#x27;").replace('"', "&quot;");
        assert!(html.contains(&escaped), "no {escaped:?} in the HTML of {place}:\n{html}");
    }
    for outside in ["<img", "src=", "href=", "http", "url(", "<script", "color:#", "background"] {
        assert!(!html.contains(outside), "{outside} in the HTML of {place}");
    }
}

#[test]
fn no_template_lies_unused_and_none_is_missing() {
    let kinds = NoticeKind::all().count();
    // Each kind but the digest in two sets, the digest in one, and two closings; in two languages.
    assert_eq!(super::mail::TEMPLATES.len(), 2 * ((kinds - 1) * 2 + 1 + 2));
}

#[test]
fn a_fact_that_holds_markup_is_text_in_the_page_and_one_line_in_the_mail() {
    let mut issued = issued(NoticeKind::Collection, true);
    issued.facts.place = Some("<b>Shop</b> & \"Co\"\n\nClick here\u{202e}".to_owned());
    let (subject, text, html) = mail(&issued, &EN(Audience::Recipient), &policy());
    assert!(html.contains("&lt;b&gt;Shop&lt;&#x2f;b&gt; &amp; &quot;Co&quot; Click here"), "{html}");
    assert!(text.contains("<b>Shop</b> & \"Co\" Click here") && !subject.contains('\n'), "{text}");
    assert!(!text.contains('\u{202e}'), "a mark that turns the reading direction stays out");
}

fn event(issued: &Issued) -> String {
    let policy = policy();
    let webhook = Destination::Webhook { url: "https://hooks.example.com".to_owned(), secrets: Vec::new() };
    let route = Route { destination: webhook, reader: EN(Audience::Merchant) };
    match message(&issued.id, &Content::Notice(Box::new(issued.clone())), &route, &policy) {
        Some(Message::Json(json)) => json,
        other => panic!("expected an event, found {other:?}"),
    }
}

#[test]
fn a_webhook_carries_a_cloud_event_with_facts_and_no_contact() {
    let json = event(&issued(NoticeKind::Condition(ConditionKind::Stalled), true));
    let event: serde_json::Value = serde_json::from_str(&json).unwrap();
    for (attribute, value) in [
        ("specversion", "1.0"),
        ("id", "ntc_1"),
        ("source", "parcelwatch"),
        ("type", "parcelwatch.notice.stalled"),
        ("subject", "SF1024000000017"),
        ("time", "2026-11-24T13:40:00.001Z"),
        ("datacontenttype", "application/json"),
    ] {
        assert_eq!(event[attribute], value, "{attribute}");
    }
    assert_eq!(event["data"]["kind"], "stalled");
    assert_eq!(event["data"]["facts"]["hub"], "HGH01");
    for secret in ["wf@example.com", "13800000000", "王芳", "8-4-2017"] {
        assert!(!json.contains(secret), "{secret} in {json}");
    }
}

#[test]
fn a_webhook_stays_below_twenty_kilobytes_whatever_the_hubs_write() {
    let mut issued = issued(NoticeKind::Recovered, true);
    // A control character takes six bytes in JSON, the most that one can take.
    let long = "\u{1}".repeat(100_000);
    issued.parcel_id = "𝄞".repeat(64);
    issued.merchant = Some(long.clone());
    issued.facts.hub = Some(long.clone());
    issued.facts.reason = Some(long.clone());
    issued.facts.place = Some(long.clone());
    issued.facts.place_kind = Some(long);
    issued.facts.ended = vec![ConditionKind::ThoroughlyDelayed; 1000];
    issued.options = vec!["\u{1}".repeat(1000); 1000];
    issued.resolves = vec![NoticeId::from_text("n".repeat(256)); 1000];
    let size = event(&issued).len();
    assert!(size < 20_000, "{size} bytes");
}

#[test]
fn the_longest_digest_stays_below_twenty_kilobytes() {
    let parcel =
        DigestParcel { parcel_id: "𝄞".repeat(64), kind: ConditionKind::ThoroughlyDelayed, level: Level::Critical };
    let count = DigestCount { kind: ConditionKind::ThoroughlyDelayed, level: Level::Critical, count: u64::MAX };
    let digest = Digest {
        hub: "\u{1}".repeat(100_000),
        merchant: Some("\u{1}".repeat(100_000)),
        from: Timestamp::LAST,
        to: Timestamp::LAST,
        total: u64::MAX,
        counts: vec![count; ConditionKind::ALL.len() * 4],
        parcels: vec![parcel; 100],
        more: u64::MAX,
    };
    let size = super::event::event("ntc_1", &Content::Digest(Box::new(digest)), &policy()).unwrap().len();
    assert!(size < 20_000, "{size} bytes");
}
