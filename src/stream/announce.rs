//! Tells the other instances which partitions are owned here and where: records of `instances.v1`.

use std::sync::Arc;
use std::time::Duration;

use rdkafka::producer::{BaseRecord, DefaultProducerContext, ThreadedProducer};

use super::partitioner;
use super::shared::Shared;
use crate::model::Announcement;

const TOPIC: &str = "instances.v1";

/// Changes that come in a burst, as at a rebalance, make one announcement.
const SETTLE: Duration = Duration::from_millis(200);

/// Announces now and after every change, for as long as the instance runs.
pub async fn announce(shared: Arc<Shared>, address: String) {
    let producer: ThreadedProducer<DefaultProducerContext> = match shared.options.reporting_config().create() {
        Ok(producer) => producer,
        Err(error) => return tracing::error!(%error, "this instance cannot announce itself"),
    };
    let topic = shared.topics.name(TOPIC).to_owned();
    let instance = shared.options.instance.clone();
    let partition = partitioner::partition(instance.as_bytes(), shared.topics.partitions(TOPIC));
    loop {
        shared.changed.notified().await;
        tokio::time::sleep(SETTLE).await;
        let announcement = Announcement {
            instance: instance.clone(),
            address: address.clone(),
            partitions: shared.active(),
            at: shared.clock.now(),
        };
        let value = serde_json::to_vec(&announcement).expect("an announcement is made of texts and numbers");
        let record = BaseRecord::to(&topic).key(&instance).payload(&value).partition(partition);
        if let Err((error, _)) = producer.send(record) {
            tracing::warn!(%error, "not announced");
        }
    }
}
