//! What a run is told on the command line. Without anything it is the short run of `cargo test`.

use std::path::PathBuf;

use clap::Parser;

use crate::fault::Kind;

/// Faults of real Apache Kafka and of daemons, while what comes out is compared with what should.
///
/// cargo test --test faults -- --faults 200 --report tests/faults
#[derive(Clone, Debug, Parser)]
#[command(name = "faults")]
pub struct Args {
    /// From which everything follows that is chosen; else one of the moment.
    #[arg(long)]
    pub seed: Option<u64>,
    /// How many faults at least.
    #[arg(long, default_value_t = 20)]
    pub faults: usize,
    /// How many faults before everything must settle and is judged, on brokers that nobody has used before.
    #[arg(long, default_value_t = 40)]
    pub leg: usize,
    /// Only these kinds, separated by commas.
    #[arg(long, value_delimiter = ',', value_parser = Kind::named)]
    pub kinds: Vec<Kind>,
    /// New parcels in a second.
    #[arg(long, default_value_t = 4.0)]
    pub rate: f64,
    /// Adds to `runs.ndjson` in this folder, and writes `report.md` there from all of it. A seed goes on after the legs that stand there.
    #[arg(long)]
    pub report: Option<PathBuf>,
    /// Fails where deciding paused for longer than is promised, for machines that do nothing else; without it at twice as long.
    #[arg(long)]
    pub strict: bool,
    /// The daemon to run instead of the one that was built with this; for long runs beside somebody who builds.
    #[arg(long)]
    pub program: Option<PathBuf>,
    /// Where what a leg wrote and read is kept; else only what a failing one did is, in the temporary folder.
    #[arg(long)]
    pub keep: Option<PathBuf>,
    /// `cargo test NAME` runs this if its name contains it.
    #[arg(hide = true)]
    pub filter: Vec<String>,
    /// Of cargo's own test runner, and of no meaning here.
    #[arg(long, hide = true)]
    pub nocapture: bool,
    /// The same.
    #[arg(long, hide = true)]
    pub exact: bool,
    /// The same.
    #[arg(long, short, hide = true)]
    pub quiet: bool,
    /// The same.
    #[arg(long, hide = true)]
    pub test_threads: Option<usize>,
    /// The same.
    #[arg(long, hide = true)]
    pub skip: Vec<String>,
    /// Names this test and runs nothing.
    #[arg(long, hide = true)]
    pub list: bool,
    /// Of cargo's own test runner: runs nothing, for nothing here is ignored.
    #[arg(long, hide = true)]
    pub ignored: bool,
    /// The same as for `list`.
    #[arg(long, hide = true)]
    pub format: Option<String>,
}

impl Args {
    /// Whether this is to run at all.
    pub fn is_meant(&self) -> bool {
        let named = self.filter.is_empty() || self.filter.iter().any(|filter| "faults".contains(filter.as_str()));
        named && !self.ignored && !self.skip.iter().any(|skipped| "faults".contains(skipped.as_str()))
    }
}
