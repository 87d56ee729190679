//! Reads what the daemon decides, as any consumer of its topics could: changes of conditions for the board, work orders for the board
//! and for those who carry them out.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaResult;
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use rdkafka::{ClientConfig, Message};
use serde::de::DeserializeOwned;
use tokio::sync::mpsc;

use super::board::Board;
use super::broker::{full, partitions};
use super::happening::What;
use crate::model::{ConditionChange, WorkOrder};
use crate::stream::Clock;

const CONDITIONS: &str = "conditions.v1";
const WORK_ORDERS: &str = "work-orders.v1";

/// How soon it notices that it is to end.
const POLL: Duration = Duration::from_millis(100);

/// Reads the daemon's outputs.
pub struct Watch {
    consumer: BaseConsumer,
    board: Arc<Board>,
    clock: Clock,
    orders: mpsc::UnboundedSender<WorkOrder>,
}

impl Watch {
    /// Reads both topics from their beginning.
    pub fn new(
        bootstrap: &str,
        board: Arc<Board>,
        clock: Clock,
        orders: mpsc::UnboundedSender<WorkOrder>,
    ) -> KafkaResult<Watch> {
        let consumer: BaseConsumer = ClientConfig::new()
            .set("bootstrap.servers", bootstrap)
            .set("group.id", "demo")
            .set("enable.auto.commit", "false")
            .set("isolation.level", "read_committed")
            .set("fetch.wait.max.ms", "10")
            .set("log_level", "0")
            .create()?;
        let mut all = TopicPartitionList::new();
        for topic in [CONDITIONS, WORK_ORDERS] {
            for partition in 0..partitions(topic) {
                all.add_partition_offset(&full(topic), partition, Offset::Beginning)?;
            }
        }
        consumer.assign(&all)?;
        Ok(Watch { consumer, board, clock, orders })
    }

    /// Reads until `stop` is set.
    pub fn run(self, stop: &AtomicBool) {
        while !stop.load(Ordering::Relaxed) {
            let Some(Ok(message)) = self.consumer.poll(POLL) else { continue };
            if message.topic().ends_with(CONDITIONS) {
                if let Some(change) = read::<ConditionChange>(message.payload()) {
                    self.board.put(change.at, What::Condition(change));
                }
            } else if let Some(order) = read::<WorkOrder>(message.payload()) {
                // The feed ends first: then nobody carries it out.
                let _ = self.orders.send(order.clone());
                self.board.put(self.clock.now(), What::Choice(order));
            }
        }
    }
}

/// What of ours can be read; anything else would be a mistake that the topics' schema tests find.
fn read<T: DeserializeOwned>(payload: Option<&[u8]>) -> Option<T> {
    serde_json::from_slice(payload?).ok()
}
