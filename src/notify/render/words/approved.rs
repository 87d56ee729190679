//! Texts that a provider approves before they may be sent (Aliyun): fixed words with typed variables.
//!
//! A kind of notice has one text or several. Used are those that have a code in the configuration, and whose variables are known
//! and within what their types allow; which of them is for `sms` to say. So that one can be filed, its form is checked:
//! at most 500 characters, each variable once, none beside another, no signature brackets, a fixed beginning of the link.

use std::collections::BTreeMap;

use super::super::view::NAMES;
use super::{Problem, Said, Sheet};

/// A template has at most as many characters, variables included.
const TEMPLATE_MAX: usize = 500;
/// A variable's value has at most as many characters.
const VALUE_MAX: usize = 35;
/// The same for an address.
const ADDRESS_MAX: usize = 30;
/// Where the link's fixed beginning goes.
const LINK: &str = "{link}";
/// Signs that are refused in a text, with the signature's brackets, which the platform sets.
const REFUSED: [char; 15] = ['【', '】', '『', '』', '「', '」', '〖', '〗', '★', '※', '→', '•', '①', '²', '…'];

/// The texts of a language.
#[derive(Debug)]
pub struct Approved {
    sheet: Sheet,
    kinds: BTreeMap<String, Vec<Text>>,
}

/// A text to be approved.
#[derive(Clone, Debug)]
pub struct Text {
    pieces: Vec<Piece>,
}

#[derive(Clone, Debug, PartialEq)]
enum Piece {
    Fixed(String),
    /// The fixed beginning of a link.
    Link,
    Variable(String),
}

/// A text with its variables' values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filled {
    /// As it is read, without the signature.
    pub text: String,
    #[allow(missing_docs)]
    pub parameters: BTreeMap<String, String>,
}

impl Approved {
    /// Takes a file; nothing is known of it before it is read.
    pub fn new(sheet: Sheet) -> Approved {
        Approved { sheet, kinds: BTreeMap::new() }
    }

    /// Reads the texts and says what is wrong with their form.
    pub fn read(&mut self, clauses: &[String]) -> Vec<Problem> {
        let mut problems = Vec::new();
        for entry in self.sheet.table("own") {
            let mut texts = Vec::new();
            for (i, text) in entry.texts.iter().enumerate() {
                let result = Text::parse(text).and_then(|parsed| self.check(&parsed, text, clauses).map(|()| parsed));
                match result {
                    Ok(parsed) => texts.push(parsed),
                    Err(message) => problems.push(Problem {
                        file: entry.file.to_string(),
                        line: Some(entry.line_of(i)),
                        message: format!("{}: {message}", entry.key),
                    }),
                }
            }
            self.kinds.insert(entry.name().to_owned(), texts);
        }
        problems
    }

    /// The texts of a kind, each with the name under which the configuration has its code: "delayed", "delayed.2".
    pub fn texts(&self, kind: &str) -> impl Iterator<Item = (String, &Text)> {
        let name = kind.to_owned();
        self.kinds.get(kind).into_iter().flatten().enumerate().map(move |(i, text)| match i {
            0 => (name.clone(), text),
            more => (format!("{name}.{}", more + 1), text),
        })
    }

    /// The type under which a variable is filed.
    pub fn type_of(&self, variable: &str) -> Option<&str> {
        self.sheet.text(&format!("types.{variable}"))
    }

    fn check(&self, parsed: &Text, text: &str, clauses: &[String]) -> Result<(), String> {
        if text.chars().count() > TEMPLATE_MAX {
            return Err(format!("expected at most {TEMPLATE_MAX} characters, found {}", text.chars().count()));
        }
        if let Some(sign) = text.chars().find(|c| REFUSED.contains(c)) {
            return Err(format!("expected signs that providers approve, found {sign:?}"));
        }
        let variables: Vec<&str> = parsed.variables().collect();
        for (i, variable) in variables.iter().enumerate() {
            if variables[..i].contains(variable) {
                return Err(format!("expected each variable once, found {variable:?} twice"));
            }
            if !NAMES.contains(variable) && !clauses.iter().any(|clause| clause == variable) {
                return Err(format!("expected a variable that notices have, found {variable:?}"));
            }
            match self.type_of(variable) {
                None => return Err(format!("expected types.{variable}, found none")),
                Some(kind) if !TYPES.contains(&kind) => {
                    return Err(format!("types.{variable}: expected one of {}, found {kind:?}", TYPES.join(", ")));
                }
                Some(_) => {}
            }
        }
        let beside = |pair: &[Piece]| matches!(pair, [Piece::Variable(_), Piece::Variable(_)]);
        if parsed.pieces.windows(2).any(beside) {
            return Err("expected words between two variables, found none".to_owned());
        }
        if !parsed.pieces.iter().any(|piece| matches!(piece, Piece::Fixed(_))) {
            return Err("expected words beside the variables, found none".to_owned());
        }
        Ok(())
    }

