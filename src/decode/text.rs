//! Bytes to JSON, and the kinds of values that a field may turn out to have.
//!
//! In: a record's bytes. Out: an object, or a reject that says where reading stopped. No message repeats the
//! record's content: rejects are logged.

use std::borrow::Cow;
use std::fmt;

use serde::de::{self, Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use crate::model::Reject;

/// The record's text, if it is one.
pub(super) fn text(value: Option<&[u8]>) -> Result<&str, Reject> {
    let Some(bytes) = value else {
        return Err(Reject::at("empty", "", "expected a JSON object, found no value (a tombstone)"));
    };
    if bytes.is_empty() {
        return Err(Reject::at("empty", "", "expected a JSON object, found no byte"));
    }
    std::str::from_utf8(bytes).map_err(|error| {
        let at = error.valid_up_to();
        Reject::at("utf8", "", format!("expected UTF-8, found a byte that is none at offset {at}"))
    })
}

/// The named fields of a record as trees, for the inputs that are rare or nested. Others are read over, whatever they
/// hold: a number or a depth that no tree of ours takes is no error there. The last of two equal keys counts.
pub(super) fn object(text: &str, names: &[&str]) -> Result<Map<String, Value>, Reject> {
    let mut parser = serde_json::Deserializer::from_str(text);
    let read = parser.deserialize_any(Trees { names }).and_then(|read| parser.end().map(|()| read));
    read.map_err(|error| syntax(&error))?.map_err(no_object)
}

/// A reject for text that is no JSON: the parser's words about syntax name the place and never the content. Those about data
/// repeat it; there are some even here, about a key by which the parser marks texts of its own.
pub(super) fn syntax(error: &serde_json::Error) -> Reject {
    if error.is_data() {
        let (line, column) = (error.line(), error.column());
        return Reject::at(
            "json",
            "",
            format!("expected JSON, found a value of another kind at line {line} column {column}"),
        );
    }
    Reject::at("json", "", format!("expected JSON, found {error}"))
}

/// A reject for JSON that is no object.
pub(super) fn no_object(found: &str) -> Reject {
    Reject::at("type", "", format!("expected a JSON object, found {found}"))
}

/// What a value is, for messages.
pub(super) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// A field of a flat record: scans are many, so no tree is built for them.
#[derive(Clone, Debug, Default)]
pub(super) enum Flat<'a> {
    /// Not there, or `null`.
    #[default]
    Absent,
    Text(Cow<'a, str>),
    /// Something else; what it is.
    Other(&'static str),
}

impl<'de> Deserialize<'de> for Flat<'de> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Flat<'de>, D::Error> {
        d.deserialize_any(FlatVisitor)
    }
}

struct FlatVisitor;

impl<'de> Visitor<'de> for FlatVisitor {
    type Value = Flat<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_unit<E>(self) -> Result<Flat<'de>, E> {
        Ok(Flat::Absent)
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Flat<'de>, E> {
        Ok(Flat::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Flat<'de>, E> {
        Ok(Flat::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Flat<'de>, E> {
        Ok(Flat::Other("a boolean"))
    }

    fn visit_i64<E>(self, _: i64) -> Result<Flat<'de>, E> {
        Ok(Flat::Other("a number"))
    }

    fn visit_u64<E>(self, _: u64) -> Result<Flat<'de>, E> {
        Ok(Flat::Other("a number"))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Flat<'de>, E> {
        Ok(Flat::Other("a number"))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Flat<'de>, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Flat::Other("a list"))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Flat<'de>, A::Error> {
        while object.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Flat::Other("an object"))
    }
}

/// The named fields of a flat object, in the order of `NAMES`; others are read over. The last of two equal
/// keys counts.
pub(super) fn flat<'a, const N: usize>(text: &'a str, names: &[&str; N]) -> Result<[Flat<'a>; N], Reject> {
    let mut parser = serde_json::Deserializer::from_str(text);
    let read = parser.deserialize_any(Fields { names }).and_then(|read| parser.end().map(|()| read));
    read.map_err(|error| syntax(&error))?.map_err(no_object)
}

/// What is found where an object was expected.
macro_rules! no_object {
    () => {
        fn visit_unit<E>(self) -> Result<Self::Value, E> {
            Ok(Err("null"))
        }

        fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
            Ok(Err("a boolean"))
        }

        fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
            Ok(Err("a number"))
        }

        fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
            Ok(Err("a number"))
        }

        fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
            Ok(Err("a number"))
        }

        fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> {
            Ok(Err("a text"))
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
            while list.next_element::<IgnoredAny>()?.is_some() {}
            Ok(Err("a list"))
        }
    };
}

struct Fields<'n, const N: usize> {
    names: &'n [&'n str; N],
}

impl<'de, const N: usize> Visitor<'de> for Fields<'_, N> {
    type Value = Result<[Flat<'de>; N], &'static str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Self::Value, A::Error> {
        let mut fields = std::array::from_fn(|_| Flat::Absent);
        while let Some(Key(name)) = object.next_key()? {
            match self.names.iter().position(|known| *known == name) {
                Some(index) => fields[index] = object.next_value()?,
                None => drop(object.next_value::<IgnoredAny>()?),
            }
        }
        Ok(Ok(fields))
    }

    no_object!();
}

struct Trees<'n> {
    names: &'n [&'n str],
}

impl<'de> Visitor<'de> for Trees<'_> {
    type Value = Result<Map<String, Value>, &'static str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Self::Value, A::Error> {
        let mut fields = Map::new();
        while let Some(Key(name)) = object.next_key()? {
            if self.names.contains(&&*name) {
                fields.insert(name.into_owned(), object.next_value()?);
            } else {
                object.next_value::<IgnoredAny>()?;
            }
        }
        Ok(Ok(fields))
    }

    no_object!();
}

/// A key, borrowed where it has no escapes.
struct Key<'a>(Cow<'a, str>);

impl<'de> Deserialize<'de> for Key<'de> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Key<'de>, D::Error> {
        struct KeyVisitor;
        impl<'de> Visitor<'de> for KeyVisitor {
            type Value = Key<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a key")
            }
            fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Borrowed(text)))
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Owned(text.to_owned())))
            }
        }
        d.deserialize_str(KeyVisitor)
    }
}
