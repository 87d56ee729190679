//! Runs attempts: a bounded queue and a bounded number at once for each channel.
//!
//! Each channel has a *lane*, one task that takes attempts from its queue while fewer than `concurrency` of its
//! own run. The caller, a worker thread on the path of scans, never waits: where the queue is full the attempt is
//! answered at once with a retry, and backpressure becomes later attempts instead of a standing worker.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::{mpsc, watch};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::Instant;

use super::owed::{Desk, Owed};
use super::{Outcome, Report, Transport, WallClock};
use crate::model::{Attempt, Channel, NoticeId};

/// How long beyond its own total timeout a transport may take to say what it knows before it is broken off. Less
/// than the 5 s that the notifier waits beyond the total timeout before it declares the outcome unknown.
const BROKEN_OFF_AFTER: Duration = Duration::from_secs(2);

/// How many attempts a channel has in hand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Depth {
    /// In the queue.
    pub waiting: usize,
    /// Begun, without an outcome yet.
    pub running: usize,
}

/// Takes attempts and reports one receipt for each.
pub struct Dispatcher {
    desk: Arc<Desk>,
    lanes: Vec<Lane>,
    /// The instant by which what runs must have ended, once it is to stop.
    stop: watch::Sender<Option<Instant>>,
}

struct Lane {
    channel: Channel,
    queue: mpsc::Sender<Owed>,
    waiting: Arc<AtomicUsize>,
    running: Arc<AtomicUsize>,
    task: Mutex<Option<JoinHandle<()>>>,
}

impl Dispatcher {
    /// Starts a lane for each transport on `handle`. `clock` tells the wall clock's time for deadlines and
    /// receipts; `report` is called once for each attempt, from any thread.
    pub fn spawn(handle: &Handle, transports: Vec<Arc<dyn Transport>>, clock: WallClock, report: Report) -> Dispatcher {
        let (stop, stopped) = watch::channel(None);
        let lanes = transports.into_iter().map(|transport| Lane::spawn(handle, transport, stopped.clone())).collect();
        Dispatcher { desk: Arc::new(Desk::new(clock, report)), lanes, stop }
    }

    /// Takes an attempt and returns at once. Where it cannot be taken (queue full, channel not configured here,
    /// shutting down) its receipt, a retry, is reported before this returns.
    pub fn start(&self, attempt: Attempt) {
        let channel = attempt.channel();
        let mut owed = Owed::new(attempt, &self.desk);
        let Some(lane) = self.lanes.iter().find(|lane| lane.channel == channel) else {
            return owed.settle(Outcome::retry("channel not configured here"));
        };
        owed.count_in(&lane.waiting);
        match lane.queue.try_send(owed) {
            Ok(()) => {}
            Err(mpsc::error::TrySendError::Full(owed)) => owed.settle(Outcome::retry("queue full")),
            Err(mpsc::error::TrySendError::Closed(owed)) => owed.settle(Outcome::retry("shutting down")),
        }
    }

    /// Reports an attempt as withdrawn that was never started: the reason for it had gone before its claim was committed.
    pub fn withdrawn(&self, attempt: Attempt) {
        Owed::new(attempt, &self.desk).settle(Outcome::withdrawn());
    }

    /// Withdraws the attempts of this notice that have not begun; their receipts say `withdrawn`. Nothing is
    /// remembered of a notice that has none here: a withdrawal is written after what it withdraws, so an
    /// attempt is never started after its own withdrawal.
    pub fn cancel(&self, notice: &NoticeId) {
        self.desk.withdraw(notice);
    }

    /// What a channel has in hand.
    pub fn depth(&self, channel: Channel) -> Depth {
        let lane = self.lanes.iter().find(|lane| lane.channel == channel);
        lane.map_or_else(Depth::default, |lane| Depth {
            waiting: lane.waiting.load(Ordering::Relaxed),
            running: lane.running.load(Ordering::Relaxed),
        })
    }

    /// Takes no more, answers what waits with a retry, and gives what runs until `within` to end; what still runs
    /// then is broken off and reported (unknown, where it had begun). Every receipt has been reported when this
    /// returns.
    pub async fn shutdown(&self, within: Duration) {
        self.stop.send_replace(Some(Instant::now() + within));
        for lane in &self.lanes {
            let task = lane.task.lock().unwrap_or_else(PoisonError::into_inner).take();
            if let Some(task) = task {
                // A lane does not panic; if it did, the drop of what it held has reported.
                let _ = task.await;
            }
        }
    }
}

impl Lane {
    fn spawn(handle: &Handle, transport: Arc<dyn Transport>, stopped: watch::Receiver<Option<Instant>>) -> Lane {
        let limits = transport.limits();
        let channel = transport.channel();
        let (queue, waiting_line) = mpsc::channel(limits.queue.max(1));
        let waiting = Arc::new(AtomicUsize::new(0));
        let running = Arc::new(AtomicUsize::new(0));
        let task = handle.spawn(serve(waiting_line, transport, Arc::clone(&running), stopped));
        Lane { channel, queue, waiting, running, task: Mutex::new(Some(task)) }
    }
}

/// A lane's task; ends when it is to stop or the dispatcher is gone.
async fn serve(
    mut queue: mpsc::Receiver<Owed>,
    transport: Arc<dyn Transport>,
    running_count: Arc<AtomicUsize>,
    mut stopped: watch::Receiver<Option<Instant>>,
) {
    let concurrency = transport.limits().concurrency.max(1);
    let mut running = JoinSet::new();
    let end = loop {
        tokio::select! {
            biased;
            stop = stopped.wait_for(Option::is_some) => break stop.ok().and_then(|end| *end),
            // A panic has been reported by the drop of what it unwound.
            Some(_) = running.join_next() => {}
            next = queue.recv(), if running.len() < concurrency => match next {
                Some(mut owed) => {
                    owed.count_in(&running_count);
                    running.spawn(run(Arc::clone(&transport), owed));
                }
                None => break None,
            },
        }
    };
    queue.close();
    while let Some(owed) = queue.recv().await {
        owed.settle(Outcome::retry("shutting down"));
    }
    let all_done = async { while running.join_next().await.is_some() {} };
    // Without an end the dispatcher was dropped, and with it whoever would wait.
    if tokio::time::timeout_at(end.unwrap_or_else(Instant::now), all_done).await.is_err() {
        running.shutdown().await;
    }
}

async fn run(transport: Arc<dyn Transport>, mut owed: Owed) {
    owed.begin();
    let outcome = match owed.gate.look() {
        Err(outcome) => outcome,
        Ok(()) => {
            let attempt = transport.attempt(&owed.attempt, &owed.gate);
            tokio::time::timeout(transport.limits().total_timeout + BROKEN_OFF_AFTER, attempt)
                .await
                .unwrap_or_else(|_| owed.gate.broken_off("no outcome within the total timeout"))
        }
    };
    owed.settle(outcome);
}

#[cfg(test)]
mod tests;
