//! Words by which people ask for no more texts, or for texts again.
//!
//! A word counts only where it is the whole message: "please stop at the gate" is no opt-out. Letters of any case and
//! width are the same, as are blanks and punctuation around it.

use super::OptChange;

use OptChange::{OptIn, OptOut};

/// Longer messages are no single word.
const LENGTH_MAX: usize = 32;

/// As they stand after [`plain`]: upper case, no blanks, no hyphens.
const WORDS: [(&str, OptChange); 43] = [
    // Twilio's and the carriers' of North America.
    ("STOP", OptOut),
    ("STOPALL", OptOut),
    ("UNSUBSCRIBE", OptOut),
    ("CANCEL", OptOut),
    ("END", OptOut),
    ("REVOKE", OptOut),
    ("OPTOUT", OptOut),
    ("QUIT", OptOut),
    ("REMOVE", OptOut),
    ("START", OptIn),
    ("UNSTOP", OptIn),
    ("YES", OptIn),
    ("SUBSCRIBE", OptIn),
    ("OPTIN", OptIn),
    // Mainland China's: what "拒收请回复R", "退订回T", "回TD退订" and "回N退订" have taught people.
    ("R", OptOut),
    ("T", OptOut),
    ("TD", OptOut),
    ("N", OptOut),
    ("退订", OptOut),
    ("拒收", OptOut),
    ("取消订阅", OptOut),
    ("取消短信", OptOut),
    ("拒收短信", OptOut),
    ("停", OptOut),
    ("停止", OptOut),
    ("不要再发", OptOut),
    ("别发了", OptOut),
    ("订阅", OptIn),
    ("恢复", OptIn),
    ("恢复订阅", OptIn),
    ("取消退订", OptIn),
    ("重新订阅", OptIn),
    // Taiwan's and Hong Kong's.
    ("退訂", OptOut),
    ("拒收簡訊", OptOut),
    ("取消簡訊", OptOut),
    ("不要再發", OptOut),
    ("別發了", OptOut),
    ("取消訂閱", OptOut),
    ("訂閱", OptIn),
    ("恢復", OptIn),
    ("恢復訂閱", OptIn),
    ("取消退訂", OptIn),
    ("重新訂閱", OptIn),
];

/// What a message asks for; none where it is something else.
pub(super) fn change(message: &str) -> Option<OptChange> {
    let word = plain(message)?;
    WORDS.iter().find(|(known, _)| *known == word).map(|(_, change)| *change)
}

/// Upper case, usual width, only letters and digits.
fn plain(message: &str) -> Option<String> {
    let message = message.trim();
    if message.chars().count() > LENGTH_MAX {
        return None;
    }
    let narrow = |letter: char| match letter {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(letter) - 0xfee0).unwrap_or(letter),
        _ => letter,
    };
    Some(message.chars().map(narrow).filter(|letter| letter.is_alphanumeric()).flat_map(char::to_uppercase).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_counts_in_any_case_width_and_punctuation() {
        for message in [
            "STOP",
            "stop",
            " Stop. ",
            "stop!",
            "ＳＴＯＰ",
            "stop all",
            "Opt-out",
            "T",
            "ｔｄ",
            "“R”",
            "【退订】",
            "退 订",
            "退訂。",
            "不要再發!",
            "別發了",
            "取消簡訊",
            "拒收短信",
            "停",
        ] {
            assert_eq!(change(message), Some(OptOut), "{message}");
        }
        for message in ["start", "Yes", "UNSTOP", "恢复订阅", "取消退订", "　訂閱　"] {
            assert_eq!(change(message), Some(OptIn), "{message}");
        }
    }

    #[test]
    fn a_word_within_a_sentence_does_not_count() {
        for message in [
            "",
            "please stop at the gate",
            "do not cancel my parcel",
            "不要退订",
            "TDX",
            "1",
            "能放门口吗",
            "stop stop stop stop stop stop stop",
        ] {
            assert_eq!(change(message), None, "{message}");
        }
    }

    #[test]
    fn every_word_is_found_and_stands_once() {
        for (at, (word, meaning)) in WORDS.iter().enumerate() {
            assert_eq!(change(word), Some(*meaning), "{word}");
            assert!(WORDS[at + 1..].iter().all(|(other, _)| other != word), "{word}");
        }
    }
}
