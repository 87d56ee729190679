//! Whether what was put aside is exactly the rubbish.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use crate::flow::shifted::History;
use crate::flow::{Flow, RUBBISH};
use crate::kafka::Stored;

/// How much of a record `rejects.v1` keeps.
const KEPT_BYTES: usize = 64 * 1024;

/// The inputs that more than one partition may have: their rubbish is put aside.
const PARTITIONED: [&str; 5] = ["shipments.v1", "scans.v1", "reroutes.v1", "notices.v1", "receipts.v1"];

fn is_rubbish(flow: &Flow, history: &History) -> impl Fn(&str, &Stored) -> bool {
    let rejected: Vec<(String, String)> =
        history.rejected().map(|(topic, line)| (flow.topic(topic), line.to_owned())).collect();
    move |topic, record| {
        let value = String::from_utf8_lossy(record.value.as_deref().unwrap_or_default()).into_owned();
        record.header(RUBBISH).is_some() || rejected.contains(&(topic.to_owned(), value))
    }
}

/// Whether `rejects.v1` holds exactly the rubbish of the partitioned inputs, each with its place and what it was; gives how
/// many of each topic.
pub fn exactly_the_rubbish_is_put_aside(flow: &Flow, history: &History) -> BTreeMap<&'static str, usize> {
    let is_rubbish = is_rubbish(flow, history);
    let mut expected = BTreeMap::new();
    let mut counts = BTreeMap::new();
    for name in PARTITIONED {
        let topic = flow.topic(name);
        for record in flow.read(name).into_iter().filter(|record| is_rubbish(&topic, record)) {
            *counts.entry(name).or_default() += 1;
            expected.insert((topic.clone(), record.partition.to_string(), record.offset.to_string()), record);
        }
    }
    for reject in flow.read("rejects.v1") {
        let header = |name: &str| {
            reject.header(name).unwrap_or_else(|| panic!("expected a header {name}: {:?}", reject.headers))
        };
        let place = (header("topic"), header("partition"), header("offset"));
        let (reason, path) = (header("reason"), header("path"));
        let record =
            expected.remove(&place).unwrap_or_else(|| panic!("good, or put aside twice: {place:?}: {reason} {path}"));
        let kind = record.header(RUBBISH);
        let value = record.value.as_deref().unwrap_or_default();
        assert_eq!(header("length"), value.len().to_string(), "{kind:?}");
        assert_eq!(header("sha256"), hex::encode(Sha256::digest(value)), "{kind:?}");
        assert_eq!(reject.value, record.value.as_deref().map(kept), "{kind:?}");
        assert_eq!(reject.key, record.key.as_deref().map(kept), "{kind:?}");
        assert!(is_reason(&reason, &path, kind.as_deref()), "{kind:?}: {reason} at {path:?}");
    }
    let passed: Vec<_> = expected.iter().map(|((topic, ..), record)| (topic, record.header(RUBBISH))).collect();
    assert!(
        passed.is_empty(),
        "{} pieces of rubbish were taken for good: {:#?}",
        passed.len(),
        &passed[..passed.len().min(9)]
    );
    counts
}

fn kept(bytes: &[u8]) -> Vec<u8> {
    bytes[..bytes.len().min(KEPT_BYTES)].to_vec()
}

/// Whether the reason fits what was done to the record, as far as one word can.
fn is_reason(reason: &str, path: &str, kind: Option<&str>) -> bool {
    let known = ["empty", "missing", "utf8", "json", "type", "time", "range", "unknown_code", "unknown_word", "key"];
    known.contains(&reason)
        && path.len() < 100
        && match kind {
            Some("no UTF-8" | "compressed") => reason == "utf8",
            Some("truncated" | "truncated at its last byte" | "NUL bytes" | "big and no JSON") => reason == "json",
            Some("null" | "a list of itself" | "a text of itself") => reason == "type",
            Some("an unknown code") => (reason, path) == ("unknown_code", "code"),
            Some("a long parcel" | "a big parcel" | "an empty parcel") => (reason, path) == ("range", "parcel_id"),
            _ => true,
        }
}
