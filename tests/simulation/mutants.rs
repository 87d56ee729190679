//! Other readings of the rules: each must make an invariant fail on some rich seed, or the simulation proves nothing about its rule.
//!
//! The seeds run once. The oracle then reads what they left behind in every other way, in one process a core, and gives back the parcels of which a
//! reading says something else; by these the invariants judge again. One that differs only in a condition that this version does not judge waits for that.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;

use crate::invariants::{Evidence, Violations, Written, conditions, inputs, notices};
use crate::oracle::Reading;
use crate::plan::Plan;
use crate::{Run, commit, records};

/// Seeds with many parcels and every journey of `pointed.txt`: two of some days, and few parcels over months, which expire and are forgotten.
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
    /// Its conditions and notices are those of the parcels that are looked at.
    evidence: Evidence,
    conditions: HashMap<String, Vec<Written>>,
    notices: HashMap<String, Vec<Written>>,
    readings: BTreeMap<String, Reading>,
}

/// Tries every reading; none where the seeds do not hold by the right one.
pub fn tried(run: &mut Run) -> Option<Table> {
    let names = run.oracle.readings();
    println!("{} other readings, of what each of the seeds {RICH:?} leaves behind", names.len());
    let mut all = Vec::new();
    for seed in RICH {
        all.push(rich(run, seed)?);
    }
    let mut table = Table { lines: Vec::new(), survivors: 0 };
    for name in names {
        let line = found_out(&mut all, &name).or_else(|| waits(&all, &name)).unwrap_or_else(|| {
            table.survivors += 1;
            "none | not found out".to_owned()
        });
        println!("| {name} | {line} |");
        table.lines.push(format!("| {name} | {line} |"));
    }
    println!("{} of {} other readings are not found out", table.survivors, table.lines.len());
    Some(table)
}

fn rich(run: &mut Run, seed: u64) -> Option<Rich> {
    let (simulation, mut evidence) = run.simulate(seed, Plan::rich(seed));
    let mut found = simulation.found.take();
    run.judge(&evidence, &mut found);
    let (conditions, notices) = (evidence.conditions.len(), evidence.notices.len());
    println!("seed {seed}: {conditions} conditions, {notices} notices {:?} {:?}", run.awry, found.0);
    if !found.0.is_empty() {
        return None;
    }
    let readings = run.oracle.sift(&records(&evidence), evidence.until);
    let (conditions, notices) = (std::mem::take(&mut evidence.conditions), std::mem::take(&mut evidence.notices));
    Some(Rich { seed, evidence, conditions: by_parcel(conditions), notices: by_parcel(notices), readings })
}

/// Records by the parcel that they are about; a withdrawal says only of which notice it is.
fn by_parcel(written: Vec<Written>) -> HashMap<String, Vec<Written>> {
    let (mut by_parcel, mut about) = (HashMap::<String, Vec<Written>>::new(), HashMap::<String, String>::new());
    for record in written {
        let value = record.json();
        let text = |field: &str| value[field].as_str().map(ToOwned::to_owned);
        let id = text("id").unwrap_or_default();
        let parcel = text("parcel_id").or_else(|| about.get(&id).cloned()).unwrap_or_default();
        about.insert(id, parcel.clone());
        by_parcel.entry(parcel).or_default().push(record);
    }
    by_parcel
}

/// The first seed that finds a reading out, and by which invariant.
fn found_out(all: &mut [Rich], name: &str) -> Option<String> {
    all.iter_mut().find_map(|rich| {
        let reading = rich.readings.get(name).filter(|reading| reading.rejects || !reading.parcels.is_empty())?;
        rich.evidence.conditions = of(&rich.conditions, &reading.parcels);
        rich.evidence.notices = of(&rich.notices, &reading.parcels);
        let mut found = Violations::default();
        conditions::check(&rich.evidence, &reading.verdict, &mut found);
        inputs::check(&rich.evidence, &reading.verdict, &mut found);
        notices::check(&rich.evidence, &reading.verdict, &mut found);
        found.0.first().map(|by| format!("{} | {}", rich.seed, by.invariant))
    })
}

fn of(by_parcel: &HashMap<String, Vec<Written>>, parcels: &BTreeSet<String>) -> Vec<Written> {
    parcels.iter().filter_map(|parcel| by_parcel.get(parcel)).flatten().cloned().collect()
}

/// Where a reading differs only in a condition that this version does not judge.
fn waits(all: &[Rich], name: &str) -> Option<String> {
    all.iter().find_map(|rich| {
        let condition = rich.readings.get(name)?.waits.as_deref()?;
        Some(format!("{} | waits for `{condition}` to be judged", rich.seed))
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
