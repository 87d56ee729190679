//! `parcelwatch run`: the daemon.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use anyhow::Context;
use tokio::runtime::Runtime;
use tokio::sync::watch;

use super::{Failure, Outcome, Settings, words};
use crate::config::Config;
use crate::daemon::{Daemon, Listeners, options, stop_on_signals};
use crate::model::Timestamp;
use crate::stream::{Clock, From, InstanceError, Options};
use crate::telemetry::start_logs;

/// Run the daemon: read scans, decide, notify
///
/// Joins the other instances of its group, restores the state of the partitions that it is given, and goes on where they
/// were left. SIGTERM or Ctrl-C finishes the open transaction, leaves the group and ends within 10 s with exit code 0.
/// Exit code 1: it failed, or a stop did not finish; the next start puts back what was not committed, and goes on. Exit
/// code 3: somebody has to act first, and the last line says how; starting it again does not help.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  parcelwatch run --config parcelwatch.toml --from latest      the very first start
  parcelwatch run --config parcelwatch.toml                    every other one")]
pub struct Args {
    #[command(flatten)]
    settings: Settings,
    /// Where the very first start begins in shipments, scans and reroutes: earliest, latest, or a time such as
    /// 2026-11-22T00:00:00Z. Later starts go on where they were and do not look at it
    #[arg(long, value_parser = parse_from)]
    from: Option<From>,
    /// Go on from the state logs although the group's offsets are gone or differ. The brokers forget the offsets of a
    /// group that was away for a week; use it only if nobody reset the group on purpose
    #[arg(long)]
    resume_from_state: bool,
}

fn parse_from(text: &str) -> Result<From, String> {
    match text {
        "earliest" => Ok(From::Earliest),
        "latest" => Ok(From::Latest),
        time => Timestamp::parse(time)
            .map(From::Time)
            .map_err(|error| format!("expected earliest, latest or a time: {error}")),
    }
}

/// Runs until it is told to stop, or cannot go on.
pub fn run(args: Args) -> Outcome {
    let config = args.settings.load().map_err(Failure::Config)?;
    start_logs(&config.log).context("cannot write logs")?;
    let runtime = tokio::runtime::Runtime::new().context("cannot start the runtime")?;
    let stop = Arc::new(AtomicBool::new(false));
    let (end, ended) = watch::channel(false);
    runtime.block_on(stop_on_signals(&stop))?;
    say_how_it_runs(&config);
    let result = start(args, config, &runtime, &stop, ended);
    // Listeners end last, so that health can be asked while everything else ends.
    end.send_replace(true);
    runtime.shutdown_timeout(Duration::from_millis(200));
    result.map_err(|error| match error.downcast_ref::<InstanceError>() {
        Some(reason) if reason.needs_somebody() => Failure::NeedsSomebody(error),
        _ => Failure::Failed(error),
    })
}

fn start(
    args: Args,
    config: Config,
    runtime: &Runtime,
    stop: &Arc<AtomicBool>,
    ended: watch::Receiver<bool>,
) -> anyhow::Result<()> {
    let listeners = runtime.block_on(Listeners::bind(&config.listen))?;
    let options = Options { from: args.from, resume_from_state: args.resume_from_state, ..options(&config)? };
    let words = words::load(&config.policy.notify.templates)?;
    Daemon { config, words, options, clock: Clock::start(), runtime, stop: Arc::clone(stop), ended }.run(listeners)
}

/// What an operator must know at first sight.
fn say_how_it_runs(config: &Config) {
    let mode = config.policy.send.mode.name();
    let state_version = config.runtime.state_version;
    tracing::info!(
        version = env!("CARGO_PKG_VERSION"),
        instance = config.runtime.instance(),
        send = mode,
        state_version = state_version.name(),
        "starting"
    );
    if let Some(lacks) = state_version.lacks() {
        let name = state_version.name();
        tracing::warn!(
            "runtime.state_version is {name:?}: older versions can take partitions back, and these conditions are not opened: {lacks}"
        );
    }
    if !config.policy.send.anything_leaves() {
        tracing::warn!("send.mode is {mode:?}: notices are decided, recorded and counted, and nothing leaves");
    }
    if config.privacy.is_development() {
        tracing::warn!("privacy.hash_key is not set: recipients are hashed under a key that everybody knows");
    }
    if config.reroute.is_development() {
        tracing::warn!("reroute.link_key is not set: links are signed with a key that everybody knows");
    }
    if config.listen.public.is_none() && config.reroute.has_links() {
        tracing::warn!(
            "reroute.base_url is set and listen.public is not: this instance does not serve what links lead to"
        );
    }
}
