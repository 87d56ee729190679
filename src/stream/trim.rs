//! Deletes what state logs no longer need. What the brokers refuse is tried again until it is made or a newer cut takes its place; what
//! a process that dies has left undone, the partition's next owner sends again.
//!
//! What always holds: of each log only the newest cut waits, however long the brokers take to make one.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::admin::{AdminClient, AdminOptions};
use rdkafka::client::DefaultClientContext;
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::Instant;

use crate::telemetry::{Metrics, Queue};

/// Before a refused cut is tried again. Shorter: a line in the log for each try of an outage. Longer: the log is larger than it need be for
/// so long.
const AGAIN_AFTER: Duration = Duration::from_secs(30);

/// Before which offset a log (topic, partition) is to be cut.
type Cut = (String, i32, i64);

/// Deletes as told until the workers are gone; `logs` is how many state logs there are.
pub async fn trim(client: ClientConfig, told: UnboundedReceiver<Cut>, metrics: Arc<Metrics>, logs: usize) {
    let admin: Arc<AdminClient<DefaultClientContext>> = match client.create() {
        Ok(admin) => Arc::new(admin),
        Err(error) => return tracing::error!(%error, "state logs cannot be truncated"),
    };
    let count = |waiting| metrics.queue(Queue::Cuts, "", waiting, logs);
    each_newest(told, count, AGAIN_AFTER, |cut| delete(Arc::clone(&admin), cut)).await;
}

/// Whether a cut was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Made {
    Yes,
    /// It is to be tried again.
    No,
}

async fn delete(admin: Arc<AdminClient<DefaultClientContext>>, (topic, partition, before): Cut) -> Made {
    let mut offsets = TopicPartitionList::new();
    let added = offsets.add_partition_offset(&topic, partition, Offset::Offset(before));
    let made = match added {
        Ok(()) => admin.delete_records(&offsets, &AdminOptions::new()).await,
        Err(error) => Err(error),
    };
    // The call may succeed and the partition's answer be an error.
    match made.and_then(|made| made.elements().iter().try_for_each(|element| element.error())) {
        Ok(()) => {
            tracing::debug!(topic, partition, before, "state log truncated");
            Made::Yes
        }
        Err(error) => {
            tracing::warn!(topic, partition, before, %error, "state log not truncated");
            Made::No
        }
    }
}

/// Makes one cut after the other and takes in what is told meanwhile; says how many wait. What was refused waits for `again`, however
/// many others are made meanwhile.
async fn each_newest<F: Future<Output = Made>>(
    mut told: UnboundedReceiver<Cut>,
    count: impl Fn(usize),
    again: Duration,
    cut: impl Fn(Cut) -> F,
) {
    let (mut waiting, mut refused) = (BTreeMap::new(), BTreeMap::new());
    // When those that were refused are tried again; of no meaning while there are none.
    let mut retry = Instant::now();
    loop {
        if retry <= Instant::now() {
            waiting.append(&mut refused);
        }
        let Some(((topic, partition), before)) = waiting.pop_first() else {
            tokio::select! {
                next = told.recv() => {
                    let Some((topic, partition, before)) = next else { return };
                    waiting.insert((topic, partition), before);
                }
                () = tokio::time::sleep_until(retry), if !refused.is_empty() => {}
            }
            continue;
        };
        // A newer one of the same log takes its place.
        refused.remove(&(topic.clone(), partition));
        let mut cutting = std::pin::pin!(cut((topic.clone(), partition, before)));
        let made = loop {
            count(waiting.len() + refused.len());
            tokio::select! {
                made = &mut cutting => break made,
                Some((topic, partition, before)) = told.recv() => drop(waiting.insert((topic, partition), before)),
            }
        };
        if made == Made::No && !waiting.contains_key(&(topic.clone(), partition)) {
            if refused.is_empty() {
                retry = Instant::now() + again;
            }
            refused.insert((topic, partition), before);
        }
        count(waiting.len() + refused.len());
    }
}

#[cfg(test)]
mod tests {
    use std::cell::{Cell, RefCell};

    use tokio::sync::{Semaphore, mpsc};

    use super::*;

    #[tokio::test]
    async fn of_cuts_that_nobody_makes_the_newest_of_each_log_waits() {
        let (tell, told) = mpsc::unbounded_channel();
        let (made, waiting) = (RefCell::new(Vec::new()), Cell::new(0));
        let permits = Semaphore::new(0);
        let (making, allowed) = (&made, &permits);
        for before in 0..10_000 {
            tell.send(("state".to_owned(), (before % 3) as i32, before)).unwrap();
        }
        drop(tell);
        let cutting = each_newest(
            told,
            |count| waiting.set(count),
            Duration::ZERO,
            |cut: Cut| async move {
                allowed.acquire().await.unwrap().forget();
                making.borrow_mut().push((cut.1, cut.2));
                Made::Yes
            },
        );
        let looking_on = async {
            while waiting.get() < 3 {
                tokio::task::yield_now().await;
            }
            // All have been taken in, and nothing was made yet.
            for _ in 0..20_000 {
                assert!(waiting.get() <= 3);
                tokio::task::yield_now().await;
            }
            permits.add_permits(100);
        };
        tokio::join!(cutting, looking_on);
        assert_eq!(*made.borrow(), [(0, 0), (0, 9_999), (1, 9_997), (2, 9_998)]);
    }

    #[tokio::test]
    async fn a_cut_that_is_refused_is_made_again_and_holds_up_no_other_log() {
        let (tell, told) = mpsc::unbounded_channel();
        let tries = RefCell::new(Vec::new());
        let tried = &tries;
        for partition in [0, 1] {
            tell.send(("state".to_owned(), partition, 7)).unwrap();
        }
        let (done, all) = (tokio::sync::Notify::new(), Cell::new(None));
        all.set(Some(tell));
        let cutting = each_newest(
            told,
            |_| {},
            Duration::from_millis(1),
            |(_, partition, before)| {
                let mut tried = tried.borrow_mut();
                tried.push((partition, before));
                let made = if partition == 0 && tried.len() < 4 { Made::No } else { Made::Yes };
                if tried.len() == 4 {
                    done.notify_one();
                }
                async move { made }
            },
        );
        let end = async {
            done.notified().await;
            // Nothing more is told: it ends once nothing waits.
            drop(all.take());
        };
        tokio::join!(cutting, end);
        assert_eq!(*tries.borrow(), [(0, 7), (1, 7), (0, 7), (0, 7)]);
    }

    #[tokio::test]
    async fn a_refused_cut_is_tried_again_while_others_keep_coming() {
        let (tell, told) = mpsc::unbounded_channel();
        let tries = RefCell::new(Vec::new());
        let tried = &tries;
        tell.send(("state".to_owned(), 0, 7)).unwrap();
        let tell = RefCell::new(Some(tell));
        let cutting = each_newest(
            told,
            |_| {},
            Duration::ZERO,
            |(_, partition, before)| {
                // There is always another one that waits, until it was refused often enough.
                let refused = tried.borrow().iter().filter(|tried| **tried == 0).count();
                tried.borrow_mut().push(partition);
                if let Some(tell) = &*tell.borrow() {
                    tell.send(("state".to_owned(), 1 + (before % 5) as i32, before + 1)).unwrap();
                }
                if refused == 3 || tried.borrow().len() == 1000 {
                    drop(tell.borrow_mut().take());
                }
                let made = if partition == 0 && refused < 3 { Made::No } else { Made::Yes };
                async move { made }
            },
        );
        cutting.await;
        assert_eq!(tries.borrow().iter().filter(|partition| **partition == 0).count(), 4, "{tries:?}");
    }
}
