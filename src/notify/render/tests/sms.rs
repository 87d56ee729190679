//! Texts for phones: what gives way where there is no room, and what is sent only if it was approved.

use std::collections::BTreeMap;

use super::*;
use crate::model::ConditionKind;

const OWN: Audience = Audience::Recipient;

fn text(issued: &Issued, locale: Locale, world: &World) -> String {
    match made(issued, locale, Channel::Sms, SmsProvider::Twilio, world) {
        Some(Message::Text { text, template: None }) => text,
        other => panic!("no text about {:?} in {locale:?}: {other:?}", issued.kind),
    }
}

fn approved(issued: &Issued, locale: Locale, world: &World) -> Option<(String, String, BTreeMap<String, String>)> {
    match made(issued, locale, Channel::Sms, SmsProvider::Aliyun, world) {
        Some(Message::Text { text, template: Some(template) }) => Some((text, template.code, template.parameters)),
        None => None,
        other => panic!("expected an approved text, found {other:?}"),
    }
}

#[test]
fn a_text_says_what_it_means_and_ends_with_the_link() {
    for (locale, kind, expected) in [
        (
            Locale::En,
            "delayed",
            "Shunda: Your parcel 0017 is now expected Wed 25 Nov, 2-6 pm (bad weather). STOP to opt out. Change time or \
             place: pw.example/r/SF1024000000017/9kydvwq3aa4ss",
        ),
        (
            Locale::En,
            "attempt_failed",
            "Shunda: Your parcel 0017 was not delivered. Next try: Wed 25 Nov, 2-6 pm. STOP to opt out. Other time or \
             place: pw.example/r/SF1024000000017/9kydvwq3aa4ss",
        ),
        (
            Locale::ZhCn,
            "delayed",
            "【顺达】快件0017预计周三14-18点送达。更改：pw.example/r/SF1024000000017/9kydvwq3aa4ss",
        ),
        (
            Locale::ZhTw,
            "delayed",
            "【順達】包裹0017預計週三14-18時送達。變更：pw.example/r/SF1024000000017/9kydvwq3aa4ss",
        ),
        (
            Locale::ZhCn,
            "collection",
            "【顺达】取件码8-4-2017，您的快件（尾号0017）在快递柜（莲花路5号），免费保管至周五11月27日20点。",
        ),
    ] {
        let issued = full(kind, OWN, locale);
        assert_eq!(text(&issued, locale, &world(locale)), expected);
        assert_eq!(parts::count(expected).parts, 1);
    }
}

#[test]
fn the_shorter_the_link_the_more_is_said() {
    let issued = full("delayed", OWN, Locale::ZhCn);
    let with_id = |id: &str| {
        let mut issued = issued.clone();
        issued.parcel_id = id.to_owned();
        text(&issued, Locale::ZhCn, &world(Locale::ZhCn))
    };
    assert!(
        with_id("0017").starts_with("【顺达】快件0017预计周三14-18点送达。周三8点前可改时间或地点：pw.example/r/0017/")
    );
    assert!(with_id("SF10240017").starts_with("【顺达】快件0017预计周三14-18点送达。可改时间或地点：pw.example/r/SF"));
    assert!(with_id("SF1024000000017").starts_with("【顺达】快件0017预计周三14-18点送达。更改：pw.example/r/SF"));
    let long = with_id(&"9".repeat(64));
    assert!(parts::count(&long).parts == 2 && long.contains("pw.example/r/999"), "a link is never cut: {long}");
}

#[test]
fn english_texts_keep_to_gsm_7_whatever_the_names_hold() {
    let mut issued = full("collection", OWN, Locale::En);
    issued.facts.place_name = Some("“Lotus” – 5…".to_owned());
    let said = text(&issued, Locale::En, &world(Locale::En));
    assert!(said.contains("\"Lotus\" - 5...") && said.chars().all(parts::is_gsm7), "{said}");
}

#[test]
fn a_language_may_have_a_signature_of_its_own() {
    let issued = full("lost", OWN, Locale::En);
    let world = with(Locale::En, |policy| {
        policy.from = "顺达 Shunda".to_owned();
        policy.sms_signs.insert("en".to_owned(), "Shunda".to_owned());
    });
    assert!(text(&issued, Locale::En, &world).starts_with("Shunda: "));
}

#[test]
fn those_who_work_with_parcels_get_the_whole_number_and_no_link() {
    for locale in Locale::ALL {
        let issued = full("stalled", Audience::Merchant, locale);
        let said = text(&issued, locale, &world(locale));
        assert!(said.contains("SF1024000000017") && !said.contains("pw.example") && !said.contains("STOP"), "{said}");
    }
}

