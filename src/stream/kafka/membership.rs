//! The membership consumer: which partitions are ours. It subscribes to the stage's main topic and reads nothing.
//!
//! Its rebalance callback only notes what is asked. The worker then finishes or aborts its transaction,
//! changes what it reads, and answers with an incremental assignment of an empty list: so co-partitioned
//! topics follow one assignment, no queue is split within a callback, and the metadata that fences is fresh. An
//! event without partitions needs its answer too.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rdkafka::ClientContext;
use rdkafka::bindings::rd_kafka_resp_err_t as Code;
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext, ConsumerGroupMetadata};
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList, TopicPartitionListElem};

use super::ffi;
use crate::stream::brokers::{Asked, BrokerError, Committed, Membership};
use crate::stream::clock::boot;
use crate::stream::options::Options;

/// In an outage the client reports an error with every poll; one line in this time is enough.
const WARN_EVERY: Duration = Duration::from_secs(10);

#[derive(Default)]
struct Noting {
    asked: Mutex<Vec<Asked>>,
    closing: AtomicBool,
    /// When an error of the client was logged last.
    warned: Mutex<Option<Duration>>,
}

impl ClientContext for Noting {
    fn error(&self, error: KafkaError, reason: &str) {
        let mut warned = self.warned.lock().expect("no holder of this lock panics");
        if warned.is_none_or(|at| boot().saturating_sub(at) >= WARN_EVERY) {
            *warned = Some(boot());
            tracing::warn!(%error, reason, "membership consumer");
        }
    }
}

impl ConsumerContext for Noting {
    fn rebalance(&self, consumer: &BaseConsumer<Self>, code: Code, partitions: &mut TopicPartitionList) {
        if self.closing.load(Ordering::Relaxed) {
            // The worker is gone: close must not wait for its answer.
            let _ = consumer.incremental_unassign(&TopicPartitionList::new());
            return;
        }
        let numbers = partitions.elements().iter().map(|element| element.partition()).collect();
        let asked = match code {
            Code::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS => Asked::Assign(numbers),
            _ => Asked::Revoke(numbers),
        };
        self.asked.lock().expect("no holder of this lock panics").push(asked);
    }
}

/// Membership in the group of one stage.
pub struct KafkaMembership {
    consumer: BaseConsumer<Noting>,
}

impl KafkaMembership {
    /// Joins the group by subscribing to the main topic.
    pub fn join(options: &Options, group: &str, main_topic: &str) -> KafkaResult<KafkaMembership> {
        let consumer: BaseConsumer<Noting> = options.membership_config(group).create_with_context(Noting::default())?;
        consumer.subscribe(&[main_topic])?;
        Ok(KafkaMembership { consumer })
    }
}

impl Membership for KafkaMembership {
    type Group = ConsumerGroupMetadata;

    fn poll(&self) -> Result<Vec<Asked>, BrokerError> {
        if let Some(Err(error)) = self.consumer.poll(Duration::ZERO) {
            match error {
                KafkaError::MessageConsumptionFatal(_) => return Err(error.into()),
                // Reported by the context, retried by the client.
                error => tracing::debug!(%error, "membership consumer"),
            }
        }
        Ok(std::mem::take(&mut *self.consumer.context().asked.lock().expect("no holder of this lock panics")))
    }

    fn answer(&self, asked: &Asked) -> Result<(), BrokerError> {
        let nothing = TopicPartitionList::new();
        let answered = match asked {
            Asked::Assign(_) => self.consumer.incremental_assign(&nothing),
            Asked::Revoke(_) => self.consumer.incremental_unassign(&nothing),
        };
        answered.map_err(BrokerError::from)
    }

    fn lost(&self) -> bool {
        self.consumer.assignment_lost()
    }

    fn group(&self) -> Option<ConsumerGroupMetadata> {
        if self.lost() || !ffi::is_member(&self.consumer) {
            return None;
        }
        self.consumer.group_metadata()
    }

    fn committed(&self, topic: &str, partitions: &[i32], timeout: Duration) -> Result<Committed, BrokerError> {
        let mut asked = TopicPartitionList::new();
        for partition in partitions {
            asked.add_partition(topic, *partition);
        }
        let told = self.consumer.committed_offsets(asked, timeout)?;
        let offset = |element: &TopicPartitionListElem<'_>| match element.offset() {
            Offset::Offset(offset) => Some(offset),
            _ => None,
        };
        let each = told.elements();
        Ok(each.iter().map(|e| (e.partition(), e.error().map(|()| offset(e)).map_err(BrokerError::from))).collect())
    }

    fn leave(&self) {
        self.consumer.unsubscribe();
    }
}

impl Drop for KafkaMembership {
    fn drop(&mut self) {
        self.consumer.context().closing.store(true, Ordering::Relaxed);
        // Whatever was noted and not answered would hold the close back.
        let asked = std::mem::take(&mut *self.consumer.context().asked.lock().expect("no holder of this lock panics"));
        for asked in asked {
            let _ = self.answer(&asked);
        }
    }
}
