//! `parcelwatch parcel <id>`: what a running instance knows of a parcel, and why.

mod text;

use anyhow::{Context, anyhow};
use serde_json::Value;

use super::admin::Admin;
use super::{Failure, Outcome, Settings, print};
use crate::web::{Caller, client, request};

/// Ask a running instance about a parcel: where it is, what is due, what was told to whom, and why
///
/// Any instance will do: it passes the question on to the one that tracks the parcel. The answer names recipients by
/// their keys, never by phone or address.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  parcelwatch parcel SF1024000000017
  parcelwatch parcel SF1024000000017 --admin http://10.0.0.7:9464 --token file:/run/secrets/admin
  parcelwatch parcel SF1024000000017 --json | jq .conditions")]
pub struct Args {
    /// The parcel's id
    id: String,
    #[command(flatten)]
    admin: Admin,
    /// The answer as it came
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    settings: Settings,
}

/// Asks and prints.
pub fn run(args: &Args) -> Outcome {
    let config = args.settings.load()?;
    let address = args.admin.address(&config);
    let token = args.admin.token(&config)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(anyhow::Error::from)?;
    let answer = runtime.block_on(async {
        let client = client().context("expected to make an HTTP client")?;
        let answer = request(&client, &address, token.as_deref(), &args.id, Caller::Person).await;
        answer.with_context(|| format!("cannot ask the instance at {address}"))
    })?;
    let value: Value = serde_json::from_slice(&answer.body)
        .with_context(|| format!("expected JSON from {address}, found something else ({})", answer.status))?;
    if !answer.status.is_success() {
        return Err(refused(&address, answer.status.as_u16(), &value));
    }
    print(&if args.json { format!("{value}\n") } else { text::render(&value) })
}

fn refused(address: &str, status: u16, answer: &Value) -> Failure {
    let why = answer["error"].as_str().unwrap_or("it gave no reason");
    Failure::Failed(anyhow!("{why}").context(format!("the instance at {address} answered {status}")))
}
