//! The words as they stand in their files.

use std::collections::BTreeSet;

use super::super::words::{Problem, Sheet, Words};
use super::super::{Locale, parts};

/// The words as they are written: forbidden ones, and signs that make a text in English three times as long.
pub fn look(words: &Words, problems: &mut BTreeSet<Problem>) {
    for (file, line, locale, text) in words.sources() {
        let text = without_tags(&text);
        let problem = |message| Problem { file: file.clone(), line: Some(line), message };
        if let Some((list, word)) = forbidden(&words.forbidden, locale, &text) {
            problems.insert(problem(format!("expected none of the words of {list} in forbidden.toml, found {word:?}")));
        }
        let is_text = file.ends_with("sms.toml") && locale == Some(Locale::En);
        if let Some(sign) = text.chars().find(|c| is_text && !parts::is_gsm7(*c)) {
            problems.insert(problem(format!("expected characters of GSM-7 alone, found {sign:?}")));
        }
    }
}

/// The first forbidden word in a text, with the list that forbids it.
pub fn forbidden<'a>(sheet: &'a Sheet, locale: Option<Locale>, text: &str) -> Option<(&'a str, &'a str)> {
    let lists = std::iter::once("all").chain(locale.map(Locale::name));
    for entry in lists.flat_map(|list| sheet.table(list).collect::<Vec<_>>()) {
        if let Some(word) = entry.texts.iter().find(|word| contains(text, word)) {
            return Some((&entry.key, word));
        }
    }
    None
}

/// Whole words where words are set apart, else characters in a row.
fn contains(text: &str, word: &str) -> bool {
    if !word.chars().all(|c| c.is_ascii_alphabetic() || c == ' ') {
        return text.contains(word);
    }
    let (text, word) = (text.to_lowercase(), word.to_lowercase());
    let is_end = |c: Option<char>| !c.is_some_and(|c| c.is_ascii_alphanumeric());
    text.match_indices(&word)
        .any(|(at, _)| is_end(text[..at].chars().next_back()) && is_end(text[at + word.len()..].chars().next()))
}

/// A line of a template without what stands for facts and choices.
fn without_tags(text: &str) -> String {
    const TAGS: [(&str, &str); 3] = [("{{", "}}"), ("{%", "%}"), ("${", "}")];
    let mut plain = String::new();
    let mut rest = text;
    while let Some((start, end)) =
        TAGS.iter().filter_map(|(begin, end)| Some((rest.find(begin)?, *end))).min_by_key(|(start, _)| *start)
    {
        plain.push_str(&rest[..start]);
        rest = rest[start..].find(end).map_or("", |length| &rest[start + length + end.len()..]);
        plain.push(' ');
    }
    plain.push_str(rest);
    plain
}
