//! Tells the other instances which partitions are owned here and where, and that this process is there: records of
//! `instances.v1`.

use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::time::Duration;

use rdkafka::producer::{BaseRecord, DefaultProducerContext, ThreadedProducer};

use super::partitioner;
use super::shared::Shared;
use crate::model::Announcement;

const TOPIC: &str = "instances.v1";

/// Changes that come in a burst, as at a rebalance, make one announcement.
const SETTLE: Duration = Duration::from_millis(200);

/// A text that no other process has.
pub fn incarnation() -> String {
    // The standard library seeds it from the system's randomness.
    format!("{:016x}", RandomState::new().hash_one(std::process::id()))
}

/// Announces now and after every change, for as long as the instance runs.
pub async fn announce(shared: Arc<Shared>, incarnation: String, address: String) {
    let producer: ThreadedProducer<DefaultProducerContext> = match shared.options.reporting_config().create() {
        Ok(producer) => producer,
        Err(error) => return tracing::error!(%error, "this instance cannot announce itself"),
    };
    let topic = shared.topics.name(TOPIC).to_owned();
    let instance = shared.options.instance.clone();
    let partition = partitioner::partition(instance.as_bytes(), shared.topics.partitions(TOPIC));
    loop {
        let announcement = Announcement {
            instance: instance.clone(),
            address: address.clone(),
            partitions: shared.active(),
            at: shared.clock.now(),
            incarnation: incarnation.clone(),
        };
        let value = serde_json::to_vec(&announcement).expect("an announcement is made of texts and numbers");
        let record = BaseRecord::to(&topic).key(&instance).payload(&value).partition(partition);
        if let Err((error, _)) = producer.send(record) {
            tracing::warn!(%error, "not announced");
        }
        shared.changed.notified().await;
        tokio::time::sleep(SETTLE).await;
    }
}
