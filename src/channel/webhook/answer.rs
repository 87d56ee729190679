//! What an endpoint's answer, or its absence, means.

use reqwest::StatusCode;
use reqwest::header::{HeaderMap, RETRY_AFTER};

use super::super::client::cause;
use super::super::content::Shut;
use super::super::strangers::retry_after;
use super::super::{Gate, Outcome};
use super::guard::Forbidden;

/// The meaning of an answer at `now_seconds` since 1970.
pub(super) fn outcome(status: StatusCode, headers: &HeaderMap, now_seconds: i64) -> Outcome {
    let code = status.as_u16();
    let wanted_rest = || headers.get(RETRY_AFTER).and_then(|value| retry_after(value.to_str().ok()?, now_seconds));
    match code {
        200..=299 => Outcome::Delivered { provider_id: None },
        410 => Outcome::Refused { reason: "endpoint is gone (410)".into(), endpoint_gone: true, opted_out: false },
        429 => Outcome::Retry { after: wanted_rest(), reason: format!("endpoint asks to wait ({code})").into() },
        // Its trouble, or that of a proxy before it: the webhook may have been taken before. Only who takes nothing at present, and says for
        // how long, has not.
        503 if let after @ Some(_) = wanted_rest() => {
            Outcome::Retry { after, reason: format!("endpoint asks to wait ({code})").into() }
        }
        500..=599 => {
            // Standard Webhooks has these slow us down.
            let after = if matches!(code, 502 | 504) { wanted_rest() } else { None };
            Outcome::Unknown { after, reason: format!("endpoint does not know ({code})").into() }
        }
        300..=399 => Outcome::retry(format!("endpoint redirects ({code}), which is not followed")),
        _ => Outcome::retry(format!("endpoint answered {code}")),
    }
}

/// The meaning of no answer to what was to pass this gate.
pub(super) fn missing(error: &reqwest::Error, gate: &Gate) -> Outcome {
    if let Some(shut) = cause::<Shut>(error) {
        shut.outcome()
    } else if let Some(forbidden) = cause::<Forbidden>(error) {
        Outcome::refused(forbidden.reason())
    } else if error.is_connect() {
        // Name, connection and TLS together: nothing of the request has gone out.
        Outcome::retry("cannot connect to the endpoint")
    } else if error.is_builder() {
        Outcome::refused("the endpoint's URL cannot be used")
    } else {
        gate.broken_off("connection to the endpoint lost before its answer")
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// Wed, 21 Oct 2015 07:28:00 GMT
    const NOW: i64 = 1_445_412_480;

    fn after(status: u16, value: Option<&str>) -> Outcome {
        let mut headers = HeaderMap::new();
        if let Some(value) = value {
            headers.insert(RETRY_AFTER, value.parse().unwrap());
        }
        outcome(StatusCode::from_u16(status).unwrap(), &headers, NOW)
    }

    #[test]
    fn an_answer_has_the_meaning_that_standard_webhooks_gives_it() {
        for status in [200, 201, 202, 204, 299] {
            assert_eq!(after(status, None), Outcome::Delivered { provider_id: None });
        }
        assert!(matches!(after(410, None), Outcome::Refused { endpoint_gone: true, .. }));
        for status in [301, 302, 304, 307, 400, 401, 404, 408, 422, 429] {
            let outcome = after(status, None);
            assert!(matches!(&outcome, Outcome::Retry { after: None, reason } if reason.contains(&status.to_string())));
        }
    }

    #[test]
    fn trouble_after_which_the_webhook_may_have_been_taken_leaves_doubt() {
        for status in [500, 501, 502, 503, 504, 520, 599] {
            let outcome = after(status, None);
            let says = format!("({status})");
            assert!(
                matches!(&outcome, Outcome::Unknown { after: None, reason } if reason.contains(&says)),
                "{outcome:?}"
            );
        }
        assert!(matches!(after(503, Some("7")), Outcome::Retry { .. }));
    }

    #[test]
    fn retry_after_is_obeyed_in_seconds_and_as_a_date() {
        for (status, value, seconds) in [
            (429, "7", Some(7)),
            (503, " 120 ", Some(120)),
            (502, "Wed, 21 Oct 2015 07:30:00 GMT", Some(120)),
            (504, "Wed, 21 Oct 2015 07:00:00 GMT", Some(0)),
            (429, "99999999999", Some(86_400)),
            (429, "Fri, 31 Dec 9999 23:59:59 GMT", Some(86_400)),
            (429, "soon", None),
            (429, "-5", None),
            (500, "7", None),
        ] {
            let (Outcome::Retry { after, .. } | Outcome::Unknown { after, .. }) = after(status, Some(value)) else {
                panic!("{status}")
            };
            assert_eq!(after, seconds.map(Duration::from_secs), "{status} {value}");
        }
    }
}
