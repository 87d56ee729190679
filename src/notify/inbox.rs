//! What is read: notices that are issued or withdrawn, and outcomes. Nothing is decided here but what
//! can be decided without looking at the rest of the thread.

use std::time::Duration;

use super::machine::Notifier;
use super::outcome::{self, Circumstances};
use super::render;
use super::route::{self, Gone, Remembered};
use super::scribe::Scribe;
use super::thread::{Body, Entry, GivesWay, Thread, split_key, thread_key};
use crate::model::{
    Audience, Channel, Count, Effect, Ignored, Issued, Level, Notice, NoticeId, OptChange, Receipt, ReceiptKind,
    RecipientKey, Reply, Timestamp, World,
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
            Notice::Issued(issued) => match self.window(&key, &issued, world) {
                Some(window) => {
                    self.gathering.gather(now, &key, &issued, window, &world.policy.notify.digest, out);
                }
                None => self.issued(now, &key, &issued, world, out),
            },
            Notice::Withdrawn { id } => self.withdrawn(now, &id, world, out),
        }
    }

    /// How long a notice waits for others to be told with it; none where it is told by itself. Hubs are told nothing by
    /// itself; merchants that collect their notices are, where it is critical or no condition, and when such a one is over.
    fn window(&self, key: &RecipientKey, issued: &Issued, world: &World) -> Option<Duration> {
        let is_own = || issued.kind.condition().is_none() && issued.resolves.is_empty();
        let resolves_own = || issued.resolves.iter().any(|id| self.ids.contains_key(id));
        match issued.audience {
            Audience::HubOps => Some(world.policy.notify.digest.window),
            Audience::Merchant if issued.level < Level::Critical && !is_own() && !resolves_own() => {
                world.merchants.get(key.as_str().strip_prefix("merchant:")?)?.digest_window()
            }
            _ => None,
        }
    }

    fn issued(&mut self, now: Timestamp, key: &RecipientKey, issued: &Issued, world: &World, out: &mut Vec<Effect>) {
        // A merchant's own notice may also say that gathered ones are over.
        for id in &issued.resolves {
            self.gathering.withdraw(now, id, &world.policy.notify.digest, out);
        }
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
        while let Some(gives_way) = thread.gives_way() {
            match gives_way {
                GivesWay::Ends(entry) => scribe.crowd_out(entry, now),
                GivesWay::Forgotten(entry) => drop(self.ids.remove(&entry.id)),
            }
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

    /// Takes an outcome, as the channel or, later, its provider says.
    pub(super) fn receipt(&mut self, now: Timestamp, receipt: &Receipt, world: &World, out: &mut Vec<Effect>) {
        let ignored = |why| Effect::Count(Count::Ignored(why));
        let position = |key: &str| self.threads.get(key)?.position(&receipt.notice_id);
        let found = self.ids.get(&receipt.notice_id).and_then(|key| Some((key.clone(), position(key)?)));
        let Some((key, i)) = found else { return out.push(ignored(Ignored::UnknownNotice)) };
        let (recipient, _) = split_key(&key);
        if receipt.endpoint_gone {
            self.gone(&key, i, receipt);
        }
        let known = Remembered {
            preference: self.preferences.get(recipient.as_str()),
            gone: self.gone.get(recipient.as_str()),
        };
        let Some(thread) = self.threads.get_mut(&key) else { return };
        let entry = &mut thread.entries[i];
        let onward = |entry: &Entry| route::onward(&recipient, entry, world, known);
        let at = Circumstances { now, policy: &world.policy.notify, onward: &onward };
        let (applied, idle) = match receipt.kind {
            ReceiptKind::Provider => (outcome::provider(entry, receipt, &at), Ignored::IdleReport),
            ReceiptKind::Outcome | ReceiptKind::Reply => {
                (outcome::report(entry, receipt, &at), Ignored::RepeatedReceipt)
            }
        };
        let Some(applied) = applied else { return out.push(ignored(idle)) };
        Scribe::new(&key, out).outcome(entry, receipt.attempt, applied, Some(receipt), now);
        self.touch(&key, now, world);
        if receipt.opted_out {
            let (channel, change, at) = (receipt.channel, OptChange::OptOut, receipt.at);
            let reply = Reply { recipient_key: recipient, kind: ReceiptKind::Reply, channel, change, at };
            self.reply(now, &reply, out);
        }
    }

    /// Remembers an endpoint that said that it is gone.
    fn gone(&mut self, thread_key: &str, i: usize, receipt: &Receipt) {
        let (recipient, _) = split_key(thread_key);
        let thread = self.threads.get(thread_key);
        let tried = thread.and_then(|thread| thread.entries[i].tried.get((receipt.attempt as usize).checked_sub(1)?));
        if let Some(tried) = tried.filter(|tried| tried.is_open() && tried.channel == Channel::Webhook) {
            let gone = Gone { endpoint: tried.endpoint };
            *self.gone.entry(recipient.as_str(), || gone) = gone;
        }
    }
}
