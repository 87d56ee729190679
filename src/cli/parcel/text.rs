//! A JSON answer as a text for people: plain values first, then what is nested, one line for each item of a list
//! where it fits.

use std::fmt::Write;

use serde_json::{Map, Value};

/// What a reader looks for first, in this order; other keys follow by name.
const FIRST: [&str; 18] = [
    "parcel_id",
    "journey",
    "stage",
    "condition",
    "kind",
    "change",
    "level",
    "decision",
    "outcome",
    "reason",
    "why",
    "at",
    "limit",
    "hub",
    "merchant",
    "service",
    "promise",
    "ended",
];

/// Renders an answer.
pub(super) fn render(answer: &Value) -> String {
    let mut out = String::new();
    match answer {
        Value::Object(map) => render_map(&mut out, map, 0),
        other => out = plain(other) + "\n",
    }
    out
}

fn render_map(out: &mut String, map: &Map<String, Value>, depth: usize) {
    let (nested, flat): (Vec<_>, Vec<_>) =
        ordered(map).into_iter().filter(|(_, value)| !says_nothing(value)).partition(|(_, value)| is_nested(value));
    let width = flat.iter().map(|(key, _)| key.chars().count()).max().unwrap_or(0);
    for (key, value) in flat {
        line(out, depth, &format!("{:width$}  {}", words(key), plain(value)));
    }
    for (key, value) in nested {
        if depth == 0 {
            out.push('\n');
        }
        line(out, depth, &format!("{}:", words(key)));
        match value {
            Value::Object(map) => render_map(out, map, depth + 1),
            Value::Array(items) => items.iter().for_each(|item| render_item(out, item, depth + 1)),
            other => line(out, depth + 1, &plain(other)),
        }
    }
}

/// An item whose values are all plain stands on one line.
fn render_item(out: &mut String, item: &Value, depth: usize) {
    let Value::Object(map) = item else { return line(out, depth, &plain(item)) };
    let (nested, flat): (Vec<_>, Vec<_>) =
        ordered(map).into_iter().filter(|(_, value)| !says_nothing(value)).partition(|(_, value)| is_nested(value));
    let pairs: Vec<String> = flat.iter().map(|(key, value)| format!("{} {}", words(key), plain(value))).collect();
    line(out, depth, &format!("- {}", pairs.join(", ")));
    if !nested.is_empty() {
        let rest = nested.into_iter().map(|(key, value)| (key.clone(), value.clone())).collect();
        render_map(out, &rest, depth + 1);
    }
}

fn ordered(map: &Map<String, Value>) -> Vec<(&String, &Value)> {
    let mut entries: Vec<_> = map.iter().collect();
    entries.sort_by_key(|(key, _)| (FIRST.iter().position(|first| first == key).unwrap_or(FIRST.len()), key.as_str()));
    entries
}

fn says_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(map) => map.is_empty(),
        _ => false,
    }
}

/// Maps, and lists of anything but plain values.
fn is_nested(value: &Value) -> bool {
    match value {
        Value::Object(_) => true,
        Value::Array(items) => items.iter().any(|item| item.is_object() || item.is_array()),
        _ => false,
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

fn words(key: &str) -> String {
    key.replace('_', " ")
}

fn line(out: &mut String, depth: usize, text: &str) {
    let _ = writeln!(out, "{:1$}{text}", "", depth * 2);
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_answer_reads_from_what_matters_to_the_details() {
        let answer = json!({
            "deliveries": {"p:9f2c": [{"outcome": "delivered", "kind": "stalled", "reason": null}]},
            "conditions": [{"level": "warn", "condition": "stalled", "open": true, "limit": "2026-11-22T09:35:10Z"}],
            "timers": [], "merchant": "M-1", "stage": "departed_hub", "parcel_id": "P1", "flags": ["fresh", "cold"],
        });
        let expected = "\
parcel id  P1
stage      departed_hub
merchant   M-1
flags      fresh, cold

conditions:
  - condition stalled, level warn, limit 2026-11-22T09:35:10Z, open yes

deliveries:
  p:9f2c:
    - kind stalled, outcome delivered
";
        assert_eq!(render(&answer), expected);
    }
}
