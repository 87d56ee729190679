//! The argument that most commands share: which configuration.

use std::path::PathBuf;

use crate::config::{Config, Errors, Source};

/// Where settings come from.
#[derive(clap::Args, Clone, Debug)]
pub struct Settings {
    /// The configuration file (TOML); without it the commented default holds (`parcelwatch check --default`)
    ///
    /// Environment variables override single keys: PARCELWATCH__KAFKA__BOOTSTRAP=kafka:9092 sets kafka.bootstrap.
    #[arg(long, short, value_name = "FILE", env = "PARCELWATCH_CONFIG")]
    pub config: Option<PathBuf>,
}

impl Settings {
    /// Reads and checks everything.
    pub fn load(&self) -> Result<Config, Errors> {
        self.source()?.read()
    }

    /// The file's text and the environment, unread.
    pub fn source(&self) -> Result<Source, Errors> {
        // An empty PARCELWATCH_CONFIG is how shells and unit files say "none".
        Source::of(self.config.as_deref().filter(|path| !path.as_os_str().is_empty()))
    }
}
