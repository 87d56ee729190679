//! Tells the other instances which partitions are owned here and where, and that this process is there: records of
//! `instances.v1`.

use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::time::Duration;

use rdkafka::producer::{BaseRecord, DefaultProducerContext, Producer, ThreadedProducer};

use super::partitioner;
use super::shared::Shared;
use crate::model::Announcement;

const TOPIC: &str = "instances.v1";

/// Changes that come in a burst, as at a rebalance, make one announcement.
const SETTLE: Duration = Duration::from_millis(200);

/// What a last word may take of the 10 s in which an instance ends.
const LAST_WORD_WITHIN: Duration = Duration::from_secs(2);

/// A text that no other process has.
pub fn incarnation() -> String {
    // The standard library seeds it from the system's randomness.
    format!("{:016x}", RandomState::new().hash_one(std::process::id()))
}

/// Who announces.
#[derive(Clone, Debug)]
pub struct Announcer {
    /// Which process of the instance's name.
    pub incarnation: String,
    /// Where other instances reach its admin listener.
    pub address: String,
}

impl Announcer {
    /// Announces now and after every change, for as long as the instance runs.
    pub async fn announce(self, shared: Arc<Shared>) {
        let producer = match shared.options.reporting_config().create() {
            Ok(producer) => producer,
            Err(error) => return tracing::error!(%error, "this instance cannot announce itself"),
        };
        loop {
            self.say(&shared, &producer);
            shared.changed.notified().await;
            tokio::time::sleep(SETTLE).await;
        }
    }

    /// The last word of one that makes way for its twin: by that word others know that both have lived at once.
    pub fn last_word(&self, shared: &Shared) {
        let producer: Result<ThreadedProducer<DefaultProducerContext>, _> = shared.options.reporting_config().create();
        if let Ok(producer) = producer {
            self.say(shared, &producer);
            if let Err(error) = producer.flush(LAST_WORD_WITHIN) {
                tracing::warn!(%error, "the last word may not have been heard");
            }
        }
    }

    fn say(&self, shared: &Shared, producer: &ThreadedProducer<DefaultProducerContext>) {
        let topic = shared.topics.name(TOPIC);
        let instance = &shared.options.instance;
        let partition = partitioner::partition(instance.as_bytes(), shared.topics.partitions(TOPIC));
        let announcement = Announcement {
            instance: instance.clone(),
            address: self.address.clone(),
            partitions: shared.active(),
            at: shared.clock.now(),
            incarnation: self.incarnation.clone(),
        };
        let value = serde_json::to_vec(&announcement).expect("an announcement is made of texts and numbers");
        let record = BaseRecord::to(topic).key(instance).payload(&value).partition(partition);
        if let Err((error, _)) = producer.send(record) {
            tracing::warn!(%error, "not announced");
        }
    }
}
