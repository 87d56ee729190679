//! Forms of our pages: what one says, and whether it is ours.
//!
//! A form proves that it comes from our page by a tag that only we can make, over the link, the state that the page showed and
//! the hour.

use std::borrow::Cow;

use super::Links;
use crate::model::Timestamp;

/// How long a page may lie open. Longer: what it shows is old. Shorter: people who were interrupted start again.
const HOURS_MAX: i64 = 12;
const HOUR_MS: i64 = 3_600_000;

/// The fields of a form.
pub struct Form<'a>(Vec<(Cow<'a, str>, Cow<'a, str>)>);

impl<'a> Form<'a> {
    /// Reads a body.
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
pub fn prove(links: &Links, about: &[&str], now: Timestamp) -> String {
    let hour = now.as_millis().div_euclid(HOUR_MS);
    format!("{hour}-{}", tag(links, about, hour))
}

/// Whether a proof is ours, for this, and not too old.
pub fn is_proved(links: &Links, about: &[&str], proof: &str, now: Timestamp) -> bool {
    let Some((hour, given)) = proof.split_once('-') else { return false };
    let Ok(hour) = hour.parse::<i64>() else { return false };
    let age = now.as_millis().div_euclid(HOUR_MS).saturating_sub(hour);
    let known = tag(links, about, hour);
    (0..=HOURS_MAX).contains(&age) && is_same(&known, given)
}

/// Whether a tag is the one that it has to be: equally long, and compared to the end wherever they differ.
pub fn is_same(known: &str, given: &str) -> bool {
    let differences = known.bytes().zip(given.bytes()).fold(0, |all, (a, b)| all | (a ^ b));
    known.len() == given.len() && differences == 0
}

fn tag(links: &Links, about: &[&str], hour: i64) -> String {
    let hour = hour.to_string();
    links.tag(&[&["form"], about, &[&hour]].concat())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::LinkKey;
    use super::*;

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
}