    /// The text with its facts; none where one is unknown or beyond its type's limits.
    pub fn fill(&self, text: &Text, facts: &Said) -> Option<Filled> {
        let mut filled = Filled { text: String::new(), parameters: BTreeMap::new() };
        for piece in &text.pieces {
            match piece {
                Piece::Fixed(words) => filled.text.push_str(words),
                Piece::Link => filled.text.push_str(facts.get("link_base")?.as_str()?),
                Piece::Variable(name) => {
                    let value = fit(self.type_of(name)?, facts.get(name)?.as_str()?)?;
                    filled.text.push_str(&value);
                    filled.parameters.insert(name.clone(), value);
                }
            }
        }
        Some(filled)
    }

    /// The entries as they stand in the file.
    pub fn sheet(&self) -> &Sheet {
        &self.sheet
    }
}

impl Text {
    fn parse(text: &str) -> Result<Text, String> {
        let mut pieces = Vec::new();
        let fixed = |pieces: &mut Vec<Piece>, words: &str| {
            for (i, words) in words.split(LINK).enumerate() {
                if i > 0 {
                    pieces.push(Piece::Link);
                }
                if !words.is_empty() {
                    pieces.push(Piece::Fixed(words.to_owned()));
                }
            }
        };
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            fixed(&mut pieces, before);
            let (name, after) = after.split_once('}').ok_or("expected \"}\" after \"${\", found none")?;
            pieces.push(Piece::Variable(name.to_owned()));
            rest = after;
        }
        fixed(&mut pieces, rest);
        Ok(Text { pieces })
    }

    /// The variables in their order.
    pub fn variables(&self) -> impl Iterator<Item = &str> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Variable(name) => Some(name.as_str()),
            _ => None,
        })
    }

    /// The text as it is filed, with the beginning of its link.
    pub fn filed(&self, link_base: &str) -> String {
        let piece = |piece: &Piece| match piece {
            Piece::Fixed(words) => words.clone(),
            Piece::Link => link_base.to_owned(),
            Piece::Variable(name) => format!("${{{name}}}"),
        };
        self.pieces.iter().map(piece).collect()
    }
}

/// The types of Aliyun's notices that we use: letters and digits; a code to collect with; an address; a time; anything short.
const TYPES: [&str; 5] = ["other_number2", "pick_up_code", "address", "time", "others"];

/// A value as its type allows it, whole or none: a date that is cut would be another date, and an address another door.
pub fn fit(kind: &str, value: &str) -> Option<String> {
    let length = value.chars().count();
    let is_link = ["://", "www.", ".com", ".cn", ".net"].iter().any(|mark| value.to_lowercase().contains(mark));
    match kind {
        _ if length == 0 => None,
        "other_number2" => {
            (length <= VALUE_MAX && value.chars().all(|c| c.is_ascii_alphanumeric())).then(|| value.to_owned())
        }
        "pick_up_code" => {
            let is_code = |c: char| c.is_ascii_digit() || matches!(c, '-' | '_');
            ((4..=8).contains(&length) && value.chars().all(is_code)).then(|| value.to_owned())
        }
        "address" if !is_link && length <= ADDRESS_MAX => Some(value.to_owned()),
        "time" if length <= VALUE_MAX => Some(value.to_owned()),
        "others" if !is_link && length <= VALUE_MAX => Some(value.to_owned()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_whole_or_none() {
        let long = "长".repeat(40);
        for (kind, value, fitted) in [
            ("other_number2", "SF1024000000017", Some("SF1024000000017".to_owned())),
            ("other_number2", "SF 1/2", None),
            ("other_number2", &"1".repeat(36), None),
            ("pick_up_code", "8-4-2017", Some("8-4-2017".to_owned())),
            ("pick_up_code", "12-3-40177", None),
            ("pick_up_code", "A-204", None),
            ("address", &long[..30 * 3], Some("长".repeat(30))),
            ("address", &long, None),
            ("address", "see www.example.com", None),
            ("others", &long[..35 * 3], Some("长".repeat(35))),
            ("others", &long, None),
            ("others", "https://x", None),
            ("others", "", None),
            ("time", "11月25日 14:00", Some("11月25日 14:00".to_owned())),
        ] {
            assert_eq!(fit(kind, value), fitted, "{kind} {value}");
        }
    }

    #[test]
    fn a_text_that_would_not_be_approved_is_refused() {
        let types = "[types]\ntail = 'other_number2'\nhub = 'others'\neta = 'colour'\n";
        for (text, part) in [
            ("${tail}", "expected words beside"),
            ("a${tail}${hub}", "expected words between"),
            ("a${tail}b${tail}", "expected each variable once"),
            ("a${nonsense}", "a variable that notices have"),
            ("a${due}", "expected types.due"),
            ("a${eta}", "expected one of other_number2"),
            ("【顺达】a${tail}", "expected signs"),
            ("a${tail", "expected \"}\""),
            (&"长".repeat(501), "at most 500"),
        ] {
            let sheet = Sheet::read("zh-CN/aliyun.toml", &format!("{types}[own]\ndelayed = ['{text}']")).unwrap();
            let problems = Approved::new(sheet).read(&[]);
            assert!(problems.len() == 1 && problems[0].to_string().contains(part), "{text}: {problems:?}");
            assert_eq!(problems[0].line, Some(6));
        }
    }
}
