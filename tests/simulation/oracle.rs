//! The independent reading of the rules: `oracle.py` in a process of its own, which lives as long as the run.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use parcelwatch::model::ConditionKind;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::plan::Plan;

/// The upload grace of `overdue_scan`, as the default is.
const GRACE_MS: i64 = 30 * 60_000;

/// What another reading makes of some records.
#[derive(Debug, Deserialize)]
pub struct Reading {
    /// The first parcels of which it says something else that this version judges or tells.
    pub parcels: BTreeSet<String>,
    /// What it says of those, and all that it rejects.
    #[serde(flatten)]
    pub verdict: Verdict,
    /// Whether it rejects other records.
    pub rejects: bool,
    /// The condition that this version does not judge and in which it differs, too.
    pub waits: Option<String>,
}

/// A record of a history and when it is written.
#[derive(Clone, Debug, Deserialize)]
pub struct Planned(pub i64, pub String, pub String, pub String);

/// What happens in a seed: records in the order of their instants, in milliseconds.
#[derive(Debug, Deserialize)]
pub struct History {
    pub records: Vec<Planned>,
    pub start: i64,
    /// How many of them are awry in which way.
    pub counts: BTreeMap<String, u64>,
}

/// What the records come to.
#[derive(Debug, Deserialize)]
pub struct Verdict {
    /// Each change of a condition: its instant and what identifies it.
    pub conditions: Vec<(i64, String)>,
    pub spans: Vec<Span>,
    /// Which of the records are to be rejected.
    pub rejected: Vec<usize>,
}

/// For as long as this holds, somebody is to be told it.
#[derive(Clone, Debug, Deserialize)]
pub struct Span {
    pub parcel_id: String,
    pub journey: u64,
    pub kind: String,
    pub level: String,
    pub episode: u64,
    pub from: i64,
    pub to: Option<i64>,
    /// How it ended, and by what.
    pub by: Option<(String, String)>,
    /// From when on it is told to whom of the people concerned.
    pub told: Vec<(i64, String)>,
    /// When its recipient has a confirmed appointment, and is not told that the parcel rests.
    pub quiet: Vec<(i64, i64)>,
    /// Of what became of a choice: its id and change.
    pub choice: Option<(String, String)>,
    /// Whether hubs see it in their digests.
    pub hub: bool,
    /// Whether its journey went so that those who were told may hear that all is well again.
    pub well: bool,
    /// From when on no hub is to be told of it any more, though it holds.
    pub hub_until: Option<i64>,
}

/// What is to be said of what was not told.
#[derive(Debug, Deserialize)]
pub struct Untold {
    /// How many notices were suppressed, by what they are and why.
    pub suppressed: BTreeMap<String, u64>,
    /// A sentence each.
    pub wrong: Vec<String>,
}

/// An input record as the brokers have it: topic, time, offset, value.
pub type Read = (String, i64, i64, String);

/// The process.
pub struct Oracle {
    child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
}

impl Oracle {
    /// Starts it.
    pub fn start() -> std::io::Result<Oracle> {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/simulation/oracle.py");
        let mut command = Command::new("python3");
        command.arg("-B").arg(script).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn()?;
        let to = child.stdin.take().expect("a pipe was asked for");
        let from = BufReader::new(child.stdout.take().expect("a pipe was asked for"));
        Ok(Oracle { child, to, from })
    }

    fn ask<T: for<'a> Deserialize<'a>>(&mut self, question: &Value) -> T {
        writeln!(self.to, "{question}").and_then(|()| self.to.flush()).expect("the oracle listens");
        let mut answer = String::new();
        self.from.read_line(&mut answer).expect("the oracle answers");
        serde_json::from_str(&answer).unwrap_or_else(|error| panic!("the oracle said {answer:?}: {error}"))
    }

    /// What happens in a seed.
    pub fn history(&mut self, seed: u64, plan: &Plan) -> History {
        self.ask(&json!({ "do": "history", "seed": seed, "parcels": plan.parcels, "days": plan.days, "length_days": plan.length_days,
            "merchants": crate::settings::MERCHANTS, "recipients": plan.recipients, "pointed": plan.pointed }))
    }

    /// What these records come to by `until`, of the conditions that this version judges.
    pub fn judge(&mut self, records: &[Read], until: i64) -> Verdict {
        let known = ConditionKind::ALL.map(ConditionKind::name);
        let question = json!({ "do": "judge", "records": records, "until": until, "grace": GRACE_MS, "judged": known });
        let mut verdict: Verdict = self.ask(&question);
        verdict.keep_judged();
        verdict
    }

    /// What is wrong with what was not told; the question is made where it is asked (`invariants/untold.rs`).
    pub fn untold(&mut self, question: &Value) -> Untold {
        self.ask(question)
    }

    /// The names of all other readings; panics where the reference has changed under one, so that it cannot be made.
    pub fn readings(&mut self) -> Vec<String> {
        self.ask(&json!({ "do": "readings" }))
    }

    /// What each other reading makes of these records; says on the standard error how far it is.
    pub fn sift(&mut self, records: &[Read], until: i64) -> BTreeMap<String, Reading> {
        let question = json!({ "do": "sift", "records": records, "until": until, "grace": GRACE_MS,
            "judged": ConditionKind::ALL.map(ConditionKind::name) });
        let mut readings: BTreeMap<String, Reading> = self.ask(&question);
        readings.values_mut().for_each(|reading| reading.verdict.keep_judged());
        readings
    }
}

impl Verdict {
    /// Leaves out conditions that this version does not judge.
    fn keep_judged(&mut self) {
        let judged = |kind: &str| ConditionKind::ALL.iter().any(|known| known.name() == kind);
        self.conditions.retain(|(_, change)| change.split(' ').nth(2).is_some_and(judged));
        self.spans.retain(|span| matches!(&*span.kind, "collection" | "choice") || judged(&span.kind));
    }
}

impl Drop for Oracle {
    fn drop(&mut self) {
        // It ends by itself with its input; a run that failed does not wait for it.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
