//! Twilio's callbacks: forms, signed with the account's auth token.
//!
//! Signed is the URL that Twilio was given, followed by the form's names and values in the order of the names, by
//! HMAC-SHA1. Whether a usual port is part of that URL is not always the same, so both ways are tried, as Twilio's own
//! libraries do. The URL is the configured one and not what the request says of its host, which a proxy may change and
//! anybody may claim.

use std::collections::BTreeSet;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;

use super::reference::Reference;
use super::{Heard, OptChange, ReportedOutcome, Said, Timestamp, receipt, word};

/// The header of the signature.
pub const SIGNATURE: &str = "x-twilio-signature";

/// "Opted out": the recipient has sent STOP to this sender.
const OPTED_OUT: &str = "21610";

/// A form that Twilio signed.
pub(super) struct Form(BTreeSet<(String, String)>);

impl Form {
    /// Reads the form where the signature is right.
    pub(super) fn signed(url: &str, body: &[u8], signature: &[u8], token: &[u8]) -> Option<Form> {
        let form = Form(form_urlencoded::parse(body).into_owned().collect());
        let signature = STANDARD.decode(signature).ok()?;
        let is_right = |url: &str| {
            let mut mac = Hmac::<Sha1>::new_from_slice(token).expect("HMAC takes a key of any length");
            mac.update(url.as_bytes());
            for (name, value) in &form.0 {
                mac.update(name.as_bytes());
                mac.update(value.as_bytes());
            }
            // Takes equally long wherever they differ.
            mac.verify_slice(&signature).is_ok()
        };
        (is_right(url) || other_spelling(url).is_some_and(|url| is_right(&url))).then_some(form)
    }

    /// What a status says of an attempt; none while it is on its way.
    pub(super) fn status(&self, reference: &Reference, now: Timestamp) -> Option<Heard> {
        let status = self.value("MessageStatus")?;
        let outcome = match status {
            "delivered" => ReportedOutcome::Delivered,
            "undelivered" | "failed" | "canceled" => ReportedOutcome::Refused,
            // accepted, scheduled, queued, sending, sent, read
            _ => return None,
        };
        let mut receipt = receipt(reference, now, outcome);
        receipt.provider_id = self.value("MessageSid").filter(|sid| is_message(sid)).map(str::to_owned);
        if outcome == ReportedOutcome::Refused {
            let code = self.value("ErrorCode").filter(|code| code.len() == 5 && code.parse::<u32>().is_ok());
            receipt.opted_out = code == Some(OPTED_OUT);
            let code = code.map(|code| format!(" ({code})")).unwrap_or_default();
            receipt.reason = Some(format!("twilio reports {status}{code}"));
        }
        Some(Heard::Receipt(receipt))
    }

    /// Who asks for no more texts, or for texts again; none where the message is something else.
    pub(super) fn reply(&self) -> Option<(String, OptChange)> {
        // Another kind of channel is written before a colon.
        let from = self.value("From").filter(|from| from.starts_with('+'))?;
        // With Advanced Opt-Out Twilio has already decided, by words that were entered there.
        let change = match self.value("OptOutType") {
            Some("STOP") => OptChange::OptOut,
            Some("START") => OptChange::OptIn,
            Some(_) => return None,
            None => word::change(self.value("Body")?)?,
        };
        Some((from.to_owned(), change))
    }

    fn value(&self, name: &str) -> Option<&str> {
        let pair = self.0.iter().find(|(known, _)| known == name);
        pair.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }
}

/// The URL with its usual port where it has none, and without a port where it has one.
fn other_spelling(url: &str) -> Option<String> {
    let scheme_end = url.find("://")? + 3;
    let host_end = url[scheme_end..].find(['/', '?']).map_or(url.len(), |at| scheme_end + at);
    let (authority, rest) = (&url[scheme_end..host_end], &url[host_end..]);
    let scheme = &url[..scheme_end];
    let usual = match scheme {
        "https://" => 443,
        "http://" => 80,
        _ => return None,
    };
    // The colon of a port stands after the bracket of an IPv6 address.
    let port = authority.rfind(':').filter(|at| *at > authority.rfind(']').unwrap_or(0));
    match port {
        Some(at) => Some(format!("{scheme}{}{rest}", &authority[..at])),
        None => Some(format!("{scheme}{authority}:{usual}{rest}")),
    }
}

/// Twilio's name of a message: SM or MM and 32 hexadecimal digits.
pub fn is_message(sid: &str) -> bool {
    let rest = sid.strip_prefix("SM").or_else(|| sid.strip_prefix("MM"));
    rest.is_some_and(|rest| rest.len() == 32 && rest.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// Twilio expects instructions: none.
pub(super) fn answered(heard: Vec<Heard>) -> Said {
    Said { heard, content_type: "text/xml", answer: r#"<?xml version="1.0" encoding="UTF-8"?><Response/>"# }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twilio_s_documented_signature_is_believed() {
        // "Webhooks security", its example.
        let url = "https://example.com/myapp.php?foo=1&bar=2";
        let body = b"Digits=1234&To=%2B18005551212&From=%2B14158675310&Caller=%2B14158675310&CallSid=CA1234567890ABCDE";
        assert!(Form::signed(url, body, b"L/OH5YylLD5NRKLltdqwSvS0BnU=", b"12345").is_some());
        assert!(Form::signed(url, body, b"L/OH5YylLD5NRKLltdqwSvS0BnU=", b"12346").is_none());
    }

    #[test]
    fn a_port_may_be_written_or_not() {
        for (url, other) in [
            ("https://p.example/a?b=c", "https://p.example:443/a?b=c"),
            ("https://p.example:443/a", "https://p.example/a"),
            ("https://p.example:8443/a", "https://p.example/a"),
            ("http://p.example/a", "http://p.example:80/a"),
            ("http://[::1]/a", "http://[::1]:80/a"),
            ("http://[::1]:80/a:b", "http://[::1]/a:b"),
        ] {
            assert_eq!(other_spelling(url).as_deref(), Some(other), "{url}");
        }
    }
}
