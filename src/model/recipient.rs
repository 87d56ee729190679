//! Who is told, and under which key: topics, logs and metrics carry the key, never a contact.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

/// A person's contacts as a shipment names them (wire.md, "shipment"). Part of saved state, whose
/// encoding knows no skipped fields: what is absent is `null` in JSON.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recipient {
    /// The order system's name for the person.
    #[serde(default)]
    pub id: Option<String>,
    #[allow(missing_docs)]
    #[serde(default)]
    pub name: Option<String>,
    /// E.164 where the order system is tidy.
    #[serde(default)]
    pub phone: Option<String>,
    #[allow(missing_docs)]
    #[serde(default)]
    pub email: Option<String>,
    /// BCP 47, `zh-CN` say.
    #[serde(default)]
    pub locale: Option<String>,
    /// IANA name, `Asia/Shanghai` say.
    #[serde(default)]
    pub time_zone: Option<String>,
}

impl Recipient {
    /// The phone in E.164; none where the text is no international number.
    pub fn phone(&self) -> Option<String> {
        let phone = self.phone.as_deref()?.trim();
        let is_international = phone.starts_with('+') || phone.starts_with("00");
        normalised_phone(phone).filter(|phone| is_international && (8..=16).contains(&phone.len()))
    }
}

impl fmt::Debug for Recipient {
    /// Says which contacts there are, never what they are: debug output ends in logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recipient")
            .field("phone", &self.phone.is_some())
            .field("email", &self.email.is_some())
            .field("locale", &self.locale)
            .finish_non_exhaustive()
    }
}

/// The secret under which contacts are hashed to keys. Changing it makes everybody a stranger.
#[derive(Clone)]
pub struct HashKey(Box<[u8]>);

impl HashKey {
    /// Takes the secret's bytes.
    pub fn new(secret: impl Into<Vec<u8>>) -> HashKey {
        HashKey(secret.into().into_boxed_slice())
    }
}

impl fmt::Debug for HashKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HashKey(..)")
    }
}

/// The key of a recipient in topics and states (wire.md, "Recipient key").
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RecipientKey(String);

impl RecipientKey {
    /// A person: keyed hash of the normalised phone, else of the mail address, else of the id; none
    /// where the order names none of them.
    pub fn person(hash_key: &HashKey, person: &Recipient) -> Option<RecipientKey> {
        let phone = person.phone.as_deref().and_then(normalised_phone).map(|phone| ("tel", phone));
        let email = || person.email.as_deref().map(str::trim).filter(|email| !email.is_empty());
        let id = || person.id.as_deref().filter(|id| !id.is_empty());
        let (kind, text) = phone
            .or_else(|| email().map(|email| ("mail", email.to_lowercase())))
            .or_else(|| id().map(|id| ("id", id.to_owned())))?;
        let mut mac = Hmac::<Sha256>::new_from_slice(&hash_key.0).expect("HMAC takes a key of any length");
        mac.update(kind.as_bytes());
        mac.update(b":");
        mac.update(text.as_bytes());
        // 96 bits: among 10^9 people two share a key with a chance below 10^-10.
        Some(RecipientKey(format!("p:{}", hex::encode(&mac.finalize().into_bytes()[..12]))))
    }

    /// A merchant.
    pub fn merchant(merchant: &str) -> RecipientKey {
        RecipientKey(format!("merchant:{merchant}"))
    }

    /// The people who run a hub.
    pub fn hub(hub: &str) -> RecipientKey {
        RecipientKey(format!("hub:{hub}"))
    }

    /// Customer service.
    pub fn service() -> RecipientKey {
        RecipientKey("service".to_owned())
    }

    /// Whether it is a person's: hubs, merchants and customer service have no preferences.
    pub fn is_person(&self) -> bool {
        self.0.starts_with("p:")
    }

    /// A key as it was read from a record.
    pub fn from_text(text: impl Into<String>) -> RecipientKey {
        RecipientKey(text.into())
    }

    /// The key's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RecipientKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Digits and a leading plus; none where the text is no international number. Without a country code
/// a number is taken as it stands: the same text is still the same person.
fn normalised_phone(phone: &str) -> Option<String> {
    let digits: String = phone.chars().filter(char::is_ascii_digit).collect();
    let digits = digits.strip_prefix("00").unwrap_or(&digits);
    (digits.len() >= 5).then(|| format!("+{digits}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(phone: Option<&str>, email: Option<&str>, id: Option<&str>) -> Option<String> {
        let person = Recipient {
            phone: phone.map(Into::into),
            email: email.map(Into::into),
            id: id.map(Into::into),
            ..Recipient::default()
        };
        RecipientKey::person(&HashKey::new(*b"secret"), &person).map(|key| key.to_string())
    }

    #[test]
    fn the_same_phone_written_differently_is_the_same_person() {
        let plain = key(Some("+8613800000000"), None, None);
        assert!(plain.is_some());
        assert_eq!(plain, key(Some("0086 138-0000-0000"), Some("other@example.com"), Some("c-1")));
        assert_ne!(plain, key(Some("+8613800000001"), None, None));
    }

    #[test]
    fn a_person_without_phone_is_known_by_mail_then_by_id() {
        assert_eq!(key(None, Some("A@example.com "), None), key(Some("n/a"), Some("a@example.com"), Some("c-1")));
        assert_ne!(key(None, None, Some("c-1")), key(None, None, Some("c-2")));
        assert_eq!(key(None, None, None), None);
    }

    #[test]
    fn no_contact_is_in_the_key_or_in_debug_output() {
        let person =
            Recipient { phone: Some("+8613800000000".into()), name: Some("王芳".into()), ..Recipient::default() };
        let text = format!("{person:?} {:?}", RecipientKey::person(&HashKey::new(*b"s"), &person));
        assert!(!text.contains("138000") && !text.contains("王芳"), "{text}");
    }
}
