//! Carrying out what a person asks for, a thread at a time: a sender, or a number that stands for many, may have a hundred
//! thousand parcels under way, and polling and commits go on meanwhile.
//!
//! In comes a preference that stands since an instant; out go the ends of what can reach nobody any more and the
//! cancellations of what was claimed and has not begun.
//!
//! What always holds:
//! - It goes before everything else that is due, and so, like a storm's ruling, before the next record.
//! - It is saved how far it has come, so that a restart and another owner go on there. There is no entry once all is done, which
//!   is as a rule within the transaction that began it. (A version that does not know this table carries it, and claims
//!   nothing against the preference either.)

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::model::{Channel, Effect, RecipientKey, Timestamp, World};
use crate::notify::machine::Notifier;
use crate::notify::reason::Suppression;
use crate::notify::route::{self, Remembered};
use crate::notify::scribe::Scribe;
use crate::notify::thread::{Entry, Phase, Thread, Wait};
use crate::state::Table;

/// What is not yet carried out of what a person asks for. Part of the saved state: append only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Heeding {
    /// The channels that it wants no more of since then.
    stopped: Vec<Channel>,
    /// Stream time when it was read.
    at: Timestamp,
    /// The thread that was looked at last, in the order of keys; empty before the first.
    after: String,
}

/// Whose preferences are being carried out.
#[derive(Debug, Default)]
pub struct Heedings {
    /// By recipient key.
    pub table: Table<Heeding>,
    /// The same keys in order. Derived.
    order: BTreeSet<Box<str>>,
}

impl Heedings {
    /// The table was restored or put back.
    pub fn derive(&mut self) {
        self.order = self.table.iter().map(|(key, _)| key.into()).collect();
    }
}

impl Notifier {
    /// Begins to bring a person's threads in line with another preference, from the first one on: also where an earlier one is
    /// not yet carried out, of which there is nothing else to do then.
    pub(super) fn is_to_be_heeded(&mut self, now: Timestamp, key: &RecipientKey, mut stopped: Vec<Channel>) {
        if self.live_thread_after(key, "").is_none() {
            return;
        }
        let is_still_out = |channel: &Channel| self.preference_of(key).is_some_and(|known| known.is_out(*channel));
        let earlier = self.heedings.table.get(key.as_str()).into_iter().flat_map(|earlier| &earlier.stopped);
        stopped.extend(earlier.copied().filter(is_still_out));
        let heeding = Heeding { stopped, at: now, after: String::new() };
        *self.heedings.table.entry(key.as_str(), || heeding.clone()) = heeding.clone();
        self.heedings.order.insert(key.as_str().into());
    }

    /// Whose preference is being carried out, and an instant that has passed when it was read.
    pub(in crate::notify) fn heeding(&self) -> Option<(Timestamp, &str)> {
        let key = self.heedings.order.first()?;
        let at = self.heedings.table.get(key)?.at;
        Some((Timestamp::from_millis(at.as_millis().saturating_sub(1)), key))
    }

    /// Carries out a preference for one more thread, or ends it.
    pub(in crate::notify) fn heed_next(&mut self, key: &str, world: &World, out: &mut Vec<Effect>) {
        let recipient = RecipientKey::from_text(key);
        let Some(Heeding { stopped, at, after }) = self.heedings.table.get(key).cloned() else { return };
        let Some(thread) = self.live_thread_after(&recipient, &after).map(str::to_owned) else {
            self.heedings.order.remove(key);
            self.heedings.table.remove(key);
            return;
        };
        self.heed(&thread, &recipient, &stopped, at, world, out);
        if let Some(heeding) = self.heedings.table.get_mut(key) {
            heeding.after = thread;
        }
    }

    /// Brings a thread in line with another preference: what can reach nobody any more ends, what was claimed and has not
    /// begun is called back, and what waited for the end of quiet hours is decided anew.
    fn heed(
        &mut self,
        thread_key: &str,
        key: &RecipientKey,
        stopped: &[Channel],
        at: Timestamp,
        world: &World,
        out: &mut Vec<Effect>,
    ) {
        let Some(thread) = self.threads.get(thread_key) else { return };
        let known = self.remembered(key);
        let due: Vec<Due> = thread.entries.iter().map(|entry| due(entry, key, stopped, world, known)).collect();
        if due.iter().all(|due| *due == Due::Nothing) {
            return;
        }
        let Some(thread): Option<&mut Thread> = self.threads.get_mut(thread_key) else { return };
        let mut scribe = Scribe::new(thread_key, out);
        for (entry, due) in thread.entries.iter_mut().zip(due) {
            match (due, entry.phase) {
                (Due::End, _) => scribe.suppress(entry, Suppression::OptedOut, at),
                (Due::Cancel, _) => scribe.cancel(entry),
                (Due::Decide, Phase::Waiting { due, wait }) => entry.phase = Phase::Waiting { due: due.min(at), wait },
                (Due::Decide | Due::Nothing, _) => {}
            }
        }
        self.touch(thread_key, at, world);
    }
}

/// What a preference asks of a notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Due {
    /// It can reach nobody any more.
    End,
    /// Its quiet hours may be others.
    Decide,
    /// Its attempt is by a channel that its reader has just opted out of.
    Cancel,
    Nothing,
}

fn due(entry: &Entry, key: &RecipientKey, stopped: &[Channel], world: &World, known: Remembered<'_>) -> Due {
    // Every channel by which the reader could be told of this is one that it has opted out of.
    let is_out_of_reach = || route::onward(key, entry, world, known) == Err(Suppression::OptedOut);
    match entry.phase {
        Phase::Waiting { .. } if is_out_of_reach() => Due::End,
        Phase::Waiting { wait: Wait::Quiet | Wait::Released, .. } => Due::Decide,
        Phase::Claimed { .. } if entry.tried.last().is_some_and(|tried| stopped.contains(&tried.channel)) => {
            Due::Cancel
        }
        _ => Due::Nothing,
    }
}
