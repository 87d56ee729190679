//! Shows a configuration as TOML, with the place of everything that is not default.

use std::fmt::Write;

use super::Place;
use super::tree::{Node, Value};

/// The whole tree. Secrets stand there by reference only; of a URL, which may carry a token, the host is shown.
pub(crate) fn print(tree: &Node) -> String {
    let mut out = String::new();
    print_table(&mut out, tree, "");
    out
}

fn print_table(out: &mut String, table: &Node, path: &str) {
    let (tables, leaves): (Vec<_>, Vec<_>) =
        table.entries().iter().partition(|entry| matches!(entry.node.value, Value::Table(_)));
    if !path.is_empty() && (!leaves.is_empty() || tables.is_empty()) {
        let _ = writeln!(out, "{}[{path}]", if out.is_empty() { "" } else { "\n" });
    }
    for entry in leaves {
        let said = match &entry.node.place {
            Place::Default => String::new(),
            place => format!("  # {place}"),
        };
        let _ = writeln!(out, "{} = {}{said}", key(&entry.name), value(&entry.node.value));
    }
    for entry in tables {
        let name = key(&entry.name);
        print_table(out, &entry.node, &if path.is_empty() { name } else { format!("{path}.{name}") });
    }
}

fn key(name: &str) -> String {
    toml_edit::Key::new(name).display_repr().into_owned()
}

fn value(value: &Value) -> String {
    match value {
        Value::Text(text) => toml_edit::Value::from(masked(text)).to_string(),
        Value::Integer(number) => number.to_string(),
        Value::Float(number) => toml_edit::Value::from(*number).to_string(),
        Value::Boolean(truth) => truth.to_string(),
        Value::List(nodes) => {
            let items: Vec<_> = nodes.iter().map(|node| self::value(&node.value)).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Table(entries) => {
            let items: Vec<_> = entries
                .iter()
                .map(|entry| format!("{} = {}", key(&entry.name), self::value(&entry.node.value)))
                .collect();
            format!("{{ {} }}", items.join(", "))
        }
    }
}

/// A URL without what may be secret in it: user, path, query.
fn masked(text: &str) -> String {
    let Some((scheme, rest)) = text.split_once("://") else { return text.to_owned() };
    let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let user = if host.len() < authority.len() { "***@" } else { "" };
    format!("{scheme}://{user}{host}{}", if path.len() > 1 { "/***" } else { path })
}
