//! `parcelwatch run`: the daemon.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::Context;
use tokio::signal::unix::{SignalKind, signal};

use super::{Failure, Outcome, Settings};
use crate::channel::{self, Secrets};
use crate::config::{self, Config};
use crate::model::{Timestamp, World};
use crate::stream::{From, GroupProtocol, Instance, Options, Setup};
use crate::telemetry::{Metrics, start_logs};
use crate::web;

/// An input that is this far ahead of the others is paused: more costs memory while another input is slow, less makes
/// fetching stutter.
const WAITING_MAX: usize = 20_000;

/// A stop takes less than this, whatever the brokers do: what is not committed then is put back by the next start.
const STOP_WITHIN: Duration = Duration::from_secs(9);

/// Run the daemon: read scans, decide, notify
///
/// Joins the other instances of its group, restores the state of the partitions that it is given, and goes on where they
/// were left. SIGTERM or Ctrl-C finishes the open transaction, leaves the group and ends within 10 s with exit code 0.
/// Exit code 1: something has to be mended first, and the last line says what.
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

/// What the runtime is told, as far as the configuration says it.
pub fn options(config: &Config) -> anyhow::Result<Options> {
    let runtime = &config.runtime;
    Ok(Options {
        client: config.kafka.client_config()?,
        prefix: config.kafka.prefix.clone(),
        group: config.kafka.group.clone(),
        group_protocol: match config.kafka.group_protocol {
            config::GroupProtocol::Classic => GroupProtocol::Classic,
            config::GroupProtocol::Consumer => GroupProtocol::Consumer,
        },
        instance: runtime.instance(),
        tracker_workers: runtime.tracker_workers.into(),
        notifier_workers: runtime.notifier_workers.into(),
        commit_every: runtime.commit_every,
        save_time_every: runtime.save_time_every,
        tell_within: runtime.tell_within,
        settle_for: runtime.settle_for,
        clock_skew: runtime.clock_skew,
        attempt_within: runtime.attempt_within,
        transaction_timeout: runtime.transaction_timeout,
        session_timeout: runtime.session_timeout,
        timers_per_turn: runtime.timers_per_turn,
        records_per_turn: runtime.records_per_turn,
        waiting_max: WAITING_MAX,
        from: None,
        resume_from_state: false,
    })
}
