//! Identities that are functions of content, and the second proof.

use sha2::{Digest, Sha256};

use super::{Doubt, Links};
use crate::model::{Audience, Detail, RerouteOption};

/// What a choice is made of: the same twice is one choice.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs)]
pub struct ChoiceParts<'a> {
    pub parcel_id: &'a str,
    pub journey: u32,
    /// Whose link chose.
    pub audience: Audience,
    pub option: RerouteOption,
    pub detail: &'a Detail,
    /// What the page showed (`Page::revision`): the same may be chosen again after something else.
    pub revision: u32,
    /// As [`proof`] makes it: a corrected one is another try.
    pub proof: Option<&'a str>,
}

/// The id of a choice.
pub fn choice_id(parts: ChoiceParts<'_>) -> String {
    let ChoiceParts { parcel_id, journey, audience, option, detail, revision, proof } = parts;
    let slot = detail.slot.map_or_else(String::new, |slot| format!("{}-{}", slot.from, slot.to));
    let (place, text) = (detail.place.as_deref().unwrap_or_default(), detail.text.as_deref().unwrap_or_default());
    let (journey, revision) = (journey.to_string(), revision.to_string());
    let proof = proof.unwrap_or_default();
    let all = [parcel_id, &journey, audience.name(), option.name(), place, &slot, text, &revision, proof];
    format!("rr_{}", digest(&all))
}

const ANSWER: &str = "an_";

/// The id of an answer to a doubt: the same given twice is one.
pub fn answer_id(parcel_id: &str, journey: u32, doubt: &Doubt, has_it: bool) -> String {
    let (journey, since, count) = (journey.to_string(), doubt.since.to_string(), doubt.count.to_string());
    let answer = if has_it { "yes" } else { "no" };
    format!("{ANSWER}{}", digest(&[parcel_id, &journey, &since, &count, answer]))
}

/// Whether an id of ours is an answer's and no choice's.
pub fn is_answer(id: &str) -> bool {
    id.starts_with(ANSWER)
}

/// The id of the work that a choice makes.
pub fn work_order_id(parcel_id: &str, journey: u32, reroute_id: &str) -> String {
    format!("wo_{}", digest(&[parcel_id, &journey.to_string(), reroute_id]))
}

/// 128 bits of SHA-256 over the parts, none of which can run into the next.
fn digest(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part.as_bytes());
    }
    hex::encode(&hash.finalize()[..16])
}

/// Digits that the second proof asks for, from the end of the phone.
const PROOF_DIGITS: usize = 4;

/// The second proof as records carry it, made of what a customer typed; none where that is not four digits. Keyed, since
/// there are only 10,000 of them.
pub fn proof(links: &Links, parcel_id: &str, typed: &str) -> Option<String> {
    let digits: String = typed.trim().chars().filter_map(ascii_digit).collect();
    let all = typed.trim().chars().all(|c| ascii_digit(c).is_some());
    (all && digits.len() == PROOF_DIGITS).then(|| links.tag(&["proof", parcel_id, &digits]))
}

/// What [`proof`] has to be for the owner of a phone; none where it has too few digits.
pub fn proof_of_phone(links: &Links, parcel_id: &str, phone: &str) -> Option<String> {
    let digits: String = phone.chars().filter(char::is_ascii_digit).collect();
    let tail = digits.get(digits.len().checked_sub(PROOF_DIGITS)?..)?;
    proof(links, parcel_id, tail)
}

/// Also as Chinese keyboards write them.
fn ascii_digit(c: char) -> Option<char> {
    match c {
        '0'..='9' => Some(c),
        '\u{ff10}'..='\u{ff19}' => char::from_digit(u32::from(c) - 0xff10, 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reroute::LinkKey;

    #[test]
    fn the_same_choice_has_the_same_id_and_any_other_another() {
        let locker = Detail { place: Some("LK-1".into()), ..Detail::default() };
        let other = Detail { place: Some("LK-2".into()), ..Detail::default() };
        let parts = ChoiceParts {
            parcel_id: "P1",
            journey: 1,
            audience: Audience::Recipient,
            option: RerouteOption::Locker,
            detail: &locker,
            revision: 0,
            proof: None,
        };
        assert_eq!(choice_id(parts), choice_id(parts));
        for changed in [
            ChoiceParts { parcel_id: "P2", ..parts },
            ChoiceParts { journey: 2, ..parts },
            ChoiceParts { audience: Audience::Sender, ..parts },
            ChoiceParts { option: RerouteOption::Station, ..parts },
            ChoiceParts { detail: &other, ..parts },
            ChoiceParts { revision: 1, ..parts },
            ChoiceParts { proof: Some("x"), ..parts },
        ] {
            assert_ne!(choice_id(parts), choice_id(changed), "{changed:?}");
        }
    }

    #[test]
    fn the_last_four_digits_prove_who_one_is_however_they_are_typed() {
        let links = Links::new("https://pw.example", LinkKey::new(*b"secret"));
        let known = proof_of_phone(&links, "P1", "+86 138 0000 1234");
        assert!(known.is_some());
        for typed in ["1234", " 1234 ", "１２３４"] {
            assert_eq!(proof(&links, "P1", typed), known, "{typed}");
        }
        assert_ne!(proof(&links, "P1", "1235"), known);
        assert_ne!(proof(&links, "P2", "1234"), known, "seen in one record, used for another parcel");
        for typed in ["", "123", "12345", "12 34", "abcd", "1234x"] {
            assert_eq!(proof(&links, "P1", typed), None, "{typed}");
        }
        assert_eq!(proof_of_phone(&links, "P1", "123"), None);
    }
}
