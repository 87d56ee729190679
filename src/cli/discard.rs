//! `parcelwatch discard`: ends what the storm breaker holds without sending it.

use super::{Outcome, storm};
use crate::model::ControlAction;

/// Never send the notices that are held because too many of their kind came in a minute
///
/// Without a KIND it shows what is held and changes nothing. With one it says how many notices will not be sent, asks, writes the
/// decision to controls.v1 (who, what, when) and waits until the notifiers have carried it out. Each is recorded in
/// deliveries.v1 as suppressed (\"storm discarded\"). It cannot be undone; new notices of the kind are counted anew.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  parcelwatch discard --config parcelwatch.toml            what is held, since when
  parcelwatch discard delayed --config parcelwatch.toml    never send it
  parcelwatch discard --all --yes --by wf --config parcelwatch.toml")]
pub struct Args {
    #[command(flatten)]
    storm: storm::Choice,
}

/// Shows, or decides.
pub fn run(args: &Args) -> Outcome {
    storm::run(&args.storm, ControlAction::Discard)
}
