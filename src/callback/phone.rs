//! Numbers as the providers write them.
//!
//! We write E.164 with its plus, as Twilio does. Aliyun writes numbers of mainland China as 11 digits and others with
//! their country code and without the plus, so that its 11 digits that begin with 1 may be a mainland number or a
//! North American one; it takes them for the first.

/// A number in E.164.
pub struct Phone<'a> {
    /// Without the plus.
    digits: &'a str,
}

/// Length of a mainland number without its country code.
const MAINLAND_LENGTH: usize = 11;

impl<'a> Phone<'a> {
    /// Reads "+8613800000000"; none where it is not E.164.
    pub fn parse(text: &'a str) -> Option<Phone<'a>> {
        let digits = text.strip_prefix('+')?;
        let is_number = (7..=15).contains(&digits.len())
            && digits.bytes().all(|byte| byte.is_ascii_digit())
            && !digits.starts_with('0');
        is_number.then_some(Phone { digits })
    }

    /// With its plus.
    pub fn e164(&self) -> String {
        format!("+{}", self.digits)
    }

    /// As Aliyun writes it; none where it would reach somebody else, or nobody.
    pub fn for_aliyun(&self) -> Option<&'a str> {
        match self.digits.strip_prefix("86") {
            Some(national) => is_mainland_mobile(national).then_some(national),
            // A stranger on the mainland would get it.
            None if self.digits.len() == MAINLAND_LENGTH && self.digits.starts_with('1') => None,
            None => Some(self.digits),
        }
    }
}

/// E.164 of a number as Aliyun writes it in reports and replies; none where it is none.
pub(super) fn from_aliyun(text: &str) -> Option<String> {
    let text = text.trim();
    let digits = text.strip_prefix('+').or_else(|| text.strip_prefix("00")).unwrap_or(text);
    let e164 = if is_mainland_mobile(digits) { format!("+86{digits}") } else { format!("+{digits}") };
    Phone::parse(&e164).map(|phone| phone.e164())
}

fn is_mainland_mobile(digits: &str) -> bool {
    digits.len() == MAINLAND_LENGTH
        && digits.bytes().all(|byte| byte.is_ascii_digit())
        && matches!(digits.as_bytes(), [b'1', b'3'..=b'9', ..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aliyun_gets_a_number_that_reaches_nobody_else() {
        for (e164, aliyun) in [
            ("+8613800000000", Some("13800000000")),
            ("+8619912345678", Some("19912345678")),
            ("+85261234567", Some("85261234567")),
            ("+886912345678", Some("886912345678")),
            ("+447700900123", Some("447700900123")),
            // A fixed line, and lengths that do not exist.
            ("+861012345678", None),
            ("+8612345678901", None),
            ("+86138000000001", None),
            // Would be taken for a mobile phone on the mainland.
            ("+14155552345", None),
        ] {
            assert_eq!(Phone::parse(e164).unwrap().for_aliyun(), aliyun, "{e164}");
        }
    }

    #[test]
    fn a_number_of_aliyun_is_the_same_person_s_in_e164() {
        for (aliyun, e164) in [
            ("13800000000", Some("+8613800000000")),
            ("8613800000000", Some("+8613800000000")),
            ("+8613800000000", Some("+8613800000000")),
            ("008613800000000", Some("+8613800000000")),
            ("85261234567", Some("+85261234567")),
            (" 13800000000 ", Some("+8613800000000")),
            ("1380000****", None),
            ("", None),
        ] {
            assert_eq!(from_aliyun(aliyun).as_deref(), e164, "{aliyun}");
        }
    }

    #[test]
    fn only_e164_is_a_number() {
        for text in ["", "+", "13800000000", "+0123456789", "+1234", "+12 34 56 78", "+1234567890123456", "+١٢٣٤٥٦٧٨"]
        {
            assert!(Phone::parse(text).is_none(), "{text}");
        }
        assert_eq!(Phone::parse("+14155552345").unwrap().e164(), "+14155552345");
    }
}
