//! The arguments of commands that ask a running instance: where its admin listener is, and what it wants to see.

use anyhow::Context;

use super::Failure;
use crate::config::{Config, Secret};

/// An admin listener.
#[derive(clap::Args, Clone, Debug)]
pub struct Admin {
    /// Where an instance's admin listener is; without it, where the configuration says that it is on this machine
    #[arg(long, value_name = "URL")]
    admin: Option<String>,
    /// The admin listener's token as env:NAME or file:PATH; without it, listen.admin_token of the configuration
    #[arg(long, value_name = "SECRET")]
    token: Option<String>,
}

impl Admin {
    /// The address that is named, else the configured one.
    pub fn address(&self, config: &Config) -> String {
        self.admin.clone().unwrap_or_else(|| config.listen.advertised(config.listen.admin.0))
    }

    /// The token that is named, else the configured one.
    pub fn token(&self, config: &Config) -> Result<Option<String>, Failure> {
        let read = match &self.token {
            // What stands there instead of a reference may be the secret itself: it is not repeated.
            Some(text) => match Secret::parse(text) {
                Some(token) => token.read_text().map(Some),
                None => {
                    return Err(Failure::Usage("--token: expected env:NAME or file:PATH, found another text".into()));
                }
            },
            None => config.listen.token(),
        };
        Ok(read.context("expected to read the admin listener's token")?)
    }
}
