//! A configuration as a tree of values that know their places. The default, the file and the
//! environment are such trees or change one; what comes out is read by `de`.

use std::sync::Arc;

use toml_edit::{Document, Item, TableLike};

use super::{Place, Problem};

/// A value and where it was said.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Node {
    pub place: Place,
    pub value: Value,
}

/// What TOML can say. A date is its text.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Text(String),
    Integer(i64),
    Float(f64),
    Boolean(bool),
    List(Vec<Node>),
    Table(Vec<Entry>),
}

/// A key of a table, in the order in which they were written.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Entry {
    pub name: String,
    /// The key's own place: where an unknown one is reported.
    pub place: Place,
    pub node: Node,
}

impl Value {
    /// What it is, for "expected X, found Y". Never the content, which may be a secret in the wrong place.
    pub fn kind(&self) -> &'static str {
        match self {
            Value::Text(_) => "a text",
            Value::Integer(_) => "a whole number",
            Value::Float(_) => "a number",
            Value::Boolean(_) => "true or false",
            Value::List(_) => "a list",
            Value::Table(_) => "a table",
        }
    }
}

impl Node {
    /// Reads TOML. `place` says where a byte offset of the text is.
    pub fn parse(text: &str, place: &dyn Fn(usize) -> Place) -> Result<Node, Problem> {
        let document = Document::parse(text).map_err(|error| Problem {
            place: place(error.span().map_or(0, |span| span.start)),
            key: String::new(),
            message: error.message().trim_end().replace('\n', ", "),
        })?;
        Ok(table(document.as_table(), Place::Default, place))
    }

    /// Reads a file's text.
    pub fn of_file(name: &Arc<str>, text: &str) -> Result<Node, Problem> {
        Node::parse(text, &|offset| Place::at(name, text, offset))
    }

    /// The entries of a table; none for anything else.
    pub fn entries(&self) -> &[Entry] {
        match &self.value {
            Value::Table(entries) => entries,
            _ => &[],
        }
    }

    /// The value under a key of a table or at an index of a list.
    pub fn get(&self, name: &str) -> Option<&Node> {
        match &self.value {
            Value::Table(entries) => entries.iter().find(|entry| entry.name == name).map(|entry| &entry.node),
            Value::List(nodes) => nodes.get(name.parse::<usize>().ok()?),
            _ => None,
        }
    }

    /// The place of a path: of the nearest value around it that somebody wrote, else of the first one below it.
    pub fn place_of<S: AsRef<str>>(&self, path: &[S]) -> Place {
        let mut node = self;
        let mut place = &self.place;
        for name in path {
            let Some(next) = node.get(name.as_ref()) else { break };
            node = next;
            if node.place != Place::Default {
                place = &node.place;
            }
        }
        let below = || node.written().min();
        if *place == Place::Default { below().unwrap_or(place).clone() } else { place.clone() }
    }

    /// The places of everything in it that somebody wrote.
    fn written(&self) -> Box<dyn Iterator<Item = &Place> + '_> {
        let own = Some(&self.place).filter(|place| **place != Place::Default);
        Box::new(own.into_iter().chain(self.entries().iter().flat_map(|entry| entry.node.written())))
    }

    /// Puts the default back at a path, or takes away what has none: the innermost value around the
    /// path that somebody wrote, else everything below it that somebody wrote. False where all is default already.
    pub fn mend<S: AsRef<str>>(&mut self, path: &[S], default: Option<&Node>) -> bool {
        let below = |name: &str| default.and_then(|default| default.get(name));
        let Value::Table(entries) = &mut self.value else { return false };
        let inner = path.split_first().and_then(|(name, rest)| {
            let index = entries.iter().position(|entry| entry.name == name.as_ref())?;
            Some((index, rest))
        });
        let Some((index, rest)) = inner else {
            // The table as a whole is at fault, or lacks a value: without a default of its own it goes as a whole.
            let Some(default) = default else { return false };
            let mut mended = false;
            entries.retain_mut(|entry| {
                if entry.node.place == Place::Default {
                    return true;
                }
                mended = true;
                default.get(&entry.name).is_some_and(|default| {
                    entry.node = default.clone();
                    true
                })
            });
            return mended;
        };
        let default = below(&entries[index].name);
        if entries[index].node.mend(rest, default) {
            return true;
        }
        if entries[index].node.place == Place::Default {
            return false;
        }
        match default {
            Some(default) => entries[index].node = default.clone(),
            None => drop(entries.remove(index)),
        }
        true
    }

    /// Every place in it becomes `Default`.
    pub fn into_default(mut self) -> Node {
        self.place = Place::Default;
        self.value = match self.value {
            Value::List(nodes) => Value::List(nodes.into_iter().map(Node::into_default).collect()),
            Value::Table(entries) => Value::Table(entries.into_iter().map(Entry::into_default).collect()),
            scalar => scalar,
        };
        self
    }
}

impl Entry {
    fn into_default(self) -> Entry {
        Entry { name: self.name, place: Place::Default, node: self.node.into_default() }
    }
}

fn table(table: &dyn TableLike, own: Place, place: &dyn Fn(usize) -> Place) -> Node {
    let entry = |(name, item): (&str, &Item)| {
        let key_span = table.get_key_value(name).and_then(|(key, _)| key.span());
        let key_place = key_span.map_or_else(|| own.clone(), |span| place(span.start));
        Entry { name: name.to_owned(), place: key_place.clone(), node: item_node(item, key_place, place) }
    };
    let entries = table.iter().filter(|(_, item)| !item.is_none()).map(entry).collect();
    Node { place: own, value: Value::Table(entries) }
}

fn item_node(item: &Item, key_place: Place, place: &dyn Fn(usize) -> Place) -> Node {
    match item {
        Item::Value(value) => value_node(value, key_place, place),
        Item::ArrayOfTables(tables) => {
            let nodes = tables.iter().map(|each| {
                let own = each.span().map_or_else(|| key_place.clone(), |span| place(span.start));
                table(each, own, place)
            });
            Node { value: Value::List(nodes.collect()), place: key_place }
        }
        Item::Table(inner) => table(inner, key_place, place),
        Item::None => Node { place: key_place, value: Value::Table(Vec::new()) },
    }
}

fn value_node(value: &toml_edit::Value, key_place: Place, place: &dyn Fn(usize) -> Place) -> Node {
    let own = value.span().map_or_else(|| key_place.clone(), |span| place(span.start));
    let value = match value {
        toml_edit::Value::String(text) => Value::Text(text.value().clone()),
        toml_edit::Value::Integer(number) => Value::Integer(*number.value()),
        toml_edit::Value::Float(number) => Value::Float(*number.value()),
        toml_edit::Value::Boolean(truth) => Value::Boolean(*truth.value()),
        toml_edit::Value::Datetime(date) => Value::Text(date.value().to_string()),
        toml_edit::Value::Array(array) => {
            Value::List(array.iter().map(|each| value_node(each, own.clone(), place)).collect())
        }
        toml_edit::Value::InlineTable(inner) => return table(inner, own, place),
    };
    Node { place: own, value }
}
