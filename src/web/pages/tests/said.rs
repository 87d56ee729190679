//! What pages say, in which order, in whose language.

use super::*;

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
        let shown =
            Shown { page: &page, locale, now: now(), form: "1-tag", preferences: None, notice, refill, text_max: 150 };
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
        ("used-up", &["Confirmed", "Undo this choice", "can be changed here no more", "Please ask us: 95338"]),
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
    assert!(html.contains("maxlength=\"150\"") && html.contains("Say where, in 3 to 150 characters"));
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
