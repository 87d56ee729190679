//! What the storm breaker holds, put together from all instances: each knows its own partitions.

use std::collections::{BTreeMap, BTreeSet};

use axum::http::StatusCode;
use serde::{Deserialize, Serialize};

use super::admin::Admin;
use super::ask::{self, Answer, AskError, Caller};
use crate::model::{NoticeKind, Timestamp};

/// Where it is asked for.
const PATH: [&str; 2] = ["v1", "storms"];

/// What is held, as far as somebody answered.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Storms {
    /// How many partitions there are.
    pub partitions: i32,
    /// Those that have answered.
    pub answered: BTreeSet<i32>,
    #[allow(missing_docs)]
    pub storms: Vec<HeldStorm>,
    /// The partitions of other instances, by the URLs of their admin listeners; of those that were asked, what did not answer.
    pub elsewhere: BTreeMap<String, BTreeSet<i32>>,
}

/// What one partition holds of one kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldStorm {
    #[allow(missing_docs)]
    pub partition: i32,
    #[allow(missing_docs)]
    pub kind: NoticeKind,
    /// None: an operator has decided, and the decision is being carried out.
    pub since: Option<Timestamp>,
    /// Notices.
    pub held: u64,
}

impl Storms {
    /// How many partitions nobody answered for.
    pub fn silent(&self) -> usize {
        usize::try_from(self.partitions).unwrap_or(0).saturating_sub(self.answered.len())
    }

    /// Takes another instance's answer about its own partitions.
    fn add(&mut self, other: Storms) {
        // While partitions move, two may each take a partition for theirs: the first answer counts.
        let is_new: BTreeSet<i32> = other.answered.difference(&self.answered).copied().collect();
        self.storms.extend(other.storms.into_iter().filter(|storm| is_new.contains(&storm.partition)));
        self.answered.extend(is_new);
    }
}

/// Asks the listener at `address` what is held everywhere.
pub(crate) async fn ask(client: &reqwest::Client, address: &str, token: Option<&str>) -> Result<Answer, AskError> {
    ask::get(client, address, token, &PATH, Caller::Person).await
}

/// What is held here, and what the others say.
pub(super) async fn everywhere(admin: &Admin, here: Storms) -> Storms {
    let mut all = here;
    for (address, partitions) in std::mem::take(&mut all.elsewhere) {
        let answer = ask::get(&admin.client, &address, admin.token.as_deref(), &PATH, Caller::Instance).await;
        let answer = answer.ok().filter(|answer| answer.status == StatusCode::OK);
        let read = answer.and_then(|answer| serde_json::from_slice::<Storms>(&answer.body).ok());
        all.add(read.unwrap_or_default());
        let silent: BTreeSet<i32> = partitions.difference(&all.answered).copied().collect();
        if !silent.is_empty() {
            tracing::warn!(address, "an instance did not say what the storm breaker holds in all its partitions");
            all.elsewhere.insert(address, silent);
        }
    }
    all.storms.sort_by_key(|storm| (storm.kind, storm.partition));
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(partitions: &[i32]) -> Storms {
        let kind = NoticeKind::Collection;
        let storm = |partition: &i32| HeldStorm { partition: *partition, kind, since: None, held: 5 };
        Storms {
            partitions: 4,
            answered: partitions.iter().copied().collect(),
            storms: partitions.iter().map(storm).collect(),
            elsewhere: BTreeMap::new(),
        }
    }

    #[test]
    fn a_partition_that_two_answer_for_counts_once_and_one_that_nobody_answers_for_is_silent() {
        let mut all = answer(&[0, 1]);
        all.add(answer(&[1, 3]));
        assert_eq!(all.storms.iter().map(|storm| storm.partition).collect::<Vec<_>>(), [0, 1, 3]);
        assert_eq!(all.silent(), 1);
    }
}
