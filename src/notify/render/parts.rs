//! How long a text is for the networks that carry it: in which alphabet it travels and in how many parts.
//!
//! GSM 03.38: a text of nothing but the default alphabet has 160 septets, or 153 a part where it is longer than one; characters
//! of the extension table take two, and a part never ends between them. Any other character makes the whole text UCS-2: 70 units of
//! 16 bits, or 67 a part. Providers charge by the part.

/// The alphabet that a text travels in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Alphabet {
    Gsm7,
    Ucs2,
}

/// The length of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parts {
    #[allow(missing_docs)]
    pub alphabet: Alphabet,
    /// Septets, or units of 16 bits.
    pub units: usize,
    /// At least one.
    pub parts: usize,
}

const BASIC: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿\
                     abcdefghijklmnopqrstuvwxyzäöñüà";
const EXTENSION: &str = "\u{c}^{}\\[~]|€";

/// Whether a character is of the default alphabet or its extension.
pub fn is_gsm7(c: char) -> bool {
    BASIC.contains(c) || EXTENSION.contains(c)
}

/// Measures a text.
pub fn count(text: &str) -> Parts {
    let alphabet = if text.chars().all(is_gsm7) { Alphabet::Gsm7 } else { Alphabet::Ucs2 };
    let cost = |c: char| match alphabet {
        Alphabet::Gsm7 if EXTENSION.contains(c) => 2,
        Alphabet::Gsm7 => 1,
        Alphabet::Ucs2 => c.len_utf16(),
    };
    let (single, part) = match alphabet {
        Alphabet::Gsm7 => (160, 153),
        Alphabet::Ucs2 => (70, 67),
    };
    let units = text.chars().map(cost).sum();
    if units <= single {
        return Parts { alphabet, units, parts: 1 };
    }
    let (mut parts, mut used) = (1, 0);
    for cost in text.chars().map(cost) {
        if used + cost > part {
            parts += 1;
            used = 0;
        }
        used += cost;
    }
    Parts { alphabet, units, parts }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Counted by a library that we did not write: sms-segments-calculator 1.3.0, Twilio's own (npm).
    const VECTORS: &str = include_str!("parts/vectors.tsv");

    /// "2*a + 1*\n" as a text.
    fn spelled(text: &str) -> String {
        let part = |part: &str| {
            let (times, text) = part.split_once('*').expect("times*text");
            let text: String = serde_json::from_str(&format!("\"{text}\"")).expect("a text as in JSON");
            text.repeat(times.parse().expect("a number"))
        };
        match text.strip_prefix("1*@") {
            Some(_) => part(text),
            None => text.split(" + ").map(part).collect(),
        }
    }

    #[test]
    fn texts_are_counted_as_another_library_counts_them() {
        let mut looked_at = 0;
        for line in VECTORS.lines() {
            let [text, alphabet, parts] = line.split('\t').collect::<Vec<_>>()[..] else { panic!("{line}") };
            let found = count(&spelled(text));
            let alphabet = if alphabet == "gsm7" { Alphabet::Gsm7 } else { Alphabet::Ucs2 };
            assert_eq!((found.alphabet, found.parts), (alphabet, parts.parse().unwrap()), "{text}");
            looked_at += 1;
        }
        assert!(looked_at > 40);
    }

    #[test]
    fn units_are_septets_or_sixteen_bits() {
        for (text, units) in [("", 0), ("abc", 3), ("^{}[]~|\\€", 18), ("快件", 2), ("😀a", 3), ("0017…", 5)] {
            assert_eq!(count(text).units, units, "{text}");
        }
    }
}
