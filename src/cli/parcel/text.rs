//! An answer about a parcel as a text for people: plain values first, then what is nested. A table or an item of a
//! list stands on one line where it has only plain values; sentences that explain stand on lines of their own.

use std::fmt::Write;

use serde_json::{Map, Value};

/// What a reader looks for first, in this order; other keys follow by name.
const FIRST: [&str; 26] = [
    "parcel_id",
    "journey",
    "stage",
    "ended",
    "last_scan",
    "promise",
    "conditions",
    "timers",
    "collection",
    "deliveries",
    "what",
    "condition",
    "kind",
    "code",
    "level",
    "audience",
    "state",
    "decision",
    "outcome",
    "reason",
    "at",
    "in",
    "hub",
    "limit",
    "why",
    "id",
];

/// Sentences; everything else is a word, a number or a time.
const SENTENCES: [&str; 1] = ["why"];

/// Renders an answer.
pub(super) fn render(answer: &Value) -> String {
    let mut out = String::new();
    match answer {
        Value::Object(map) => render_map(&mut out, map, 0),
        other => line(&mut out, 0, &plain(other)),
    }
    out
}

fn render_map(out: &mut String, map: &Map<String, Value>, depth: usize) {
    let (flat, rest) = parts(map);
    let width = flat.iter().map(|(key, _)| key.chars().count()).max().unwrap_or(0);
    for (key, value) in flat {
        line(out, depth, &format!("{:width$}  {}", words(key), plain(value)));
    }
    for (key, value) in rest {
        if depth == 0 {
            out.push('\n');
        }
        render_rest(out, key, value, depth);
    }
}

fn render_rest(out: &mut String, key: &str, value: &Value, depth: usize) {
    match value {
        Value::Object(map) if parts(map).1.is_empty() => {
            line(out, depth, &format!("{}: {}", words(key), pairs(&parts(map).0)));
        }
        Value::Object(map) => {
            line(out, depth, &format!("{}:", words(key)));
            render_map(out, map, depth + 1);
        }
        Value::Array(items) => {
            line(out, depth, &format!("{}:", words(key)));
            items.iter().for_each(|item| render_item(out, item, depth + 1));
        }
        sentence => line(out, depth, &format!("{}: {}", words(key), plain(sentence))),
    }
}

fn render_item(out: &mut String, item: &Value, depth: usize) {
    let Value::Object(map) = item else { return line(out, depth, &format!("- {}", plain(item))) };
    let (flat, rest) = parts(map);
    line(out, depth, &format!("- {}", pairs(&flat)));
    rest.into_iter().for_each(|(key, value)| render_rest(out, key, value, depth + 1));
}

type Entries<'a> = Vec<(&'a str, &'a Value)>;

/// What says something: what fits on a line with others, and what does not.
fn parts(map: &Map<String, Value>) -> (Entries<'_>, Entries<'_>) {
    let mut entries: Entries<'_> =
        map.iter().map(|(key, value)| (key.as_str(), value)).filter(|(_, value)| !says_nothing(value)).collect();
    entries.sort_by_key(|(key, _)| (FIRST.iter().position(|first| first == key).unwrap_or(FIRST.len()), *key));
    entries.into_iter().partition(|(key, value)| !is_nested(value) && !SENTENCES.contains(key))
}

fn says_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(map) => map.values().all(says_nothing),
        _ => false,
    }
}

/// Tables, and lists of anything but plain values.
fn is_nested(value: &Value) -> bool {
    match value {
        Value::Object(_) => true,
        Value::Array(items) => items.iter().any(|item| item.is_object() || item.is_array()),
        _ => false,
    }
}

fn pairs(entries: &Entries<'_>) -> String {
    entries.iter().map(|(key, value)| format!("{} {}", words(key), plain(value))).collect::<Vec<_>>().join(", ")
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join(" "),
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
            "deliveries": {"p:9f2c": {"recipient": "p:9f2c", "digest": [], "journeys": [{"journey": 1, "notices": [
                {"id": "ntc_1", "kind": "stalled", "level": "warn", "state": "delivered", "reason": null, "attempts": [
                    {"attempt": 1, "channel": "email", "outcome": "delivered"}]}]}]}},
            "conditions": [{"level": "warn", "condition": "stalled", "limit": "2026-11-22T09:35:10.000Z", "episode": 1,
                "why": "no scan for 24h after departed_hub at HGH01", "issued": [{"audience": "recipient", "id": "ntc_1"}]}],
            "timers": [{"what": "escalates", "condition": "stalled", "level": "major", "in": "2days"}],
            "promise": {"at": "2026-11-24T10:00:00.000Z", "by": "the shipment", "clock_runs": true},
            "announced": {"merchant": "M-1", "flags": ["fresh", "cold"], "recipient": {"phone": "***0000"}},
            "ended": null, "collection": {"place": null}, "stage": "departed_hub", "journey": 1, "parcel_id": "P1",
        });
        let expected = "\
parcel id  P1
journey    1
stage      departed_hub

promise: at 2026-11-24T10:00:00.000Z, by the shipment, clock runs yes

conditions:
  - condition stalled, level warn, limit 2026-11-22T09:35:10.000Z, episode 1
    why: no scan for 24h after departed_hub at HGH01
    issued:
      - audience recipient, id ntc_1

timers:
  - what escalates, condition stalled, level major, in 2days

deliveries:
  p:9f2c:
    recipient  p:9f2c
    journeys:
      - journey 1
        notices:
          - kind stalled, level warn, state delivered, id ntc_1
            attempts:
              - outcome delivered, attempt 1, channel email

announced:
  flags     fresh cold
  merchant  M-1
  recipient: phone ***0000
";
        assert_eq!(render(&answer), expected);
    }
}
