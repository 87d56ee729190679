//! Contacts as their owner recognises them and nobody else learns them.

/// The first and, of longer texts, the last two characters.
pub(super) fn text(text: &str) -> String {
    let count = text.chars().count();
    let tail = if count > 6 { 2 } else { 0 };
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

/// How a number begins: its last digits are what a change of address is proved with.
pub(super) fn phone(phone: &str) -> String {
    let digits: String = phone.chars().filter(char::is_ascii_digit).collect();
    let digits = digits.strip_prefix("00").unwrap_or(&digits);
    let plus = if phone.trim_start().starts_with(['+', '0']) { "+" } else { "" };
    // Short numbers would be shown up to their last digits.
    if digits.len() < 10 {
        return format!("{plus}**** ****");
    }
    let (country, rest) = digits.split_at(if digits.starts_with(['1', '7']) { 1 } else { 2 });
    format!("{plus}{country} {} **** ****", &rest[..3])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_owner_recognises_contacts_and_nobody_learns_them() {
        assert_eq!(name("王芳"), "王*");
        assert_eq!(name(" Ada Lovelace"), "A*");
        assert_eq!(email("wang.fang@example.com"), "w******ng@example.com");
        assert_eq!(phone("+8613800001234"), "+86 138 **** ****");
        assert_eq!(phone("0086 138-0000-1234"), "+86 138 **** ****");
        assert_eq!(phone("+1 202 555 0143"), "+1 202 **** ****");
        assert_eq!(phone("55501"), "**** ****");
        assert_eq!(phone("电话"), "**** ****");
    }
}
