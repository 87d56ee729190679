//! A history as if it had ended yesterday, and how it is told through Apache Kafka: topics filled in `replay`'s order, with its times
//! as the records' own.

use std::path::{Path, PathBuf};

use serde_json::Value;
use tempfile::TempDir;

use super::command::reference;
use super::{Flow, ndjson};
use crate::kafka::Record;

/// How many merchants `shifted.py` gives the parcels to.
pub const MERCHANTS: usize = 5;

/// Records keep their own times, for ever.
const KEPT: [(&str, &str); 2] = [("message.timestamp.type", "CreateTime"), ("retention.ms", "-1")];

/// A shifted history in a folder of its own.
pub struct History {
    folder: TempDir,
    grace_overdue_minutes: u32,
    /// Every line with its place, in replay's order.
    pub records: Vec<Value>,
}

impl History {
    /// Of the files in `source`, the first `keep` of its records. None where Python is missing.
    pub fn shifted(source: &Path, keep: f64, grace_overdue_minutes: u32) -> Option<History> {
        let folder = TempDir::new().expect("a temporary folder");
        let now = chrono::Utc::now().timestamp_millis().to_string();
        let files = ["shipments.ndjson", "scans.ndjson"].map(|name| source.join(name));
        reference(
            "shifted.py",
            &[
                &files[0].to_string_lossy(),
                &files[1].to_string_lossy(),
                "--now",
                &now,
                "--keep",
                &keep.to_string(),
                "--merchants",
                &MERCHANTS.to_string(),
                "--out",
                &folder.path().to_string_lossy(),
            ],
        )?;
        let records = ndjson(&std::fs::read(folder.path().join("records.ndjson")).expect("shifted.py has written it"));
        Some(History { folder, grace_overdue_minutes, records })
    }

    /// A dirty made-up one, the same for the same seed; then as above.
    pub fn made_up(seed: u32, parcels: u32, keep: f64) -> Option<History> {
        let folder = TempDir::new().expect("a temporary folder");
        let (seed, parcels) = (seed.to_string(), parcels.to_string());
        let out = folder.path().to_string_lossy();
        reference("history.py", &["--seed", &seed, "--parcels", &parcels, "--out", &out])?;
        History::shifted(folder.path(), keep, 30)
    }

    /// Where `shipments.ndjson` and `scans.ndjson` are.
    pub fn folder(&self) -> PathBuf {
        self.folder.path().to_owned()
    }

    /// When the last record happens, in milliseconds since 1970.
    pub fn last(&self) -> i64 {
        self.records.last().and_then(|record| record["time"].as_i64()).expect("a history has records")
    }

    /// The lines that are to be rejected, with their topics (without prefix).
    pub fn rejected(&self) -> impl Iterator<Item = (&str, &str)> {
        let rejected = self.records.iter().filter(|record| record["rejected"] == true);
        rejected.map(|record| (text(record, "topic"), text(record, "line")))
    }

    /// What is true of the parcels at an instant, by the reference.
    pub fn truth(&self, at: i64) -> Vec<Value> {
        let (at, grace) = (at.to_string(), self.grace_overdue_minutes.to_string());
        let folder = self.folder.path().to_string_lossy();
        reference("truth.py", &[&folder, "--at", &at, "--grace-overdue", &grace]).expect("Python has been here before")
    }

    /// Topics without any record, whose records keep their own times.
    pub fn topics() -> Option<Flow> {
        Flow::with_topics(&[("shipments.v1", &KEPT), ("scans.v1", &KEPT), ("reroutes.v1", &KEPT)])
    }

    /// Fills topics with the whole history; `before` may put a record before each, of the same topic and time.
    pub fn tell(&self, flow: &Flow, mut before: impl FnMut(&str, &str) -> Option<Record>) {
        let producer = flow.cluster().producer();
        for record in &self.records {
            let time = record["time"].as_i64().expect("a time in milliseconds");
            let (topic, line) = (text(record, "topic"), text(record, "line"));
            if let Some(other) = before(topic, line) {
                producer.send(other.timestamp_ms(time));
            }
            let this = Record::to(&flow.topic(topic)).key(text(record, "key")).value(line);
            producer.send(this.timestamp_ms(time));
        }
        producer.flush();
    }
}

fn text<'a>(record: &'a Value, field: &str) -> &'a str {
    record[field].as_str().unwrap_or_else(|| panic!("expected a text in {field}, found {record}"))
}
