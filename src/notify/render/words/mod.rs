//! All words: the files of `../templates`, and those of a user's folder laid over them.
//!
//! In come texts by their paths, out comes [`Words`] or every problem with file and line. A `.txt` replaces the built-in one of the
//! same path; in a `.toml` each key replaces the one of its name. What always holds: every built-in key is there, every
//! template can be parsed, every variable that a template names is one that `view` may fill. Reading files is for
//! others: this is pure.

pub mod approved;
mod files;
mod problem;
mod sheet;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, LazyLock};

use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, Error, ErrorKind, UndefinedBehavior};
use serde::Serialize;

pub use files::{FILES, KINDS};
pub use problem::Problem;
pub use sheet::Sheet;

use super::{Locale, view};
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
        let mut problems = Vec::new();
        for path in overrides.keys().filter(|path| !FILES.iter().any(|(own, _)| own == path)) {
            problems
                .push(Problem::file(path, "expected a file that replaces one of ours, found no such path among ours"));
        }
        let own = |path: &str| FILES.iter().find(|(own, _)| *own == path).map_or("", |(_, text)| *text);
        let mut sheet = |path: &str| {
            let mut sheet = Sheet::read(path, own(path)).unwrap_or_else(|problem| panic!("{problem}"));
            if let Some(text) = overrides.get(path) {
                match Sheet::read(path, text) {
                    Ok(over) => problems.extend(sheet.overlay(over)),
                    Err(problem) => problems.push(problem),
                }
            }
            sheet
        };
        let mut languages = Locale::ALL.map(|locale| {
            let path = |name: &str| format!("{}/{name}", locale.name());
            Language {
                words: sheet(&path("words.toml")),
                sms: sheet(&path("sms.toml")),
                approved: Approved::new(sheet(&path("aliyun.toml"))),
            }
        });
        let forbidden = sheet("forbidden.toml");
        let mut env = environment();
        let mut add = |name: String, text: String, file: &str, line: usize, clauses: &[String]| {
            let problem = |message| Problem { file: file.to_owned(), line: Some(line), message };
            if let Err(error) = env.add_template_owned(name.clone(), text) {
                let line = line + error.line().unwrap_or(1) - 1;
                return Some(Problem { file: file.to_owned(), line: Some(line), message: plain(&error) });
            }
            let template = env.get_template(&name).ok()?;
            let mut unknown: Vec<String> = template.undeclared_variables(false).into_iter().collect();
            unknown.retain(|name| !view::NAMES.contains(&name.as_str()) && !clauses.contains(name));
            unknown.sort();
            unknown.first().map(|name| problem(format!("expected a variable that notices have, found {name:?}")))
        };
        let mut texts = Vec::new();
        for (path, text) in FILES.iter().filter(|(path, _)| !path.ends_with(".toml")) {
            let text = overrides.get(*path).map_or((*text).to_owned(), String::clone);
            texts.push((*path, text.clone()));
            let clauses = match Locale::ALL.iter().position(|locale| path.split('/').next() == Some(locale.name())) {
                Some(language) => languages[language].words.names("clauses"),
                None => vec!["lang".into(), "subject".into(), "paragraphs".into(), "label".into()],
            };
            problems.extend(add((*path).to_owned(), text, path, 1, &clauses));
        }
        for (language, locale) in languages.iter().zip(Locale::ALL) {
            for (sheet, tables) in
                [(&language.words, &["clauses"][..]), (&language.sms, &["clauses", "own", "work", "close", "sign"])]
            {
                let clauses = sheet.names("clauses");
                for entry in tables.iter().flat_map(|table| sheet.table(table)) {
                    for (i, text) in entry.texts.iter().enumerate() {
                        let name = format!("{}#{}.{i}", entry.origin(locale, sheet), entry.key);
                        problems.extend(add(name, text.clone(), &entry.file, entry.line_of(i), &clauses));
                    }
                }
            }
        }
        for language in &mut languages {
            problems.extend(language.approved.read(&language.sms.names("clauses")));
            problems.extend(super::when::check(&language.words).into_iter().chain(super::when::check(&language.sms)));
        }
        if problems.is_empty() { Ok(Words { env, languages, texts, forbidden }) } else { Err(problems) }
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

fn environment() -> Environment<'static> {
    let mut env = Environment::new();
    // What is unknown may be asked for and not be said: a text that says it all the same is none.
    env.set_undefined_behavior(UndefinedBehavior::SemiStrict);
    env.set_auto_escape_callback(|name| if name.ends_with(".html") { AutoEscape::Html } else { AutoEscape::None });
    env
}

/// An error of the template language without the place, which is told apart.
fn plain(error: &Error) -> String {
    let detail = error.detail().map_or_else(|| error.kind().to_string(), str::to_owned);
    format!("expected a template, found a mistake: {detail}")
}
