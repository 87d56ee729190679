//! `parcelwatch topics`: what the cluster lacks, and bringing it into being.

use anyhow::anyhow;

use super::{Failure, Outcome, Settings, print};
use crate::config::Config;
use crate::topics::{self, Plan};

/// Show or create the topics
///
/// The definitions (names, partitions, retention) are part of the program; `[topics]` in the configuration
/// departs from them. What exists is never changed and nothing is deleted: a difference is shown with the command
/// that would mend it.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  parcelwatch topics plan --config parcelwatch.toml
  PARCELWATCH__TOPICS__REPLICATION=1 parcelwatch topics apply    a cluster of one broker")]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Show what is missing and what differs; change nothing
    Plan(Settings),
    /// Create what is missing, then show what still differs
    Apply(Settings),
}

/// Plans or applies.
pub fn run(args: &Args) -> Outcome {
    match &args.command {
        Command::Plan(settings) => {
            let (_, plan) = plan(&settings.load()?)?;
            print(&plan.to_string())
        }
        Command::Apply(settings) => apply(&settings.load()?),
    }
}

fn plan(config: &Config) -> Result<(rdkafka::ClientConfig, Plan), Failure> {
    let client = config.kafka.client_config().map_err(anyhow::Error::from)?;
    let plan = topics::plan(&client, &config.kafka.prefix, &config.topics.overrides()).map_err(anyhow::Error::from)?;
    Ok((client, plan))
}

fn apply(config: &Config) -> Outcome {
    let (client, before) = plan(config)?;
    for topic in topics::apply(&client, &before).map_err(anyhow::Error::from)? {
        print(&format!("created {topic}\n"))?;
    }
    let (_, after) = plan(config)?;
    print(&after.to_string())?;
    // Without them `run` would refuse to start.
    let waiting = after.findings().iter().any(|finding| matches!(finding, topics::Finding::Waiting { .. }));
    if waiting {
        Err(anyhow!("expected every topic to exist, found some that wait for equal partition counts").into())
    } else {
        Ok(())
    }
}
