//! Looks for what would keep an instance from going on, or what weakens a promise: what `parcelwatch doctor` says.
//!
//! In comes what an instance would be started with; out go findings, good ones among them. The checks are those of a start and
//! of a restore (`settings`, `restore`, `topics`), asked of every partition at once.
//!
//! What always holds: nothing is changed. It joins no group, writes nothing and lets brokers create nothing, and running
//! instances are not disturbed.

mod broker_clocks;
mod clocks;
mod cluster;
mod finding;
mod inputs;
mod instances;
mod settings;
mod stages;
mod state_version;
mod transactions;

use std::time::Duration;

pub use self::finding::{Finding, Verdict};
pub(super) use self::settings::weakens;

use self::cluster::Cluster;
use self::inputs::Inputs;
use super::brokers::BrokerError;
use super::clock::Clock;
use super::inspect::InspectError;
use super::options::Options;
use super::stage::{NotifierStage, TrackerStage};
use super::topics::{Topics, TopicsError};
use crate::topics::{Error, Overrides, Plan, plan};

/// What is examined.
pub struct Patient<'a> {
    /// As an instance would be started.
    pub options: &'a Options,
    /// How the cluster's topics depart from their definitions on purpose.
    pub overrides: &'a Overrides,
    /// What running instances' admin listeners ask for.
    pub admin_token: Option<String>,
    /// Started with the program.
    pub clock: &'a Clock,
}

/// Takes findings as they come.
pub type Found<'f> = &'f mut dyn FnMut(Finding);

/// Why one could not look.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)]
pub enum ExamineError {
    #[error(transparent)]
    Brokers(#[from] Error),
    #[error(transparent)]
    Topics(#[from] TopicsError),
    #[error("expected an answer from the brokers, found: {0}")]
    Kafka(#[from] rdkafka::error::KafkaError),
    #[error(transparent)]
    Log(#[from] InspectError),
    #[error(transparent)]
    Read(#[from] BrokerError),
    #[error("cannot start a runtime: {0}")]
    Runtime(#[from] std::io::Error),
}

/// Looks at everything.
///
/// # Errors
/// Where one cannot look: the brokers do not answer, or let us see nothing. What is wrong is a finding and no error.
pub fn examine(patient: &Patient<'_>, found: Found<'_>) -> Result<(), ExamineError> {
    let options = patient.options;
    let plan = plan(&options.client, &options.prefix, patient.overrides)?;
    found(state_version::finding(options.state_version));
    say_topics(options, &plan, found);
    let topics = match Topics::read(options) {
        // Among the plan's findings.
        Err(TopicsError::Missing(_)) => return Ok(()),
        read => read?,
    };
    let cluster = Cluster::open(options)?;
    let began = Inputs::now(&cluster, &topics, patient.clock)?;
    stages::look::<TrackerStage>(patient, &cluster, &topics, found)?;
    stages::look::<NotifierStage>(patient, &cluster, &topics, found)?;
    transactions::look(options, patient.clock, &cluster, &topics, &began, found)?;
    clocks::look(options, patient.clock, &cluster, &topics, found)?;
    broker_clocks::look(options, patient.clock, &cluster, &topics, &began, found)?;
    instances::look(patient, &cluster, &topics, found)
}

fn say_topics(options: &Options, plan: &Plan, found: Found<'_>) {
    let bootstrap = options.client.get("bootstrap.servers").unwrap_or_default();
    found(Finding::ok("brokers", bootstrap, "the brokers answer"));
    if plan.is_settled() {
        found(Finding::ok("topics", options.topic("*"), "every topic is as defined"));
    }
    for difference in plan.findings() {
        found(settings::finding(difference, &options.prefix, bootstrap));
    }
}

/// A duration as people read it, to the second.
fn rounded(duration: Duration) -> humantime::FormattedDuration {
    humantime::format_duration(Duration::from_secs(duration.as_secs()))
}
