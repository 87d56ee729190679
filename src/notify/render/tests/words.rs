//! The words as a whole: the lint over ours, and a user's folder over them.

use std::collections::BTreeMap;

use super::*;

fn folder(files: &[(&str, &str)]) -> BTreeMap<String, String> {
    files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect()
}

fn over(files: &[(&str, &str)]) -> World {
    let mut world = world(Locale::En);
    world.words = Arc::new(Words::with(&folder(files)).unwrap_or_else(|problems| panic!("{problems:?}")));
    world
}

#[test]
fn our_own_words_have_no_problems() {
    let problems = lint::lint(&Words::builtin(), &Policy::default());
    let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
    assert!(problems.is_empty(), "{}:\n{}", problems.len(), lines.join("\n"));
}

#[test]
fn every_kind_has_words_in_every_language() {
    let words = Words::builtin();
    for kind in NoticeKind::all() {
        for locale in Locale::ALL {
            let paths = match kind {
                NoticeKind::Digest => vec!["work"],
                _ => vec!["own", "work"],
            };
            for set in paths {
                let path = format!("{}/{set}/{}.txt", locale.name(), kind.name());
                assert!(FILES.iter().any(|(own, _)| *own == path), "no {path}");
                let has = |key: &str| words.sms(locale).get(&format!("{set}.{key}")).is_some();
                assert!(has(kind.name()) || has("any"), "no text about {} in {}", kind.name(), locale.name());
            }
        }
    }
    // Every language has the same words under the same names.
    let keys = |locale| {
        let open = |key: &String| !key.starts_with("fees.") && !key.starts_with("when.");
        let mut keys: Vec<String> = words.sheet(locale).entries().iter().map(|entry| entry.key.clone()).collect();
        keys.retain(open);
        keys
    };
    assert_eq!(keys(Locale::En), keys(Locale::ZhCn));
    assert_eq!(keys(Locale::En), keys(Locale::ZhTw));
}

#[test]
fn a_users_file_replaces_ours_and_nothing_else() {
    let mut issued = full("delayed", Audience::Recipient, Locale::En);
    issued.link_day = None;
    let world = over(&[
        ("en/own/delayed.txt", "Late: {{ tail }}\n\nNew: {{ eta }}.\n"),
        ("en/sms.toml", "[own]\ndelayed = ['{{ tail }} {{ eta }}']\n"),
        ("en/words.toml", "[reasons]\nflood = 'a flood'\n"),
    ]);
    let said = |issued: &Issued, channel| match made(issued, Locale::En, channel, SmsProvider::Twilio, &world) {
        Some(Message::Mail { subject, text, .. }) => format!("{subject}|{text}"),
        Some(Message::Text { text, .. }) => text,
        other => panic!("{other:?}"),
    };
    assert!(said(&issued, Channel::Email).starts_with("Late: 0017|New: Wed 25 Nov, 2–6 pm."));
    assert!(said(&issued, Channel::Sms).starts_with("Shunda: 0017 Wed 25 Nov, 2-6 pm STOP"));
    let mut held = full("held", Audience::Recipient, Locale::En);
    held.facts.reason = Some("flood".to_owned());
    assert!(said(&held, Channel::Email).contains("held in Hangzhou (a flood)"));
}

#[test]
fn a_users_file_that_is_wrong_is_refused_with_its_line() {
    for (path, text, expected) in [
        ("en/own/nonsense.txt", "x", "en/own/nonsense.txt: expected a file that replaces one of ours"),
        ("en/own/delayed.txt", "a\n\nb {{ nonsense }}", "en/own/delayed.txt:3: expected a variable that notices have"),
        ("en/own/delayed.txt", "a\n\n{% if eta %}b", "en/own/delayed.txt:3: expected a template, found a mistake"),
        ("en/sms.toml", "[own]\n\ndelayed = ['{{ tail', 'b']", "en/sms.toml:3: expected a template, found a mistake"),
        ("en/sms.toml", "[own]\ndelay = 'x'", "en/sms.toml:2: expected a key that ours has, found \"own.delay\""),
        ("en/sms.toml", "[own]\ndelayed = 7", "en/sms.toml:2: own.delayed: expected a text or a list of texts"),
        ("en/words.toml", "[when]\nmonths = ['Jan']", "en/words.toml:2: when.months: expected 12 texts, found 1"),
        ("en/words.toml", "[fees]\nb", "en/words.toml:2: "),
        ("zh-CN/aliyun.toml", "[own]\nlost = ['a', '${tail}']", "zh-CN/aliyun.toml:2: own.lost: expected words beside"),
    ] {
        let problems = Words::with(&folder(&[(path, text)])).expect_err(text);
        let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
        assert!(lines.len() == 1 && lines[0].starts_with(expected), "expected {expected:?}, found {lines:?}");
    }
}

