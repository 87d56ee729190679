//! The notifier in a replay: who would have heard what, had every attempt been delivered at once.

use std::collections::BTreeMap;

use crate::model::{
    Attempt, Audience, Count, Decision, Effect, Notice, NoticeKind, Receipt, ReceiptKind, RecipientKey,
    ReportedOutcome, Timestamp, World,
};
use crate::notify::{Input, Notifier};
use crate::state::Machine;

/// Decisions of one call; the effects of a call are held in memory.
const DECISIONS_PER_CALL: usize = 1024;

/// How often something was decided about a kind of notice to an audience, with the reason.
pub type Decisions = BTreeMap<(NoticeKind, Audience, Decision, &'static str), u64>;

/// The same notifier as in production, on the replay's clock.
pub(super) struct Hearing {
    notifier: Notifier,
    effects: Vec<Effect>,
    now: Timestamp,
    decisions: Decisions,
}

impl Hearing {
    pub fn new(world: &World) -> Hearing {
        let mut notifier = Notifier::default();
        notifier.restored(world);
        notifier.set_open(true);
        Hearing { notifier, effects: Vec::new(), now: Timestamp::MIN, decisions: Decisions::new() }
    }

    /// Takes a notice as the tracker wrote it.
    pub fn notice(&mut self, key: RecipientKey, notice: Notice, world: &World) {
        if let Notice::Issued(issued) = &notice {
            self.until(issued.at, world);
        }
        self.notifier.handle(self.now, Input::Notice { key, notice }, world, &mut self.effects);
        self.perform(world);
    }

    /// Lets time pass up to `now`.
    pub fn until(&mut self, now: Timestamp, world: &World) {
        self.now = self.now.max(now);
        loop {
            let decided = self.notifier.handle_timeout(self.now, DECISIONS_PER_CALL, world, &mut self.effects);
            self.perform(world);
            self.notifier.committed();
            if decided < DECISIONS_PER_CALL {
                return;
            }
        }
    }

    /// What was decided in all.
    pub fn decisions(self) -> Decisions {
        self.decisions
    }

    fn perform(&mut self, world: &World) {
        while !self.effects.is_empty() {
            for effect in std::mem::take(&mut self.effects) {
                match effect {
                    Effect::Count(Count::Decided { kind, audience, decision, reason }) => {
                        *self.decisions.entry((kind, audience, decision, reason)).or_default() += 1;
                    }
                    Effect::Attempt(attempt) => {
                        let receipt = Input::Receipt(Box::new(delivered(*attempt, self.now)));
                        self.notifier.handle(self.now, receipt, world, &mut self.effects);
                    }
                    _ => {}
                }
            }
        }
    }
}

fn delivered(attempt: Attempt, at: Timestamp) -> Receipt {
    let channel = attempt.channel();
    Receipt::new(
        ReceiptKind::Outcome,
        attempt.recipient_key,
        attempt.notice_id,
        channel,
        attempt.attempt,
        ReportedOutcome::Delivered,
        at,
    )
}
