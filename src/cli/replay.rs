//! `parcelwatch replay`: history through the same machines as `run`, without Kafka.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;

use super::{Failure, Outcome, Settings, words};
use crate::config::Config;
use crate::model::{Merchant, Timestamp, World};
use crate::notify::{Mode, Policy, Sending};
use crate::replay::{self, History, MEMORY_BYTES, Results, Summary};

/// Replay history: what would have opened, and who would have been told
///
/// Runs files of shipments and scans (one JSON object per line; gzip and zstd are recognised) through the same
/// tracker and notifier as `run`, on a simulated clock. Records are taken in the order of their `upload_time`, else `event_time`
/// (shipments: `updated_at`, else `ordered_at`), whatever the files' order. The same files give the same bytes. Nothing is
/// sent. Records that cannot be decoded are counted and left out.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  parcelwatch replay --shipments shipments.ndjson --scans scans.ndjson.zst --conditions out.ndjson
  zcat scans.gz | parcelwatch replay --shipments s.ndjson --scans - --conditions - | jq .condition
  parcelwatch replay --shipments s.ndjson --scans c.ndjson --until 2026-11-22T00:00:00Z --notices n.ndjson")]
pub struct Args {
    #[command(flatten)]
    settings: Settings,
    /// Shipment records; - for standard input
    #[arg(long, value_name = "FILE")]
    shipments: PathBuf,
    /// Scans; - for standard input
    #[arg(long, value_name = "FILE")]
    scans: PathBuf,
    /// Merchants, as records of merchants.v1; without them notices to merchants have no contact
    #[arg(long, value_name = "FILE")]
    merchants: Option<PathBuf>,
    /// Let time pass up to this instant (RFC 3339) and read no later records; else up to the last record
    #[arg(long, value_name = "TIME", value_parser = Timestamp::parse)]
    until: Option<Timestamp>,
    /// Where changes of conditions go; - for standard output
    #[arg(long, value_name = "FILE")]
    conditions: Option<PathBuf>,
    /// Where notices go; - for standard output
    #[arg(long, value_name = "FILE")]
    notices: Option<PathBuf>,
}

impl Args {
    /// Standard input and output are each good for one file.
    fn check(&self) -> Outcome {
        for (one, other, names) in [
            (Some(&self.shipments), Some(&self.scans), "--shipments and --scans"),
            (self.conditions.as_ref(), self.notices.as_ref(), "--conditions and --notices"),
        ] {
            if one.is_some_and(is_dash) && other.is_some_and(is_dash) {
                return Err(Failure::Usage(format!("expected - for one of {names}, found it for both")));
            }
        }
        let inputs = [Some(&self.shipments), Some(&self.scans), self.merchants.as_ref()];
        let read: Vec<&PathBuf> = inputs.into_iter().flatten().collect();
        for (written, also) in [(&self.conditions, &self.notices), (&self.notices, &None)] {
            let Some(written) = written else { continue };
            if read.iter().copied().chain(also).any(|other| is_same_file(written, other)) {
                let path = written.display();
                return Err(Failure::Usage(format!("expected a file of its own for each result, found {path} twice")));
            }
        }
        Ok(())
    }
}

/// Whether writing one would overwrite the other.
fn is_same_file(one: &Path, other: &Path) -> bool {
    let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    !is_dash(one) && real(one) == real(other)
}

/// Replays, and says on standard error what it came to.
pub fn run(args: Args) -> Outcome {
    args.check()?;
    let config = args.settings.load()?;
    if let Some(summary) = replay(&args, &config)? {
        eprint!("{}", report(&summary));
    }
    Ok(())
}

fn replay(args: &Args, config: &Config) -> anyhow::Result<Option<Summary>> {
    let mut world = world(config)?;
    world.merchants = Arc::new(merchants(args.merchants.as_deref())?);
    let history = History {
        shipments: args.shipments.clone(),
        scans: args.scans.clone(),
        until: args.until,
        memory_bytes: MEMORY_BYTES,
    };
    let results = Results { conditions: output(&args.conditions)?, notices: output(&args.notices)? };
    match replay::replay(&history, &world, results) {
        // A reader who has seen enough (`| head`) is no failure.
        Err(replay::Error::Write { source, .. }) if source.kind() == io::ErrorKind::BrokenPipe => Ok(None),
        replayed => Ok(Some(replayed?)),
    }
}

/// What `run` would decide with, but for what the topics say.
pub(super) fn world(config: &Config) -> anyhow::Result<World> {
    let mut world = World::new(config.rules.clone(), policy(config), config.privacy.hash_key()?);
    world.links = config.reroute.links()?.map(Arc::new);
    world.offers = Arc::clone(&config.offers);
    world.reroute = config.reroute.settings();
    world.state_version = config.runtime.state_version;
    world.words = words::load(&config.policy.notify.templates)?;
    Ok(world)
}

/// The policy as it is configured, but as if everything were sent: what people would hear is the question.
fn policy(config: &Config) -> Policy {
    let send = Sending { mode: Mode::On, ..Sending::default() };
    Policy { send, ..config.policy.clone() }
}

fn merchants(file: Option<&Path>) -> anyhow::Result<HashMap<String, Merchant>> {
    let Some(file) = file else { return Ok(HashMap::new()) };
    let text = fs::read_to_string(file).with_context(|| format!("{}: cannot read", file.display()))?;
    let mut merchants = HashMap::new();
    for (number, line) in (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty()) {
        let merchant: Merchant =
            serde_json::from_str(line).with_context(|| format!("{}:{number}: expected a merchant", file.display()))?;
        merchants.insert(merchant.merchant.clone(), merchant);
    }
    Ok(merchants)
}

fn is_dash(path: impl AsRef<Path>) -> bool {
    path.as_ref() == Path::new("-")
}

fn output(path: &Option<PathBuf>) -> anyhow::Result<Option<Box<dyn Write>>> {
    Ok(match path {
        None => None,
        Some(path) if is_dash(path) => Some(Box::new(BufWriter::new(io::stdout()))),
        Some(path) => {
            let file = File::create(path).with_context(|| format!("{}: cannot write", path.display()))?;
            Some(Box::new(BufWriter::new(file)))
        }
    })
}

fn report(summary: &Summary) -> String {
    let until = summary.until.map(|until| format!(" up to {until}")).unwrap_or_default();
    let mut lines = vec![format!("{} records{until}, {} of them repeated scans", summary.records, summary.repeats)];
    for ((file, reason), count) in &summary.rejects {
        lines.push(format!("  left out of {file}: {count} ({reason})"));
    }
    for ((kind, change), count) in &summary.conditions {
        lines.push(format!("  {:20} {change:9} {count}", kind.name()));
    }
    lines.push(format!("{} notices issued or withdrawn; had every attempt been delivered:", summary.notices));
    for ((kind, audience, decision, reason), count) in &summary.decisions {
        lines.push(format!("  {:20} {:16} {:10} {count} ({reason})", kind.name(), audience.name(), decision.name()));
    }
    lines.join("\n") + "\n"
}
