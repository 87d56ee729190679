//! The words of pages: one file per language beside this folder, with the same keys in each.

use std::collections::BTreeMap;

use serde::Serialize;
use toml_edit::{DocumentMut, Item, Value};

use crate::notify::render::Locale;

/// The files.
const FILES: [(&str, &str); 3] = [
    ("en", include_str!("../words/en.toml")),
    ("zh-CN", include_str!("../words/zh-CN.toml")),
    ("zh-TW", include_str!("../words/zh-TW.toml")),
];

/// What a variable of a sentence says; none: unknown.
pub(super) type Said<'a> = (&'a str, Option<&'a str>);

/// A text, or several: the fullest first.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub(super) enum Entry {
    One(String),
    Fullest(Vec<String>),
}

impl Entry {
    fn texts(&self) -> &[String] {
        match self {
            Entry::One(text) => std::slice::from_ref(text),
            Entry::Fullest(texts) => texts,
        }
    }
}

/// The words of a language, by table and name.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub(super) struct Words {
    tables: BTreeMap<String, BTreeMap<String, Entry>>,
    /// What the language calls itself.
    #[serde(skip)]
    pub name: String,
}

impl Words {
    /// The words of a language of ours.
    pub fn of(locale: Locale) -> Words {
        let found = FILES.iter().find(|(name, _)| *name == locale.name());
        Words::read(found.map_or(FILES[0].1, |(_, text)| text))
    }

    fn read(text: &str) -> Words {
        let document: DocumentMut = text.parse().expect("a file of ours is TOML");
        let mut words = Words { tables: BTreeMap::new(), name: String::new() };
        for (key, item) in document.iter() {
            let Item::Table(table) = item else {
                words.name = item.as_str().unwrap_or_default().to_owned();
                continue;
            };
            let entries = table.iter().map(|(name, item)| (name.to_owned(), entry(item)));
            words.tables.insert(key.to_owned(), entries.collect());
        }
        words
    }

    fn entry(&self, table: &str, name: &str) -> Option<&Entry> {
        self.tables.get(table)?.get(name)
    }

    /// A text without variables; empty where there is none.
    pub fn text(&self, table: &str, name: &str) -> String {
        self.say(table, name, &[])
    }

    /// The same, none where there is none or an empty one.
    pub fn known(&self, table: &str, name: &str) -> Option<String> {
        Some(self.text(table, name)).filter(|text| !text.is_empty())
    }

    /// The fullest sentence of which every variable is known; empty where there is none.
    pub fn say(&self, table: &str, name: &str, said: &[Said<'_>]) -> String {
        let texts = self.entry(table, name).map_or(&[][..], Entry::texts);
        texts.iter().find_map(|text| fill(text, said)).unwrap_or_default()
    }
}

fn entry(item: &Item) -> Entry {
    match item {
        Item::Value(Value::Array(texts)) => {
            Entry::Fullest(texts.iter().filter_map(|text| Some(text.as_str()?.to_owned())).collect())
        }
        item => Entry::One(item.as_str().unwrap_or_default().to_owned()),
    }
}

/// The text with its variables' values; none where one is unknown. What a value says is never read as a variable.
fn fill(text: &str, said: &[Said<'_>]) -> Option<String> {
    let mut filled = String::with_capacity(text.len() + 32);
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, after) = after.split_once('}')?;
        filled.push_str(before);
        filled.push_str(said.iter().find(|(known, _)| *known == name)?.1?);
        rest = after;
    }
    filled.push_str(rest);
    Some(filled)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fullest_sentence_is_used_of_which_everything_is_known() {
        let words = Words::read("[now]\nleft = [\"It left {hub} on {at}.\", \"It left on {at}.\"]\n");
        let say = |hub| words.say("now", "left", &[("hub", hub), ("at", Some("Monday"))]);
        assert_eq!(say(Some("{at}")), "It left {at} on Monday.");
        assert_eq!(say(None), "It left on Monday.");
        assert_eq!(words.say("now", "left", &[]), "");
    }

    #[test]
    fn every_language_says_the_same_things_with_the_same_variables() {
        let variables = |text: &String| -> Vec<String> {
            let mut names: Vec<_> =
                text.split('{').skip(1).filter_map(|rest| Some(rest.split_once('}')?.0.to_owned())).collect();
            names.sort();
            names
        };
        let of = |text: &str| -> BTreeMap<String, Vec<Vec<String>>> {
            let words = Words::read(text);
            let entries = words.tables.iter().flat_map(|(table, entries)| {
                entries.iter().map(move |(name, entry)| {
                    (format!("{table}.{name}"), entry.texts().iter().map(variables).collect())
                })
            });
            entries.collect()
        };
        let english = of(FILES[0].1);
        assert!(english.len() > 200);
        for (name, text) in &FILES[1..] {
            for (key, texts) in of(text) {
                assert_eq!(Some(&texts), english.get(&key), "{name}: {key}");
            }
            assert_eq!(of(text).len(), english.len(), "{name} lacks a text");
        }
        for (name, text) in FILES {
            // "" is said where there is nothing to add.
            let may_be_empty = ["wrong", "doing", "state", "joint"];
            for (table, entries) in Words::read(text).tables {
                let empty = entries.values().flat_map(Entry::texts).any(String::is_empty);
                assert!(!empty || may_be_empty.contains(&table.as_str()), "{name}: {table}");
            }
        }
    }

    #[test]
    fn words_of_pages_are_calm_and_promote_nothing() {
        for (name, text) in FILES {
            for sign in ['!', '！'] {
                assert!(!text.contains(sign), "{name}: {sign}");
            }
            for word in ["shipment", "Oops", "regret", "优惠", "優惠", "点击", "點擊", "尊敬的", "click"] {
                assert!(!text.contains(word), "{name}: {word}");
            }
        }
        // What is written in Taiwan differs by more than the characters.
        for word in ["快件", "短信", "驿", "默认", "信息", "视频", "網點", "郵件地址", "保存", "撤銷", "揽", "攬收"]
        {
            assert!(!FILES[2].1.contains(word), "{word}");
        }
    }
}
