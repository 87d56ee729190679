//! The command line: arguments go to one file per command, its verdict becomes the exit code.
//!
//! A command is a module with `Args` and `run(Args) -> Outcome`, a line in `Command` and a line in `Command::run`.

mod admin;
mod check;
mod completions;
mod demo;
mod discard;
mod doctor;
mod lint;
mod outcome;
mod parcel;
mod release;
mod render;
mod replay;
mod revoke;
pub mod run;
mod settings;
mod state;
mod storm;
mod test;
mod topics;
mod words;

#[cfg(test)]
mod tests;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

pub use self::outcome::{Failure, Outcome, print};
pub use self::settings::Settings;

/// Watches every parcel in flight and tells people about delays before they ask
///
/// Hubs publish scans to Apache Kafka; parcelwatch keeps a small state for every parcel, knows at every
/// moment what should have happened by now, and sends texts, mails and webhooks with what can still be chosen. Kafka is its only store: an instance may be
/// killed at any moment and another one continues.
#[derive(Parser)]
#[command(name = "parcelwatch", version, max_term_width = 100, after_long_help = AFTER_HELP)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

const AFTER_HELP: &str = "\
A look at what it does, without a broker:
  parcelwatch demo

A first start:
  parcelwatch check --default > parcelwatch.toml    every setting, explained
  parcelwatch check --config parcelwatch.toml       all mistakes at once, with their places
  parcelwatch topics apply --config parcelwatch.toml
  parcelwatch run --config parcelwatch.toml --from latest

Before another limit is rolled out:
  parcelwatch test --config new.toml scenarios/*.toml

Nothing is sent before the configuration says `send.mode = \"on\"`: until then everything is decided,
recorded and counted (\"shadow\").

Exit codes:
  0  it was done
  1  it failed; the reason is on standard error
  2  the arguments or the configuration are wrong; nothing was begun
  3  the daemon cannot go on until somebody acts; the last line says how";

#[derive(Subcommand)]
enum Command {
    Demo(demo::Args),
    Run(run::Args),
    Check(check::Args),
    Topics(topics::Args),
    Parcel(parcel::Args),
    Render(render::Args),
    Lint(lint::Args),
    Revoke(revoke::Args),
    Release(release::Args),
    Discard(discard::Args),
    Replay(replay::Args),
    Test(test::Args),
    State(state::Args),
    Doctor(doctor::Args),
    Completions(completions::Args),
}

impl Command {
    fn run(self) -> Outcome {
        match self {
            Command::Demo(args) => demo::run(&args),
            Command::Run(args) => run::run(args),
            Command::Check(args) => check::run(args),
            Command::Topics(args) => topics::run(&args),
            Command::Parcel(args) => parcel::run(&args),
            Command::Render(args) => render::run(&args),
            Command::Lint(args) => lint::run(&args),
            Command::Revoke(args) => revoke::run(&args),
            Command::Release(args) => release::run(&args),
            Command::Discard(args) => discard::run(&args),
            Command::Replay(args) => replay::run(args),
            Command::Test(args) => test::run(&args),
            Command::State(args) => state::run(args),
            Command::Doctor(args) => doctor::run(&args),
            Command::Completions(args) => completions::run(&args),
        }
    }
}

/// Runs the command that the arguments name.
pub fn main() -> ExitCode {
    match Cli::parse().command.run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("{failure}");
            failure.exit_code()
        }
    }
}
