//! Mails: what stands first, what is not said, what a page is made of.

use super::*;
use crate::model::{Code, ConditionKind, Recipient, Timestamp};

fn mail(issued: &Issued, locale: Locale, world: &World) -> (String, String, String) {
    match made(issued, locale, Channel::Email, SmsProvider::Twilio, world) {
        Some(Message::Mail { subject, text, html, .. }) => (subject, text, html),
        other => panic!("no mail about {:?} in {locale:?}: {other:?}", issued.kind),
    }
}

#[track_caller]
fn check(kind: &str, audience: Audience, locale: Locale, change: impl FnOnce(&mut Issued), subject: &str, text: &str) {
    let mut issued = full(kind, audience, locale);
    change(&mut issued);
    let (found_subject, found_text, _) = mail(&issued, locale, &world(locale));
    assert_eq!(found_subject, subject);
    assert_eq!(found_text.trim_end(), text.trim());
}

const OWN: Audience = Audience::Recipient;

#[test]
fn a_stall_says_what_it_means_then_why_then_what_can_be_chosen_at_what_fee_and_until_when() {
    check(
        "stalled",
        OWN,
        Locale::En,
        |issued| issued.facts.eta = None,
        "Your parcel …0017 has not moved since Tue 24 Nov, 9:40 am",
        "
Your parcel …0017 may come later than promised (Tue 24 Nov, 6 pm).

We have had no scan since Tue 24 Nov, 9:40 am in Hangzhou (bad weather). We will write when it moves again.

You can still choose until Wed 25 Nov, 8 am:
- another time (free)
- a parcel locker (free)
- another address (CNY 8)
https://pw.example/r/SF1024000000017/9kydvwq3aa4ss

Shunda",
    );
    check(
        "stalled",
        OWN,
        Locale::ZhCn,
        |issued| issued.facts.eta = None,
        "您的快件（尾号0017）自周二 11月24日 09:40起没有新的进展",
        "
您的快件（尾号0017）可能晚于承诺时间（周二 11月24日 18:00）送达。

最近一次扫描：周二 11月24日 09:40，杭州。之后没有新的记录（天气原因）。有新的进展我们会通知您。

您在周三 11月25日 08:00前还可以选择：
- 改送货时间（免费）
- 放快递柜（免费）
- 改收件地址（8元）
https://pw.example/r/SF1024000000017/9kydvwq3aa4ss

顺达",
    );
    check(
        "stalled",
        OWN,
        Locale::ZhTw,
        |issued| issued.facts.eta = None,
        "您的包裹（末四碼 0017）自週二 11/24 09:40 起沒有新的進度",
        "
您的包裹（末四碼 0017）可能晚於原定時間（週二 11/24 18:00）送達。

最近一筆紀錄：週二 11/24 09:40，桃園。之後沒有新的紀錄（天候因素）。有新進度會再通知您。

您在週三 11/25 08:00 前還可以選擇：
- 改配送時間（免費）
- 改送智慧取物櫃（免費）
- 改送其他地址（8 元）
https://pw.example/r/SF1024000000017/9kydvwq3aa4ss

順達",
    );
}

#[test]
fn a_delay_names_the_new_window() {
    check(
        "delayed",
        OWN,
        Locale::En,
        |issued| (issued.offers, issued.options, issued.link_day) = (Vec::new(), Vec::new(), None),
        "Your parcel …0017 is now expected Wed 25 Nov, 2–6 pm",
        "
Your parcel …0017 is now expected Wed 25 Nov, 2–6 pm instead of Tue 24 Nov, 6 pm.

The reason: bad weather. It was last scanned in Hangzhou on Tue 24 Nov, 9:40 am.

Shunda",
    );
}

#[test]
fn a_collection_says_where_until_when_and_the_code() {
    check(
        "collection",
        OWN,
        Locale::ZhCn,
        |_| {},
        "您的快件（尾号0017）可以领取了：快递柜（莲花路5号）",
        "
您的快件（尾号0017）可以领取了，免费保管至周五 11月27日 20:00。

地点：快递柜（莲花路5号）
营业时间：8:00-22:00
取件码：8-4-2017

快件详情：
https://pw.example/r/SF1024000000017/9kydvwq3aa4ss

顺达",
    );
}

