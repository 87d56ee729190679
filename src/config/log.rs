//! `[log]`: how loud, and for whom.

use serde::Deserialize;
use tracing_subscriber::EnvFilter;

use crate::document::Check;

/// What is logged, to standard error.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Log {
    #[allow(missing_docs)]
    pub format: LogFormat,
    /// A level, or levels by module.
    pub level: String,
}

/// The form of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

impl Log {
    pub(super) fn check(&self, check: &mut Check<'_>) {
        let filter = EnvFilter::builder().parse(&self.level);
        check.that(filter.is_ok(), "log.level", "expected a level (info) or levels by module (info,parcelwatch=debug)");
    }
}
