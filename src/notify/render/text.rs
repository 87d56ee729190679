//! Texts that come from outside, made harmless: one line, of bounded length, without marks that cannot be
//! seen or that turn the reading direction.

/// Longer texts are cut to as many characters: a place or a reason fits, an essay does not.
const TEXT_MAX: usize = 80;

/// A text from outside as one line of bounded length.
pub fn line(text: &str) -> String {
    let plain: String = text
        .chars()
        .filter(|c| !is_invisible(*c))
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(TEXT_MAX)
        .collect();
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Zero-width marks, and those that turn the reading direction of what follows.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_becomes_one_bounded_line_that_reads_in_one_direction() {
        assert_eq!(line(" a\r\n\tb \u{202e}c\u{200b}\u{0}"), "a b c");
        assert_eq!(line(&"快".repeat(1000)).chars().count(), TEXT_MAX);
    }
}
