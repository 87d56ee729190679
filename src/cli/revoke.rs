//! `parcelwatch revoke`: takes back the links of a parcel.

use anyhow::Context;

use super::{Failure, Outcome, Settings, print};
use crate::model::{Detail, Reroute, RerouteChange};
use crate::stream::{Clock, Publisher};
use crate::web::{Publish, Record};

/// Take back the links to a parcel's page that were given out so far
///
/// For a phone or mailbox that is in other hands. Writes one record to reroutes.v1; the instance that tracks the parcel closes
/// its links within a second. Notices that are sent later carry new ones. Choices that were made stand.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  parcelwatch revoke SF1024000000017 --config parcelwatch.toml")]
pub struct Args {
    /// The parcel's id
    parcel_id: String,
    /// Only of this journey of the id, which `parcelwatch parcel` shows; none: of the present one
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
    journey: Option<u32>,
    #[command(flatten)]
    settings: Settings,
}

/// Writes the record and waits until the brokers have it.
pub fn run(args: &Args) -> Outcome {
    let config = args.settings.source()?.read()?;
    let options = crate::daemon::options(&config).map_err(Failure::Failed)?;
    let clock = Clock::start();
    let at = clock.now();
    let record = Reroute {
        id: format!("rv_{}", at.as_millis()),
        parcel_id: args.parcel_id.clone(),
        journey: args.journey.unwrap_or_default(),
        notice_id: None,
        change: RerouteChange::Revoked,
        option: None,
        detail: Detail::default(),
        fee: None,
        at,
        by: Some("operations".to_owned()),
        reason: None,
        proof: None,
        revision: None,
    };
    let write = async {
        let publisher = Publisher::connect(&options, clock).context("cannot reach the brokers")?;
        publisher.publish(Record::Choice(Box::new(record))).await.context("not written")
    };
    let runtime = tokio::runtime::Runtime::new().context("cannot start the runtime").map_err(Failure::Failed)?;
    runtime.block_on(write).map_err(Failure::Failed)?;
    print("written: the links of this parcel, if it is known, close within a second\n")
}
