//! What the storm breaker holds: every notifier partition of this instance is asked, and where the others are is told.

use serde_json::Value;

use super::{ANSWER_WITHIN, Asker, put};
use crate::stream::shared::Standing;
use crate::stream::stage::{NotifierStage, Question, Stage};
use crate::web::{HeldStorm, QueryError, Storms};

impl Asker {
    /// A [`Storms`] of this instance's partitions, as JSON.
    pub(super) async fn all_storms(&self) -> Result<Value, QueryError> {
        let shared = &self.shared;
        let partitions = shared.topics.partitions(NotifierStage::INPUTS[NotifierStage::MAIN]);
        let mut found = Storms { partitions, ..Storms::default() };
        let mut asked = Vec::new();
        // All are asked before one is waited for: a worker may have many partitions, and answers between two turns.
        for partition in 0..partitions {
            match shared.worker_of(NotifierStage::NAME, partition) {
                Some((Standing::Active, worker)) => {
                    asked.push((partition, put(&worker, &shared.questions, partition, Question::Storms)?));
                }
                Some((Standing::Restoring(_), _)) => {}
                None => {
                    if let Some(address) = shared.worlds.instances.owner(NotifierStage::NAME, partition) {
                        found.elsewhere.entry(address).or_default().insert(partition);
                    }
                }
            }
        }
        for (partition, answer) in asked {
            let answer = tokio::time::timeout(ANSWER_WITHIN, answer).await;
            let Ok(Ok(Some(Value::Array(storms)))) = answer else { continue };
            found.answered.insert(partition);
            found.storms.extend(storms.iter().filter_map(|storm| storm_of(partition, storm)));
        }
        Ok(serde_json::to_value(found).expect("made of texts and numbers"))
    }
}

fn storm_of(partition: i32, storm: &Value) -> Option<HeldStorm> {
    let read = |name: &str| storm[name].clone();
    Some(HeldStorm {
        partition,
        kind: serde_json::from_value(read("kind")).ok()?,
        since: serde_json::from_value(read("since")).ok()?,
        held: storm["held"].as_u64()?,
    })
}
