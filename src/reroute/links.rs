//! Links in notices (wire.md, "links"): `/r/{parcel_id}/{token}`, and what else is signed under the same key.
//!
//! A token is 13 characters of base32: 15 bits of the last day on which it is valid, counted from 2000-01-01 UTC, and a 50-bit
//! MAC over parcel, journey, audience and day. Any instance can check it; nothing has to be looked up, so a
//! forged one is refused before anybody asks whether the parcel exists. Whoever guesses has one chance in 2^45 a try.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::base32;
use crate::model::{Audience, Channel, LINK_AUDIENCES, RecipientKey, Timestamp};

/// A link does not name its journey: as many are tried. Larger weakens the MAC by a bit per doubling; a parcel id that is used
/// anew more often than this gets links that do not open.
const JOURNEYS_MAX: u32 = 16;

const MAC_BITS: u32 = 50;

/// 2000-01-01T00:00:00Z.
const EPOCH_MS: i64 = 946_684_800_000;
const DAY_MS: i64 = 86_400_000;

/// The secret under which links are signed. Changing it makes every link invalid.
#[derive(Clone)]
pub struct LinkKey(Box<[u8]>);

impl LinkKey {
    /// Takes the secret's bytes.
    pub fn new(secret: impl Into<Vec<u8>>) -> LinkKey {
        LinkKey(secret.into().into_boxed_slice())
    }
}

impl fmt::Debug for LinkKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LinkKey(..)")
    }
}

/// What a genuine link says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    #[allow(missing_docs)]
    pub journey: u32,
    /// Whose link it is.
    pub audience: Audience,
    /// The last day on which it is valid.
    pub day: u16,
}

impl Link {
    /// Whether it is too old at `now`.
    pub fn has_expired(&self, now: Timestamp) -> bool {
        Links::day(now) > self.day
    }
}

/// Makes and checks links.
#[derive(Clone, Debug)]
pub struct Links {
    base_url: String,
    key: LinkKey,
}

impl Links {
    /// Links that begin with `base_url`, `https://pw.example` say.
    pub fn new(base_url: &str, key: LinkKey) -> Links {
        Links { base_url: base_url.trim_end_matches('/').to_owned(), key }
    }

    /// With what every link begins, without a slash at its end.
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// The day of an instant, counted from 2000-01-01 UTC; the last one that a token can name from 2089 on.
    pub fn day(at: Timestamp) -> u16 {
        let day = (at.as_millis() - EPOCH_MS).div_euclid(DAY_MS);
        u16::try_from(day.clamp(0, 0x7fff)).unwrap_or(0x7fff)
    }

    /// The link for a reader of notices about a parcel.
    pub fn parcel(&self, parcel_id: &str, link: Link) -> String {
        format!("{}/r/{}/{}", self.base_url, escaped(parcel_id), self.token(parcel_id, link))
    }

    /// The token of a link.
    pub fn token(&self, parcel_id: &str, link: Link) -> String {
        let mac = self.parcel_mac(parcel_id, link);
        base32::encode(u128::from(link.day & 0x7fff) << MAC_BITS | u128::from(mac))
    }

    /// What a token says of this parcel; none where it was not made by [`Links::token`] for it. Takes as long for
    /// every token of the right form.
    pub fn read(&self, parcel_id: &str, token: &str) -> Option<Link> {
        let bits = base32::decode(token)?;
        let day = u16::try_from(bits >> MAC_BITS).ok()?;
        let given = (bits & ((1 << MAC_BITS) - 1)) as u64;
        let mut found = None;
        for audience in LINK_AUDIENCES {
            for journey in 1..=JOURNEYS_MAX {
                let link = Link { journey, audience, day };
                // Compared as numbers, which takes the same time wherever they differ.
                if self.parcel_mac(parcel_id, link) ^ given == 0 {
                    found = Some(link);
                }
            }
        }
        found
    }

    /// Where one click ends a channel for a recipient (RFC 8058). It does not expire: an old mail must still
    /// be able to stop the next one.
    pub fn unsubscribe(&self, key: &RecipientKey, channel: Channel) -> String {
        let token = self.unsubscribe_token(key, channel);
        format!("{}/u/{}/{}/{token}", self.base_url, escaped(key.as_str()), channel.name())
    }

    /// Whether that link was made here.
    pub fn may_unsubscribe(&self, key: &RecipientKey, channel: Channel, token: &str) -> bool {
        let given = base32::decode(token).unwrap_or(u128::MAX);
        base32::decode(&self.unsubscribe_token(key, channel)).is_some_and(|known| known ^ given == 0)
    }

