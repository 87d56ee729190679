//! What happens once time has moved on: a thread's notices are decided and claimed, expire, are given up as
//! unknown, are forgotten; a hub's window ends.

use std::time::Duration;

use super::decide::{self, Decision, Sight};
use super::machine::Notifier;
use super::outcome::{self, Circumstances};
use super::policy::Mode;
use super::reason::Hold;
use super::route::{self, Gone, Remembered, Route};
use super::scribe::Scribe;
use super::thread::{Entry, Phase, Tried, Wait, split_key};
use super::{digest, judge};
use crate::model::{Attempt, Channel, DeliveryOutcome, Effect, Message, RecipientKey, Timestamp, World};
use crate::state::Table;

impl Notifier {
    /// Decides about the thread's notices until one is claimed or all wait.
    pub(super) fn advance(&mut self, key: &str, now: Timestamp, world: &World, out: &mut Vec<Effect>) {
        let (recipient, _) = split_key(key);
        loop {
            let known = self.remembered(&recipient);
            let Some(thread) = self.threads.get(key) else { break };
            let sight = Sight { now, world, known, breaker: &self.breaker };
            let Some((i, verdict)) = decide::next(thread, &recipient, sight) else { break };
            let Some(thread) = self.threads.get_mut(key) else { break };
            let touched = thread.touched;
            let entry = &mut thread.entries[i];
            let mut scribe = Scribe::new(key, out);
            match verdict {
                Decision::Send(why, sent) => {
                    let (route, message) = *sent;
                    if entry.tried.is_empty() {
                        scribe.sent(entry, why);
                    }
                    self.breaker.leaves(entry, now, world);
                    renewed(&mut self.gone, &recipient, &route);
                    out.push(claim(entry, &recipient, route, message, now, world));
                }
                Decision::Recent(until) => hold(entry, &mut scribe, (until, Wait::Gap, Hold::Recent), now),
                Decision::Quiet(until, mode) => {
                    if mode == Mode::On {
                        self.breaker.waits(entry, now, world);
                    }
                    hold(entry, &mut scribe, (until, Wait::Quiet, Hold::Quiet), now);
                }
                Decision::Storm => {
                    self.breaker.hold(entry.kind, now);
                    // Until it expires, unless an operator says otherwise before.
                    hold(entry, &mut scribe, (entry.expires, Wait::Storm, Hold::Storm), now);
                }
                Decision::Suppress(suppression) => scribe.suppress(entry, suppression, now),
                Decision::Shadow => scribe.shadow(entry, now),
                Decision::Expired => scribe.expire(entry, entry.expires.next().max(touched)),
            }
        }
        self.touch(key, now, world);
    }

    /// What happens to a thread by itself at `limit`.
    pub(super) fn pass(&mut self, key: &str, limit: Timestamp, world: &World, out: &mut Vec<Effect>) {
        let Some(thread) = self.threads.get_mut(key) else { return };
        if thread.is_quiet() {
            self.unindex(key);
            self.threads.remove(key);
            return self.schedule(key, world);
        }
        let mut scribe = Scribe::new(key, out);
        let touched = thread.touched;
        let (recipient, _) = split_key(key);
        let known = Remembered {
            preference: self.preferences.get(recipient.as_str()),
            gone: self.gone.get(recipient.as_str()),
        };
        let onward = |entry: &Entry| route::onward(&recipient, entry, world, known);
        let at = |own: Timestamp| own.next().max(touched);
        let mut last = touched;
        for entry in &mut thread.entries {
            let own = match entry.phase {
                Phase::Waiting { .. } => entry.expires,
                Phase::Claimed { unknown_at } => unknown_at,
                Phase::Reporting { until } => until,
                Phase::Ended(_) => continue,
            };
            if own > limit {
                continue;
            }
            last = last.max(at(own));
            match entry.phase {
                Phase::Waiting { .. } => scribe.expire(entry, at(own)),
                Phase::Claimed { .. } => {
                    let circumstances = Circumstances { now: at(own), policy: &world.policy.notify, onward: &onward };
                    give_up(entry, &mut scribe, &circumstances);
                }
                // No report is no news: the outcome of its attempt stands, and is on record.
                Phase::Reporting { .. } => entry.end_as_it_stands(),
                Phase::Ended(_) => {}
            }
        }
        self.touch(key, last, world);
    }

    /// Takes the next step of a window's end: its digest, which goes on to a thread of the hub or merchant, then the last word on one
    /// notice of it, or forgetting one.
    pub(super) fn pass_window(&mut self, window: &str, world: &World, out: &mut Vec<Effect>) {
        let ids = &self.ids;
        if let Some((recipient, digest)) = self.gathering.pass(window, |id| ids.contains_key(id), world, out) {
            let (key, entry) = digest::entry(&digest, &recipient, &world.policy.notify.digest);
            self.add(&key, entry, digest.to, world, out);
        }
    }
}

/// Lets it wait. Held longer, because something else was told meanwhile, is not another decision.
fn hold(entry: &mut Entry, scribe: &mut Scribe<'_>, (due, wait, hold): (Timestamp, Wait, Hold), now: Timestamp) {
    if entry.waits_for() != Some(wait) {
        scribe.held(entry, hold, now);
    }
    // What an operator released stays released, whatever it waits for then.
    let wait = if entry.waits_for() == Some(Wait::Released) { Wait::Released } else { wait };
    entry.phase = Phase::Waiting { due, wait };
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
    mut message: Message,
    now: Timestamp,
    world: &World,
) -> Effect {
    let policy = &world.policy.notify;
    let channel = route.channel();
    let is_doubtful = |tried: &&Tried| tried.channel == channel && tried.outcome == Some(DeliveryOutcome::Unknown);
    let unknown_since = entry.tried.iter().find(is_doubtful).map(|tried| tried.at);
    let is_looked_up = unknown_since.is_some() && route.can_be_asked();
    let looking_up = if is_looked_up { policy.channel(channel).look_up_within() } else { Duration::ZERO };
    let deadline = (now + policy.claim_window + looking_up).min(entry.expires);
    let unknown_at = deadline + policy.channel(channel).outcome_within();
    if let Message::Mail { unsubscribe, .. } = &mut message
        && judge::is_person(entry.audience)
    {
        *unsubscribe = world.links.as_ref().map(|links| links.unsubscribe(recipient, channel));
    }
    entry.tried.push(Tried { channel, at: now, endpoint: route.endpoint(), outcome: None });
    entry.phase = Phase::Claimed { unknown_at };
    Effect::Attempt(Box::new(Attempt {
        notice_id: entry.id.clone(),
        recipient_key: recipient.clone(),
        attempt: u32::try_from(entry.tried.len()).unwrap_or(u32::MAX),
        unknown_since,
        deadline,
        destination: route.destination,
        message,
    }))
}

/// Nothing was heard of an attempt for too long.
fn give_up(entry: &mut Entry, scribe: &mut Scribe<'_>, at: &Circumstances<'_>) {
    let attempt = u32::try_from(entry.tried.len()).unwrap_or(u32::MAX);
    if let Some(applied) = outcome::give_up(entry, at) {
        scribe.outcome(entry, attempt, applied, None, at.now);
    }
}
