//! The words of a line: divided by blanks, with quotation marks around what has blanks in it; `#` begins a comment.

use crate::model::Timestamp;

use super::when::Clock;

/// The words of a line.
pub(super) fn words(line: &str) -> Result<Vec<String>, String> {
    let mut words = Vec::new();
    let (mut word, mut quoted, mut begun) = (String::new(), false, false);
    for c in line.chars() {
        match c {
            '"' => (quoted, begun) = (!quoted, true),
            '#' if !quoted && !begun => break,
            c if c.is_whitespace() && !quoted => {
                if begun {
                    words.push(std::mem::take(&mut word));
                }
                begun = false;
            }
            c => {
                word.push(c);
                begun = true;
            }
        }
    }
    if quoted {
        return Err("expected a quotation mark at the end of what begins with one, found none".to_owned());
    }
    words.extend(begun.then_some(word));
    Ok(words)
}

/// What follows the first word of what happens: bare words, and `key=value`. Whoever reads a line takes what it knows, and
/// says of what is left that it is unknown.
pub(super) struct Rest<'a> {
    bare: std::vec::IntoIter<&'a str>,
    pairs: Vec<(&'a str, &'a str)>,
    pub clock: Clock,
    /// When the line happens.
    pub at: Timestamp,
}

impl<'a> Rest<'a> {
    /// Of these words, at this time.
    pub fn new(words: &'a [String], clock: Clock, at: Timestamp) -> Rest<'a> {
        let (pairs, bare): (Vec<&str>, Vec<&str>) = words.iter().map(String::as_str).partition(|w| w.contains('='));
        Rest {
            bare: bare.into_iter(),
            pairs: pairs.iter().filter_map(|pair| pair.split_once('=')).collect(),
            clock,
            at,
        }
    }

    /// The next bare word.
    pub fn next(&mut self) -> Option<&'a str> {
        self.bare.next()
    }

    /// The value under a key.
    pub fn take(&mut self, key: &str) -> Option<&'a str> {
        let index = self.pairs.iter().position(|(name, _)| *name == key)?;
        Some(self.pairs.remove(index).1)
    }

    /// A time under a key.
    pub fn take_time(&mut self, key: &str) -> Result<Option<Timestamp>, String> {
        let Some(text) = self.take(key) else { return Ok(None) };
        self.clock.value(text, Some(self.at)).map(Some).map_err(|wrong| format!("{key}: {wrong}"))
    }

    /// Nothing may be left.
    pub fn end(mut self, expected: &str) -> Result<(), String> {
        let left = self.next().map(str::to_owned).or_else(|| self.pairs.first().map(|(key, _)| format!("{key}=")));
        left.map_or(Ok(()), |left| Err(format!("expected {expected}, found {left:?}")))
    }
}
