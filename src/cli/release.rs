//! `parcelwatch release`: sends what the storm breaker holds.

use super::{Outcome, storm};
use crate::model::ControlAction;

/// Send the notices that are held because too many of their kind came in a minute
///
/// Without a KIND it shows what is held and changes nothing. With one it says how many notices will be sent, asks, writes the
/// decision to controls.v1 (who, what, when) and waits until the notifiers have carried it out. New notices of the kind are
/// counted anew. What was withdrawn meanwhile is not sent.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  parcelwatch release --config parcelwatch.toml            what is held, since when
  parcelwatch release delayed --config parcelwatch.toml    send it
  parcelwatch release --all --yes --by wf --config parcelwatch.toml
  parcelwatch release --json | jq '.storms[] | {kind, partition, held}'")]
pub struct Args {
    #[command(flatten)]
    storm: storm::Choice,
}

/// Shows, or decides.
pub fn run(args: &Args) -> Outcome {
    storm::run(&args.storm, ControlAction::Release)
}
