//! Makes [`Words`] of files: ours, with a user's laid over them, and everything that is wrong with those.

use std::collections::BTreeMap;

use minijinja::{AutoEscape, Environment, Error, UndefinedBehavior};

use super::super::{Locale, view, when};
use super::approved::Approved;
use super::{FILES, Language, Problem, Sheet, Words};

/// What the page of a mail is filled with, besides what its text is.
const PAGE: [&str; 4] = ["lang", "subject", "blocks", "label"];

struct Loader<'a> {
    overrides: &'a BTreeMap<String, String>,
    env: Environment<'static>,
    problems: Vec<Problem>,
}

/// Ours with these files, by path, laid over them.
pub fn load(overrides: &BTreeMap<String, String>) -> Result<Words, Vec<Problem>> {
    let mut loader = Loader { overrides, env: environment(), problems: Vec::new() };
    loader.refuse_strangers();
    let mut languages = Locale::ALL.map(|locale| loader.language(locale));
    let forbidden = loader.sheet("forbidden.toml");
    let texts = loader.add_files(&languages);
    for (language, locale) in languages.iter().zip(Locale::ALL) {
        loader.add_sheet(locale, &language.words, &["clauses"]);
        loader.add_sheet(locale, &language.sms, &["clauses", "own", "work", "close", "sign"]);
    }
    let mut problems = loader.problems;
    for language in &mut languages {
        problems.extend(language.approved.read(&language.sms.names("clauses")));
        problems.extend(when::check(&language.words).into_iter().chain(when::check(&language.sms)));
    }
    if problems.is_empty() { Ok(Words { env: loader.env, languages, texts, forbidden }) } else { Err(problems) }
}

impl Loader<'_> {
    /// A file that replaces none of ours would never be read: its name is a mistake.
    fn refuse_strangers(&mut self) {
        for path in self.overrides.keys().filter(|path| !FILES.iter().any(|(own, _)| own == path)) {
            let message = "expected a file that replaces one of ours, found no such path among ours";
            self.problems.push(Problem::file(path, message));
        }
    }

    fn language(&mut self, locale: Locale) -> Language {
        let mut sheet = |name: &str| self.sheet(&format!("{}/{name}", locale.name()));
        Language { words: sheet("words.toml"), sms: sheet("sms.toml"), approved: Approved::new(sheet("aliyun.toml")) }
    }

    fn sheet(&mut self, path: &str) -> Sheet {
        let own = FILES.iter().find(|(own, _)| *own == path).map_or("", |(_, text)| *text);
        let mut sheet = Sheet::read(path, own).unwrap_or_else(|problem| panic!("{problem}"));
        match self.overrides.get(path).map(|text| Sheet::read(path, text)) {
            None => {}
            Some(Ok(over)) => self.problems.extend(sheet.overlay(over)),
            Some(Err(problem)) => self.problems.push(problem),
        }
        sheet
    }

    /// The templates that are files of their own; returns their texts.
    fn add_files(&mut self, languages: &[Language; 3]) -> Vec<(&'static str, String)> {
        let mut texts = Vec::new();
        for (path, text) in FILES.iter().filter(|(path, _)| !path.ends_with(".toml")) {
            let text = self.overrides.get(*path).map_or((*text).to_owned(), String::clone);
            let language = Locale::ALL.iter().position(|locale| path.split('/').next() == Some(locale.name()));
            let clauses = match language {
                Some(language) => languages[language].words.names("clauses"),
                None => PAGE.map(str::to_owned).to_vec(),
            };
            self.add((*path).to_owned(), &text, (path, 1), &clauses);
            texts.push((*path, text));
        }
        texts
    }

    /// The templates in these tables of a sheet.
    fn add_sheet(&mut self, locale: Locale, sheet: &Sheet, tables: &[&str]) {
        let clauses = sheet.names("clauses");
        for entry in tables.iter().flat_map(|table| sheet.table(table)) {
            for (i, text) in entry.texts.iter().enumerate() {
                let name = format!("{}#{}.{i}", entry.origin(locale, sheet), entry.key);
                self.add(name, text, (&entry.file, entry.line_of(i)), &clauses);
            }
        }
    }

    fn add(&mut self, name: String, text: &str, (file, line): (&str, usize), clauses: &[String]) {
        let mut problem =
            |line, message| self.problems.push(Problem { file: file.to_owned(), line: Some(line), message });
        if let Err(error) = self.env.add_template_owned(name.clone(), text.to_owned()) {
            return problem(line + error.line().unwrap_or(1) - 1, plain(&error));
        }
        let Ok(template) = self.env.get_template(&name) else { return };
        let unknown = template.undeclared_variables(false);
        let unknown = unknown.iter().filter(|name| !view::NAMES.contains(&name.as_str()) && !clauses.contains(name));
        if let Some(name) = unknown.min() {
            let at = text.lines().position(|line| line.contains(name.as_str())).unwrap_or(0);
            problem(line + at, format!("expected a variable that notices have, found {name:?}"));
        }
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
