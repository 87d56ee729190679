//! Which attempt a text belongs to, as a provider carries it and gives it back.
//!
//! Notice, recipient key and attempt: enough to write a receipt without knowing anything else, and no contact in it.

use std::fmt;

use crate::model::{Attempt, NoticeId, RecipientKey};

/// Aliyun's `OutId` must be shorter than 256 bytes.
const LENGTH_MAX: usize = 255;

/// An attempt, by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    #[allow(missing_docs)]
    pub notice_id: NoticeId,
    #[allow(missing_docs)]
    pub recipient_key: RecipientKey,
    /// From 1.
    pub attempt: u32,
}

impl Reference {
    /// The reference of an attempt; none where notice or recipient have names that do not come back as they went out.
    pub fn of(attempt: &Attempt) -> Option<Reference> {
        let reference = Reference {
            notice_id: attempt.notice_id.clone(),
            recipient_key: attempt.recipient_key.clone(),
            attempt: attempt.attempt,
        };
        let text = reference.to_string();
        let comes_back = text.len() <= LENGTH_MAX && Reference::parse(&text).as_ref() == Some(&reference);
        comes_back.then_some(reference)
    }

    /// Reads `NOTICE.KEY.ATTEMPT`; none where it is not ours.
    pub fn parse(text: &str) -> Option<Reference> {
        let (notice_id, rest) = text.split_once('.')?;
        let (recipient_key, attempt) = rest.rsplit_once('.')?;
        Reference::from_parts(notice_id, recipient_key, attempt)
    }

    /// The same from its parts.
    pub fn from_parts(notice_id: &str, recipient_key: &str, attempt: &str) -> Option<Reference> {
        let is_notice = notice_id.starts_with("ntc_")
            && notice_id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte));
        // What is longer never went out; from outside it would become a record that no topic takes.
        let fits = notice_id.len() <= LENGTH_MAX && recipient_key.len() <= LENGTH_MAX;
        let is_key = !recipient_key.is_empty() && !recipient_key.chars().any(char::is_control);
        let attempt = attempt.parse().ok().filter(|attempt| *attempt > 0)?;
        (fits && is_notice && is_key).then(|| Reference {
            notice_id: NoticeId::from_text(notice_id),
            recipient_key: RecipientKey::from_text(recipient_key),
            attempt,
        })
    }

    /// Whether both are attempts to tell the same to the same.
    pub fn is_same_notice(&self, other: &Reference) -> bool {
        self.notice_id == other.notice_id && self.recipient_key == other.recipient_key
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.notice_id, self.recipient_key, self.attempt)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Destination, Message, Timestamp};

    fn of(key: &str) -> Option<Reference> {
        Reference::of(&Attempt {
            notice_id: NoticeId::of(&["P1", "stalled"]),
            recipient_key: RecipientKey::from_text(key),
            attempt: 2,
            unknown_since: None,
            deadline: Timestamp::LAST,
            destination: Destination::Webhook { url: String::new(), secrets: Vec::new() },
            message: Message::Json(String::new()),
        })
    }

    #[test]
    fn a_reference_comes_back_as_it_went_out() {
        for key in ["p:9f2c00112233445566778899", "merchant:M-0042", "merchant:a.b.c", "merchant:店铺 1", "service"] {
            let reference = of(key).unwrap();
            assert_eq!(Reference::parse(&reference.to_string()), Some(reference));
        }
    }

    #[test]
    fn a_key_that_does_not_fit_is_refused() {
        assert_eq!(of(&"m".repeat(220)), None);
        assert_eq!(of("a\nb"), None);
    }

    #[test]
    fn what_is_not_ours_is_none() {
        for text in
            ["", "order-77", "ntc_1", "ntc_1.p:1", "ntc_1.p:1.0", "ntc_1.p:1.x", "ntc_1..1", "abc.p:1.1", "ntc_/.p:1.1"]
        {
            assert_eq!(Reference::parse(text), None, "{text}");
        }
        let long = "1".repeat(LENGTH_MAX + 1);
        assert!(Reference::from_parts("ntc_1", &long[1..], "1").is_some());
        assert_eq!(Reference::from_parts("ntc_1", &long, "1"), None);
        assert_eq!(Reference::from_parts(&format!("ntc_{long}"), "p:1", "1"), None);
    }
}
