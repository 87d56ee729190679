//! Reads a [`Node`] into typed settings; an error knows the path of the value that it is about.
//!
//! An empty text where a setting is optional is "none": so every key of the commented default can stand
//! there with a value, and no key exists that the default does not show.

use std::fmt;

use serde::de::value::{MapAccessDeserializer, StrDeserializer};
use serde::de::{self, DeserializeSeed, Deserializer, Expected, IntoDeserializer, Unexpected, Visitor};
use serde::forward_to_deserialize_any;

use super::tree::{Entry, Node, Value};

/// A value that its setting does not accept.
#[derive(Debug)]
pub(crate) struct Fault {
    /// Keys from the outermost inwards.
    pub path: Vec<String>,
    /// One sentence: expected this, found that.
    pub message: String,
}

impl Fault {
    fn under(mut self, name: &str) -> Fault {
        self.path.insert(0, name.to_owned());
        self
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path.join("."), self.message)
    }
}

impl std::error::Error for Fault {}

impl de::Error for Fault {
    fn custom<T: fmt::Display>(message: T) -> Fault {
        Fault { path: Vec::new(), message: message.to_string() }
    }

    fn invalid_type(found: Unexpected<'_>, expected: &dyn Expected) -> Fault {
        Fault::custom(format_args!("expected {}, found {}", plain(expected), kind(&found)))
    }

    fn invalid_value(found: Unexpected<'_>, expected: &dyn Expected) -> Fault {
        let found = match found {
            Unexpected::Signed(number) => number.to_string(),
            Unexpected::Unsigned(number) => number.to_string(),
            Unexpected::Float(number) => number.to_string(),
            other => kind(&other).to_owned(),
        };
        Fault::custom(format_args!("expected {}, found {found}", plain(expected)))
    }

    fn invalid_length(length: usize, expected: &dyn Expected) -> Fault {
        Fault::custom(format_args!("expected {}, found {length} of them", plain(expected)))
    }

    fn unknown_variant(found: &str, expected: &'static [&'static str]) -> Fault {
        Fault::custom(format_args!("expected {}, found \"{found}\"", one_of(expected)))
    }

    fn unknown_field(found: &str, expected: &'static [&'static str]) -> Fault {
        Fault::custom(format_args!("unknown key, expected {}", one_of(expected))).under(found)
    }

    fn missing_field(name: &'static str) -> Fault {
        Fault::custom("expected a value, found none").under(name)
    }
}

/// What was found, never its content: a text in the wrong place may be a secret.
fn kind(found: &Unexpected<'_>) -> &'static str {
    match found {
        Unexpected::Str(_) | Unexpected::Char(_) => "a text",
        Unexpected::Signed(_) | Unexpected::Unsigned(_) => "a whole number",
        Unexpected::Float(_) => "a number",
        Unexpected::Bool(_) => "true or false",
        Unexpected::Seq => "a list",
        Unexpected::Map => "a table",
        _ => "something else",
    }
}

/// What was expected, in the words of a configuration instead of Rust's.
fn plain(expected: &dyn Expected) -> String {
    let expected = expected.to_string();
    match expected.as_str() {
        "a string" => "a text".to_owned(),
        "a boolean" => "true or false".to_owned(),
        "a sequence" => "a list".to_owned(),
        "a map" => "a table".to_owned(),
        "f32" | "f64" => "a number".to_owned(),
        "u8" => "0 to 255".to_owned(),
        "u16" => "0 to 65535".to_owned(),
        "u32" => "0 to 4294967295".to_owned(),
        "u64" | "usize" => "a whole number from 0".to_owned(),
        "i8" | "i16" | "i32" | "i64" => "a whole number".to_owned(),
        other if other.starts_with("struct ") => "a table".to_owned(),
        _ => expected,
    }
}

fn one_of(names: &[&str]) -> String {
    match names {
        [] => "nothing".to_owned(),
        [only] => (*only).to_owned(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}

impl<'de> Deserializer<'de> for &'de Node {
    type Error = Fault;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match &self.value {
            Value::Text(text) => visitor.visit_borrowed_str(text),
            Value::Integer(number) => visitor.visit_i64(*number),
            Value::Float(number) => visitor.visit_f64(*number),
            Value::Boolean(truth) => visitor.visit_bool(*truth),
            Value::List(nodes) => visitor.visit_seq(List { nodes, index: 0 }),
            Value::Table(entries) => visitor.visit_map(Table { entries, current: None }),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match &self.value {
            Value::Text(text) if text.is_empty() => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        match &self.value {
            Value::Text(text) => {
                let name: StrDeserializer<'_, Fault> = text.as_str().into_deserializer();
                visitor.visit_enum(name)
            }
            Value::Table(entries) => visitor.visit_enum(MapAccessDeserializer::new(Table { entries, current: None })),
            other => Err(de::Error::custom(format_args!("expected a name, found {}", other.kind()))),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf
        unit unit_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

struct List<'de> {
    nodes: &'de [Node],
    index: usize,
}

impl<'de> de::SeqAccess<'de> for List<'de> {
    type Error = Fault;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Fault> {
        let Some(node) = self.nodes.get(self.index) else { return Ok(None) };
        let index = self.index;
        self.index += 1;
        seed.deserialize(node).map(Some).map_err(|fault| fault.under(&index.to_string()))
    }
}

struct Table<'de> {
    entries: &'de [Entry],
    current: Option<&'de Entry>,
}

impl<'de> de::MapAccess<'de> for Table<'de> {
    type Error = Fault;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Fault> {
        let Some((entry, rest)) = self.entries.split_first() else { return Ok(None) };
        (self.current, self.entries) = (Some(entry), rest);
        let name: StrDeserializer<'de, Fault> = entry.name.as_str().into_deserializer();
        seed.deserialize(name).map(Some).map_err(|fault| {
            // A key that is no name of its kind is at fault itself; an unknown field says so already.
            if fault.path.is_empty() { fault.under(&entry.name) } else { fault }
        })
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Fault> {
        let entry = self.current.ok_or_else(|| <Fault as de::Error>::custom("expected a key before its value"))?;
        seed.deserialize(&entry.node).map_err(|fault| fault.under(&entry.name))
    }
}
