//! `parcelwatch test`: do scenarios hold under this configuration?

use std::path::PathBuf;

use super::{Failure, Outcome, Settings, print, replay};
use crate::scenario::{self, Scenario, Verdict};

/// Run scenarios against the configuration: what should become of a parcel, and who should be told
///
/// A scenario is a timeline of one parcel: scans and what else happens, and after `=>` what is expected to come of it. It is played
/// with the tracker and the notifier of `run`, your limits, services and channels, on a clock of its own; nothing is sent or
/// connected to, and every attempt counts as delivered. Whatever comes and is not expected fails it, too. Exit code 0: all
/// hold; 1: some do not, and standard output shows where (- expected and not found, + found and not expected); 2: a file cannot
/// be read.
#[derive(clap::Args)]
#[command(after_help = r#"Examples:
  parcelwatch test tests/scenarios/*.toml                  under the default configuration
  parcelwatch test --config new.toml scenarios/*.toml      before new limits are rolled out
  parcelwatch test --show scenarios/lockers.toml           all that comes of every parcel in it

A file:
  zone = "Asia/Shanghai"                      # of all times in it
  shipment = { service = "inter-city", recipient = { email = "wf@example.com" } }

  [[scenario]]
  name = "a parcel that lies at a hub is told to its recipient after a day"
  timeline = """
  2026-03-02 08:00   announced
             10:00   arrived_hub HGH01
             +12h    => nothing               # 12 hours after that scan: not yet
             +12h1ms => stalled opened info
             +24h    => stalled escalated warn
                     => told recipient stalled
             +26h    departed_hub HGH01
                     => stalled cleared
              +2h    => told recipient recovered
  """

Times:
  "2026-03-02 08:00", "08:00" (of the day above), "08:00:00.001", "+12h" (after what happened last), or
  none: that of the line above. What is expected without milliseconds may come within that second.

What happens:
  announced, changed            with promise=, service=, consent=, cancelled=yes,
                                route="departed_hub HGH01 within 8h, arrived_hub SHA02 within 14h"
  the code of a scan, its hub   with happened=-20m or uploaded=+1h where that is not when it is read,
                                place=, place_kind=, pickup_code=, free_until=, reason=
  choice requested locker       with place=, text=, id=; then choice accepted|refused locker
  recipient confirms|denies     what was asked about a delivery
  recipient prefers             with opt_out=sms, channels=email, quiet_hours=21:00-08:00, locale=en
  end                           time passes up to here, and nothing else comes

What is expected, after =>:
  stalled opened|escalated|cleared|retracted    with a level, episode=, milestone=, limit=, held_by=
  told recipient stalled                        with a level, by=sms
  nothing                                       up to exactly then

only = ["stalled", "told"] passes over everything else that comes of a parcel."#)]
pub struct Args {
    #[command(flatten)]
    settings: Settings,
    /// Scenario files
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Show every timeline with what came of it, also of scenarios that hold
    #[arg(long)]
    show: bool,
}

/// Plays all scenarios, and says which do not hold.
pub fn run(args: &Args) -> Outcome {
    let scenarios = read(&args.files)?;
    let world = replay::world(&args.settings.load()?)?;
    let verdicts: Vec<Verdict> = scenarios.iter().map(|scenario| scenario.judge(&world)).collect();
    let shown: String = verdicts.iter().filter(|verdict| args.show || !verdict.holds).map(Verdict::to_string).collect();
    print(&shown)?;
    let (all, failed) = (verdicts.len(), verdicts.iter().filter(|verdict| !verdict.holds).count());
    if failed > 0 {
        return Err(Failure::Failed(anyhow::anyhow!("of {all} scenarios {failed} failed")));
    }
    print(&format!("scenarios that hold: {all}, that fail: none\n"))
}

/// Every scenario of every file, or everything that is wrong with them.
fn read(files: &[PathBuf]) -> Result<Vec<Scenario>, Failure> {
    let (mut scenarios, mut wrong) = (Vec::new(), Vec::new());
    for file in files {
        let name = file.display().to_string();
        match std::fs::read_to_string(file) {
            Err(error) => wrong.push(format!("{name}: expected a readable file in UTF-8: {error}")),
            Ok(text) => match scenario::read(&name, &text) {
                Ok(read) => scenarios.extend(read),
                Err(problems) => wrong.extend(problems.iter().map(ToString::to_string)),
            },
        }
    }
    if wrong.is_empty() {
        Ok(scenarios)
    } else {
        Err(Failure::Usage(format!("scenarios cannot be read:\n  {}", wrong.join("\n  "))))
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;
    use crate::config::{Config, Source};
    use crate::model::World;

    #[derive(clap::Parser)]
    struct Cli {
        #[command(flatten)]
        args: Args,
    }

    /// What `run` would decide with under this configuration.
    fn world(config: &str) -> World {
        let file = Some(("p.toml".to_owned(), config.to_owned()));
        let config: Config = Source { file, environment: Vec::new() }.read().expect("a configuration");
        replay::world(&config).expect("a world")
    }

    /// Holds an example against the default, and against another limit.
    fn check(example: &str) {
        let read = scenario::read("example", example).unwrap_or_else(|problems| panic!("{problems:?}"));
        assert_eq!(read.len(), 1);
        let verdict = read[0].judge(&world(""));
        assert!(verdict.holds, "{verdict}");
        let shorter = "[limits]\nstalled_at_hub = { info = \"11h\", warn = \"24h\", major = \"72h\" }\n";
        assert!(!read[0].judge(&world(shorter)).holds);
    }

    #[test]
    fn the_example_of_the_help_holds_and_notices_another_limit() {
        let help = Cli::command().get_after_help().expect("an example").to_string();
        let (_, example) = help.split_once("A file:\n").expect("an example");
        let (example, _) = example.split_once("\nTimes:").expect("an end of it");
        check(
            &example.lines().map(|line| format!("{}\n", line.strip_prefix("  ").unwrap_or(line))).collect::<String>(),
        );
    }

    #[test]
    fn the_example_of_the_readme_holds_and_notices_another_limit() {
        let (_, example) = include_str!("../../README.md").split_once("```toml\n[[scenario]]").expect("an example");
        let (example, _) = example.split_once("```").expect("an end of it");
        check(&format!("[[scenario]]{example}"));
    }
}
