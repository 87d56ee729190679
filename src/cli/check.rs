//! `parcelwatch check`: is the configuration right, and what is in force?

use super::{Outcome, Settings, print, words};
use crate::config;

/// Check the configuration: all mistakes at once, each with its place
///
/// Reads the file, the environment and the templates exactly as `run` does, secrets included, and connects to nothing. Unknown
/// keys are mistakes. Exit code 0: `run` would accept it; 2: the mistakes stand on standard error, as
/// `file:line:column: key: expected this, found that`.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  parcelwatch check --default > parcelwatch.toml
  parcelwatch check --config parcelwatch.toml
  PARCELWATCH__LOG__LEVEL=debug parcelwatch check --print | grep level")]
pub struct Args {
    #[command(flatten)]
    settings: Settings,
    /// Show what is in force, with the place of everything that is not default; secrets by reference only
    #[arg(long)]
    print: bool,
    /// Show the commented default instead and check nothing
    #[arg(long, conflicts_with = "print")]
    default: bool,
}

/// Checks, and prints what was asked for.
pub fn run(args: Args) -> Outcome {
    if args.default {
        return print(&config::reference());
    }
    let source = args.settings.source()?;
    let config = source.read()?;
    words::load(&config.policy.notify.templates)?;
    if args.print {
        print(&source.print())?;
    }
    if config.privacy.is_development() {
        eprintln!("note: privacy.hash_key is the built-in one that everybody knows; good for a trial");
    }
    if args.print { Ok(()) } else { print("the configuration is right\n") }
}