#[test]
fn an_attempt_says_when_it_is_tried_again_or_that_we_do_not_know() {
    check(
        "attempt_failed",
        OWN,
        Locale::En,
        |issued| issued.offers.truncate(1),
        "Your parcel …0017 was not delivered: next try Wed 25 Nov, 2–6 pm",
        "
We will bring your parcel …0017 again Wed 25 Nov, 2–6 pm. If that suits you, there is nothing to do.

The courier came on Tue 24 Nov, 9:40 am and could not hand it over (nobody was there).

You can also choose until Wed 25 Nov, 8 am:
- another time (free)
https://pw.example/r/SF1024000000017/9kydvwq3aa4ss

Shunda",
    );
    check(
        "attempt_failed",
        Audience::Sender,
        Locale::En,
        |issued| {
            (issued.offers, issued.options, issued.link_day) = (Vec::new(), Vec::new(), None);
            issued.facts.slot = None;
            issued.facts.stage = Some(Code::OutForDelivery);
        },
        "The parcel you sent (…0017) was not delivered",
        "
The parcel you sent (…0017) was not delivered, and we do not know the next time yet.

It went out for delivery on Tue 24 Nov, 9:40 am, and we have no result from the courier.

Shunda",
    );
}

#[test]
fn a_choice_is_confirmed_with_its_fee_or_refused_with_its_reason() {
    let choice = |change| {
        move |issued: &mut Issued| {
            issued.facts.choice = Some(sample::chosen(crate::model::RerouteOption::Reschedule, change, Locale::En));
            issued.link_day = None;
        }
    };
    check(
        "choice",
        OWN,
        Locale::En,
        choice(crate::model::RerouteChange::Accepted),
        "Confirmed: your parcel …0017 now comes Thu 26 Nov, 10 am–12 noon",
        "
Your parcel …0017 now comes Thu 26 Nov, 10 am–12 noon. Fee: free.

Shunda",
    );
    check(
        "choice",
        OWN,
        Locale::En,
        choice(crate::model::RerouteChange::Refused),
        "Your choice for parcel …0017 could not be carried out",
        "
Your parcel …0017 stays on its way as before and is expected Wed 25 Nov, 2–6 pm.

You chose: delivery Thu 26 Nov, 10 am–12 noon. It could not be done: it came after the time limit.

Shunda",
    );
}

#[test]
fn a_correction_after_the_promise_does_not_promise_the_past() {
    check(
        "corrected",
        OWN,
        Locale::En,
        |issued| (issued.facts.eta, issued.link_day) = (None, None),
        "A message of ours about your parcel …0017 was mistaken",
        "
Please disregard our message that your parcel …0017 had not moved.

A scan reached us late, and our records were wrong. Sorry.

Shunda",
    );
}

#[test]
fn nobody_is_asked_to_collect_by_a_day_that_is_past() {
    let mut issued = full("uncollected", OWN, Locale::En);
    issued.at = Timestamp::parse("2026-11-30T09:00:00+08:00").unwrap();
    let (subject, text, _) = mail(&issued, Locale::En, &world(Locale::En));
    assert_eq!(subject, "Please collect your parcel …0017");
    assert!(!text.contains("27 Nov"), "{text}");
}

#[test]
fn those_who_work_with_parcels_get_the_facts_as_a_list_and_no_link() {
    check(
        "stalled",
        Audience::Merchant,
        Locale::En,
        |issued| {
            issued.facts.eta = None;
            issued.facts.reason = Some("belt 4 down".to_owned());
            (issued.offers, issued.options) = (Vec::new(), Vec::new());
        },
        "No movement: parcel …0017 since Tue 24 Nov, 9:40 am",
        "
Parcel …0017 has not moved since Tue 24 Nov, 9:40 am. It is promised for Tue 24 Nov, 6 pm.

Parcel: SF1024000000017
Merchant: M-0042
Since: Tue 24 Nov, 9:40 pm
Level: warning
Last scan: left the hub, Tue 24 Nov, 9:40 am
Hub: Hangzhou (HGH01)
Promised: Tue 24 Nov, 6 pm
Reason: belt 4 down

Shunda",
    );
}

