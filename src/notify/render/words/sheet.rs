//! A TOML file of words: texts and lists of texts by dotted key, each with its place.

use std::sync::Arc;

use toml_edit::{Document, Item, TableLike, Value};

use super::super::Locale;
use super::{KINDS, Problem};

/// Tables that are the user's to add to.
const OPEN: [&str; 4] = ["reasons.", "fees.", "types.", "all."];

/// The words of a file.
#[derive(Clone, Debug)]
pub struct Sheet {
    /// "words.toml", without the language's folder.
    name: String,
    entries: Vec<Entry>,
}

/// What stands under a key.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Dotted: "own.delayed".
    pub key: String,
    /// One text, or the texts of a list.
    pub texts: Vec<String>,
    /// The file that said it.
    pub file: Arc<str>,
    /// The lines of the texts, from 1.
    lines: Vec<usize>,
}

impl Entry {
    /// The last part of the key.
    pub fn name(&self) -> &str {
        self.key.split_once('.').map_or(&self.key, |(_, name)| name)
    }

    /// Where a text of it stands.
    pub fn line_of(&self, i: usize) -> usize {
        self.lines.get(i).copied().unwrap_or(1)
    }

    /// Names the file in the names of templates.
    pub fn origin(&self, locale: Locale, sheet: &Sheet) -> String {
        format!("{}/{}", locale.name(), sheet.name)
    }
}

impl Sheet {
    /// Reads a file's text.
    pub fn read(path: &str, text: &str) -> Result<Sheet, Problem> {
        let line = |offset: usize| text.get(..offset).unwrap_or(text).matches('\n').count() + 1;
        let document = Document::parse(text).map_err(|error| Problem {
            file: path.to_owned(),
            line: error.span().map(|span| line(span.start)),
            message: error.message().trim_end().replace('\n', ", "),
        })?;
        let name = path.rsplit('/').next().unwrap_or(path).to_owned();
        let mut sheet = Sheet { name, entries: Vec::new() };
        sheet.take(&path.into(), "", document.as_table(), &line)?;
        Ok(sheet)
    }

    fn take(
        &mut self,
        file: &Arc<str>,
        prefix: &str,
        table: &dyn TableLike,
        line: &dyn Fn(usize) -> usize,
    ) -> Result<(), Problem> {
        for (key, item) in table.iter() {
            let key = format!("{prefix}{key}");
            if let Some(table) = item.as_table_like() {
                self.take(file, &format!("{key}."), table, line)?;
                continue;
            }
            let place = |span: Option<std::ops::Range<usize>>| span.map_or(1, |span| line(span.start));
            let wrong = |span| Problem {
                file: file.to_string(),
                line: Some(place(span)),
                message: format!("{key}: expected a text or a list of texts, found something else"),
            };
            let (texts, lines): (Vec<_>, Vec<_>) = match item {
                Item::Value(Value::String(text)) => (vec![text.value().clone()], vec![place(item.span())]),
                Item::Value(Value::Array(list)) => {
                    let mut both = (Vec::new(), Vec::new());
                    for value in list {
                        both.0.push(value.as_str().ok_or_else(|| wrong(value.span()))?.to_owned());
                        both.1.push(place(value.span()));
                    }
                    both
                }
                other => return Err(wrong(other.span())),
            };
            self.entries.push(Entry { key, texts, file: Arc::clone(file), lines });
        }
        Ok(())
    }

    /// Replaces what the other file names too. Reasons, currencies and the like are the user's to add to; every
    /// other key must be one of ours.
    pub fn overlay(&mut self, over: Sheet) -> Vec<Problem> {
        let mut problems = Vec::new();
        for entry in over.entries {
            let is_kind = entry.key.strip_prefix("own.").is_some_and(|kind| KINDS.contains(&kind));
            let is_open = is_kind || OPEN.iter().any(|open| entry.key.starts_with(open));
            match self.entries.iter_mut().find(|own| own.key == entry.key) {
                Some(own) => *own = entry,
                None if is_open => self.entries.push(entry),
                None => problems.push(Problem {
                    file: entry.file.to_string(),
                    line: Some(entry.line_of(0)),
                    message: format!("expected a key that ours has, found {:?}", entry.key),
                }),
            }
        }
        problems
    }

    #[allow(missing_docs)]
    pub fn get(&self, key: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.key == key)
    }

    /// The only, or first, text under a key.
    pub fn text(&self, key: &str) -> Option<&str> {
        self.get(key)?.texts.first().map(String::as_str)
    }

    /// The entries of a table, or the one of that name, in their order.
    pub fn table<'a>(&'a self, table: &'a str) -> impl Iterator<Item = &'a Entry> {
        self.entries.iter().filter(move |entry| {
            entry.key.strip_prefix(table).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        })
    }

    /// The names in a table.
    pub fn names(&self, table: &str) -> Vec<String> {
        self.table(table).map(|entry| entry.name().to_owned()).collect()
    }

    /// Everything.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// About an entry of it.
    pub fn problem(&self, key: &str, message: String) -> Problem {
        match self.get(key) {
            Some(entry) => Problem { file: entry.file.to_string(), line: Some(entry.line_of(0)), message },
            None => Problem::file(&self.name, message),
        }
    }
}
