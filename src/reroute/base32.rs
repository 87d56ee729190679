//! Bits as letters and digits that nobody confuses: Crockford's base32, in lower case.

const DIGITS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// How many characters a token has.
pub const LENGTH: usize = 13;

/// The low 65 bits as 13 characters, the highest first.
pub fn encode(bits: u128) -> String {
    (0..LENGTH).rev().map(|place| char::from(DIGITS[(bits >> (place * 5)) as usize & 31])).collect()
}

/// The bits of 13 characters in either case; none where the text is no token.
pub fn decode(text: &str) -> Option<u128> {
    if text.len() != LENGTH {
        return None;
    }
    text.bytes().try_fold(0, |bits, byte| {
        let digit = DIGITS.iter().position(|digit| *digit == byte.to_ascii_lowercase())?;
        Some(bits << 5 | digit as u128)
    })
}
