//! Forms: whether one is ours, and what it says.
//!
//! A form proves that it comes from our page by a tag that only we can make, over the link, the state that the page showed and
//! the hour. Browsers also say where a form comes from; what they say is believed where it is against it.

use std::borrow::Cow;

use axum::http::{HeaderMap, header};

use crate::model::Timestamp;
use crate::reroute::Links;

/// How long a page may lie open. Longer: what it shows is old. Shorter: people who were interrupted start again.
const HOURS_MAX: i64 = 12;
const HOUR_MS: i64 = 3_600_000;

/// The fields of a form.
pub(super) struct Form<'a>(Vec<(Cow<'a, str>, Cow<'a, str>)>);

impl<'a> Form<'a> {
    pub fn read(body: &'a [u8]) -> Form<'a> {
        Form(form_urlencoded::parse(body).collect())
    }

    /// The first field of this name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_ref())
    }

    /// Every field of this name.
    pub fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_ref())
    }
}

/// The proof that a form carries; `about` is what it was made for: its purpose first.
pub(super) fn prove(links: &Links, about: &[&str], now: Timestamp) -> String {
    let hour = now.as_millis().div_euclid(HOUR_MS);
    format!("{hour}-{}", tag(links, about, hour))
}

/// Whether a proof is ours, for this, and not too old.
pub(super) fn is_proved(links: &Links, about: &[&str], proof: &str, now: Timestamp) -> bool {
    let Some((hour, given)) = proof.split_once('-') else { return false };
    let Ok(hour) = hour.parse::<i64>() else { return false };
    let age = now.as_millis().div_euclid(HOUR_MS).saturating_sub(hour);
    let known = tag(links, about, hour);
    (0..=HOURS_MAX).contains(&age) && is_same(&known, given)
}

/// Whether a tag is the one that it has to be: equally long, and compared to the end wherever they differ.
pub(super) fn is_same(known: &str, given: &str) -> bool {
    let differences = known.bytes().zip(given.bytes()).fold(0, |all, (a, b)| all | (a ^ b));
    known.len() == given.len() && differences == 0
}

fn tag(links: &Links, about: &[&str], hour: i64) -> String {
    let hour = hour.to_string();
    links.tag(&[&["form"], about, &[&hour]].concat())
}

/// Whether the browser says that another site sent it, or it is no form. Our pages tell browsers to keep quiet about
/// where they come from, so `Origin: null` is usual and says nothing. `base_url` is ours as customers know it; a proxy may
/// have changed `Host`.
pub(super) fn is_foreign(headers: &HeaderMap, base_url: &str) -> bool {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    if let Some(site) = text("sec-fetch-site") {
        return !matches!(site, "same-origin" | "none");
    }
    let Some(origin) = text("origin").filter(|origin| *origin != "null") else { return false };
    let host = |url: &str| url.split_once("://").map(|(_, rest)| rest.split('/').next().unwrap_or_default().to_owned());
    let sender = host(origin);
    sender.is_none() || sender.as_deref() != text(header::HOST.as_str()) && sender != host(base_url)
}

/// Whether the body is what a browser makes of a form.
pub(super) fn is_form(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    kind.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/x-www-form-urlencoded")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::reroute::LinkKey;

    #[test]
    fn a_proof_is_good_for_what_it_was_made_for_and_for_half_a_day() {
        let links = Links::new("https://pw.example", LinkKey::new(*b"secret"));
        let now = Timestamp::parse("2026-11-22T10:59:00Z").unwrap();
        let proof = prove(&links, &["choose", "P1", "token", "3"], now);
        let is_proved = |about: &[&str], later| is_proved(&links, about, &proof, now + Duration::from_secs(later));
        assert!(is_proved(&["choose", "P1", "token", "3"], 0));
        assert!(is_proved(&["choose", "P1", "token", "3"], 12 * 3600));
        assert!(!is_proved(&["choose", "P1", "token", "3"], 13 * 3600));
        for other in [["choose", "P2", "token", "3"], ["choose", "P1", "token", "4"], ["other", "P1", "token", "3"]] {
            assert!(!is_proved(&other, 0), "{other:?}");
        }
        let about = ["choose", "P1", "token", "3"];
        let (_, tag) = proof.split_once('-').unwrap();
        let ahead = format!("{}-{tag}", i64::MAX);
        for forged in ["", "-", "1-", "x-y", &proof[..proof.len() - 1], &format!("{proof}0"), &ahead] {
            assert!(!super::is_proved(&links, &about, forged, now), "{forged}");
        }
    }

    #[test]
    fn what_another_site_sends_is_foreign() {
        let is_foreign = |pairs: &[(&'static str, &'static str)]| {
            let mut headers = HeaderMap::new();
            pairs.iter().for_each(|(name, value)| {
                headers.insert(*name, value.parse().unwrap());
            });
            is_foreign(&headers, "https://pw.example/parcels")
        };
        let host = ("host", "pw.example");
        for ours in [
            vec![host],
            vec![host, ("origin", "null")],
            vec![host, ("origin", "https://pw.example")],
            vec![host, ("origin", "null"), ("sec-fetch-site", "same-origin")],
            vec![("host", "10.0.0.1:8080"), ("origin", "https://pw.example")],
            vec![("host", "localhost:8080"), ("origin", "http://localhost:8080")],
        ] {
            assert!(!is_foreign(&ours), "{ours:?}");
        }
        for foreign in [
            vec![host, ("origin", "https://evil.example")],
            vec![host, ("origin", "https://pw.example.evil.example")],
            vec![host, ("origin", "null"), ("sec-fetch-site", "cross-site")],
            vec![host, ("sec-fetch-site", "same-site")],
            vec![host, ("origin", "nonsense")],
        ] {
            assert!(is_foreign(&foreign), "{foreign:?}");
        }
    }
}
