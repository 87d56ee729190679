//! Logs go to standard error, as text for people or JSON for machines.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

use crate::config::{Log, LogFormat};

/// Why logs cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum LogsError {
    /// The level cannot be read.
    #[error("expected a level or levels by module in log.level: {0}")]
    Level(#[from] tracing_subscriber::filter::ParseError),
    /// Somebody was first.
    #[error("expected to be the first to set up logs")]
    Again,
}

/// Sets up logs for the whole process; once.
pub fn start_logs(log: &Log) -> Result<(), LogsError> {
    let filter = EnvFilter::builder().parse(&log.level)?;
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match log.format {
        // Colours would be rubbish in a file.
        LogFormat::Text => lines.with_ansi(std::io::stderr().is_terminal()).try_init(),
        LogFormat::Json => lines.json().flatten_event(true).with_current_span(false).try_init(),
    }
    .map_err(|_| LogsError::Again)
}