#[test]
fn no_code_no_text() {
    let issued = full("delayed", OWN, Locale::ZhCn);
    let kind = NoticeKind::Condition(ConditionKind::Delayed);
    let without = world(Locale::ZhCn);
    assert_eq!(approved(&issued, Locale::ZhCn, &without), None);
    assert!(!can_text(SmsProvider::Aliyun, kind, Locale::ZhCn, &without.policy.notify));
    assert!(can_text(SmsProvider::Twilio, kind, Locale::ZhCn, &without.policy.notify));
    let coded = with(Locale::ZhCn, |policy| {
        policy.sms_codes.insert("delayed.zh-CN".to_owned(), "SMS_1".to_owned());
    });
    let policy = &coded.policy.notify;
    assert!(can_text(SmsProvider::Aliyun, kind, Locale::ZhCn, policy));
    assert!(can_text(SmsProvider::Aliyun, kind, Locale::ZhTw, policy), "read in simplified characters");
    assert!(!can_text(SmsProvider::Aliyun, kind, Locale::En, policy));
    assert!(!can_text(SmsProvider::Aliyun, NoticeKind::Collection, Locale::ZhCn, policy));
}

#[test]
fn an_approved_text_is_sent_by_its_code_and_typed_parameters_and_read_with_its_signature() {
    let coded = with(Locale::ZhCn, |policy| {
        policy.sms_codes.insert("delayed.zh-CN".to_owned(), "SMS_1".to_owned());
    });
    let (text, code, found) = approved(&full("delayed", OWN, Locale::ZhCn), Locale::ZhCn, &coded).unwrap();
    assert_eq!(
        text,
        "【顺达】您的快件（尾号0017）预计改为周三11月25日14-18点送达，因天气原因。可改时间或地点：\
         pw.example/r/SF1024000000017/9kydvwq3aa4ss"
    );
    let parameters = [
        ("tail", "0017"),
        ("eta", "周三11月25日14-18点"),
        ("reason", "天气原因"),
        ("choose", "可改时间或地点"),
        ("link_parcel", "SF1024000000017"),
        ("link_token", "9kydvwq3aa4ss"),
    ];
    let parameters: BTreeMap<String, String> =
        parameters.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    assert_eq!((code.as_str(), found), ("SMS_1", parameters));
}

#[test]
fn of_approved_texts_the_first_that_fits_one_part_is_taken_and_one_whose_facts_are_unknown_never() {
    let coded = with(Locale::ZhCn, |policy| {
        for (name, code) in [("delayed", "SMS_1"), ("delayed.3", "SMS_3"), ("delayed.5", "SMS_5")] {
            policy.sms_codes.insert(format!("{name}.zh-CN"), code.to_owned());
        }
    });
    let mut issued = full("delayed", OWN, Locale::ZhCn);
    let code = |issued: &Issued| approved(issued, Locale::ZhCn, &coded).unwrap().1;
    assert_eq!(code(&issued), "SMS_3");
    issued.facts.eta = None;
    assert_eq!(code(&issued), "SMS_5");
    // What the type of a variable does not allow is as good as unknown.
    let mut issued = full("delayed", OWN, Locale::ZhCn);
    issued.parcel_id = "SF-1 0017".to_owned();
    assert_eq!(code(&issued), "SMS_5");
}

#[test]
fn people_who_work_with_parcels_get_no_approved_texts() {
    let coded = with(Locale::ZhCn, |policy| {
        policy.sms_codes.insert("delayed.zh-CN".to_owned(), "SMS_1".to_owned());
    });
    assert_eq!(approved(&full("delayed", Audience::Merchant, Locale::ZhCn), Locale::ZhCn, &coded), None);
}

#[test]
fn what_is_filed_has_the_links_fixed_beginning_and_a_type_for_each_variable() {
    for kind in NoticeKind::all().filter(|kind| *kind != NoticeKind::Digest) {
        let filings = filings(kind, Locale::ZhCn, &world(Locale::ZhCn));
        assert!(!filings.is_empty(), "{kind:?}");
        for filing in filings {
            assert!(!filing.example.is_empty() && filing.code.is_none(), "{filing:?}");
            assert!(!filing.text.contains("{link}") && !filing.text.contains('【'), "{filing:?}");
            assert!(filing.variables.iter().all(|(_, of)| !of.is_empty()), "{filing:?}");
        }
    }
}
