//! Outcomes of attempts on their way to `receipts.v1`, by a plain idempotent producer: an outcome outlives the
//! claim's owner, and whoever owns the recipient then applies it once.

use std::sync::Arc;
use std::time::Duration;

use rdkafka::ClientContext;
use rdkafka::error::KafkaResult;
use rdkafka::producer::{BaseRecord, DeliveryResult, Producer, ProducerContext, ThreadedProducer};

use super::clock::Clock;
use super::options::Options;
use super::partitioner;
use super::topics::Topics;
use crate::model::Receipt;
use crate::telemetry::Metrics;

const TOPIC: &str = "receipts.v1";

/// How long the last outcomes may take to be acknowledged at the end. What is lost then is declared unknown.
const FLUSH_WITHIN: Duration = Duration::from_secs(3);

/// Counts what the brokers did not take before its time was up.
struct Unheard(Arc<Metrics>);

impl ClientContext for Unheard {}

impl ProducerContext for Unheard {
    type DeliveryOpaque = ();

    fn delivery(&self, result: &DeliveryResult<'_>, (): ()) {
        if result.is_err() {
            self.0.outcome_lost();
        }
    }
}

/// Writes receipts.
pub struct Receipts {
    producer: ThreadedProducer<Unheard>,
    topic: String,
    partitions: i32,
    clock: Clock,
    metrics: Arc<Metrics>,
}

impl Receipts {
    /// Makes the producer.
    pub fn new(options: &Options, topics: &Topics, clock: Clock, metrics: Arc<Metrics>) -> KafkaResult<Receipts> {
        let producer = options.reporting_config().create_with_context(Unheard(Arc::clone(&metrics)))?;
        let (topic, partitions) = (topics.name(TOPIC).to_owned(), topics.partitions(TOPIC));
        Ok(Receipts { producer, topic, partitions, clock, metrics })
    }

    /// Writes one. It never waits, since a worker may call it: what the brokers never took, because too many wait for them or they
    /// were away for too long, is counted and declared unknown by its owner.
    pub fn report(&self, receipt: &Receipt) {
        let key = receipt.recipient_key.as_str();
        let value = serde_json::to_vec(receipt).expect("a receipt is made of texts and numbers");
        let partition = partitioner::partition(key.as_bytes(), self.partitions);
        let now = self.clock.now().as_millis();
        let record = BaseRecord::to(&self.topic).key(key).payload(&value).partition(partition).timestamp(now);
        let Err((error, _)) = self.producer.send(record) else { return };
        self.metrics.outcome_lost();
        tracing::debug!(notice = %receipt.notice_id, %error, "an outcome cannot be written");
    }

    /// How many wait for the brokers.
    pub fn waiting(&self) -> usize {
        usize::try_from(self.producer.in_flight_count()).unwrap_or(0)
    }

    /// Waits for the last ones.
    pub fn flush(&self) {
        if self.producer.flush(FLUSH_WITHIN).is_err() {
            tracing::warn!("the last outcomes were not acknowledged; their attempts will be declared unknown");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Channel, NoticeId, ReceiptKind, RecipientKey, ReportedOutcome};
    use crate::stream::options::REPORTED_MAX;

    /// Nobody listens there: whatever is written waits.
    fn unheard(options: &mut Options) -> (Receipts, Arc<Metrics>, Receipt) {
        options.client.set("bootstrap.servers", "127.0.0.1:1");
        let metrics = Arc::new(Metrics::new());
        let topics = Topics::of("", |_| 2);
        let receipts = Receipts::new(options, &topics, Clock::start(), Arc::clone(&metrics)).unwrap();
        let (key, id) = (RecipientKey::service(), NoticeId::from_text("ntc_1"));
        let (kind, outcome, at) = (ReceiptKind::Outcome, ReportedOutcome::Retry, receipts.clock.now());
        (receipts, metrics, Receipt::new(kind, key, id, Channel::Email, 1, outcome, at))
    }

    #[test]
    fn outcomes_beyond_their_limit_are_counted_and_nobody_waits() {
        let (receipts, metrics, receipt) = unheard(&mut Options::of_a_test());
        (0..REPORTED_MAX + 10).for_each(|_| receipts.report(&receipt));
        assert_eq!(receipts.waiting(), REPORTED_MAX);
        assert!(metrics.render().contains("parcelwatch_outcomes_lost_total 10\n"));
    }

    #[test]
    fn outcomes_that_the_brokers_did_not_take_in_time_are_counted() {
        let mut options = Options::of_a_test();
        options.client.set("message.timeout.ms", "100");
        let (receipts, metrics, receipt) = unheard(&mut options);
        (0..3).for_each(|_| receipts.report(&receipt));
        let is_counted = || metrics.render().contains("parcelwatch_outcomes_lost_total 3\n");
        let flushed = |_| drop(receipts.producer.flush(Duration::from_millis(100)));
        assert!((0..600).map(flushed).any(|()| is_counted()), "{} wait", receipts.waiting());
    }
}
