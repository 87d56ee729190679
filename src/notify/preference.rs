//! What people ask for: the records of `preferences.v1`, and replies, which change them.
//!
//! The newest by its own `at` stands, whatever order records come in; one from the future counts as of now. A reply changes
//! what stands and writes it to `preferences.v1` as a whole, so that the compacted topic says what we go by: also when an
//! older record of somebody else's comes after it there. Our own record, read back, says as much as is known.

use super::machine::Notifier;
use super::reason::Suppression;
use super::route::{self, Remembered};
use super::scribe::Scribe;
use super::thread::{Entry, Phase, Thread, Wait};
use crate::model::{Channel, Count, Effect, Ignored, OptChange, Preference, RecipientKey, Reply, Timestamp, World};

/// Providers tell the time of a reply by the second. Larger: a repeated opt-in undoes an opt-out. Smaller: who changes their mind
/// at once is not heard.
const REPLY_SLACK: std::time::Duration = std::time::Duration::from_secs(2);

impl Notifier {
    /// What is remembered of a reader beside its threads.
    pub(super) fn remembered(&self, key: &RecipientKey) -> Remembered<'_> {
        Remembered { preference: self.preferences.get(key.as_str()), gone: self.gone.get(key.as_str()) }
    }

    /// How this person wants to be told, where that is known.
    pub fn preference_of(&self, key: &RecipientKey) -> Option<&Preference> {
        self.preferences.get(key.as_str())
    }

    /// Takes a record of `preferences.v1`.
    pub(super) fn preference(
        &mut self,
        now: Timestamp,
        key: &RecipientKey,
        found: Option<Preference>,
        world: &World,
        out: &mut Vec<Effect>,
    ) {
        let known = self.preferences.get(key.as_str());
        let ignored = match (&found, known) {
            _ if !key.is_person() => Some(Ignored::NoPerson),
            (None, None) => Some(Ignored::RepeatedPreference),
            (Some(found), Some(known)) if found.says_as_much_as(known) => Some(Ignored::RepeatedPreference),
            (Some(found), Some(known)) if found.at < known.at => {
                // It stands last in the topic now, and is not what stands.
                out.push(Effect::Preference(Box::new(known.clone())));
                Some(Ignored::OldPreference)
            }
            _ => None,
        };
        match ignored {
            Some(ignored) => out.push(Effect::Count(Count::Ignored(ignored))),
            None => self.stands(now, key, found.map(|found| Preference { at: found.at.min(now), ..found }), world, out),
        }
    }

    /// Takes a reply: a person wants no more by a channel, or again.
    pub(super) fn reply(&mut self, now: Timestamp, reply: &Reply, world: &World, out: &mut Vec<Effect>) {
        let Reply { recipient_key: key, channel, change, at, .. } = reply;
        let known = self.preferences.get(key.as_str());
        let is_out = known.is_some_and(|known| known.is_out(*channel));
        if !key.is_person() {
            return out.push(Effect::Count(Count::Ignored(Ignored::NoPerson)));
        }
        if is_out == (*change == OptChange::OptOut) {
            return out.push(Effect::Count(Count::Ignored(Ignored::RepeatedReply)));
        }
        // Pushed again, or late: whoever has asked for peace since then is left in peace. An opt-out counts however late.
        if *change == OptChange::OptIn && known.is_some_and(|known| *at + REPLY_SLACK < known.at) {
            return out.push(Effect::Count(Count::Ignored(Ignored::OldPreference)));
        }
        let mut next = known.cloned().unwrap_or_else(|| Preference::new(key.clone(), Timestamp::MIN));
        // Later than what it was made of, or that would win when it is read again.
        next.at = (*at).min(now).max(next.at.next());
        match change {
            OptChange::OptOut => next.opt_out.push(*channel),
            OptChange::OptIn => next.opt_out.retain(|other| other != channel),
        }
        out.push(Effect::Preference(Box::new(next.clone())));
        self.stands(now, key, Some(next), world, out);
    }

    /// Goes by another preference from now on.
    fn stands(
        &mut self,
        now: Timestamp,
        key: &RecipientKey,
        next: Option<Preference>,
        world: &World,
        out: &mut Vec<Effect>,
    ) {
        let is_out = |preference: Option<&Preference>, channel| preference.is_some_and(|found| found.is_out(channel));
        let before = self.preferences.get(key.as_str());
        let changes: Vec<(Channel, OptChange)> = Channel::ALL
            .into_iter()
            .filter_map(|channel| match (is_out(before, channel), is_out(next.as_ref(), channel)) {
                (false, true) => Some((channel, OptChange::OptOut)),
                (true, false) => Some((channel, OptChange::OptIn)),
                _ => None,
            })
            .collect();
        for (channel, change) in &changes {
            out.push(Effect::Count(Count::Opted { channel: *channel, change: *change }));
        }
        match next {
            Some(next) => *self.preferences.entry(key.as_str(), || next.clone()) = next.clone(),
            None => drop(self.preferences.remove(key.as_str())),
        }
        let stopped: Vec<Channel> =
            changes.iter().filter(|(_, change)| *change == OptChange::OptOut).map(|(channel, _)| *channel).collect();
        for thread_key in self.live_threads_of(key) {
            self.heed(&thread_key, key, &stopped, now, world, out);
        }
    }

    /// Brings a thread in line with another preference: what can reach nobody any more ends, what was claimed and has not
    /// begun is called back, and what waited for the end of quiet hours is decided anew.
    fn heed(
        &mut self,
        thread_key: &str,
        key: &RecipientKey,
        stopped: &[Channel],
        now: Timestamp,
        world: &World,
        out: &mut Vec<Effect>,
    ) {
        let Some(thread) = self.threads.get(thread_key) else { return };
        let known = self.remembered(key);
        let ends = |entry: &Entry| entry.is_waiting() && is_out_of_reach(entry, key, world, known);
        let ends: Vec<bool> = thread.entries.iter().map(ends).collect();
        let Some(thread): Option<&mut Thread> = self.threads.get_mut(thread_key) else { return };
        let mut scribe = Scribe::new(thread_key, out);
        for (entry, ends) in thread.entries.iter_mut().zip(ends) {
            let channel = entry.tried.last().map(|tried| tried.channel);
            match entry.phase {
                Phase::Waiting { .. } if ends => scribe.suppress(entry, Suppression::OptedOut, now),
                Phase::Waiting { due, wait: wait @ (Wait::Quiet | Wait::Released) } => {
                    entry.phase = Phase::Waiting { due: due.min(now), wait };
                }
                Phase::Claimed { .. } if channel.is_some_and(|channel| stopped.contains(&channel)) => {
                    scribe.cancel(entry);
                }
                _ => {}
            }
        }
        self.touch(thread_key, now, world);
    }
}

/// Whether every channel by which the reader could be told of this is one that it has opted out of.
fn is_out_of_reach(entry: &Entry, key: &RecipientKey, world: &World, known: Remembered<'_>) -> bool {
    route::onward(key, entry, world, known) == Err(Suppression::OptedOut)
}
