//! How a daemon is told to stop.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::Context;
use tokio::signal::unix::{SignalKind, signal};

/// A stop takes less than this, whatever the brokers do: what is not committed then is put back by the next start.
const STOP_WITHIN: Duration = Duration::from_secs(9);

/// How a stop ends that did not finish: 0 says that the transaction was finished and the group left.
const UNFINISHED: i32 = 1;

/// SIGTERM and SIGINT set `stop`; if the end takes too long then, it comes at once.
pub async fn stop_on_signals(stop: &Arc<AtomicBool>) -> anyhow::Result<()> {
    let mut term = signal(SignalKind::terminate()).context("cannot wait for SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("cannot wait for SIGINT")?;
    let stop = Arc::clone(stop);
    tokio::spawn(async move {
        tokio::select! {
            _ = term.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("stopping");
        stop.store(true, Ordering::Relaxed);
        tokio::time::sleep(STOP_WITHIN).await;
        tracing::warn!("the brokers did not answer in time: what was not committed is put back by the next start");
        std::process::exit(UNFINISHED);
    });
    Ok(())
}