    fn unsubscribe_token(&self, key: &RecipientKey, channel: Channel) -> String {
        self.tag(&["unsubscribe", key.as_str(), channel.name()])
    }

    /// 65 bits over texts, as a token: for forms and whatever else a page must get back unchanged. The first part names
    /// the purpose.
    pub fn tag(&self, parts: &[&str]) -> String {
        base32::encode(u128::from_be_bytes(first_bytes(&self.mac(parts))))
    }

    fn parcel_mac(&self, parcel_id: &str, link: Link) -> u64 {
        let (journey, day) = (link.journey.to_string(), link.day.to_string());
        let mac = self.mac(&["parcel", parcel_id, &journey, link.audience.name(), &day]);
        u64::from_be_bytes(first_bytes(&mac)) >> (64 - MAC_BITS)
    }

    fn mac(&self, parts: &[&str]) -> [u8; 32] {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.key.0).expect("HMAC takes a key of any length");
        for part in parts {
            mac.update(&(part.len() as u64).to_le_bytes());
            mac.update(part.as_bytes());
        }
        mac.finalize().into_bytes().into()
    }
}

fn first_bytes<const N: usize>(mac: &[u8; 32]) -> [u8; N] {
    std::array::from_fn(|i| mac[i])
}

/// A text as one segment of a path (RFC 3986).
fn escaped(text: &str) -> String {
    let mut path = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b':' => path.push(char::from(byte)),
            other => path.push_str(&format!("%{other:02X}")),
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINK: Link = Link { journey: 1, audience: Audience::Recipient, day: 9822 };

    fn links() -> Links {
        Links::new("https://pw.example/", LinkKey::new(*b"secret"))
    }

    #[test]
    fn a_link_says_what_it_was_made_with_and_is_short_enough_for_a_text() {
        for link in [LINK, Link { journey: 16, ..LINK }, Link { audience: Audience::Sender, day: 0x7fff, ..LINK }] {
            let token = links().token("SF1024000000017", link);
            assert_eq!(token.len(), 13);
            assert_eq!(links().read("SF1024000000017", &token), Some(link));
            assert_eq!(links().read("SF1024000000017", &token.to_uppercase()), Some(link));
        }
        let url = links().parcel("SF 1/2", LINK);
        assert!(url.starts_with("https://pw.example/r/SF%201%2F2/") && url.len() == 45, "{url}");
    }

    #[test]
    fn no_link_opens_another_parcel_or_another_day_and_none_is_forged_by_a_changed_character() {
        let token = links().token("P1", LINK);
        assert_eq!(links().read("P2", &token), None);
        assert_eq!(Links::new("", LinkKey::new(*b"another")).read("P1", &token), None);
        for place in 0..token.len() {
            for digit in
                "0123456789abcdefghjkmnpqrstvwxyz".chars().filter(|digit| token.chars().nth(place) != Some(*digit))
            {
                let forged: String =
                    token.chars().enumerate().map(|(i, c)| if i == place { digit } else { c }).collect();
                assert_eq!(links().read("P1", &forged), None, "{forged}");
            }
        }
        for text in ["", "0", "00000000000000", "!!!!!!!!!!!!!", "ééééééé"] {
            assert_eq!(links().read("P1", text), None);
        }
    }

    #[test]
    fn a_link_is_valid_through_its_last_day() {
        let at = |text: &str| Timestamp::parse(text).unwrap();
        let link = Link { day: Links::day(at("2026-11-22T00:00:00Z")), ..LINK };
        assert!(!link.has_expired(at("2026-11-22T23:59:59.999Z")));
        assert!(link.has_expired(at("2026-11-23T00:00:00Z")));
    }

    #[test]
    fn one_click_ends_one_channel_of_one_person() {
        let (one, other) = (RecipientKey::from_text("p:1"), RecipientKey::from_text("p:2"));
        let url = links().unsubscribe(&one, Channel::Email);
        let token = url.strip_prefix("https://pw.example/u/p:1/email/").unwrap();
        assert!(links().may_unsubscribe(&one, Channel::Email, token));
        assert!(!links().may_unsubscribe(&other, Channel::Email, token));
        assert!(!links().may_unsubscribe(&one, Channel::Sms, token));
        assert!(!links().may_unsubscribe(&one, Channel::Email, "nonsense"));
    }
}