#[test]
fn the_lint_finds_every_usual_form_of_refusing_and_of_advertising() {
    for (locale, texts) in [
        (
            "zh-CN",
            vec!["退订回T", "回复TD退订", "拒收请回复R", "拒收回R", "拒收可回N", "新人礼包", "五折起", "新品到店"],
        ),
        ("zh-CN", vec!["明日上市", "加微信领取", "扫码关注", "送福袋", "优惠劵", "回T退"]),
        (
            "zh-TW",
            vec![
                "退訂請回T",
                "拒收請回覆R",
                "新人禮包",
                "五折起",
                "新品到店",
                "明日上市",
                "加LINE好友",
                "掃碼領取",
                "送福袋",
            ],
        ),
    ] {
        let texts: Vec<String> = texts.into_iter().map(|text| format!("'{{{{ tail }}}}，{text}'")).collect();
        let file = format!("[own]\nlost = [\n{}]\n", texts.join(",\n"));
        let words = Words::with(&folder(&[(&format!("{locale}/sms.toml"), &file)])).map(Arc::new);
        let problems = lint::lint(&words.unwrap_or_else(|problems| panic!("{problems:?}")), &Policy::default());
        let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
        for (i, text) in (3..).zip(&texts) {
            let place = format!("{locale}/sms.toml:{i}: expected none of the words of");
            assert!(lines.iter().any(|line| line.starts_with(&place)), "{text}: {lines:#?}");
        }
    }
}

#[test]
fn the_lint_finds_what_a_reader_would() {
    // All at once, each in a kind of its own: a lint words every notice there is.
    let expected = [
        "en/own/lost.txt:1: expected none of the words of all.signs in forbidden.toml, found \"!\"",
        "en/own/held.txt:3: expected none of the words of en.marketing in forbidden.toml, found \"special offer\"",
        "en/own/refused.txt: own.refused: expected a text, found that a fact was said which is not known",
        "en/own/damaged.txt: own.damaged: expected a subject of at most 110 columns, found",
        "en/sms.toml:2: expected characters of GSM-7 alone, found '–'",
        "zh-CN/sms.toml:2: expected none of the words of all.refusal in forbidden.toml, found \"拒收请\"",
        "zh-CN/sms.toml:3: own.held: expected one part, found 2",
        "zh-TW/sms.toml:2: expected none of the words of zh-TW.elsewhere in forbidden.toml, found \"快件\"",
        "zh-CN/aliyun.toml:4: lost.zh-CN: expected sample facts to fill it within its types' limits, found none that do",
        "configuration: expected notify.sms_codes to name texts of aliyun.toml (\"delayed.zh-CN\"), found \"delay.zh-CN\"",
        "configuration: expected notify.sms_signs to name languages (en, zh-CN, zh-TW), found \"fr\"",
    ];
    let long = "快件已经丢失不会送达。".repeat(8);
    let files = [
        ("en/own/lost.txt", "{{ Parcel }} is lost!\n\nSorry.\n".to_owned()),
        ("en/own/held.txt", "{{ Parcel }}\n\nA special offer.\n".to_owned()),
        ("en/own/refused.txt", "{{ Parcel }} was refused\n\nDue {{ due }}.\n".to_owned()),
        ("en/own/damaged.txt", format!("{}\n\nx\n", "{{ Parcel }} ".repeat(6))),
        ("en/sms.toml", "[own]\nlost = ['{{ tail }} – lost']\n".to_owned()),
        ("zh-CN/sms.toml", format!("[own]\nlost = ['快件{{{{ tail }}}}丢失，拒收请回复R']\nheld = ['{long}']\n")),
        ("zh-TW/sms.toml", "[own]\nlost = ['快件{{ tail }}遺失']\n".to_owned()),
        ("zh-CN/aliyun.toml", "[types]\nhub = 'pick_up_code'\n[own]\nlost = ['在${hub}丢失']\n".to_owned()),
    ];
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (*path, text.as_str())).collect();
    let words = Words::with(&folder(&files)).map(Arc::new).unwrap_or_else(|problems| panic!("{problems:?}"));
    let mut policy = Policy::default();
    policy.notify.sms_codes.insert("delay.zh-CN".to_owned(), "SMS_1".to_owned());
    policy.notify.sms_signs.insert("fr".to_owned(), "Shunda".to_owned());
    let lines: Vec<String> = lint::lint(&words, &policy).iter().map(ToString::to_string).collect();
    for expected in expected {
        assert!(lines.iter().any(|line| line.starts_with(expected)), "expected {expected:?}, found {lines:#?}");
    }
}
