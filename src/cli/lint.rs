//! `parcelwatch lint`: are the words right?

use super::{Failure, Outcome, Settings, print, words};
use crate::notify::render::{Problem, lint};

/// Check all words: templates of mails and texts, approved templates, their codes
///
/// Every kind of notice is worded for every audience, level and language with sample facts, with all of them and with none, and
/// looked at: what cannot be filled, what is too long for one part of a text, what a provider would not approve, what must
/// not stand in a notice. Exit code 0: nothing is wrong; 1: the problems stand on standard output, as
/// `file:line: expected this, found that`, paths being those within the folder of templates.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  parcelwatch lint                                  our own words
  parcelwatch lint --templates texts                ours with yours over them
  parcelwatch lint --config parcelwatch.toml        as `run` would word, with its names and codes")]
pub struct Args {
    #[command(flatten)]
    settings: Settings,
    /// A folder of files that replace ours of the same path; instead of notify.templates
    #[arg(long, value_name = "DIR")]
    templates: Option<String>,
}

/// Looks at everything and says what is wrong.
pub fn run(args: &Args) -> Outcome {
    let policy = args.settings.load()?.policy;
    let folder = args.templates.as_ref().unwrap_or(&policy.notify.templates);
    let problems = match words::read(folder) {
        Ok(words) => lint::lint(&words, &policy),
        Err(problems) => problems,
    };
    if problems.is_empty() {
        return print("the words are right\n");
    }
    let lines: Vec<String> = problems.iter().map(Problem::to_string).collect();
    print(&(lines.join("\n") + "\n"))?;
    let count = if problems.len() == 1 { "1 problem".to_owned() } else { format!("{} problems", problems.len()) };
    Err(Failure::Failed(anyhow::anyhow!("{count} with the words")))
}
