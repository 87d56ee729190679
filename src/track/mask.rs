//! Contacts as their owner recognises them and nobody else learns them.

/// The first and, of longer texts, the last two characters: unless there is a digit among these. Many a mail address is a phone
/// number, and its last digits are what a change of address is proved with.
pub(super) fn text(text: &str) -> String {
    let count = text.chars().count();
    let tail = if count > 6 && !text.chars().rev().take(2).any(char::is_numeric) { 2 } else { 0 };
    let shown = |(index, c)| if index == 0 && count > 1 || index + tail >= count { c } else { '*' };
    text.chars().enumerate().map(shown).collect()
}

/// The same before the `@`.
pub(super) fn email(email: &str) -> String {
    match email.split_once('@') {
        Some((local, domain)) => format!("{}@{domain}", text(local)),
        None => text(email),
    }
}

/// The first character and one star, however long the rest is.
pub(super) fn name(name: &str) -> String {
    name.trim().chars().take(1).chain(['*']).collect()
}

/// How a number begins, in one piece: how long the country's code is differs. Its last digits are what a change of address is
/// proved with.
pub(super) fn phone(phone: &str) -> String {
    let digits: String = phone.chars().filter(char::is_ascii_digit).collect();
    let abroad = digits.strip_prefix("00");
    let plus = if phone.trim_start().starts_with('+') || abroad.is_some() { "+" } else { "" };
    let digits = abroad.unwrap_or(&digits);
    // Short numbers would be shown up to their last digits.
    let shown = if digits.len() < 10 { "" } else { &digits[..3] };
    format!("{plus}{shown}**** ****")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_owner_recognises_contacts_and_nobody_learns_them() {
        assert_eq!(name("王芳"), "王*");
        assert_eq!(name(" Ada Lovelace"), "A*");
        assert_eq!(email("wang.fang@example.com"), "w******ng@example.com");
        assert_eq!(email("13800001234@example.com"), "1**********@example.com");
        assert_eq!(email("wang138000012-34x@example.com"), "w****************@example.com", "a digit of the proof");
        assert_eq!(phone("+8613800001234"), "+861**** ****");
        assert_eq!(phone("0086 138-0000-1234"), "+861**** ****");
        assert_eq!(phone("+886 912 345 678"), "+886**** ****");
        assert_eq!(phone("+1 202 555 0143"), "+120**** ****");
        assert_eq!(phone("0912 345 678"), "091**** ****");
        assert_eq!(phone("+852 1234"), "+**** ****");
        assert_eq!(phone("55501"), "**** ****");
        assert_eq!(phone("电话"), "**** ****");
    }
}
