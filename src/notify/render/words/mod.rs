//! All words: the files of `../templates`, and those of a user's folder laid over them.
//!
//! In come texts by their paths, out comes [`Words`] or every problem with file and line. A `.txt` replaces the built-in one of the
//! same path; in a `.toml` each key replaces the one of its name. What always holds: every built-in key is there, every
//! template can be parsed, every variable that a template names is one that `view` may fill. Reading files is for
//! others: this is pure.

pub mod approved;
mod files;
mod load;
mod problem;
mod sheet;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, LazyLock};

use minijinja::value::Serde;
use minijinja::{Environment, Error, ErrorKind};
use serde::Serialize;

pub use files::{FILES, KINDS};
pub use problem::Problem;
pub use sheet::Sheet;

use super::Locale;
use approved::Approved;

/// Facts by the names under which templates know them; what is not known is not in it.
pub type Said = BTreeMap<String, serde_json::Value>;

/// Every word of every language.
pub struct Words {
    env: Environment<'static>,
    languages: [Language; 3],
    /// Every text file in force: its path and text.
    texts: Vec<(&'static str, String)>,
    /// Words that a notice must not hold, for the lint.
    pub(super) forbidden: Sheet,
}

/// One language.
struct Language {
    /// Single words, times, clauses of mails.
    words: Sheet,
    /// Text messages and their clauses.
    sms: Sheet,
    approved: Approved,
}

impl fmt::Debug for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Words(..)")
    }
}

static BUILTIN: LazyLock<Arc<Words>> = LazyLock::new(|| match Words::with(&BTreeMap::new()) {
    Ok(words) => Arc::new(words),
    Err(problems) => panic!("our own words cannot be read: {problems:?}"),
});

impl Words {
    /// Our own.
    pub fn builtin() -> Arc<Words> {
        Arc::clone(&BUILTIN)
    }

    /// Ours with these files, by path, laid over them.
    pub fn with(overrides: &BTreeMap<String, String>) -> Result<Words, Vec<Problem>> {
        load::load(overrides)
    }

    fn language(&self, locale: Locale) -> &Language {
        &self.languages[Locale::ALL.iter().position(|own| *own == locale).unwrap_or_default()]
    }

    /// A single word of a table, "stages" and "delivered" say.
    pub fn word(&self, locale: Locale, table: &str, name: &str) -> Option<&str> {
        self.language(locale).words.text(&format!("{table}.{name}"))
    }

    /// Words of mails and pages.
    pub(super) fn sheet(&self, locale: Locale) -> &Sheet {
        &self.language(locale).words
    }

    /// Texts for phones.
    pub(super) fn sms(&self, locale: Locale) -> &Sheet {
        &self.language(locale).sms
    }

    /// Templates to be approved.
    pub(super) fn approved(&self, locale: Locale) -> &Approved {
        &self.language(locale).approved
    }

    /// Every line of words as it is written: file, line, language, text.
    pub(super) fn sources(&self) -> Vec<(String, usize, Option<Locale>, String)> {
        let mut sources = Vec::new();
        for (path, text) in self.texts.iter().filter(|(path, _)| path.ends_with(".txt")) {
            let locale = path.split('/').next().and_then(Locale::exact);
            let lines = (1..).zip(text.lines());
            sources.extend(lines.map(|(number, line)| ((*path).to_owned(), number, locale, line.to_owned())));
        }
        for (language, locale) in self.languages.iter().zip(Locale::ALL) {
            for sheet in [&language.words, &language.sms, language.approved.sheet()] {
                for entry in sheet.entries() {
                    let texts = (0..).zip(&entry.texts);
                    sources.extend(
                        texts.map(|(i, text)| (entry.file.to_string(), entry.line_of(i), Some(locale), text.clone())),
                    );
                }
            }
        }
        sources
    }

    /// Fills a template file.
    pub(super) fn fill(&self, path: &str, facts: &impl Serialize) -> Result<String, Error> {
        self.env.get_template(path)?.render(Serde(facts))
    }

    /// Fills the texts of a key of a sheet, in their order; those that name a fact that is unknown are left out.
    pub(super) fn fill_all(
        &self,
        locale: Locale,
        sheet: &Sheet,
        key: &str,
        facts: &Said,
    ) -> Result<Vec<String>, Error> {
        let Some(entry) = sheet.get(key) else { return Ok(Vec::new()) };
        let mut filled = Vec::new();
        for i in 0..entry.texts.len() {
            match self.fill(&format!("{}#{key}.{i}", entry.origin(locale, sheet)), facts) {
                Ok(text) => filled.push(text.split_whitespace().collect::<Vec<_>>().join(" ")),
                Err(error) if error.kind() == ErrorKind::UndefinedError => {}
                Err(error) => return Err(error),
            }
        }
        filled.retain(|text| !text.is_empty());
        Ok(filled)
    }

    /// Adds the sheet's clauses, each of which may use those before it.
    pub(super) fn add_clauses(&self, locale: Locale, sheet: &Sheet, facts: &mut Said) -> Result<(), Error> {
        for entry in sheet.table("clauses") {
            if let Some(text) = self.fill_all(locale, sheet, &entry.key, facts)?.into_iter().next() {
                facts.insert(entry.name().to_owned(), text.into());
            }
        }
        Ok(())
    }
}
