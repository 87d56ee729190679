//! What must hold, by name: of what was written (here) and of what instances hold while they run (`state`).
//!
//! Each invariant is given what the brokers have committed, what arrived at the channels' other ends, and what the independent reading of the
//! rules says; none looks into the product.

pub mod conditions;
pub mod deliveries;
pub mod digests;
pub mod inputs;
pub mod notices;
pub mod state;
pub mod untold;

use serde_json::Value;

use crate::channels::Ends;
use crate::oracle::Verdict;

/// Something that must never be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    pub invariant: &'static str,
    pub what: String,
}

/// Gathers violations.
#[derive(Debug, Default)]
pub struct Violations(pub Vec<Violation>);

impl Violations {
    /// Notes one; of each invariant the first few say enough.
    pub fn add(&mut self, invariant: &'static str, what: impl Into<String>) {
        if self.0.iter().filter(|known| known.invariant == invariant).count() < 5 {
            self.0.push(Violation { invariant, what: what.into() });
        }
    }
}

/// A committed record.
#[derive(Clone, Debug)]
pub struct Written {
    pub topic: String,
    pub partition: i32,
    pub offset: i64,
    /// The brokers' milliseconds.
    pub time: i64,
    /// The time that whoever read it took it to be of.
    pub read: i64,
    pub key: String,
    pub value: Vec<u8>,
    pub headers: Vec<(String, String)>,
}

impl Written {
    /// Its value as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.value).unwrap_or_else(|error| panic!("{} is to be JSON: {error}", self.topic))
    }
}

/// What a run leaves behind.
pub struct Evidence {
    /// Up to here time has come, in the brokers' milliseconds.
    pub until: i64,
    pub inputs: Vec<Written>,
    pub conditions: Vec<Written>,
    pub notices: Vec<Written>,
    pub deliveries: Vec<Written>,
    pub rejects: Vec<Written>,
    /// Who wants to hear nothing, or something again.
    pub preferences: Vec<Written>,
    pub ends: Ends,
    /// The spans in which nothing was wrong, in the brokers' milliseconds.
    pub well: Vec<(i64, i64)>,
}

impl Evidence {
    /// Shows what was written, by the brokers' milliseconds, and when nothing was wrong.
    pub fn tell(&self) {
        for written in [&self.conditions, &self.notices, &self.deliveries].into_iter().flatten() {
            println!("{} {} {}", written.time, written.topic, String::from_utf8_lossy(&written.value));
        }
        println!("nothing was wrong: {:?}", self.well);
    }
}

/// Checks everything that can be said at the end.
pub fn check(evidence: &Evidence, verdict: &Verdict, found: &mut Violations) {
    conditions::check(evidence, verdict, found);
    inputs::check(evidence, verdict, found);
    notices::check(evidence, verdict, found);
    deliveries::check(evidence, found);
    digests::check(evidence, found);
}

/// A time on the wire.
pub fn millis(value: &Value) -> Option<i64> {
    parcelwatch::model::Timestamp::parse(value.as_str()?).ok().map(parcelwatch::model::Timestamp::as_millis)
}
