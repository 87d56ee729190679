//! The state machine: tables, derived indexes and timers, and the one loop over limits.
//!
//! Two queues follow from the tables. `limits` holds what happens by itself (expiry, unknown outcomes,
//! windows of digests, forgetting); `claims` holds when a thread is next to be decided, and is looked
//! at only while the machine is open. A notice is never decided while its record is handled: all
//! records of one instant are applied before anything is told of them.

use std::collections::HashMap;
use std::sync::Arc;

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
    Attempt, Audience, Channel, Count, Decision, Effect, Ignored, Issued, Message, Notice, NoticeId, Receipt,
    ReceiptKind, RecipientKey, Timestamp, World,
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
    /// How many threads it keeps: what one recipient is told about one journey of a parcel.
    pub fn threads(&self) -> usize {
        self.threads.len()
    }

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
            let newer_opening =
                entry.kind.condition().is_some() && earlier.kind == entry.kind && earlier.episode < entry.episode;
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
            if !self.gathering.withdraw(now, id, &world.policy.notify.digest, out) {
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
            let touched = thread.touched;
            let entry = &mut thread.entries[i];
            let mut scribe = Scribe::new(key, out);
            match verdict {
                Verdict::Send(why, sent) => {
                    let (route, content) = *sent;
                    match render::message(&entry.id, &content, &route, &world.policy.notify) {
                        Some(message) => {
                            if entry.tried.is_empty() {
                                scribe.count(entry, Decision::Sent, why.name());
                            }
                            renewed(&mut self.gone, &recipient, &route);
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
                Verdict::Expired => expire(entry, &mut scribe, entry.expires.next().max(touched)),
            }
        }
        self.touch(key, now, world);
    }

    /// What happens to a thread by itself at `limit`.
    fn pass(&mut self, key: &str, limit: Timestamp, world: &World, out: &mut Vec<Effect>) {
        let Some(thread) = self.threads.get_mut(key) else { return };
        if thread.is_quiet() {
            self.unindex(key);
            self.threads.remove(key);
            return self.schedule(key, world);
        }
        let mut scribe = Scribe::new(key, out);
        let touched = thread.touched;
        let at = |own: Timestamp| own.next().max(touched);
        let mut last = touched;
        for entry in &mut thread.entries {
            let own = match entry.phase {
                Phase::Waiting { .. } => entry.expires,
                Phase::Claimed { unknown_at } => unknown_at,
                Phase::Ended(_) => continue,
            };
            if own > limit {
                continue;
            }
            last = last.max(at(own));
            if entry.is_waiting() {
                expire(entry, &mut scribe, at(own));
            } else {
                give_up(entry, &mut scribe, at(own), world);
            }
        }
        self.touch(key, last, world);
    }

    /// The thread was changed at `now`.
    fn touch(&mut self, key: &str, now: Timestamp, world: &World) {
        if let Some(thread) = self.threads.get_mut(key) {
            thread.touched = thread.touched.max(now);
        }
        self.schedule(key, world);
    }

    /// Brings the queues in line with the thread.
    fn schedule(&mut self, key: &str, world: &World) {
        let thread = self.threads.get(key);
        self.limits.set(key, thread.map(|thread| thread.limit(world.policy.notify.remember)));
        self.claims.set(key, thread.and_then(Thread::due));
    }

    fn index(&mut self, key: &str, world: &World) {
        for entry in self.threads.get(key).into_iter().flat_map(|thread| &thread.entries) {
            self.ids.insert(entry.id.clone(), key.into());
        }
        self.schedule(key, world);
    }

    fn unindex(&mut self, key: &str) {
        for entry in self.threads.get(key).into_iter().flat_map(|thread| &thread.entries) {
            self.ids.remove(&entry.id);
        }
    }

    /// Ends a window and passes its digest on to the hub's thread.
    fn close_window(&mut self, window: &str, world: &World, out: &mut Vec<Effect>) {
        let policy = &world.policy.notify.digest;
        if let Some((recipient, digest)) = self.gathering.pass(window, policy) {
            let (key, entry) = digest::entry(&digest, &recipient, policy);
            self.add(&key, entry, digest.to, world, out);
        }
    }

    /// The earliest limit, where it stands, and what it is.
    fn first(&self) -> Option<(Timestamp, Box<str>, Limit)> {
        let claims = self.claims.first().filter(|_| self.open);
        let of = |first: Option<(Timestamp, Arc<str>)>, what| first.map(|(at, key)| (at, Box::from(&*key), what));
        let all = [
            of(self.limits.first(), Limit::Thread),
            of(self.gathering.first(), Limit::Window),
            of(claims, Limit::Claim),
        ];
        all.into_iter().flatten().min_by_key(|(at, ..)| *at)
    }
}

/// What a limit is about. At one instant what happens by itself precedes decisions.
enum Limit {
    Thread,
    Window,
    Claim,
}

impl Machine for Notifier {
    type Input = Input;

    fn handle(&mut self, now: Timestamp, input: Input, world: &World, out: &mut Vec<Effect>) {
        match input {
            Input::Notice { key, notice } => self.notice(now, key, notice, world, out),
            Input::Receipt(receipt) => self.receipt(now, &receipt, world, out),
        }
    }

    fn handle_timeout(&mut self, now: Timestamp, max: usize, world: &World, out: &mut Vec<Effect>) -> usize {
        for passed in 0..max {
            let Some((limit, key, what)) = self.first().filter(|(limit, ..)| *limit < now) else { return passed };
            match what {
                Limit::Thread => self.pass(&key, limit, world, out),
                Limit::Window => self.close_window(&key, world, out),
                Limit::Claim => self.advance(&key, now, world, out),
            }
        }
        max
    }

    fn poll_timeout(&self) -> Option<Timestamp> {
        self.first().map(|(at, ..)| at)
    }

    fn set_open(&mut self, open: bool) {
        self.open = open;
    }

    fn tables(&mut self) -> Tables<'_> {
        vec![&mut self.threads, &mut self.gathering.table, &mut self.gone]
    }

    fn restored(&mut self, world: &World) {
        self.ids.clear();
        self.limits.clear();
        self.claims.clear();
        let keys: Vec<Box<str>> = self.threads.iter().map(|(key, _)| key.into()).collect();
        keys.iter().for_each(|key| self.index(key, world));
        self.gathering.restored(&world.policy.notify.digest);
    }

    fn committed(&mut self) {
        self.threads.commit();
        self.gathering.table.commit();
        self.gone.commit();
    }

    fn aborted(&mut self, world: &World) {
        let touched: Vec<Box<str>> = self.threads.touched().map(Box::from).collect();
        touched.iter().for_each(|key| self.unindex(key));
        self.threads.abort().iter().for_each(|key| self.index(key, world));
        self.gathering.aborted(&world.policy.notify.digest);
        self.gone.abort();
    }
}

