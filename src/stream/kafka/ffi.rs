//! The calls of librdkafka that the crate does not offer safely. All `unsafe` of the project is here.
#![allow(unsafe_code, reason = "the one place where librdkafka is called past the crate")]

use std::ffi::CStr;
use std::time::Duration;

use rdkafka::bindings;
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext};
use rdkafka::producer::{Producer, ProducerContext, ThreadedProducer};

/// Waits until every produced record was acknowledged or has failed; false after `timeout`.
///
/// The crate's own flush polls in steps of 100 ms, which would be most of a commit. This one waits on a
/// condition variable, while the `ThreadedProducer`'s thread serves the reports.
pub fn flush<C: ProducerContext + 'static>(producer: &ThreadedProducer<C>, timeout: Duration) -> bool {
    let ms = i32::try_from(timeout.as_millis()).unwrap_or(i32::MAX);
    // SAFETY: the handle lives as long as the producer that is borrowed here, and
    // rd_kafka_flush may be called from any thread.
    let error = unsafe { bindings::rd_kafka_flush(producer.client().native_ptr(), ms) };
    error == bindings::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR
}

/// How many records and events of a consumer wait to be polled.
pub fn waiting<C: ConsumerContext>(consumer: &BaseConsumer<C>) -> usize {
    // SAFETY: the handle lives as long as the consumer that is borrowed here; the queue is a reference of ours until it
    // is destroyed below.
    unsafe {
        let queue = bindings::rd_kafka_queue_get_consumer(consumer.client().native_ptr());
        if queue.is_null() {
            return 0;
        }
        let length = bindings::rd_kafka_queue_length(queue);
        bindings::rd_kafka_queue_destroy(queue);
        length
    }
}

/// Whether the consumer is a member of its group: a positive generation and a member id. The broker accepts offsets
/// with generation -1 and no member from anyone, so nothing may be sent with less.
pub fn is_member<C: ConsumerContext>(consumer: &BaseConsumer<C>) -> bool {
    // SAFETY: the handle lives as long as the consumer that is borrowed here; the metadata is ours until it
    // is destroyed below, and the member id is read before that.
    unsafe {
        let metadata = bindings::rd_kafka_consumer_group_metadata(consumer.client().native_ptr());
        if metadata.is_null() {
            return false;
        }
        let generation = bindings::rd_kafka_consumer_group_metadata_generation_id(metadata);
        let member = bindings::rd_kafka_consumer_group_metadata_member_id(metadata);
        let named = !member.is_null() && !CStr::from_ptr(member).to_bytes().is_empty();
        bindings::rd_kafka_consumer_group_metadata_destroy(metadata);
        may_send(generation, named)
    }
}

/// Whether offsets may be sent under a generation, with or without a member's id.
fn may_send(generation: i32, named: bool) -> bool {
    generation > 0 && named
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_are_sent_by_members_with_a_positive_generation_only() {
        let table = [(1, true, true), (0, true, false), (-1, true, false), (1, false, false), (-1, false, false)];
        for (generation, named, may) in table {
            assert_eq!(may_send(generation, named), may, "generation {generation}, named {named}");
        }
    }
}
