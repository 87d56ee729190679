//! Markup that people and screen readers get along with, and that fetches nothing.

use super::*;

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
