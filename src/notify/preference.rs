//! What people ask for: the records of `preferences.v1`, and replies, which change them.
//!
//! The newest by its own `at` stands, whatever order records come in; one from the future counts as of now. A reply changes
//! what stands and writes it to `preferences.v1` as a whole, so that the compacted topic says what we go by: also when an
//! older record of somebody else's comes after it there. Our own record, read back, says as much as is known.
//!
//! From then on nothing is claimed against it; what was under way before is looked at in turns (`heeding`).

mod heeding;

pub use self::heeding::Heedings;
use super::machine::Notifier;
use super::route::Remembered;
use crate::model::{Channel, Count, Effect, Ignored, OptChange, Preference, RecipientKey, Reply, Timestamp};

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
            None => self.stands(now, key, found.map(|found| Preference { at: found.at.min(now), ..found }), out),
        }
    }

    /// Takes a reply: a person wants no more by a channel, or again.
    pub(super) fn reply(&mut self, now: Timestamp, reply: &Reply, out: &mut Vec<Effect>) {
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
        self.stands(now, key, Some(next), out);
    }

    /// Goes by another preference from now on; what is under way is brought in line with it in turns.
    fn stands(&mut self, now: Timestamp, key: &RecipientKey, next: Option<Preference>, out: &mut Vec<Effect>) {
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
        self.is_to_be_heeded(now, key, stopped);
    }
}
