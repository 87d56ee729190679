//! `parcelwatch completions`: completion of commands and options for a shell.

use clap::CommandFactory;

use super::{Cli, Outcome, print};

/// Print completions for a shell
#[derive(clap::Args)]
#[command(after_help = "Example:
  parcelwatch completions bash > /etc/bash_completion.d/parcelwatch")]
pub struct Args {
    /// Which shell
    shell: clap_complete::Shell,
}

/// Prints them.
pub fn run(args: &Args) -> Outcome {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "parcelwatch", &mut script);
    print(&String::from_utf8_lossy(&script))
}
