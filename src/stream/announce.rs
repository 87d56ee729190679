//! Tells the other instances which partitions are owned here and where, and that this process is there: records of
//! `instances.v1`. It says so again and again: what the brokers never took in an outage would be missed for ever.

use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::time::Duration;

use rdkafka::producer::{BaseRecord, DefaultProducerContext, Producer, ThreadedProducer};
use tokio::sync::Notify;

use super::partitioner;
use super::shared::Shared;
use crate::model::Announcement;

const TOPIC: &str = "instances.v1";

/// Changes that come in a burst, as at a rebalance, make one announcement.
const SETTLE: Duration = Duration::from_millis(200);

/// Without a change it is said again after this. Longer: after an outage that swallowed an announcement, questions go astray and
/// twins are not noticed for so long. Shorter: a topic of every instance's repetitions.
pub const SAID_EVERY: Duration = Duration::from_secs(60);

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
    /// Announces now, after every change and every minute, for as long as the instance runs.
    pub async fn announce(self, shared: Arc<Shared>) {
        let producer = match shared.options.reporting_config().create() {
            Ok(producer) => producer,
            Err(error) => return tracing::error!(%error, "this instance cannot announce itself"),
        };
        keep_saying(&shared.changed, (SAID_EVERY, SETTLE), || self.say(&shared, &producer, false)).await;
    }

    /// The last word of one that makes way for its twin: by that word others know that both have lived at once.
    pub fn last_word(&self, shared: &Shared) {
        let producer: Result<ThreadedProducer<DefaultProducerContext>, _> = shared.options.reporting_config().create();
        if let Ok(producer) = producer {
            self.say(shared, &producer, true);
            if let Err(error) = producer.flush(LAST_WORD_WITHIN) {
                tracing::warn!(%error, "the last word may not have been heard");
            }
        }
    }

    fn say(&self, shared: &Shared, producer: &ThreadedProducer<DefaultProducerContext>, leaves: bool) {
        let topic = shared.topics.name(TOPIC);
        let instance = &shared.options.instance;
        let partition = partitioner::partition(instance.as_bytes(), shared.topics.partitions(TOPIC));
        let announcement = Announcement {
            instance: instance.clone(),
            address: self.address.clone(),
            partitions: shared.active(),
            at: shared.clock.now(),
            incarnation: self.incarnation.clone(),
            leaves,
        };
        let value = serde_json::to_vec(&announcement).expect("an announcement is made of texts and numbers");
        let record = BaseRecord::to(topic).key(instance).payload(&value).partition(partition);
        if let Err((error, _)) = producer.send(record) {
            tracing::warn!(%error, "not announced");
        }
    }
}

/// Says it now, after each change once that has settled, and again where nothing changes for a while.
async fn keep_saying(changed: &Notify, (every, settle): (Duration, Duration), mut say: impl FnMut()) {
    loop {
        say();
        // Changed or not.
        let _ = tokio::time::timeout(every, changed.notified()).await;
        tokio::time::sleep(settle).await;
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    /// Says it until it was said so often; `on` is called after each time.
    fn said(times: u32, every: Duration, on: impl Fn(&Notify)) {
        let (changed, enough, count) = (Notify::new(), Notify::new(), Cell::new(0));
        let say = || {
            count.set(count.get() + 1);
            on(&changed);
            if count.get() == times {
                enough.notify_one();
            }
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
        runtime.block_on(async {
            tokio::select! {
                () = keep_saying(&changed, (every, Duration::ZERO), say) => {}
                () = enough.notified() => {}
            }
        });
        assert_eq!(count.get(), times);
    }

    #[test]
    fn it_is_said_again_and_again_without_a_change() {
        said(5, Duration::from_millis(1), |_| {});
    }

    #[test]
    fn it_is_said_at_once_where_something_changes() {
        said(5, Duration::from_secs(3600), Notify::notify_one);
    }
}
