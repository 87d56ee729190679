//! `parcelwatch doctor`: what would keep an instance from going on.

use anyhow::{Context, anyhow};

use super::{Failure, Outcome, Settings, print};
use crate::stream::{Clock, Finding, Patient, Verdict, examine};

/// Look for what would keep an instance from going on, and say what to do about it
///
/// Asks the brokers about topics, state logs, offsets, open transactions, clocks and running instances, and changes nothing:
/// it joins no group and writes nothing. Every partition's state is read as by a restart, so it takes as long as one.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  parcelwatch doctor --config parcelwatch.toml
  parcelwatch doctor --json | jq -r 'select(.verdict == \"problem\") | .text'

Exit codes:
  0  nothing keeps an instance from going on; there may be warnings
  1  there are problems
  2  one cannot look: the configuration is wrong, or the brokers do not answer")]
pub struct Args {
    #[command(flatten)]
    settings: Settings,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

/// Prints a finding as soon as it is there.
pub fn run(args: &Args) -> Outcome {
    let clock = Clock::start();
    let config = args.settings.load()?;
    let options = crate::daemon::options(&config).map_err(Failure::CannotLook)?;
    let admin_token = config.listen.token().context("expected to read the admin listener's token");
    let admin_token = admin_token.map_err(Failure::CannotLook)?;
    let overrides = config.topics.overrides();
    let patient = Patient { options: &options, overrides: &overrides, admin_token, clock: &clock };
    let (mut problems, mut warnings, mut printed) = (0, 0, Ok(()));
    let looked = examine(&patient, &mut |finding| {
        problems += usize::from(finding.verdict == Verdict::Problem);
        warnings += usize::from(finding.verdict == Verdict::Warning);
        if printed.is_ok() {
            printed = print(&if args.json { json(&finding) } else { text(&finding) });
        }
    });
    printed?;
    looked.map_err(|error| Failure::CannotLook(anyhow::Error::from(error).context("cannot look any further")))?;
    if !args.json {
        print(&format!("{problems} problems, {warnings} warnings\n"))?;
    }
    match problems {
        0 => Ok(()),
        1 => Err(anyhow!("expected no problem, found 1").into()),
        _ => Err(anyhow!("expected no problem, found {problems}").into()),
    }
}

fn json(finding: &Finding) -> String {
    serde_json::to_string(finding).expect("made of texts") + "\n"
}

fn text(finding: &Finding) -> String {
    let Finding { verdict, check, place, text, remedy } = finding;
    let remedy = remedy.iter().flat_map(|remedy| remedy.lines());
    let remedy: String = remedy.map(|line| format!("{:9}{line}\n", "")).collect();
    format!("{:9}{place} ({check}): {text}\n{remedy}", verdict.name())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_is_a_line_and_what_to_do_about_it_stands_below() {
        let found = Finding::warning("clock", "one", "it was set", "mend it\nand restart");
        assert_eq!(text(&found), "warning  one (clock): it was set\n         mend it\n         and restart\n");
        assert_eq!(
            json(&found),
            "{\"verdict\":\"warning\",\"check\":\"clock\",\"place\":\"one\",\"text\":\"it was set\",\
             \"remedy\":\"mend it\\nand restart\"}\n"
        );
    }
}
