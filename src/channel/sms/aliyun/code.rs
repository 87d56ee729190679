//! What Aliyun's codes mean, as data.

/// What follows from a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// It was done.
    Taken,
    /// Limits and trouble that pass.
    Wait,
    /// Our account, its money, its rights or our signature: not this text's fault, and somebody can put it right.
    Us,
    /// No text reaches this number, or it may not.
    Number,
    /// Content, template or signature that it will not send.
    Text,
    /// It may have been done.
    Doubt,
}

use Meaning::{Doubt, Number, Taken, Text, Us, Wait};

/// From Aliyun's list of error codes of the service and of its gateway.
const CODES: [(&str, Meaning); 44] = [
    ("OK", Taken),
    ("isv.BUSINESS_LIMIT_CONTROL", Wait),
    ("isv.DAY_LIMIT_CONTROL", Wait),
    ("isv.MONTH_LIMIT_CONTROL", Wait),
    ("isp.SYSTEM_ERROR", Wait),
    ("isp.GATEWAY_ERROR", Wait),
    ("ServiceUnavailable", Wait),
    ("SignatureNonceUsed", Wait),
    ("isv.OUT_OF_SERVICE", Us),
    ("isv.AMOUNT_NOT_ENOUGH", Us),
    ("isv.PRODUCT_UN_SUBSCRIPT", Us),
    ("isv.PRODUCT_UNSUBSCRIBE", Us),
    ("isv.ACCOUNT_NOT_EXISTS", Us),
    ("isv.ACCOUNT_ABNORMAL", Us),
    ("isv.DENY_IP_RANGE", Us),
    ("isp.RAM_PERMISSION_DENY", Us),
    ("SignatureDoesNotMatch", Us),
    ("IncompleteSignature", Us),
    ("InvalidTimeStamp.Expired", Us),
    ("InvalidTimeStamp.Format", Us),
    ("isv.MOBILE_NUMBER_ILLEGAL", Number),
    ("isv.MOBILE_COUNT_OVER_LIMIT", Number),
    ("isv.DOMESTIC_NUMBER_NOT_SUPPORTED", Number),
    // A template that was approved as a promotion, to somebody who wants none: no opt-out from notices.
    ("isv.CUSTOMER_REFUSED", Number),
    ("isv.PARAM_NOT_SUPPORT_URL", Text),
    ("isv.PARAM_LENGTH_LIMIT", Text),
    ("isv.BLACK_KEY_CONTROL_LIMIT", Text),
    ("isv.SMS_CONTENT_ILLEGAL", Text),
    ("isv.SMS_CONTENT_MISMATCH_TEMPLATE_TYPE", Text),
    ("isv.TEMPLATE_MISSING_PARAMETERS", Text),
    ("isv.TEMPLATE_PARAMS_ILLEGAL", Text),
    ("isv.INVALID_JSON_PARAM", Text),
    ("isv.INVALID_PARAMETERS", Text),
    ("isv.SMS_TEMPLATE_ILLEGAL", Text),
    ("isv.SMS_SIGNATURE_ILLEGAL", Text),
    ("isv.SMS_SIGN_ILLEGAL", Text),
    ("isv.SIGN_STATE_ILLEGAL", Text),
    ("isv.SMS_SIGNATURE_SCENE_ILLEGAL", Text),
    ("isv.SMS_TEST_SIGN_TEMPLATE_LIMIT", Text),
    ("isv.SHORTURL_DOMAIN_EMPTY", Text),
    ("isv.EXTEND_CODE_ERROR", Text),
    ("isv.SMS_OVER_LIMIT", Text),
    ("InternalError", Doubt),
    ("isp.UNKNOWN", Doubt),
];

/// Families of codes, by how they begin.
const BEGINNINGS: [(&str, Meaning); 4] =
    [("Throttling", Wait), ("InvalidAccessKeyId", Us), ("Forbidden", Us), ("NoPermission", Us)];

/// The meaning of a code; `status` speaks where the code is not known.
pub(super) fn meaning(code: &str, status: u16) -> Meaning {
    let exact = CODES.iter().find(|(known, _)| *known == code);
    let family = || BEGINNINGS.iter().find(|(beginning, _)| code.starts_with(beginning));
    match exact.or_else(family) {
        Some((_, meaning)) => *meaning,
        None if status == 429 => Wait,
        None if status >= 500 => Doubt,
        None => Text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_are_known_by_their_beginning_and_unknown_codes_by_the_status() {
        for (code, status, expected) in [
            ("Throttling.Api", 400, Wait),
            ("Throttling", 503, Wait),
            ("InvalidAccessKeyId.Inactive", 403, Us),
            ("Forbidden.RAM", 403, Us),
            ("isv.NEW", 200, Text),
            ("New", 400, Text),
            ("New", 429, Wait),
            ("New", 503, Doubt),
        ] {
            assert_eq!(meaning(code, status), expected, "{code}");
        }
    }

    #[test]
    fn no_code_stands_twice() {
        for (at, (code, _)) in CODES.iter().enumerate() {
            assert!(CODES[at + 1..].iter().all(|(other, _)| other != code), "{code}");
        }
    }
}
