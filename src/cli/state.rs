//! `parcelwatch state`: what the state logs hold.

use super::{Failure, Outcome, Settings, print};
use crate::stream::{Inspected, inspect};

/// Show what the state logs hold: stream time, offsets, live entries
///
/// Reads both stages' logs from the brokers, committed records only, and changes nothing; a running instance is
/// not disturbed. One line for each partition.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  parcelwatch state --config parcelwatch.toml
  parcelwatch state --json | jq -r 'select(.stage == \"tracker\") | .stream_time'")]
pub struct Args {
    #[command(flatten)]
    settings: Settings,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

/// Prints a line for each partition.
pub fn run(args: Args) -> Outcome {
    let config = args.settings.source()?.read()?;
    let options = crate::daemon::options(&config).map_err(Failure::Failed)?;
    if !args.json {
        print(&header())?;
    }
    let mut printed = Ok(());
    let looked = inspect(&options, |partition| {
        let line = if args.json { json(&partition) } else { text(&partition) };
        if printed.is_ok() {
            printed = print(&line);
        }
    });
    looked.map_err(|error| Failure::Failed(error.into()))?;
    printed
}

fn json(partition: &Inspected) -> String {
    serde_json::to_string(partition).expect("made of texts and numbers") + "\n"
}

fn header() -> String {
    format!(
        "{:9} {:>9} {:24} {:>12} {:>12} {:>12} {:>10}  offsets\n",
        "stage", "partition", "stream time", "log begins", "log ends", "live", "KiB"
    )
}

fn text(partition: &Inspected) -> String {
    let time = partition.stream_time.map_or_else(|| "-".to_owned(), |time| time.to_string());
    let live: Vec<String> = partition.live.iter().map(usize::to_string).collect();
    let offsets: Vec<String> = partition.offsets.iter().map(|(input, offset)| format!("{input} {offset}")).collect();
    format!(
        "{:9} {:>9} {:24} {:>12} {:>12} {:>12} {:>10}  {}\n",
        partition.stage,
        partition.partition,
        time,
        partition.begins,
        partition.end,
        live.join("+"),
        partition.bytes.div_ceil(1024),
        offsets.join(", ")
    )
}
