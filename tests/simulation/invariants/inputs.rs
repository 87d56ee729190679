//! *rejects*: every record that cannot be used is put aside exactly once, and no other.

use std::collections::BTreeMap;

use super::{Evidence, Violations, Written};
use crate::oracle::Verdict;

/// Compares dead letters with what the independent reading refuses.
pub fn check(evidence: &Evidence, verdict: &Verdict, found: &mut Violations) {
    let mut difference = BTreeMap::<(String, String, String), i64>::new();
    for reject in &evidence.rejects {
        *difference.entry(place_of(reject)).or_default() += 1;
    }
    for index in &verdict.rejected {
        let input = &evidence.inputs[*index];
        let place = (input.topic.clone(), input.partition.to_string(), input.offset.to_string());
        *difference.entry(place).or_default() -= 1;
    }
    for (place, count) in difference.into_iter().filter(|(_, count)| *count != 0) {
        found.add("rejects", format!("{place:?} is put aside {count} times more than it is to be"));
    }
}

/// Where the rejected record stood, as its headers say.
fn place_of(reject: &Written) -> (String, String, String) {
    let header = |name: &str| {
        let found = reject.headers.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.clone()).unwrap_or_default()
    };
    (header("topic"), header("partition"), header("offset"))
}
