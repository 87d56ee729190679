//! Colours that can be read, in light and in dark.

use std::collections::BTreeMap;

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
    let style = include_str!("../style.css");
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
