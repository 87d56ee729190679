//! What Twilio's answers mean.

use serde::Deserialize;

use super::super::super::Outcome;
use super::super::api::Answer;
use crate::callback::is_message;

/// What an error is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum About {
    /// The recipient has sent STOP.
    OptOut,
    /// Nobody can be reached by a text under this number, or not by us.
    Number,
    /// Limits and trouble that pass.
    Now,
    /// Our login or account: not this text's fault, and somebody can put it right.
    Us,
}

/// Twilio's error codes, as far as they say more than the status does.
const CODES: [(u32, About); 21] = [
    (21610, About::OptOut),
    // Invalid; no mobile number; not to be reached from this sender; a region that is not allowed; our own number;
    // a short code or a premium number; a landline.
    (21211, About::Number),
    (21214, About::Number),
    (21217, About::Number),
    (21265, About::Number),
    (21266, About::Number),
    (21408, About::Number),
    (21421, About::Number),
    (21612, About::Number),
    (21614, About::Number),
    (21635, About::Number),
    // Rate of messages; queue of the sender full; maintenance; too many requests; queue overflow.
    (14107, About::Now),
    (20429, About::Now),
    (21611, About::Now),
    (21730, About::Now),
    (30001, About::Now),
    (30022, About::Now),
    // Login; no right; account not active, suspended or not found.
    (20003, About::Us),
    (20005, About::Us),
    (20008, About::Us),
    (30002, About::Us),
];

/// The meaning of an answer to "send this".
pub(super) fn outcome(answer: &Answer) -> Outcome {
    let status = answer.status;
    match status {
        200..=299 => taken(answer),
        300..=399 => Outcome::retry(format!("twilio redirects ({status}), which is not followed")),
        _ => {
            let code = serde_json::from_slice(&answer.body).ok().and_then(|Fault { code }| code);
            let number = code.map_or_else(|| status.to_string(), |code| format!("{status}, {code}"));
            match about(status, code) {
                Some(About::OptOut) => Outcome::Refused {
                    reason: format!("recipient opted out at twilio ({number})").into(),
                    endpoint_gone: false,
                    opted_out: true,
                },
                Some(About::Number) => Outcome::refused(format!("twilio sends no texts to this number ({number})")),
                Some(About::Now) => Outcome::Retry {
                    after: answer.retry_after,
                    reason: format!("twilio asks to wait ({number})").into(),
                },
                Some(About::Us) => Outcome::retry(format!("twilio refused our account ({number})")),
                // It does not take anything at present, and says for how long.
                None if status == 503 && answer.retry_after.is_some() => Outcome::Retry {
                    after: answer.retry_after,
                    reason: format!("twilio is in trouble ({number})").into(),
                },
                // Its trouble, or somebody's between us and it: the text may have been taken before, and a repeat is another text.
                None if status >= 500 => Outcome::unknown(format!("twilio does not know ({number})")),
                None => Outcome::refused(format!("twilio refused the text ({number})")),
            }
        }
    }
}

fn about(status: u16, code: Option<u32>) -> Option<About> {
    let known = CODES.iter().find(|(known, _)| Some(*known) == code);
    known.map(|(_, about)| *about).or(match status {
        429 => Some(About::Now),
        // Login, right, account or address: nothing was said about the text.
        401 | 403 | 404 => Some(About::Us),
        _ => None,
    })
}

fn taken(answer: &Answer) -> Outcome {
    let sid = serde_json::from_slice(&answer.body).ok().map(|Message { sid }| sid).filter(|sid| is_message(sid));
    match (answer.status, sid) {
        // Taken, even where the connection was lost before the name.
        (201, provider_id) | (_, provider_id @ Some(_)) => Outcome::Delivered { provider_id },
        (status, None) => Outcome::unknown(format!("twilio answered something else ({status})")),
    }
}

#[derive(Deserialize)]
struct Message {
    sid: String,
}

#[derive(Deserialize)]
struct Fault {
    code: Option<u32>,
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const SID: &str = "SM0123456789abcdef0123456789ABCDEF";

    fn of(status: u16, body: &str) -> Outcome {
        outcome(&Answer { status, retry_after: Some(Duration::from_secs(7)), body: body.into() })
    }

    fn fault(status: u16, code: u32) -> Outcome {
        of(status, &format!(r#"{{"code":{code},"message":"The number +8613800000000 is bad","status":{status}}}"#))
    }

    #[test]
    fn what_was_taken_is_delivered_under_its_name() {
        let delivered = |id: Option<&str>| Outcome::Delivered { provider_id: id.map(str::to_owned) };
        assert_eq!(of(201, &format!(r#"{{"sid":"{SID}","status":"queued"}}"#)), delivered(Some(SID)));
        assert_eq!(of(200, &format!(r#"{{"sid":"{SID}"}}"#)), delivered(Some(SID)));
        assert_eq!(of(201, ""), delivered(None));
        assert_eq!(of(201, r#"{"sid":"+8613800000000"}"#), delivered(None));
        assert!(matches!(of(200, "<html>"), Outcome::Unknown { .. }));
    }

    #[test]
    fn an_opt_out_is_told_apart_from_every_other_refusal() {
        assert!(matches!(fault(400, 21610), Outcome::Refused { opted_out: true, .. }));
        for (status, code) in [(400, 21211), (400, 21614), (403, 21408), (400, 21606), (400, 99999)] {
            assert!(matches!(fault(status, code), Outcome::Refused { opted_out: false, .. }), "{code}");
        }
    }

    #[test]
    fn limits_and_trouble_are_tried_again() {
        let seven = Some(Duration::from_secs(7));
        for (status, code) in [(429, 20429), (429, 1), (400, 21611), (503, 20503)] {
            assert!(matches!(fault(status, code), Outcome::Retry { after, .. } if after == seven), "{status} {code}");
        }
        assert!(matches!(of(302, ""), Outcome::Retry { after: None, .. }));
    }

    #[test]
    fn a_fault_of_our_account_is_not_the_text_s() {
        for (status, code) in [(401, 20003), (403, 20403), (404, 20404), (403, 1), (404, 1)] {
            assert!(matches!(fault(status, code), Outcome::Retry { after: None, .. }), "{status} {code}");
        }
    }

    #[test]
    fn trouble_after_which_the_text_may_have_been_taken_leaves_doubt() {
        for status in [500, 502, 504, 599] {
            assert!(matches!(of(status, "<html>"), Outcome::Unknown { .. }), "{status}");
        }
        assert!(matches!(fault(500, 20500), Outcome::Unknown { .. }));
        let hasty = Answer { status: 503, retry_after: None, body: Vec::new() };
        assert!(matches!(outcome(&hasty), Outcome::Unknown { .. }));
    }

    #[test]
    fn no_reason_repeats_what_twilio_says() {
        for (status, code) in [(400, 21211), (400, 21610), (429, 20429), (401, 20003), (500, 20500), (400, 1)] {
            let reason = format!("{:?}", fault(status, code));
            assert!(!reason.contains("138000") && reason.contains(&format!("({status}, {code})")), "{reason}");
        }
    }
}
