//! Every attempt that was taken owes one receipt.
//!
//! [`Owed`] pays it: by [`Owed::settle`], or when it is dropped, which is what a panic, an abort and a runtime
//! that goes away have in common. So the notifier never waits for an outcome that nobody will report.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::{Gate, Outcome, WallClock};
use crate::model::{Attempt, NoticeId, Receipt, ReceiptKind, ReportedOutcome};

/// Takes receipts; called from any thread, must not block or panic.
pub type Report = Arc<dyn Fn(Receipt) + Send + Sync>;

/// What the attempts of all channels share.
pub(super) struct Desk {
    clock: WallClock,
    report: Report,
    /// The gates of all that is owed, for withdrawals. Bounded by the queues and the concurrency of the channels,
    /// since an entry lives exactly as long as its debt.
    gates: Mutex<HashMap<NoticeId, Vec<Arc<Gate>>>>,
}

impl Desk {
    pub(super) fn new(clock: WallClock, report: Report) -> Desk {
        Desk { clock, report, gates: Mutex::default() }
    }

    /// Shuts the gates of this notice's attempts that have not begun.
    pub(super) fn withdraw(&self, notice: &NoticeId) {
        for gate in self.gates().get(notice).into_iter().flatten() {
            gate.withdraw();
        }
    }

    fn gates(&self) -> MutexGuard<'_, HashMap<NoticeId, Vec<Arc<Gate>>>> {
        // Nothing under the lock panics half-way.
        self.gates.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn forget(&self, notice: &NoticeId, gate: &Arc<Gate>) {
        if let Entry::Occupied(mut entry) = self.gates().entry(notice.clone()) {
            entry.get_mut().retain(|other| !Arc::ptr_eq(other, gate));
            if entry.get().is_empty() {
                entry.remove();
            }
        }
    }
}

/// An attempt whose receipt is outstanding.
pub(super) struct Owed {
    pub(super) attempt: Attempt,
    pub(super) gate: Arc<Gate>,
    desk: Arc<Desk>,
    /// Counts this attempt while it waits, later while it runs.
    counted: Option<Arc<AtomicUsize>>,
    started: Option<Instant>,
    paid: bool,
}

impl Owed {
    pub(super) fn new(attempt: Attempt, desk: &Arc<Desk>) -> Owed {
        let gate = Arc::new(Gate::new(attempt.deadline, Arc::clone(&desk.clock)));
        desk.gates().entry(attempt.notice_id.clone()).or_default().push(Arc::clone(&gate));
        Owed { attempt, gate, desk: Arc::clone(desk), counted: None, started: None, paid: false }
    }

    /// Is counted in `counter` from now on, and nowhere else.
    pub(super) fn count_in(&mut self, counter: &Arc<AtomicUsize>) {
        counter.fetch_add(1, Ordering::Relaxed);
        self.uncount();
        self.counted = Some(Arc::clone(counter));
    }

    /// Leaves the queue: from here on its time is taken.
    pub(super) fn begin(&mut self) {
        self.started = Some(Instant::now());
    }

    /// Pays the receipt.
    pub(super) fn settle(mut self, outcome: Outcome) {
        self.pay(outcome);
    }

    fn pay(&mut self, outcome: Outcome) {
        self.paid = true;
        self.desk.forget(&self.attempt.notice_id, &self.gate);
        self.uncount();
        let receipt = receipt(&self.attempt, outcome, self.started.map(|at| at.elapsed()), &self.desk.clock);
        tracing::debug!(
            notice = %receipt.notice_id,
            channel = receipt.channel.name(),
            attempt = receipt.attempt,
            outcome = ?receipt.outcome,
            reason = receipt.reason.as_deref(),
            "attempt ended"
        );
        (self.desk.report)(receipt);
    }

    fn uncount(&mut self) {
        if let Some(counter) = self.counted.take() {
            counter.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

impl Drop for Owed {
    fn drop(&mut self) {
        if !self.paid {
            self.pay(self.gate.broken_off("attempt broken off"));
        }
    }
}

fn receipt(attempt: &Attempt, outcome: Outcome, took: Option<Duration>, clock: &WallClock) -> Receipt {
    let mut receipt = Receipt::new(
        ReceiptKind::Outcome,
        attempt.recipient_key.clone(),
        attempt.notice_id.clone(),
        attempt.channel(),
        attempt.attempt,
        ReportedOutcome::Delivered,
        clock(),
    );
    receipt.took_ms = took.map(millis);
    let (outcome, reason) = match outcome {
        Outcome::Delivered { provider_id } => {
            receipt.provider_id = provider_id;
            (ReportedOutcome::Delivered, None)
        }
        Outcome::Retry { after, reason } => {
            receipt.retry_after_ms = after.map(millis);
            (ReportedOutcome::Retry, Some(reason))
        }
        Outcome::Refused { reason, endpoint_gone, opted_out } => {
            receipt.endpoint_gone = endpoint_gone;
            receipt.opted_out = opted_out;
            (ReportedOutcome::Refused, Some(reason))
        }
        Outcome::Unknown { after, reason } => {
            receipt.retry_after_ms = after.map(millis);
            (ReportedOutcome::Unknown, Some(reason))
        }
    };
    receipt.outcome = outcome;
    receipt.reason = reason.map(Into::into);
    receipt
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
