//! What a relay's answer means for the mail.
//!
//! Reasons carry the numbers of the answer (`550 5.1.1`) and never its text, which repeats addresses.

use lettre::transport::smtp::Error;
use lettre::transport::smtp::response::Response;

use super::super::Outcome;

/// The answer to sender, recipient or `DATA`: the body has not gone out.
pub(super) fn to_envelope(what: &'static str, error: &Error) -> Outcome {
    // 530 and 538 demand a login or TLS, 535 refuses one: about us, not about the mail.
    let ours = error.status().is_some_and(|code| matches!(u16::from(code), 530 | 534 | 535 | 538));
    if error.is_permanent() && !ours {
        Outcome::refused(numbered(&format!("mail server refused {what}"), error))
    } else if error.status().is_some() {
        Outcome::retry(numbered(&format!("mail server put off {what}"), error))
    } else {
        Outcome::retry("connection to the mail server lost before the body")
    }
}

/// The answer to the body, or its absence.
pub(super) fn to_body(error: &Error) -> Outcome {
    if error.is_permanent() {
        Outcome::refused(numbered("mail server refused the mail", error))
    } else if error.is_transient() {
        Outcome::retry(numbered("mail server put off the mail", error))
    } else {
        Outcome::unknown("connection to the mail server lost after the body")
    }
}

/// `reason` and the numbers of the answer, where there is one.
pub(super) fn numbered(reason: &str, error: &Error) -> String {
    let Some(code) = error.status() else { return reason.to_owned() };
    let text = std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
    match text.split_whitespace().next().filter(|word| is_enhanced(word)) {
        Some(enhanced) => format!("{reason} ({code} {enhanced})"),
        None => format!("{reason} ({code})"),
    }
}

/// `5.1.1` (RFC 3463).
fn is_enhanced(word: &str) -> bool {
    let parts: Vec<&str> = word.split('.').collect();
    let is_number = |part: &&str| (1..=3).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
    parts.len() == 3 && matches!(parts[0], "2" | "4" | "5") && parts.iter().all(is_number)
}

/// The relay's name for the mail: what follows `queued as` (Postfix, Exim and those who follow them), else a last
/// word that looks like a name and not like prose or an address.
pub(super) fn queue_id(response: &Response) -> Option<String> {
    let text: Vec<&str> = response.message().flat_map(str::split_whitespace).collect();
    let is_name = |word: &&str| {
        (6..=80).contains(&word.len())
            && word.bytes().any(|b| b.is_ascii_digit())
            && word.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
    };
    let queued = text.windows(3).find(|words| words[0] == "queued" && words[1] == "as").map(|words| words[2]);
    queued.or_else(|| text.last().copied()).filter(is_name).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_relay_s_name_for_the_mail_is_found_and_nothing_else() {
        for (text, id) in [
            ("250 2.0.0 Ok: queued as 4XyZ1234", Some("4XyZ1234")),
            ("250 Ok 0102018f2b7c1a11-7c9c2b5d-000000", Some("0102018f2b7c1a11-7c9c2b5d-000000")),
            ("250 OK", None),
            ("250 accepted for wf1@example.com", None),
            ("250 Message accepted for delivery", None),
        ] {
            let response: Response = format!("{text}\r\n").parse().unwrap();
            assert_eq!(queue_id(&response).as_deref(), id, "{text}");
        }
    }

    #[test]
    fn only_numbers_count_as_enhanced_codes() {
        for (word, is) in [("5.1.1", true), ("4.2.2", true), ("10.0.0", false), ("5.1", false), ("5.1.x", false)] {
            assert_eq!(is_enhanced(word), is, "{word}");
        }
    }
}
