//! The report that accumulates: a line of JSON per leg, and a page for people made from all lines.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::Path;
use std::process::Command;

use serde::{Deserialize, Serialize};

use crate::args::Args;
use crate::fault::Kind;
use crate::feed::{now, stamp};
use crate::leg::Outcome;

/// One leg as it is kept.
#[derive(Debug, Deserialize, Serialize)]
pub struct Run {
    /// When it ended.
    pub at: String,
    /// The commit whose program ran; with a `+` where files differed from it.
    pub commit: String,
    pub seed: u64,
    /// Which leg of that seed, from 0.
    pub leg: u64,
    pub command: String,
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
    /// Daemons that ended by themselves and were started again.
    pub ended: usize,
    pub remarks: Vec<String>,
}

impl Run {
    /// Of a leg's outcome.
    pub fn of(outcome: &Outcome, args: &Args, commit: &str, seed: u64, leg: u64) -> Run {
        let (verdict, owned) = (&outcome.verdict, |name: &&'static str| (*name).to_owned());
        Run {
            at: stamp(now()),
            commit: commit.to_owned(),
            seed,
            leg,
            command: command(args, seed),
            seconds: outcome.seconds,
            load: load(),
            cores: std::thread::available_parallelism().map_or(0, std::num::NonZero::get),
            faults: outcome.faults.iter().map(|(name, count)| (owned(name), *count)).collect(),
            pauses: outcome.pauses.iter().map(|(name, pause)| (owned(name), *pause)).collect(),
            parcels: outcome.parcels,
            records: verdict.records,
            conditions: verdict.conditions,
            notices: verdict.notices,
            received: verdict.received,
            lost: verdict.lost,
            doubled: verdict.doubled,
            unknown: verdict.unknown,
            wrong: verdict.wrong,
            ended: outcome.ended,
            remarks: outcome.remarks.clone(),
        }
    }

    /// Whether nothing was lost, doubled or wrong.
    pub fn holds(&self) -> bool {
        self.lost + self.doubled + self.wrong == 0
    }

    /// Kinds that made a longer pause than is promised.
    pub fn beyond_bounds(&self) -> Vec<String> {
        let beyond = |kind: &Kind| {
            let (pause, _) = self.pauses.get(kind.name())?;
            let bound = i64::try_from(kind.bound()?.as_millis()).ok()?;
            (*pause > bound)
                .then(|| format!("{}: {:.1} s of {:.0} s", kind.name(), *pause as f64 / 1e3, bound as f64 / 1e3))
        };
        Kind::ALL.iter().filter_map(beyond).collect()
    }

    fn count(&self) -> usize {
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
    std::fs::write(folder.join("report.md"), page(&runs(folder))).expect("there is room");
}

fn page(runs: &[Run]) -> String {
    let mut page = String::from(
        "# Apache Kafka under faults\n\n\
         Written by `tests/faults` from `runs.ndjson`; each leg below names the command that runs it again. To add to it:\n\n    \
         cargo test --test faults -- --faults 200 --report tests/faults\n\n\
         Three brokers, three daemons, each behind proxies of its own. Lost, doubled and wrong are counted over changes of conditions, \
         notices and what receivers saw, against an independent reading of the rules (`tests/reference/live.py`). *Unknown* are attempts \
         of which nobody knows whether they arrived; only they may make a notice arrive twice.\n\n",
    );
    let sum = |of: fn(&Run) -> usize| runs.iter().map(of).sum::<usize>();
    let _infallible = write!(
        page,
        "| legs | faults | parcels | records | changes of conditions | notices | received | lost | doubled | wrong | unknown | daemons that ended by themselves |\n\
         |---|---|---|---|---|---|---|---|---|---|---|---|\n| {} | **{}** | {} | {} | {} | {} | {} | **{}** | **{}** | **{}** | {} | {} |\n\n",
        runs.len(),
        sum(Run::count),
        sum(|run| run.parcels),
        sum(|run| run.records),
        sum(|run| run.conditions),
        sum(|run| run.notices),
        sum(|run| run.received),
        sum(|run| run.lost),
        sum(|run| run.doubled),
        sum(|run| run.wrong),
        sum(|run| run.unknown),
        sum(|run| run.ended),
    );
    page.push_str(&kinds(runs));
    page.push_str(&legs(runs));
    page
}

/// Faults and pauses by kind.
fn kinds(runs: &[Run]) -> String {
    let mut text = String::from(
        "## By kind\n\nThe pause is the longest time between the append of a scan and the commit of what it led to, on any partition, from the \
         fault's beginning until every partition decided again; measured only where the fault happened alone. It contains the fault itself: a daemon that is \
         stopped for 15 s decides nothing for as long.\n\n\
         | kind | faults | alone | longest pause | median of legs' longest | promised |\n|---|---|---|---|---|---|\n",
    );
    for name in Kind::ALL.map(Kind::name).into_iter().chain(["several"]) {
        let faults: usize = runs.iter().filter_map(|run| run.faults.get(name)).sum();
        let mut pauses: Vec<i64> =
            runs.iter().filter_map(|run| run.pauses.get(name)).map(|(pause, _)| *pause).collect();
        let alone: usize = runs.iter().filter_map(|run| run.pauses.get(name)).map(|(_, count)| *count).sum();
        pauses.sort_unstable();
        let seconds =
            |pause: Option<&i64>| pause.map_or_else(|| "-".to_owned(), |pause| format!("{:.1} s", *pause as f64 / 1e3));
        let bound = Kind::named(name)
            .ok()
            .and_then(Kind::bound)
            .map_or_else(String::new, |bound| format!("{} s", bound.as_secs()));
        let faults = if name == "several" { "(at once)".to_owned() } else { faults.to_string() };
        let _infallible = writeln!(
            text,
            "| {name} | {faults} | {alone} | {} | {} | {bound} |",
            seconds(pauses.last()),
            seconds(pauses.get(pauses.len() / 2))
        );
    }
    text
}

fn legs(runs: &[Run]) -> String {
    let mut text = String::from(
        "\n## Legs\n\n| ended | commit | faults | lost/doubled/wrong | unknown | load (cores) | beyond its bound | command, leg |\n|---|---|---|---|---|---|---|---|\n",
    );
    for run in runs {
        let beyond = run.beyond_bounds().join("; ");
        let _infallible = writeln!(
            text,
            "| {} | {} | {} | {}/{}/{} | {} | {:.1} ({}) | {beyond} | `{}`, {} |",
            run.at,
            run.commit,
            run.count(),
            run.lost,
            run.doubled,
            run.wrong,
            run.unknown,
            run.load,
            run.cores,
            run.command,
            run.leg
        );
    }
    let remarks: Vec<String> = runs
        .iter()
        .flat_map(|run| run.remarks.iter().map(|remark| format!("- {} leg {}: {remark}\n", run.seed, run.leg)))
        .collect();
    if !remarks.is_empty() {
        let _infallible = write!(text, "\n## Remarks\n\n{}", remarks.concat());
    }
    text
}

fn git(arguments: &[&str]) -> String {
    let output = Command::new("git").args(arguments).current_dir(env!("CARGO_MANIFEST_DIR")).output();
    output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default()
}

/// The commit, with a `+` where what is built from differs from it.
pub fn commit() -> String {
    let differs =
        !git(&["status", "--porcelain", "--", "src", "tests/faults/*.rs", "tests/it", "tests/reference", "Cargo.toml"])
            .is_empty();
    format!("{}{}", git(&["rev-parse", "--short=10", "HEAD"]), if differs { "+" } else { "" })
}

/// The load of the last five minutes, where the system says it.
fn load() -> f64 {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').nth(1).and_then(|load| load.parse().ok()).unwrap_or_default()
}
