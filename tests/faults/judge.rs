//! The verdict: what came out, compared with what should have, by the reference of rules.md in `tests/reference`, which shares nothing with the product.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use chrono::DateTime;
use serde::Deserialize;
use serde_json::Value;

use crate::support;

/// After as many attempts of unknown outcome a mail is not repeated (`notify.email.unknown_max`).
const UNKNOWN_MAX: usize = 2;

/// What a leg's records came to.
#[derive(Clone, Debug, Deserialize)]
pub struct Verdict {
    /// Should have been, and was not.
    pub lost: usize,
    /// Was twice, beyond what *outcome unknown* allows.
    pub doubled: usize,
    /// Attempts of which nobody knows whether they arrived.
    pub unknown: usize,
    /// Was, and should not have been.
    pub wrong: usize,
    pub records: usize,
    pub conditions: usize,
    pub notices: usize,
    pub received: usize,
    /// Digests that arrived.
    pub digests: usize,
    /// Notices that were gathered for digests.
    pub gathered: usize,
    /// Notices that were not told, for a reason that holds.
    pub suppressed: usize,
    /// How long after its withdrawal something arrived at the latest, where nothing was held up, in milliseconds.
    pub latest: i64,
    /// Parcels with a record that brokers showed later than they stamped it.
    pub doubtful: usize,
    /// Of each kind of fault a few.
    pub examples: BTreeMap<String, Vec<String>>,
}

/// Up to when is judged; both in milliseconds since 1970.
#[derive(Clone, Copy, Debug)]
pub struct Cut {
    /// Conditions of before are complete.
    pub at: i64,
    /// What was true then, and is at the cut, has been told.
    pub told: i64,
}

/// What was true for so many milliseconds has been told, whatever happened meanwhile: the longest pause that is promised, four times
/// over. Longer: a fault of the product excuses itself. Shorter: what a fault lasts, and what telling waits for afterwards
/// (`settle_for`), is counted as lost.
const TOLD_WITHIN: i64 = 120_000;

/// Judges what stands in the folder.
pub fn judge(folder: &Path, cut: Cut) -> Verdict {
    let python = support::python().expect("the receivers run on it");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference/live.py");
    let output = Command::new(python)
        .arg("-B")
        .arg(script)
        .arg(folder)
        .args(["--cut", &cut.at.to_string(), "--told", &cut.told.to_string()])
        .args(["--within", &TOLD_WITHIN.to_string()])
        .output();
    let output = output.expect("Python starts");
    assert!(output.status.success(), "live.py: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("live.py prints a verdict")
}

/// Issued notices of before the cut of which nothing final is known. Of what was gathered for a digest that is the digest's last word.
pub fn without_last_word(notices: &[Value], deliveries: &[Value], cut: i64) -> Vec<Value> {
    let id = |record: &Value, field: &str| record[field].as_str().unwrap_or_default().to_owned();
    let to_hubs = notices.iter().filter(|notice| notice["audience"] == "hub_ops");
    let hubs: BTreeSet<String> = to_hubs.map(|notice| id(notice, "id")).collect();
    // What is gathered for hubs ends by a record of its own even where it was withdrawn.
    let withdrawn = notices.iter().filter(|notice| notice["change"] == "withdrawn").map(|notice| id(notice, "id"));
    let mut said: BTreeSet<String> = withdrawn.filter(|id| !hubs.contains(id)).collect();
    let (mut unknown, mut digests) = (BTreeMap::<String, usize>::new(), BTreeMap::<String, String>::new());
    for delivery in deliveries {
        let notice = id(delivery, "notice_id");
        if delivery["digest"].is_string() {
            digests.insert(notice.clone(), id(delivery, "digest"));
        }
        let times = unknown.entry(notice.clone()).or_default();
        *times += usize::from(delivery["outcome"] == "unknown");
        let gives_up = delivery["channel"] == "email" && *times >= UNKNOWN_MAX;
        let last = matches!(delivery["decision"].as_str(), Some("suppressed" | "expired"))
            || delivery["outcome"] == "delivered";
        if last || gives_up {
            said.insert(notice);
        }
    }
    let before = |notice: &&Value| {
        let at = notice["at"].as_str().and_then(|at| DateTime::parse_from_rfc3339(at).ok());
        at.is_some_and(|at| at.timestamp_millis() <= cut)
    };
    let has_ended = |notice: &&Value| {
        let id = id(notice, "id");
        said.contains(&id) && digests.get(&id).is_none_or(|digest| said.contains(digest))
    };
    let issued = notices.iter().filter(|notice| notice["change"] == "issued");
    issued.filter(before).filter(|notice| !has_ended(notice)).cloned().collect()
}
