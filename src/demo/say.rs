//! What the terminal shows: how to look, then a line for whatever happens, then what to do next.

use std::io::{self, IsTerminal, Write};
use std::sync::Arc;

use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

use super::board::Counts;
use super::happening::{Happening, Mail, Reader, What};
use super::words::{clock, described, kind_name, masked, notice_kind, short};
use crate::model::{Change, WorkOrderChange};

/// What somebody must know at first sight.
pub struct Welcome {
    #[allow(missing_docs)]
    pub seed: u64,
    #[allow(missing_docs)]
    pub parcels: usize,
    #[allow(missing_docs)]
    pub speed: u32,
    /// The page's URL.
    pub page: String,
    /// The admin listener's URL.
    pub admin: String,
}

/// Says it.
pub fn welcome(welcome: &Welcome) {
    let Welcome { seed, parcels, speed, page, admin } = welcome;
    let day = humantime::format_duration(std::time::Duration::from_secs(24 * 3600 / u64::from((*speed).max(1))));
    say(&format!(
        "This is a demonstration: the real daemon, and around it an in-process simulation of Kafka, a mail server, gateways for
texts, merchants' endpoints and an invented courier with {parcels} parcels a day (seed {seed}). Everything is on this machine,
and nothing leaves it. A day of the courier takes {day} (--speed {speed}).

  {}   what a customer, a merchant and operations see
  {}   all metrics of the daemon
  Ctrl-C ends it.
",
        bold(&format!("{page:<34}")),
        format_args!("{:<34}", format!("{admin}/metrics")),
    ));
}

/// What was seen, and what comes next.
pub fn farewell(counts: Counts) {
    let Counts { texts, mails, webhooks, choices, .. } = counts;
    say(&format!(
        "\nThat was the demonstration: {texts} texts, {mails} mails, {webhooks} webhooks, {choices} choices. Nothing of it is kept.

What next? With your own Kafka:
  parcelwatch check --default > parcelwatch.toml     every setting, explained
  parcelwatch topics apply --config parcelwatch.toml
  parcelwatch run --config parcelwatch.toml --from latest
The README goes on from there (\"To production\"). Nothing is sent before you say so: send.mode begins as \"shadow\"."
    ));
}

/// Says whatever happens, for as long as something can.
pub async fn narrate(mut happenings: Receiver<Arc<Happening>>) {
    loop {
        match happenings.recv().await {
            Ok(happening) => {
                if let Some(line) = line(&happening) {
                    say(&line);
                }
            }
            Err(RecvError::Lagged(missed)) => say(&format!("       ({missed} lines left out)")),
            Err(RecvError::Closed) => return,
        }
    }
}

/// What is worth a line.
fn line(happening: &Happening) -> Option<String> {
    let (word, to, what) = match &happening.what {
        What::Text(text) => ("text", masked(&text.to), first_line(&text.body)),
        What::Mail(Mail { reader: Reader::Staff, to, subject, .. }) => ("digest", to.clone(), first_line(subject)),
        What::Mail(mail) => ("mail", masked(&mail.to), first_line(&mail.subject)),
        What::Webhook(hook) => {
            let event = serde_json::from_str(&hook.body).unwrap_or_default();
            let verified = if hook.verified { "signature verified" } else { "signature refused" };
            let kind = notice_kind(&event).unwrap_or_default();
            let parcel = event["subject"].as_str().map(short).unwrap_or_default();
            ("webhook", hook.merchant.clone(), format!("{kind} {parcel} ({verified})"))
        }
        What::Condition(change) => {
            if !matches!(change.change, Change::Opened | Change::Escalated) {
                return None;
            }
            let at = change.hub.as_deref().map(|hub| format!(" at {hub}")).unwrap_or_default();
            let what = format!("{} ({}){at}", kind_name(change.condition), change.level.name());
            ("condition", short(&change.parcel_id), what)
        }
        What::Choice(order) => {
            let did = if order.change == WorkOrderChange::Created { "chose" } else { "took back" };
            ("choice", short(&order.parcel_id), format!("its recipient {did}: {}", described(order)))
        }
    };
    let word = coloured(word, &format!("{word:<9}"));
    Some(format!("{}  {word}  {to:<24}  {what}", clock(happening.at)))
}

fn first_line(text: &str) -> String {
    // What strangers wrote must not steer a terminal.
    text.lines().next().unwrap_or_default().chars().filter(|c| !c.is_control()).collect()
}

fn is_colourful() -> bool {
    io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none()
}

fn bold(text: &str) -> String {
    if is_colourful() { format!("\x1b[1m{text}\x1b[0m") } else { text.to_owned() }
}

fn coloured(word: &str, text: &str) -> String {
    let colour = match word {
        "text" | "mail" => 36,
        "webhook" => 34,
        "choice" => 32,
        _ => 33,
    };
    if is_colourful() { format!("\x1b[{colour}m{text}\x1b[0m") } else { text.to_owned() }
}

/// A closed terminal is no reason to end: the page goes on.
fn say(line: &str) {
    let _ = writeln!(io::stdout(), "{line}");
}
