//! Other readings of the rules: each must make an invariant fail on some rich seed, or the simulation proves nothing about its rule.
//!
//! The seeds run once; what they leave behind is judged by every reading. The oracle sifts them first, all at once: a reading that comes to the
//! same as the right one needs no judgement, and one that differs only in a condition that this version does not judge waits for that.

use std::collections::BTreeMap;
use std::path::Path;

use crate::invariants::{Evidence, Violations};
use crate::oracle::{Differs, Read};
use crate::plan::Plan;
use crate::{Run, commit, records};

/// Seeds with many parcels and every journey of `pointed.py`: two of some days, and few parcels over months, whose ends are forgotten and
/// which expire.
const RICH: [u64; 3] = [1, 2, 3];

/// What became of every reading.
pub struct Table {
    /// A line each.
    lines: Vec<String>,
    /// How many no seed distinguishes.
    pub survivors: usize,
}

/// A rich seed that was run.
struct Rich {
    seed: u64,
    evidence: Evidence,
    records: Vec<Read>,
    differs: BTreeMap<String, Differs>,
}

/// Tries every reading; none where the seeds do not hold by the right one.
pub fn tried(run: &mut Run) -> Option<Table> {
    let mut all = Vec::new();
    for seed in RICH {
        all.push(rich(run, seed)?);
    }
    let readings: Vec<String> = all.first()?.differs.keys().cloned().collect();
    let mut table = Table { lines: Vec::new(), survivors: 0 };
    for reading in readings {
        let line = found_out(run, &all, &reading).or_else(|| waits(&all, &reading)).unwrap_or_else(|| {
            table.survivors += 1;
            "none | not found out".to_owned()
        });
        println!("| {reading} | {line} |");
        table.lines.push(format!("| {reading} | {line} |"));
    }
    println!("{} of {} other readings are not found out", table.survivors, table.lines.len());
    Some(table)
}

fn rich(run: &mut Run, seed: u64) -> Option<Rich> {
    let (simulation, evidence) = run.simulate(seed, Plan::rich(seed));
    let mut found = simulation.found.take();
    run.judge(&evidence, None, &mut found);
    let (conditions, notices) = (evidence.conditions.len(), evidence.notices.len());
    println!("seed {seed}: {conditions} conditions, {notices} notices {:?}", found.0);
    if !found.0.is_empty() {
        return None;
    }
    let records = records(&evidence);
    let differs = run.oracle.sift(&records, evidence.until);
    Some(Rich { seed, evidence, records, differs })
}

/// The first seed that finds a reading out, and by which invariant.
fn found_out(run: &mut Run, all: &[Rich], reading: &str) -> Option<String> {
    let differing = all.iter().filter(|rich| rich.differs.get(reading) == Some(&Differs::Judged));
    differing.into_iter().find_map(|rich| {
        let mut found = Violations::default();
        let verdict = run.oracle.judge(&rich.records, rich.evidence.until, Some(reading));
        crate::invariants::check(&rich.evidence, &verdict, &mut found);
        found.0.first().map(|by| format!("{} | {}", rich.seed, by.invariant))
    })
}

/// Where a reading differs only in a condition that this version does not judge.
fn waits(all: &[Rich], reading: &str) -> Option<String> {
    all.iter().find_map(|rich| match rich.differs.get(reading) {
        Some(Differs::Waits(condition)) => Some(format!("{} | waits for `{condition}` to be judged", rich.seed)),
        _ => None,
    })
}

impl Table {
    /// Writes which seed found out which reading.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn write(&self, report: &Path) -> std::io::Result<()> {
        let (commit, seeds) = (commit(), RICH.map(|seed| seed.to_string()).join(", "));
        let head = format!(
            "# Other readings of the rules, and which seed finds them out\n\n`cargo test --test simulation -- --mutants --report \
             tests/simulation/mutants.md`, here at commit {commit}, rich seeds {seeds}.\n\nA reading that \"waits\" differs only in a condition that \
             this version does not judge; the reference tells it apart on the same records as soon as it does. {} of {} readings are not found \
             out.\n\n| reading | seed | invariant |\n|---|---|---|\n",
            self.survivors,
            self.lines.len()
        );
        std::fs::write(report, head + &self.lines.join("\n") + "\n")
    }
}
