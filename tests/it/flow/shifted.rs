//! A history as if it had ended yesterday, and how it is told through Apache Kafka: topics filled in `replay`'s order, with its times
//! as the records' own.

use std::io::Write;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
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
        let now = chrono::Utc::now().timestamp_millis();
        History::shifted_to(source, now, keep, grace_overdue_minutes, &[])
    }

    fn shifted_to(source: &Path, now: i64, keep: f64, grace_overdue_minutes: u32, others: &[&str]) -> Option<History> {
        let folder = TempDir::new().expect("a temporary folder");
        let files = ["shipments.ndjson", "scans.ndjson"].map(|name| source.join(name));
        let (now, keep, merchants) = (now.to_string(), keep.to_string(), MERCHANTS.to_string());
        let out = folder.path().to_string_lossy();
        let [shipments, scans] = files.each_ref().map(|file| file.to_string_lossy());
        let mut arguments = vec![&*shipments, &*scans, "--now", &now, "--keep", &keep, "--merchants", &merchants];
        arguments.extend(["--out", &*out]);
        arguments.extend(others);
        reference("shifted.py", &arguments)?;
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

    /// The same, but it goes on up to `now`, and nothing was recorded between the two instants of `quiet`. All in milliseconds since 1970.
    pub fn made_up_through(now: i64, quiet: [i64; 2], seed: u32, parcels: u32, keep: f64) -> Option<History> {
        let folder = TempDir::new().expect("a temporary folder");
        let (seed, parcels, quiet) = (seed.to_string(), parcels.to_string(), quiet.map(|instant| instant.to_string()));
        let out = folder.path().to_string_lossy();
        reference("history.py", &["--seed", &seed, "--parcels", &parcels, "--out", &out])?;
        let others = ["--through-now", "--quiet", &quiet[0], &quiet[1]];
        History::shifted_to(folder.path(), now, keep, 30, &others)
    }

    /// Puts records into it that nobody rejects: (time, topic, parcel, value).
    pub fn add(&mut self, records: impl IntoIterator<Item = (i64, &'static str, String, Value)>) {
        for (time, topic, key, value) in records {
            let line = value.to_string();
            let file = self.folder.path().join(topic.replace(".v1", ".ndjson"));
            let mut file = std::fs::File::options().append(true).open(file).expect("shifted.py has written it");
            writeln!(file, "{line}").expect("a file of ours");
            self.records.push(json!({"topic": topic, "key": key, "time": time, "line": line, "rejected": false}));
        }
        self.records.sort_by_key(|record| record["time"].as_i64());
        let all: String = self.records.iter().map(|record| format!("{record}\n")).collect();
        std::fs::write(self.folder.path().join("records.ndjson"), all).expect("a file of ours");
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
        self.truth_having_read(i64::MAX, at)
    }

    /// The same, had nothing come after the instant `read`.
    pub fn truth_having_read(&self, read: i64, at: i64) -> Vec<Value> {
        let read = read.to_string();
        let (at, grace) = (at.to_string(), self.grace_overdue_minutes.to_string());
        let folder = self.folder.path().to_string_lossy();
        let arguments = [&*folder, "--at", &at, "--read", &read, "--grace-overdue", &grace];
        reference("truth.py", &arguments).expect("Python has been here before")
    }

    /// Topics without any record, whose records keep their own times.
    pub fn topics() -> Option<Flow> {
        Flow::with_topics(&[
            ("shipments.v1", &KEPT),
            ("scans.v1", &KEPT),
            ("reroutes.v1", &KEPT),
            ("instances.v1", &KEPT),
        ])
    }

    /// Fills topics with the whole history; `before` may put a record before each, of the same topic and time.
    pub fn tell(&self, flow: &Flow, before: impl FnMut(&str, &str) -> Option<Record>) {
        self.tell_between(flow, i64::MIN..=i64::MAX, before);
    }

    /// The same with those records only whose time lies within.
    pub fn tell_between(
        &self,
        flow: &Flow,
        within: RangeInclusive<i64>,
        mut before: impl FnMut(&str, &str) -> Option<Record>,
    ) {
        let producer = flow.cluster().producer();
        for record in &self.records {
            let time = record["time"].as_i64().expect("a time in milliseconds");
            if !within.contains(&time) {
                continue;
            }
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
