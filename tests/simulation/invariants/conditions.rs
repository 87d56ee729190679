//! *conditions*: the changes that are committed are those of the independent reading, each once.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Evidence, Violations, millis};
use crate::oracle::Verdict;

/// Checks changes up to the instant to which time has come.
pub fn check(evidence: &Evidence, verdict: &Verdict, found: &mut Violations) {
    let mut difference = BTreeMap::<String, i64>::new();
    for change in evidence.conditions.iter().map(super::Written::json) {
        if millis(&change["at"]).is_some_and(|at| at <= evidence.until) {
            *difference.entry(named(&change)).or_default() += 1;
        }
    }
    for (at, change) in &verdict.conditions {
        if *at <= evidence.until {
            *difference.entry(change.clone()).or_default() -= 1;
        }
    }
    for (change, count) in difference.into_iter().filter(|(_, count)| *count != 0) {
        let what = if count > 0 { "written and not true" } else { "true and not written" };
        found.add("conditions", format!("{what} ({count}): {change}"));
    }
}

/// What identifies a change, as the oracle names it.
fn named(change: &Value) -> String {
    let text = |value: &Value| match value {
        Value::Null => "None".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let time = |value: &Value| millis(value).map_or("None".to_owned(), |ms| ms.to_string());
    let fields = ["parcel_id", "journey", "condition", "episode", "change", "level"].map(|name| text(&change[name]));
    let [at, limit] = ["at", "limit"].map(|name| time(&change[name]));
    let rest = [text(&change["cause"]), text(&change["held_by"]), text(&change["evidence"]["milestone"])];
    [&fields[..], &[at, limit], &rest[..]].concat().join(" ")
}