/// An endpoint that differs from the one that is gone is its owner's renewal.
fn renewed(gone: &mut Table<Gone>, recipient: &RecipientKey, route: &Route) {
    if route.channel() == Channel::Webhook && gone.get(recipient.as_str()).is_some() {
        gone.remove(recipient.as_str());
    }
}

fn claim(
    entry: &mut Entry,
    recipient: &RecipientKey,
    route: Route,
    message: Message,
    now: Timestamp,
    world: &World,
) -> Effect {
    let policy = &world.policy.notify;
    let channel = route.channel();
    let deadline = (now + policy.claim_window).min(entry.expires);
    let unknown_at = deadline + policy.channel(channel).total_timeout + OUTCOME_GRACE;
    entry.tried.push(Tried { channel, at: now, endpoint: route.endpoint(), outcome: None });
    entry.phase = Phase::Claimed { unknown_at };
    Effect::Attempt(Box::new(Attempt {
        notice_id: entry.id.clone(),
        recipient_key: recipient.clone(),
        attempt: u32::try_from(entry.tried.len()).unwrap_or(u32::MAX),
        deadline,
        destination: route.destination,
        message,
    }))
}

/// What a notice tells holds no longer: nothing more of it leaves, as far as that is in our hands.
fn withdraw(entry: &mut Entry, scribe: &mut Scribe<'_>, now: Timestamp) {
    if entry.is_claimed() && !entry.over {
        scribe.cancel(entry);
    }
    entry.over = true;
    if entry.is_waiting() {
        suppress(entry, Suppression::Withdrawn, scribe, now);
    }
}

fn suppress(entry: &mut Entry, suppression: Suppression, scribe: &mut Scribe<'_>, now: Timestamp) {
    scribe.decided(entry, Decision::Suppressed, suppression.name(), now);
    entry.end(End::Suppressed(suppression));
}

fn expire(entry: &mut Entry, scribe: &mut Scribe<'_>, at: Timestamp) {
    scribe.decided(entry, Decision::Expired, EXPIRED, at);
    entry.end(End::Expired);
}

/// Nothing was heard of an attempt for too long.
fn give_up(entry: &mut Entry, scribe: &mut Scribe<'_>, at: Timestamp, world: &World) {
    let attempt = u32::try_from(entry.tried.len()).unwrap_or(u32::MAX);
    if let Some(applied) = outcome::give_up(entry, at, &world.policy.notify) {
        scribe.outcome(entry, attempt, applied, None, at);
        if applied.withdrawn {
            scribe.decided(entry, Decision::Suppressed, Suppression::Withdrawn.name(), at);
        }
    }
}
