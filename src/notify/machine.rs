//! The state machine: tables, derived indexes and timers, and the one loop over limits.
//!
//! Two queues follow from the tables. `limits` holds what happens by itself (expiry, unknown outcomes,
//! windows of digests, forgetting); `claims` holds when a thread is next to be decided, and is looked
//! at only while the machine is open. A notice is never decided while its record is handled: all
//! records of one instant are applied before anything is told of them.

use std::collections::HashMap;

use super::digest::{self, Gathering};
use super::outcome;
use super::reason::{EXPIRED, SHADOW, Suppression};
use super::render;
use super::route::{Gone, Route};
use super::scribe::Scribe;
use super::thread::{Body, ENTRIES_MAX, End, Entry, Phase, Thread, Tried, Wait, split_key, thread_key};
use super::timers::Queue;
use super::{Input, decide, decide::Decision as Verdict};
use crate::model::{
    Attempt, Audience, Count, Decision, Effect, Ignored, Issued, Notice, NoticeId, NoticeKind, Receipt, ReceiptKind,
    RecipientKey, Timestamp, World,
};
use crate::state::{Machine, Table, Tables};

/// How long after an attempt's deadline and its channel's total timeout an outcome may still be on its way through
/// `receipts`. Smaller: attempts are repeated whose outcome is already written.
const OUTCOME_GRACE: std::time::Duration = std::time::Duration::from_secs(5);

/// The notifier of one partition of `notices.v1`.
#[derive(Debug, Default)]
pub struct Notifier {
    /// By recipient, parcel and journey.
    pub(super) threads: Table<Thread>,
    /// What hubs will be told in digests.
    pub(super) gathering: Gathering,
    /// Endpoints that are gone, by recipient key.
    gone: Table<Gone>,
    /// Whether attempts may be claimed.
    open: bool,
    /// The thread of each notice that is remembered. Derived.
    ids: HashMap<NoticeId, Box<str>>,
    /// What happens by itself. Derived.
    limits: Queue,
    /// When threads are to be decided. Derived.
    claims: Queue,
}

impl Notifier {
    fn notice(&mut self, now: Timestamp, key: RecipientKey, notice: Notice, world: &World, out: &mut Vec<Effect>) {
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
    fn add(&mut self, thread_key: &str, entry: Entry, now: Timestamp, world: &World, out: &mut Vec<Effect>) {
        let thread = self.threads.entry(thread_key, Thread::default);
        let mut scribe = Scribe::new(thread_key, out);
        for earlier in &mut thread.entries {
            let newer_opening = entry.condition().is_some() && earlier.kind == entry.kind && earlier.episode < entry.episode;
            if newer_opening || entry.resolves.contains(&earlier.id) {
                withdraw(earlier, &mut scribe, now);
            }
        }
        self.ids.insert(entry.id.clone(), thread_key.into());
        thread.entries.push(entry);
        if thread.entries.len() > ENTRIES_MAX
            && let Some(oldest) = thread.entries.iter().position(|entry| matches!(entry.phase, Phase::Ended(_)))
        {
            self.ids.remove(&thread.entries.remove(oldest).id);
        }
        self.touch(thread_key, now, world);
    }

    fn withdrawn(&mut self, now: Timestamp, id: &NoticeId, world: &World, out: &mut Vec<Effect>) {
        let Some(key) = self.ids.get(id).cloned() else {
            if !self.gathering.withdraw(now, id, out) {
                out.push(Effect::Count(Count::Ignored(Ignored::UnknownNotice)));
            }
            return;
        };
        if let Some(thread) = self.threads.get_mut(&key)
            && let Some(i) = thread.position(id)
        {
            withdraw(&mut thread.entries[i], &mut Scribe::new(&key, out), now);
        }
        self.touch(&key, now, world);
    }

    fn receipt(&mut self, now: Timestamp, receipt: &Receipt, world: &World, out: &mut Vec<Effect>) {
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
            scribe.decided(entry, Decision::Suppressed, Suppression::Withdrawn.name(), now);
        }
        self.touch(&key, now, world);
    }

    /// Decides about the thread's notices until one is claimed or all wait.
    fn advance(&mut self, key: &str, now: Timestamp, world: &World, out: &mut Vec<Effect>) {
        let (recipient, _) = split_key(key);
        loop {
            let gone = self.gone.get(recipient.as_str());
            let Some(thread) = self.threads.get(key) else { break };
            let Some((i, verdict)) = decide::next(thread, &recipient, now, world, gone) else { break };
            let Some(thread) = self.threads.get_mut(key) else { break };
            let entry = &mut thread.entries[i];
            let mut scribe = Scribe::new(key, out);
            match verdict {
                Verdict::Send(why, sent) => {
                    let (route, content) = *sent;
                    match render::message(&content, &route, &world.policy.notify) {
                        Some(message) => {
                            if entry.tried.is_empty() {
                                scribe.count(entry, Decision::Sent, why.name());
                            }
                            self.renewed(&recipient, &route);
                            out.push(claim(entry, &recipient, route, message, now, world));
                        }
                        None => suppress(entry, Suppression::NoWords, &mut scribe, now),
                    }
                }
                Verdict::HoldUntil(until, hold) => {
                    if !matches!(entry.phase, Phase::Waiting { wait: Wait::Gap, .. }) {
                        scribe.decided(entry, Decision::Held, hold.name(), now);
                    }
                    entry.phase = Phase::Waiting { due: until, wait: Wait::Gap };
                }
                Verdict::Suppress(suppression) => suppress(entry, suppression, &mut scribe, now),
                Verdict::Shadow => {
                    scribe.decided(entry, Decision::Shadow, SHADOW, now);
                    entry.end(End::Shadow);
                }
                Verdict::Expired => expire(entry, &mut scribe, entry_expiry(entry.expires, thread.touched)),
            }
        }
        self.touch(key, now, world);
    }
}
