//! What `release` and `discard` share: what is held is looked at, the operator confirms, the decision is written, and it is
//! waited for.
//!
//! What always holds: nothing is written that was not named and confirmed; where the instances cannot be asked, that is said
//! before anything is written, and only `--yes` with a kind goes on.

mod text;

use std::io::{IsTerminal, Write};
use std::time::Duration;

use anyhow::{Context, anyhow};
use tokio::runtime::Runtime;

use super::admin::Admin;
use super::{Failure, Outcome, Settings, print};
use crate::config::Config;
use crate::model::{Control, ControlAction, NoticeKind};
use crate::stream::{Clock, Publisher};
use crate::web::{Storms, ask_storms, client};

/// How long the notifiers may take to carry a decision out before the command ends without having seen it. Longer: an operator
/// waits for an instance that is away. Shorter: a hundred thousand notices take longer.
const DONE_WITHIN: Duration = Duration::from_secs(30);

/// Between two looks.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// Who decides where nobody says so.
const NOBODY: &str = "somebody";

/// Characters of a name at most; the notifiers take no record of theirs as long.
const NAME_MAX: usize = 200;

/// The arguments of both commands.
#[derive(clap::Args)]
pub struct Choice {
    /// The kind of notices, as the list shows it; without it the list is shown
    #[arg(value_parser = kind)]
    kind: Option<NoticeKind>,
    /// Every kind of which something is held
    #[arg(long, conflicts_with = "kind")]
    all: bool,
    /// Do not ask; needed where nobody can answer
    #[arg(long, short)]
    yes: bool,
    /// Who decides, for the record
    #[arg(long, value_name = "NAME", env = "USER", default_value = NOBODY, value_parser = who)]
    by: String,
    /// The list as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    admin: Admin,
    #[command(flatten)]
    settings: Settings,
}

fn who(name: &str) -> Result<String, String> {
    let name = name.trim();
    if name.chars().count() > NAME_MAX || name.chars().any(char::is_control) {
        return Err(format!("expected a name of at most {NAME_MAX} printable characters"));
    }
    // Jobs and services have a USER that is set and empty.
    Ok(if name.is_empty() { NOBODY } else { name }.to_owned())
}

fn kind(name: &str) -> Result<NoticeKind, String> {
    NoticeKind::from_name(name).ok_or_else(|| {
        let known: Vec<&str> = NoticeKind::all().map(NoticeKind::name).collect();
        format!("expected one of {}", known.join(", "))
    })
}

/// Shows what is held, or decides about it.
pub fn run(args: &Choice, action: ControlAction) -> Outcome {
    let config = args.settings.load()?;
    let runtime = Runtime::new().context("cannot start the runtime")?;
    let desk = Desk { args, action, address: args.admin.address(&config), token: args.admin.token(&config)? };
    let found = runtime.block_on(desk.look());
    if args.kind.is_none() && !args.all {
        let found = found?;
        return print(&if args.json { json(&found) } else { text::list(&found) });
    }
    let kinds = match (&found, args.kind) {
        // An operator who knows what to do is not stopped by an instance that does not answer.
        (Err(_), Some(kind)) if args.yes => vec![kind],
        (Err(_), _) => return found.map(|_| ()),
        (Ok(found), kind) => match desk.confirmed(found, kind)? {
            Some(kinds) => kinds,
            None => return Ok(()),
        },
    };
    if let Err(error) = &found {
        eprintln!("{error}\nnobody says what is held: it is decided unseen");
    }
    runtime.block_on(desk.decide(&config, &kinds, found.ok()))
}

fn json(found: &Storms) -> String {
    serde_json::to_string(found).expect("made of texts and numbers") + "\n"
}

/// What a decision is made with.
struct Desk<'a> {
    args: &'a Choice,
    action: ControlAction,
    address: String,
    token: Option<String>,
}

impl Desk<'_> {
    /// What is held everywhere.
    async fn look(&self) -> Result<Storms, Failure> {
        let address = &self.address;
        let client = client().context("expected to make an HTTP client")?;
        let answer = ask_storms(&client, address, self.token.as_deref()).await;
        let answer = answer.with_context(|| format!("cannot ask the instance at {address} what is held"))?;
        if !answer.status.is_success() {
            let said: serde_json::Value = serde_json::from_slice(&answer.body).unwrap_or_default();
            let why = said["error"].as_str().unwrap_or("it gave no reason").to_owned();
            let what = format!("the instance at {address} answered {}", answer.status.as_u16());
            return Err(anyhow!("{why}").context(what).into());
        }
        let read = serde_json::from_slice(&answer.body);
        Ok(read.with_context(|| format!("expected what is held from {address}, found something else"))?)
    }

    /// The kinds to decide about, once the operator has said yes; none where there is nothing to do or the answer is no.
    fn confirmed(&self, found: &Storms, kind: Option<NoticeKind>) -> Result<Option<Vec<NoticeKind>>, Failure> {
        let mut kinds: Vec<NoticeKind> = found.storms.iter().map(|storm| storm.kind).collect();
        kinds.dedup();
        kinds.retain(|held| kind.is_none_or(|kind| kind == *held));
        if kinds.is_empty() && found.silent() == 0 {
            print("nothing is held, nothing was written\n")?;
            return Ok(None);
        }
        if kinds.is_empty() {
            // It may be held where nobody answers.
            kinds.extend(kind);
        }
        print(&text::announce(found, &kinds, self.action))?;
        if kinds.is_empty() {
            return Ok(None);
        }
        if self.args.yes {
            return Ok(Some(kinds));
        }
        if !std::io::stdin().is_terminal() {
            let what = "expected --yes, since nobody can be asked here; nothing was written";
            return Err(Failure::Usage(what.to_owned()));
        }
        print(&format!("{} them? Type yes: ", text::verb(self.action)))?;
        std::io::stdout().flush().map_err(anyhow::Error::from)?;
        let mut answer = String::new();
        std::io::stdin().read_line(&mut answer).map_err(anyhow::Error::from)?;
        if answer.trim().eq_ignore_ascii_case("yes") {
            return Ok(Some(kinds));
        }
        print("nothing was written\n")?;
        Ok(None)
    }

    /// Writes the decision and waits until it is carried out.
    async fn decide(&self, config: &Config, kinds: &[NoticeKind], before: Option<Storms>) -> Outcome {
        let options = crate::daemon::options(config).map_err(Failure::Failed)?;
        let clock = Clock::start();
        let publisher = Publisher::connect(&options, clock.clone()).context("cannot reach the brokers")?;
        for kind in kinds {
            let at = clock.now();
            let control = Control {
                id: format!("ctl_{}_{}", at.as_millis(), std::process::id()),
                action: self.action,
                kind: *kind,
                by: self.args.by.clone(),
                at,
            };
            let written = publisher.control(&control).await;
            let partitions = written.context("not written to every partition of controls.v1: run it again")?;
            print(&format!("{}: written to {partitions} partitions as {}\n", kind.name(), control.id))?;
        }
        let Some(before) = before else { return Ok(()) };
        let began = clock.now();
        loop {
            let left = self.look().await.map(|now| text::left(&before, &now, kinds));
            match left {
                Ok(0) => return print("carried out\n"),
                _ if clock.now().since(began) > DONE_WITHIN => {
                    return print("not yet carried out everywhere: look again in a minute\n");
                }
                _ => tokio::time::sleep(LOOK_EVERY).await,
            }
        }
    }
}