#[test]
fn no_mail_says_what_is_not_its_readers() {
    for kind in NoticeKind::all().filter(|kind| *kind != NoticeKind::Digest) {
        for (locale, audience) in
            Locale::ALL.into_iter().flat_map(|locale| Audience::ALL.map(|audience| (locale, audience)))
        {
            let issued = sample::full(kind, audience, Level::Warn, locale);
            let world = with(locale, |policy| policy.help = "400-100-0000".to_owned());
            let (subject, text, html) = mail(&issued, locale, &world);
            let place = format!("{kind:?} {locale:?} {audience:?}:\n{subject}\n{text}");
            let is_own = view::is_own(audience);
            assert!(subject.contains("0017") && !subject.contains('\n'), "{place}");
            assert_eq!(text.contains("pw.example/r/"), is_own, "{place}");
            assert_eq!(text.replace("/r/SF1024000000017", "").contains("SF1024000000017"), !is_own, "{place}");
            assert!(!text.contains("8-4-2017") || is_own, "{place}");
            assert!(!text.contains("wf@example.com") && !text.contains("+8613800000000"), "{place}");
            assert!(text.contains("400-100-0000"), "{place}");
            check_html(&html, &text, locale, &place);
        }
    }
}

/// Every line of the text stands in the page, whose one link is the text's, and nothing is fetched for it.
fn check_html(html: &str, text: &str, locale: Locale, place: &str) {
    assert!(html.contains(&format!("<html lang=\"{}\">", locale.name())), "{place}");
    let escaped = |line: &str| {
        let line = line.replace('&', "&amp;").replace('<', "&lt;").replace('\'', "&#x27;").replace('"', "&quot;");
        line.replace('/', "&#x2f;")
    };
    for line in text.lines().filter(|line| !line.is_empty()) {
        let line = line.strip_prefix("- ").unwrap_or(line);
        assert!(html.contains(&escaped(line)), "no {line:?} in the HTML of {place}:\n{html}");
    }
    for outside in ["<img", "src=", "url(", "<script", "color:#", "background", "@import", "<link"] {
        assert!(!html.contains(outside), "{outside} in the HTML of {place}");
    }
    let links = html.matches("href=").count();
    let link = text.lines().find(|line| line.starts_with("https://"));
    assert_eq!(links, link.iter().count(), "{place}");
    assert!(link.is_none_or(|link| html.contains(&format!("href=\"{}\"", escaped(link)))), "{place}:\n{html}");
}

#[test]
fn a_fact_that_holds_markup_is_text_in_the_page_and_one_line_in_the_mail() {
    let mut issued = full("collection", OWN, Locale::En);
    issued.facts.place_name = Some("<b>Shop</b> & \"Co\"\n\nhttps://evil.example\u{202e}".to_owned());
    let (subject, text, html) = mail(&issued, Locale::En, &world(Locale::En));
    assert!(
        html.contains("&lt;b&gt;Shop&lt;&#x2f;b&gt; &amp; &quot;Co&quot; https:&#x2f;&#x2f;evil.example"),
        "{html}"
    );
    assert!(text.contains("<b>Shop</b> & \"Co\" https://evil.example") && !subject.contains('\n'), "{text}");
    assert!(!text.contains('\u{202e}'), "a mark that turns the reading direction stays out");
    assert_eq!(html.matches("href=").count(), 1, "no link but ours");
}

#[test]
fn a_fact_that_holds_a_tag_of_templates_stays_a_text() {
    let mut issued = full("collection", OWN, Locale::En);
    issued.facts.place_name = Some("{{ pickup_code }} {% if x %}".to_owned());
    let (_, text, _) = mail(&issued, Locale::En, &world(Locale::En));
    assert!(text.contains("{{ pickup_code }} {% if x %}"), "{text}");
}

#[test]
fn a_reader_of_another_zone_reads_its_times() {
    let issued = full("delayed", OWN, Locale::En);
    let mut route = sample::route(Channel::Email, SmsProvider::Twilio, sample::reader(Locale::En, OWN));
    route.reader.zone = Tz::UTC;
    let content = Content::Notice(Box::new(Issued { recipient: Some(Recipient::default()), ..issued }));
    match message(&sample::id(), &content, &route, &world(Locale::En)) {
        Some(Message::Mail { subject, .. }) => {
            assert_eq!(subject, "Your parcel …0017 is now expected Wed 25 Nov, 6–10 am UTC");
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_condition_that_can_be_mistaken_is_named_in_its_correction() {
    for locale in Locale::ALL {
        let mut texts = std::collections::BTreeSet::new();
        for kind in ConditionKind::ALL {
            let mut issued = full("corrected", OWN, locale);
            issued.facts.ended = vec![kind];
            texts.insert(mail(&issued, locale, &world(locale)).1);
        }
        assert_eq!(texts.len(), ConditionKind::ALL.len(), "{locale:?}");
    }
}
