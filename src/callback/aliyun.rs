//! Aliyun's pushes (SmsReport, SmsUp): JSON arrays, not signed, pushed again until the answer is 200 with a numeric code.
//!
//! Its HTTP push offers no authentication whatever, only an address that can be entered in its console. So a secret is
//! part of that address. Whoever reads the proxy's logs learns it: keep paths under `/callbacks/aliyun/` out of them.
//!
//! Elements that cannot be read, and reports of texts that are not ours, are passed over: the others count.

use chrono::{DateTime, NaiveDateTime, TimeDelta};
use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::phone::from_aliyun;
use super::reference::Reference;
use super::{Heard, OptChange, ReportedOutcome, Said, Timestamp, receipt, word};

/// Aliyun's times are those of Beijing and do not say so.
const BEIJING: TimeDelta = TimeDelta::hours(8);

#[derive(Deserialize)]
struct Report {
    success: Option<bool>,
    err_code: Option<String>,
    report_time: Option<String>,
    biz_id: Option<String>,
    out_id: Option<String>,
}

#[derive(Deserialize)]
struct Up {
    phone_number: String,
    content: String,
    send_time: Option<String>,
}

/// Takes equally long wherever they differ: digests are compared, whose differences nobody can choose.
pub(super) fn is_same(given: &str, secret: &[u8]) -> bool {
    let (given, secret) = (Sha256::digest(given), Sha256::digest(secret));
    given.iter().zip(secret.iter()).fold(0, |differences, (a, b)| differences | (a ^ b)) == 0
}

/// The reports of a push; none where it is no array.
pub(super) fn reports(body: &[u8], now: Timestamp) -> Option<Vec<Heard>> {
    let elements: Vec<Value> = serde_json::from_slice(body).ok()?;
    let read = |element| report(&serde_json::from_value(element).ok()?, now);
    Some(elements.into_iter().filter_map(read).collect())
}

fn report(report: &Report, now: Timestamp) -> Option<Heard> {
    let reference = Reference::parse(report.out_id.as_deref()?)?;
    let at = instant(report.report_time.as_deref(), now);
    let outcome = if report.success? { ReportedOutcome::Delivered } else { ReportedOutcome::Refused };
    let mut receipt = receipt(&reference, at, outcome);
    receipt.provider_id = report.biz_id.clone().filter(|id| is_biz_id(id));
    if outcome == ReportedOutcome::Refused {
        let code = shown(report.err_code.as_deref().unwrap_or_default());
        receipt.reason = Some(format!("carrier reports a failure ({code})"));
    }
    Some(Heard::Receipt(receipt))
}

/// Who asks for no more texts, or for texts again, and when; none where the push is no array.
pub(super) fn replies(body: &[u8], now: Timestamp) -> Option<Vec<(String, OptChange, Timestamp)>> {
    let elements: Vec<Value> = serde_json::from_slice(body).ok()?;
    let read = |element| {
        let up: Up = serde_json::from_value(element).ok()?;
        let change = word::change(&up.content)?;
        Some((from_aliyun(&up.phone_number)?, change, instant(up.send_time.as_deref(), now)))
    };
    Some(elements.into_iter().filter_map(read).collect())
}

/// When it happened, by its own account where that can be: a push may come minutes late, and again, and a later opt-in
/// must not be overtaken by it.
fn instant(text: Option<&str>, now: Timestamp) -> Timestamp {
    let read = |text: &str| {
        let time = NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S")
            .or_else(|_| NaiveDateTime::parse_from_str(text, "%Y%m%d%H%M%S"));
        let time: DateTime<_> = time.ok()?.checked_sub_signed(BEIJING)?.and_utc();
        Timestamp::in_range(time.timestamp_millis()).ok()
    };
    text.and_then(read).map_or(now, |at| at.min(now))
}

/// Aliyun's name of what it took: digits and a caret.
pub fn is_biz_id(id: &str) -> bool {
    (1..=64).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_digit() || byte == b'^')
}

/// The code as it may stand in a reason: as it is where it looks like a code, else nothing of it.
pub fn shown(code: &str) -> &str {
    let looks = |byte: u8| byte.is_ascii_alphanumeric() || b"._-:".contains(&byte);
    let is_number = code.bytes().filter(u8::is_ascii_digit).count() > 6;
    if (1..=60).contains(&code.len()) && code.bytes().all(looks) && !is_number { code } else { "another code" }
}

/// What Aliyun expects.
pub(super) fn answered(heard: Vec<Heard>) -> Said {
    Said { heard, content_type: "application/json", answer: r#"{"code":0,"msg":"OK"}"# }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_beijing_s_and_not_after_now() {
        let now = Timestamp::parse("2026-11-22T08:00:00Z").unwrap();
        for (text, expected) in [
            (Some("2026-11-22 15:59:30"), "2026-11-22T07:59:30.000Z"),
            (Some("20261122155930"), "2026-11-22T07:59:30.000Z"),
            (Some("2026-11-22 16:00:30"), "2026-11-22T08:00:00.000Z"),
            (Some("yesterday"), "2026-11-22T08:00:00.000Z"),
            (None, "2026-11-22T08:00:00.000Z"),
        ] {
            assert_eq!(instant(text, now).to_string(), expected, "{text:?}");
        }
    }

    #[test]
    fn what_does_not_look_like_a_code_is_not_shown() {
        assert_eq!(shown("isv.MOBILE_NUMBER_ILLEGAL"), "isv.MOBILE_NUMBER_ILLEGAL");
        for text in ["", "13800000000", "isv.13800000000", "the number is bad", "王芳"] {
            assert_eq!(shown(text), "another code", "{text}");
        }
    }
}
