//! The report that accumulates: a line of JSON per leg, and a page for people made from all lines.

mod page;

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::Path;
use std::process::Command;

use serde::{Deserialize, Serialize};

use crate::args::Args;
use crate::failed::Tally;
use crate::fault::Kind;
use crate::feed::{now, stamp};
use crate::leg::Outcome;

/// As promised: for a machine that does nothing else (`--strict`).
pub const IDLE: i64 = 1;
/// So many times as long deciding may pause where brokers, daemons and whatever else runs share two cores; beyond it every run fails. The longest
/// so far was 1.1 times what is promised, at eight processes for each core. More: a hand-over that takes a session's ten seconds
/// counts as clean. Less: a run fails for what its machine does besides.
pub const BUSY: i64 = 2;

/// One leg as it is kept.
#[derive(Debug, Default, Deserialize, Serialize)]
pub struct Run {
    /// When it ended.
    pub at: String,
    /// The commit whose program ran; with a `+` where files differed from it.
    pub commit: String,
    pub seed: u64,
    /// Which leg of that seed, from 0.
    pub leg: u64,
    pub command: String,
    /// How long it took, with its beginning and end.
    pub seconds: i64,
    /// Processes that waited for a core at the end, on average of 5 minutes; and how many cores there were.
    pub load: f64,
    pub cores: usize,
    pub faults: BTreeMap<String, usize>,
    /// By kind that happened alone, or "several": the longest pause in deciding, in milliseconds, and how many there were.
    pub pauses: BTreeMap<String, (i64, usize)>,
    pub parcels: usize,
    pub records: usize,
    pub conditions: usize,
    pub notices: usize,
    pub received: usize,
    pub lost: usize,
    pub doubled: usize,
    pub unknown: usize,
    pub wrong: usize,
    /// Notices of what stood at the end that nobody was told, for a reason that holds; 0 in legs of before these were counted.
    #[serde(default)]
    pub suppressed: usize,
    /// Digests that arrived, and notices that were gathered for them; 0 in legs of before hubs had a contact.
    #[serde(default)]
    pub digests: usize,
    #[serde(default)]
    pub gathered: usize,
    /// Daemons that ended by themselves and were started again.
    pub ended: usize,
    pub remarks: Vec<String>,
    /// What stopped it, where it did not come to its end: nothing of it is judged then.
    #[serde(default)]
    pub failed: Option<String>,
}

impl Run {
    /// Of a leg that has ended, with what is known whatever came of it.
    pub fn new(args: &Args, commit: &str, seed: u64, leg: u64, seconds: i64, tally: &Tally) -> Run {
        Run {
            at: stamp(now()),
            commit: commit.to_owned(),
            seed,
            leg,
            command: command(args, seed),
            seconds,
            load: load(),
            cores: std::thread::available_parallelism().map_or(0, std::num::NonZero::get),
            faults: tally.counts().iter().map(|(name, count)| ((*name).to_owned(), *count)).collect(),
            ..Run::default()
        }
    }

    /// What was found in the end.
    pub fn came_to(&mut self, outcome: &Outcome) {
        let verdict = &outcome.verdict;
        self.pauses = outcome.pauses.iter().map(|(name, pause)| ((*name).to_owned(), *pause)).collect();
        self.parcels = outcome.parcels;
        (self.records, self.conditions, self.notices) = (verdict.records, verdict.conditions, verdict.notices);
        (self.received, self.unknown) = (verdict.received, verdict.unknown);
        (self.lost, self.doubled, self.wrong) = (verdict.lost, verdict.doubled, verdict.wrong);
        self.suppressed = verdict.suppressed;
        (self.digests, self.gathered) = (verdict.digests, verdict.gathered);
        (self.ended, self.remarks) = (outcome.ended, outcome.remarks.clone());
    }

    /// Whether it came to its end, nothing was lost, doubled or wrong, and deciding paused for no longer than it may on any machine.
    pub fn holds(&self) -> bool {
        let judged = self.failed.is_none() && self.lost + self.doubled + self.wrong == 0;
        judged && self.beyond_bounds(BUSY).is_empty()
    }

    /// How many pauses were measured of which something is promised.
    pub fn bounded(&self) -> usize {
        let of = |kind: &&Kind| kind.bound().is_some();
        Kind::ALL.iter().filter(of).filter_map(|kind| self.pauses.get(kind.name())).map(|(_, count)| *count).sum()
    }

    /// Kinds that made a longer pause than is promised, or than so many times as long.
    pub fn beyond_bounds(&self, times: i64) -> Vec<String> {
        let beyond = |kind: &Kind| {
            let (pause, _) = self.pauses.get(kind.name())?;
            let bound = i64::try_from(kind.bound()?.as_millis()).ok()?;
            (*pause > bound * times)
                .then(|| format!("{}: {:.1} s of {:.0} s", kind.name(), *pause as f64 / 1e3, bound as f64 / 1e3))
        };
        Kind::ALL.iter().filter_map(beyond).collect()
    }

    /// How many faults there were.
    pub fn count(&self) -> usize {
        self.faults.values().sum()
    }
}

/// What can be said again to run the same.
pub fn command(args: &Args, seed: u64) -> String {
    let kinds: Vec<&str> = args.kinds.iter().map(|kind| kind.name()).collect();
    let kinds = if kinds.is_empty() { String::new() } else { format!(" --kinds {}", kinds.join(",")) };
    format!(
        "cargo test --test faults -- --seed {seed} --faults {} --leg {} --rate {}{kinds}",
        args.faults, args.leg, args.rate
    )
}

/// What stands in the folder so far.
pub fn runs(folder: &Path) -> Vec<Run> {
    let text = std::fs::read_to_string(folder.join("runs.ndjson")).unwrap_or_default();
    text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{line}: {error}"))).collect()
}

/// Adds a run, and writes the page anew.
pub fn add(folder: &Path, run: &Run) {
    let file = OpenOptions::new().create(true).append(true).open(folder.join("runs.ndjson"));
    writeln!(file.expect("the folder is there"), "{}", serde_json::to_string(run).expect("plain fields"))
        .expect("there is room");
    write(folder);
}

/// Writes the page anew from what stands there.
pub fn write(folder: &Path) {
    std::fs::write(folder.join("report.md"), page::of(&runs(folder))).expect("there is room");
}

fn git(arguments: &[&str]) -> String {
    let output = Command::new("git").args(arguments).current_dir(env!("CARGO_MANIFEST_DIR")).output();
    output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default()
}

/// The commit, with a `+` where what is built from differs from it.
pub fn commit() -> String {
    let differs = !git(&[
        "status",
        "--porcelain",
        "--",
        "src",
        "tests/faults/*.rs",
        "tests/it",
        "tests/reference",
        "tests/servers",
        "Cargo.toml",
    ])
    .is_empty();
    format!("{}{}", git(&["rev-parse", "--short=10", "HEAD"]), if differs { "+" } else { "" })
}

/// The load of the last five minutes, where the system says it.
fn load() -> f64 {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').nth(1).and_then(|load| load.parse().ok()).unwrap_or_default()
}
