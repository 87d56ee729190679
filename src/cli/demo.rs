//! `parcelwatch demo`: see everything within five minutes, with nothing but this binary.

use super::{Failure, Outcome};
use crate::demo::{self, Choice};

/// A day takes six minutes; the first notice comes within some seconds.
const SPEED: u32 = 240;

/// Show an invented courier's day: texts, mails, webhooks, choices
///
/// Starts the real daemon on a simulation of Kafka inside this process, with a generator of a plausible day and stand-ins for a mail server,
/// gateways for texts and merchants' endpoints. A page shows what customers, merchants and operations see. Everything is on this machine, nothing leaves it,
/// nothing is kept.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  parcelwatch demo
  parcelwatch demo --speed 60 --port 8500     a day in 24 minutes, the page elsewhere")]
pub struct Args {
    /// How many times as fast as the real clock the courier's goes
    #[arg(long, value_name = "TIMES", default_value_t = SPEED, value_parser = clap::value_parser!(u32).range(1..=2000))]
    speed: u32,
    /// What decides who gets what, and what goes wrong: the same number, the same day
    #[arg(long, value_name = "NUMBER", default_value_t = 7)]
    seed: u64,
    /// The port of the page on this machine; 0: any free one
    #[arg(long, default_value_t = 8420)]
    port: u16,
    /// How many parcels are sent each day
    #[arg(long, value_name = "NUMBER", default_value_t = 300, value_parser = clap::value_parser!(u32).range(20..=20_000))]
    parcels: u32,
}

/// Runs until Ctrl-C.
pub fn run(args: &Args) -> Outcome {
    let Args { speed, seed, port, parcels } = *args;
    demo::run(Choice { speed, seed, port, parcels: parcels as usize }).map_err(Failure::Failed)
}
