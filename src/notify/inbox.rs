//! What is read: notices that are issued or withdrawn, and outcomes. Nothing is decided here but what
//! can be decided without looking at the rest of the thread.

use super::machine::Notifier;
use super::reason::Suppression;
use super::route::Gone;
use super::scribe::Scribe;
use super::thread::{Body, Entry, Thread, thread_key};
use super::{outcome, render};
use crate::model::{
    Audience, Count, Effect, Ignored, Issued, Notice, NoticeId, Receipt, ReceiptKind, RecipientKey, Timestamp, World,
};

impl Notifier {
    /// Takes a notice that was issued or withdrawn.
    pub(super) fn notice(
        &mut self,
        now: Timestamp,
        key: RecipientKey,
        notice: Notice,
        world: &World,
        out: &mut Vec<Effect>,
    ) {
        let is_known = self.ids.contains_key(notice.id()) || self.gathering.contains(notice.id());
        match notice {
            Notice::Issued(_) if is_known => out.push(Effect::Count(Count::Ignored(Ignored::RepeatedNotice))),
            Notice::Issued(issued) if issued.audience == Audience::HubOps => {
                self.gathering.gather(now, &key, &issued, &world.policy.notify.digest, out);
            }
            Notice::Issued(issued) => self.issued(now, &key, &issued, world, out),
            Notice::Withdrawn { id } => self.withdrawn(now, &id, world, out),
        }
    }

    fn issued(&mut self, now: Timestamp, key: &RecipientKey, issued: &Issued, world: &World, out: &mut Vec<Effect>) {
        let thread_key = thread_key(key, &issued.parcel_id, issued.journey);
        let body = Body(serde_json::to_string(issued).expect("a notice is JSON"));
        let entry = Entry::new(issued, body, render::date(issued, &world.policy.notify), now);
        self.add(&thread_key, entry, now, world, out);
    }

    /// Adds a notice to its thread; what it says to be over is over before it is judged.
    pub(super) fn add(&mut self, thread_key: &str, entry: Entry, now: Timestamp, world: &World, out: &mut Vec<Effect>) {
        let thread = self.threads.entry(thread_key, Thread::default);
        let mut scribe = Scribe::new(thread_key, out);
        for earlier in &mut thread.entries {
            let newer_opening =
                entry.kind.condition().is_some() && earlier.kind == entry.kind && earlier.episode < entry.episode;
            if newer_opening || entry.resolves.contains(&earlier.id) {
                scribe.withdraw(earlier, now);
            }
        }
        self.ids.insert(entry.id.clone(), thread_key.into());
        thread.entries.push(entry);
        if let Some(forgotten) = thread.overflow() {
            self.ids.remove(&forgotten.id);
        }
        self.touch(thread_key, now, world);
    }

    fn withdrawn(&mut self, now: Timestamp, id: &NoticeId, world: &World, out: &mut Vec<Effect>) {
        let Some(key) = self.ids.get(id).cloned() else {
            if !self.gathering.withdraw(now, id, &world.policy.notify.digest, out) {
                out.push(Effect::Count(Count::Ignored(Ignored::UnknownNotice)));
            }
            return;
        };
        if let Some(thread) = self.threads.get_mut(&key)
            && let Some(i) = thread.position(id)
        {
            Scribe::new(&key, out).withdraw(&mut thread.entries[i], now);
        }
        self.touch(&key, now, world);
    }

    /// Takes an outcome.
    pub(super) fn receipt(&mut self, now: Timestamp, receipt: &Receipt, world: &World, out: &mut Vec<Effect>) {
        // Delivery reports and replies belong to channels that this version does not have.
        let key = self.ids.get(&receipt.notice_id).filter(|_| receipt.kind == ReceiptKind::Outcome).cloned();
        let entry = |key: &str| self.threads.get(key)?.position(&receipt.notice_id);
        let Some((key, i)) = key.and_then(|key| entry(&key).map(|i| (key, i))) else {
            return out.push(Effect::Count(Count::Ignored(Ignored::UnknownNotice)));
        };
        let Some(thread) = self.threads.get_mut(&key) else { return };
        let entry = &mut thread.entries[i];
        let Some(applied) = outcome::report(entry, receipt, now, &world.policy.notify) else {
            return out.push(Effect::Count(Count::Ignored(Ignored::RepeatedReceipt)));
        };
        if receipt.endpoint_gone && applied.endpoint != 0 {
            let gone = Gone { endpoint: applied.endpoint };
            *self.gone.entry(receipt.recipient_key.as_str(), || gone) = gone;
        }
        let mut scribe = Scribe::new(&key, out);
        scribe.outcome(entry, receipt.attempt, applied, Some(receipt), now);
        if applied.withdrawn {
            scribe.suppressed(entry, Suppression::Withdrawn, now);
        }
        self.touch(&key, now, world);
    }
}
