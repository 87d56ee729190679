//! The state machine: tables, derived indexes and timers, and the one loop over limits.
//!
//! Two queues follow from the tables. `limits` holds what happens by itself (expiry, unknown outcomes,
//! windows of digests, forgetting); `claims` holds when a thread is next to be decided, and is looked
//! at only while the machine is open. A notice is never decided while its record is handled: all
//! records of one instant are applied before anything is told of them.

use std::collections::{BTreeSet, HashMap};
use std::ops::Bound;
use std::sync::Arc;

use super::Input;
use super::digest::Gathering;
use super::preference::Heedings;
use super::route::Gone;
use super::storm::Breaker;
use super::thread::{SEPARATOR, Thread};
use super::timers::Queue;
use crate::model::{Count, Effect, NoticeId, NoticeKind, Preference, RecipientKey, Timestamp, World};
use crate::state::{Machine, Table, Tables};

/// The notifier of one partition of `notices.v1`.
#[derive(Debug, Default)]
pub struct Notifier {
    /// By recipient, parcel and journey.
    pub(super) threads: Table<Thread>,
    /// What hubs and merchants will be told in digests.
    pub(super) gathering: Gathering,
    /// Endpoints that are gone, by recipient key.
    pub(super) gone: Table<Gone>,
    /// How people want to be told, by recipient key.
    pub(super) preferences: Table<Preference>,
    /// What is not yet carried out of what they ask for.
    pub(super) heedings: Heedings,
    /// Holds what is too much.
    pub(super) breaker: Breaker,
    /// Whether attempts may be claimed.
    open: bool,
    /// The thread of each notice that is remembered. Derived.
    pub(super) ids: HashMap<NoticeId, Box<str>>,
    /// The threads of people in which something is still to happen, in the order of keys. Derived.
    live: BTreeSet<Box<str>>,
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

    /// In how many of them something is still to happen.
    pub fn open_threads(&self) -> usize {
        self.live.len()
    }

    /// The thread was changed at `now`.
    pub(super) fn touch(&mut self, key: &str, now: Timestamp, world: &World) {
        if let Some(thread) = self.threads.get_mut(key) {
            thread.touched = thread.touched.max(now);
        }
        self.schedule(key, world);
    }

    /// Brings the queues in line with the thread.
    pub(super) fn schedule(&mut self, key: &str, world: &World) {
        let thread = self.threads.get(key);
        self.limits.set(key, thread.map(|thread| thread.limit(world.policy.notify.remember)));
        self.claims.set(key, thread.and_then(|thread| thread.due(world.policy.notify.changed_by)));
        self.breaker.index(key, thread);
        if thread.is_none_or(Thread::is_quiet) {
            self.live.remove(key);
        } else if !self.live.contains(key) {
            self.live.insert(key.into());
        }
    }

    /// The next thread of a recipient in which something is still to happen; the first one after "".
    pub(super) fn live_thread_after(&self, key: &RecipientKey, after: &str) -> Option<&str> {
        let beginning = format!("{key}{SEPARATOR}");
        let from = Bound::Excluded(after.max(&beginning));
        let next = self.live.range::<str, _>((from, Bound::Unbounded)).next()?;
        next.starts_with(&beginning).then_some(&**next)
    }

    fn index(&mut self, key: &str, world: &World) {
        for entry in self.threads.get(key).into_iter().flat_map(|thread| &thread.entries) {
            self.ids.insert(entry.id.clone(), key.into());
        }
        self.schedule(key, world);
    }

    pub(super) fn unindex(&mut self, key: &str) {
        for entry in self.threads.get(key).into_iter().flat_map(|thread| &thread.entries) {
            self.ids.remove(&entry.id);
        }
    }

    /// The earliest limit, where it stands, and what it is; before all of them, what a person asks for and what an operator
    /// has decided.
    fn first(&self) -> Option<(Timestamp, Box<str>, Limit)> {
        if let Some((at, key)) = self.heeding() {
            return Some((at, key.into(), Limit::Heeding));
        }
        if let Some((at, kind)) = self.ruling() {
            return Some((at, kind.name().into(), Limit::Ruling(kind)));
        }
        let claims = self.claims.first().filter(|_| self.open);
        let of = |first: Option<(Timestamp, Arc<str>)>, what| first.map(|(at, key)| (at, Box::from(&*key), what));
        let all = [
            // A window's notices end before the thread of its digest can be forgotten.
            of(self.gathering.first(), Limit::Window),
            of(self.limits.first(), Limit::Thread),
            of(claims, Limit::Claim),
        ];
        all.into_iter().flatten().min_by_key(|(at, ..)| *at)
    }
}

/// What a limit is about. At one instant what happens by itself precedes decisions.
enum Limit {
    Heeding,
    Ruling(NoticeKind),
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
            Input::Reply(reply) => self.reply(now, &reply, out),
            Input::Preference { key, preference, malformed } => {
                out.extend(malformed.into_iter().map(|field| Effect::Count(Count::MalformedField { field })));
                self.preference(now, &key, preference.map(|preference| *preference), out);
            }
            Input::Control(control) => self.control(now, &control, out),
        }
    }

    fn handle_timeout(&mut self, now: Timestamp, max: usize, world: &World, out: &mut Vec<Effect>) -> usize {
        for passed in 0..max {
            let Some((limit, key, what)) = self.first().filter(|(limit, ..)| *limit < now) else { return passed };
            match what {
                Limit::Heeding => self.heed_next(&key, world, out),
                Limit::Ruling(kind) => self.carry_out(kind, world, out),
                Limit::Thread => self.pass(&key, limit, world, out),
                Limit::Window => self.pass_window(&key, world, out),
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
        vec![
            &mut self.threads,
            &mut self.gathering.table,
            &mut self.gone,
            &mut self.preferences,
            &mut self.breaker.table,
            &mut self.heedings.table,
        ]
    }

    fn restored(&mut self, world: &World) {
        self.ids.clear();
        self.live.clear();
        self.limits.clear();
        self.claims.clear();
        self.breaker.restored(self.threads.iter().flat_map(|(_, thread)| &thread.entries));
        let keys: Vec<Box<str>> = self.threads.iter().map(|(key, _)| key.into()).collect();
        keys.iter().for_each(|key| self.index(key, world));
        self.gathering.restored(&world.policy.notify.digest);
        self.heedings.derive();
    }

    fn committed(&mut self) {
        self.threads.commit();
        self.gathering.table.commit();
        self.gone.commit();
        self.preferences.commit();
        self.heedings.table.commit();
        self.breaker.committed();
    }

    fn aborted(&mut self, world: &World) {
        let touched: Vec<Box<str>> = self.threads.touched().map(Box::from).collect();
        touched.iter().for_each(|key| self.unindex(key));
        self.threads.abort().iter().for_each(|key| self.index(key, world));
        self.gathering.aborted(&world.policy.notify.digest);
        self.gone.abort();
        self.preferences.abort();
        self.heedings.table.abort();
        self.heedings.derive();
        self.breaker.aborted();
    }
}
