//! From the configuration to what the runtime is told.

use crate::config::{self, Config};
use crate::stream::{GroupProtocol, Options};
use crate::time::Backlog;

/// An input of a partition that is this far ahead of the others is paused: more costs memory while another input is slow,
/// less makes fetching stutter.
const WAITING_MAX: Backlog = Backlog { records: 20_000, bytes: 16 * 1024 * 1024 };

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
        state_version: runtime.state_version,
        clock_skew: runtime.clock_skew,
        attempt_within: runtime.attempt_within,
        transaction_timeout: runtime.transaction_timeout,
        session_timeout: runtime.session_timeout,
        timers_per_turn: runtime.timers_per_turn,
        records_per_turn: runtime.records_per_turn,
        waiting_max: WAITING_MAX,
        from: None,
        resume_from_state: false,
        simulated_brokers: false,
    })
}
