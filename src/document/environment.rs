//! `PARCELWATCH__SECTION__KEY=value` overrides a key of the file.
//!
//! Between double underscores stand the keys of the path, in any case, with `_` for `-` and `.`. Where the
//! default is a text (a duration is one) the value is taken as it is; elsewhere it is read as TOML. In a table
//! with free keys a new name is taken as written, except properties (`kafka.client`): lower case, `_` for `.`.

use super::free::{Free, free};
use super::overlay::unknown;
use super::tree::{Entry, Node, Value};
use super::{Place, Problem};

/// What every override begins with. `PARCELWATCH_CONFIG`, with one underscore, is not one.
const PREFIX: &str = "PARCELWATCH__";

/// Changes `tree` to what the variables say, in the order of their names.
pub(crate) fn apply(tree: &mut Node, variables: &[(String, String)], problems: &mut Vec<Problem>) {
    let mut overrides: Vec<_> =
        variables.iter().filter_map(|(name, value)| Some((name, name.strip_prefix(PREFIX)?, value))).collect();
    overrides.sort();
    for (name, path, value) in overrides {
        let place = Place::Environment(name.as_str().into());
        if let Err((key, message)) = set(tree, &path.split("__").collect::<Vec<_>>(), value, &place) {
            problems.push(Problem { place, key, message });
        }
    }
}

/// What is wrong: the key's path, as far as it is known, and a sentence.
type Wrong = (String, String);

/// Sets one value.
fn set(tree: &mut Node, segments: &[&str], value: &str, place: &Place) -> Result<(), Wrong> {
    let mut path = Vec::new();
    let mut node = tree;
    for (depth, segment) in segments.iter().enumerate() {
        node = step(node, segment, depth + 1 == segments.len(), &mut path, place)?;
    }
    let new = node.place == *place;
    let value = read(&node.value, value, new).map_err(|message| (path.join("."), message))?;
    *node = Node { place: place.clone(), value };
    Ok(())
}

/// The value that a segment names; in a table with free keys it is made. `last`: it is no table.
fn step<'a>(
    node: &'a mut Node,
    segment: &str,
    last: bool,
    path: &mut Vec<String>,
    place: &Place,
) -> Result<&'a mut Node, Wrong> {
    let kind = node.value.kind();
    let Value::Table(entries) = &mut node.value else {
        return Err((path.join("."), format!("expected {kind}, found keys below it")));
    };
    let index = match entries.iter().position(|entry| alike(&entry.name, segment)) {
        Some(index) => index,
        None => {
            let name = match free(path) {
                Some(Free::Properties) => segment.to_lowercase().replace('_', "."),
                Some(Free::Names) => segment.to_owned(),
                // Below a name of the user's the keys are ours again.
                Some(Free::Entries) if !last => segment.to_owned(),
                _ => segment.to_lowercase(),
            };
            if free(path).is_none() {
                let message = unknown(&name, entries.iter().map(|entry| entry.name.as_str()));
                path.push(name);
                return Err((path.join("."), message));
            }
            let value = if last { Value::Text(String::new()) } else { Value::Table(Vec::new()) };
            entries.push(Entry { name, place: place.clone(), node: Node { place: place.clone(), value } });
            entries.len() - 1
        }
    };
    let entry = &mut entries[index];
    path.push(entry.name.clone());
    Ok(&mut entry.node)
}

/// Whether a segment names a key.
fn alike(name: &str, segment: &str) -> bool {
    let plain = |c: char| if matches!(c, '-' | '.') { '_' } else { c.to_ascii_lowercase() };
    name.chars().map(plain).eq(segment.chars().map(plain))
}

/// The value, of the kind that the default has; for a new key a number or a truth where it is one.
fn read(default: &Value, text: &str, new: bool) -> Result<Value, String> {
    let toml = || {
        let node = Node::parse(&format!("value = {text}"), &|_| Place::Default).ok()?;
        node.get("value").map(|node| node.value.clone())
    };
    match default {
        Value::Table(_) => Err("expected the name of a key, found the name of a table".to_owned()),
        Value::Text(_) if new => Ok(match toml() {
            Some(value @ (Value::Integer(_) | Value::Boolean(_) | Value::Float(_))) => value,
            _ => Value::Text(text.to_owned()),
        }),
        Value::Text(_) => Ok(Value::Text(text.to_owned())),
        other => toml().ok_or_else(|| format!("expected {} in TOML's notation, found something else", other.kind())),
    }
}
