//! Where the inputs ended at an instant: what has moved since tells more than what is there.

use rdkafka::error::KafkaResult;

use super::cluster::{Cluster, Told};
use crate::model::Timestamp;
use crate::stream::clock::Clock;
use crate::stream::stage::{NotifierStage, Stage, TrackerStage};
use crate::stream::topics::Topics;

/// Read whole before anything is decided.
const GLOBAL: &str = "merchants.v1";

/// The ends of every input of both stages and of the global tables.
pub struct Inputs {
    /// This machine's time, before anything was asked.
    pub asked: Timestamp,
    /// Open transactions included.
    pub ends: Told,
    /// Of what is committed.
    pub stable: Told,
}

impl Inputs {
    /// As they are now.
    pub fn now(cluster: &Cluster<'_>, topics: &Topics, clock: &Clock) -> KafkaResult<Inputs> {
        let names = TrackerStage::INPUTS.iter().chain(NotifierStage::INPUTS).chain([&GLOBAL]);
        let places: Vec<(String, i32)> = names
            .flat_map(|name| (0..topics.partitions(name)).map(|partition| (topics.name(name).to_owned(), partition)))
            .collect();
        let asked = clock.now();
        // In this order: what is committed in between never looks as if it were held back.
        let (ends, stable) = (cluster.ends(&places)?, cluster.stable_ends(&places)?);
        Ok(Inputs { asked, ends, stable })
    }

    /// Partitions whose committed end lies before what was written, with both, in order.
    pub fn held_back(&self) -> Vec<((String, i32), i64, i64)> {
        let held = self.ends.iter().filter_map(|(place, end)| {
            let (end, stable) = ((*end)?, self.stable.get(place).copied().flatten()?);
            (stable < end).then(|| (place.clone(), stable, end))
        });
        let mut held: Vec<_> = held.collect();
        held.sort_unstable();
        held
    }
}
