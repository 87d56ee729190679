//! What may be said of a record that cannot be used: it is logged, and goes to `rejects.v1` as a header.

use parcelwatch::model::Reject;

/// Digits in a row that a message may have: places and lengths have fewer, phone numbers more.
const DIGITS_MAX: usize = 7;

/// A longer message is no sentence of ours.
const LENGTH_MAX: usize = 300;

/// No contact, no control character, and of bounded length: whatever the record holds.
pub fn check(reject: &Reject) {
    let text = reject.to_string();
    let mut digits = 0;
    for c in text.chars() {
        digits = if c.is_ascii_digit() { digits + 1 } else { 0 };
        assert!(digits <= DIGITS_MAX, "a number in a message: {text:?}");
        assert!(!c.is_control(), "a control character in a message: {text:?}");
    }
    // Our own words may name the sign; an address has something on both sides of it.
    let is_address = |word: &str| word.split_once('@').is_some_and(|(name, host)| !name.is_empty() && !host.is_empty());
    assert!(!text.split_whitespace().any(is_address), "an address in a message: {text:?}");
    assert!(text.len() <= LENGTH_MAX, "a long message: {text:?}");
    assert!(
        reject.reason.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_'),
        "{:?}",
        reject.reason
    );
}
