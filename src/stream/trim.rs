//! Deletes what state logs no longer need. Failing is harmless: the next completed walk tries again, further on.
//!
//! What always holds: of each log only the newest cut waits, however long the brokers take to make one.

use std::collections::BTreeMap;
use std::sync::Arc;

use rdkafka::ClientConfig;
use rdkafka::admin::{AdminClient, AdminOptions};
use rdkafka::client::DefaultClientContext;
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use tokio::sync::mpsc::UnboundedReceiver;

use crate::telemetry::{Metrics, Queue};

/// Before which offset a log (topic, partition) is to be cut.
type Cut = (String, i32, i64);

/// Deletes as told until the workers are gone; `logs` is how many state logs there are.
pub async fn trim(client: ClientConfig, told: UnboundedReceiver<Cut>, metrics: Arc<Metrics>, logs: usize) {
    let admin: Arc<AdminClient<DefaultClientContext>> = match client.create() {
        Ok(admin) => Arc::new(admin),
        Err(error) => return tracing::error!(%error, "state logs cannot be truncated"),
    };
    let count = |waiting| metrics.queue(Queue::Cuts, "", waiting, logs);
    each_newest(told, count, |cut| delete(Arc::clone(&admin), cut)).await;
}

async fn delete(admin: Arc<AdminClient<DefaultClientContext>>, (topic, partition, before): Cut) {
    let mut offsets = TopicPartitionList::new();
    if offsets.add_partition_offset(&topic, partition, Offset::Offset(before)).is_err() {
        return;
    }
    match admin.delete_records(&offsets, &AdminOptions::new()).await {
        Ok(_) => tracing::debug!(topic, partition, before, "state log truncated"),
        Err(error) => tracing::warn!(topic, partition, before, %error, "state log not truncated"),
    }
}

/// Makes one cut after the other and takes in what is told meanwhile; says how many wait.
async fn each_newest<F: Future<Output = ()>>(
    mut told: UnboundedReceiver<Cut>,
    count: impl Fn(usize),
    cut: impl Fn(Cut) -> F,
) {
    let mut waiting = BTreeMap::new();
    loop {
        let Some(((topic, partition), before)) = waiting.pop_first() else {
            let Some((topic, partition, before)) = told.recv().await else { return };
            waiting.insert((topic, partition), before);
            continue;
        };
        let mut cutting = std::pin::pin!(cut((topic, partition, before)));
        loop {
            count(waiting.len());
            tokio::select! {
                () = &mut cutting => break,
                Some((topic, partition, before)) = told.recv() => drop(waiting.insert((topic, partition), before)),
            }
        }
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
            |cut: Cut| async move {
                allowed.acquire().await.unwrap().forget();
                making.borrow_mut().push((cut.1, cut.2));
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
}
