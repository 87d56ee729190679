//! Questions about a parcel, put together from the worker that tracks it and those that know its recipients; and about storms,
//! put together from all notifiers.

mod storms;

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::mpsc::{SyncSender, TrySendError};
use std::time::Duration;

use serde_json::Value;
use tokio::sync::oneshot;

use super::partitioner;
use super::shared::{Query, Shared, Standing, Waits};
use super::stage::{NotifierStage, Question, Stage, TrackerStage};
use crate::model::RecipientKey;
use crate::reroute::Link;
use crate::web::{ParcelQuery, QueryError, QueryFuture};

/// A worker answers between two turns; one that takes longer is stuck in a broker call.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// Asks the workers of this instance.
#[derive(Clone)]
pub struct Asker {
    shared: Arc<Shared>,
}

impl Asker {
    /// Asks on behalf of this instance.
    pub fn new(shared: Arc<Shared>) -> Asker {
        Asker { shared }
    }

    /// Why this instance is not ready; empty when it is.
    pub fn not_ready(&self) -> Vec<String> {
        self.shared.not_ready()
    }

    async fn ask<S: Stage>(&self, key: &str, question: Question) -> Result<Option<Value>, QueryError> {
        let count = self.shared.topics.partitions(S::INPUTS[S::MAIN]);
        self.ask_partition::<S>(partitioner::partition(key.as_bytes(), count), question).await
    }

    async fn ask_partition<S: Stage>(&self, partition: i32, question: Question) -> Result<Option<Value>, QueryError> {
        let shared = &self.shared;
        let worker = match shared.worker_of(S::NAME, partition) {
            Some((Standing::Active, worker)) => worker,
            Some((Standing::Restoring(progress), _)) => {
                return Err(QueryError::NotReady(format!(
                    "{} partition {partition} is restoring: {progress}",
                    S::NAME
                )));
            }
            None => {
                return Err(match shared.worlds.instances.owner(S::NAME, partition) {
                    Some(address) => QueryError::Elsewhere { address },
                    None => QueryError::NotReady(format!("nobody has announced {} partition {partition}", S::NAME)),
                });
            }
        };
        let answer = put(&worker, &shared.questions, partition, question)?;
        match tokio::time::timeout(ANSWER_WITHIN, answer).await {
            Ok(Ok(answer)) => Ok(answer),
            _ => Err(QueryError::Timeout),
        }
    }

    /// The parcel as its tracker sees it, with what each told recipient's notifier knows, as far as it is
    /// owned here too.
    async fn about(&self, parcel_id: String) -> Result<Option<Value>, QueryError> {
        let question = Question::Parcel { parcel_id: parcel_id.clone(), recipient: None };
        let Some(mut parcel) = self.ask::<TrackerStage>(&parcel_id, question).await? else { return Ok(None) };
        let keys: Vec<String> = parcel["recipient_keys"]
            .as_array()
            .map(|keys| keys.iter().filter_map(|key| Some(key.as_str()?.to_owned())).collect())
            .unwrap_or_default();
        let mut deliveries = serde_json::Map::new();
        for key in keys {
            let recipient = Some(RecipientKey::from_text(key.clone()));
            let question = Question::Parcel { parcel_id: parcel_id.clone(), recipient };
            let known = match self.ask::<NotifierStage>(&key, question).await {
                Ok(known) => known.unwrap_or(Value::Null),
                Err(QueryError::Elsewhere { address }) => serde_json::json!({ "owned_by": address }),
                Err(error) => serde_json::json!({ "unavailable": error.to_string() }),
            };
            deliveries.insert(key, known);
        }
        parcel["deliveries"] = Value::Object(deliveries);
        Ok(Some(parcel))
    }
}

/// Puts a question to a worker; gives where its answer comes. It keeps its place until the worker takes it, whether or not somebody
/// still waits for the answer.
fn put(
    worker: &SyncSender<Query>,
    waiting: &Arc<AtomicUsize>,
    partition: i32,
    question: Question,
) -> Result<oneshot::Receiver<Option<Value>>, QueryError> {
    let (reply, answer) = oneshot::channel();
    match worker.try_send(Query { partition, question, reply, waits: Waits::begin(waiting) }) {
        Ok(()) => Ok(answer),
        Err(TrySendError::Full(_)) => Err(QueryError::NotReady("too many questions wait".to_owned())),
        Err(TrySendError::Disconnected(_)) => Err(QueryError::Timeout),
    }
}

impl ParcelQuery for Asker {
    fn parcel(&self, id: String) -> QueryFuture {
        let asker = self.clone();
        Box::pin(async move { asker.about(id).await })
    }

    fn page(&self, id: String, link: Link) -> QueryFuture {
        let asker = self.clone();
        let question = Question::Page { parcel_id: id.clone(), link };
        Box::pin(async move { asker.ask::<TrackerStage>(&id, question).await })
    }

    fn preference(&self, key: RecipientKey) -> QueryFuture {
        let asker = self.clone();
        let question = Question::Preference { recipient: key.clone() };
        Box::pin(async move { asker.ask::<NotifierStage>(key.as_str(), question).await })
    }

    fn digest(&self, stage: String, partition: i32) -> QueryFuture {
        let asker = self.clone();
        Box::pin(async move {
            match stage.as_str() {
                TrackerStage::NAME => asker.ask_partition::<TrackerStage>(partition, Question::Digest).await,
                NotifierStage::NAME => asker.ask_partition::<NotifierStage>(partition, Question::Digest).await,
                _ => Ok(None),
            }
        })
    }

    fn storms(&self) -> QueryFuture {
        let asker = self.clone();
        Box::pin(async move { asker.all_storms().await.map(Some) })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::Ordering;
    use std::sync::mpsc::sync_channel;

    use super::*;
    use crate::stream::shared::QUESTIONS_MAX;

    #[test]
    fn questions_beyond_their_limit_are_refused_at_once() {
        let waiting = Arc::default();
        let (stuck, questions) = sync_channel(QUESTIONS_MAX);
        let (other, _its) = sync_channel(QUESTIONS_MAX);
        let put = |worker| put(worker, &waiting, 0, Question::Storms);
        // Nobody waits for the answers any more, and still they take their places.
        assert!((0..QUESTIONS_MAX).all(|_| put(&stuck).is_ok()));
        assert!(matches!(put(&stuck), Err(QueryError::NotReady(_))));
        assert!(put(&other).is_ok(), "another worker has its own places");
        assert_eq!(waiting.load(Ordering::Relaxed), QUESTIONS_MAX + 1);
        drop(questions.recv());
        assert!(put(&stuck).is_ok(), "one was taken: there is a place again");
        drop(questions);
        assert!(matches!(put(&stuck), Err(QueryError::Timeout)), "its worker has ended");
    }
}
