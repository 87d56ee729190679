//! Carrying out what an operator decides about a storm, a thread at a time: what is held may be a hundred thousand
//! notices, and polling and commits go on meanwhile.
//!
//! A decision goes before everything else that is due, so that nothing that is held later is taken for what it concerns.

use super::{NOT_COUNTED, Ruling, Storm, Watch};
use crate::model::{Control, ControlAction, Count, Effect, Ignored, NoticeKind, Timestamp, World};
use crate::notify::machine::Notifier;
use crate::notify::reason::{Hold, Suppression};
use crate::notify::scribe::Scribe;
use crate::notify::thread::{Phase, Wait};

impl Notifier {
    /// The storms that are on, in the order of kinds.
    pub fn storms(&self) -> impl Iterator<Item = Storm> {
        self.breaker.storms()
    }

    /// Takes an operator's decision: the storm is over, and what it held is let go.
    pub(in crate::notify) fn control(&mut self, now: Timestamp, control: &Control, out: &mut Vec<Effect>) {
        let Control { id, action, kind, at, .. } = control;
        let breaker = &mut self.breaker;
        let known = breaker.table.get(kind.name());
        if known.is_some_and(|watch| watch.control == *id) {
            return out.push(Effect::Count(Count::Ignored(Ignored::RepeatedControl)));
        }
        // What was decided before this storm began is about another one: all decisions are read again where a version that does
        // not know their topic had the partition for a while.
        if known.and_then(|watch| watch.since).is_none_or(|since| *at < since) {
            return out.push(Effect::Count(Count::Ignored(Ignored::NoStorm)));
        }
        let ruling = Ruling { action: *action, at: now };
        let watch = breaker.table.entry(kind.name(), Watch::default);
        watch.control.clone_from(id);
        (watch.since, watch.ruling, watch.counts_from) = (None, Some(ruling), Some(now));
        breaker.rulings.insert(*kind, ruling);
    }

    /// The decision that is being carried out, and an instant that has passed when it was read.
    pub(in crate::notify) fn ruling(&self) -> Option<(Timestamp, NoticeKind)> {
        let (kind, ruling) = self.breaker.rulings.first_key_value()?;
        Some((Timestamp::from_millis(ruling.at.as_millis().saturating_sub(1)), *kind))
    }

    /// Carries out a decision for one more thread, or ends it.
    pub(in crate::notify) fn carry_out(&mut self, kind: NoticeKind, world: &World, out: &mut Vec<Effect>) {
        let Some(Ruling { action, at }) = self.breaker.rulings.get(&kind).copied() else { return };
        let Some(key) = self.breaker.held.first(kind).map(Box::<str>::from) else {
            self.breaker.rulings.remove(&kind);
            if let Some(watch) = self.breaker.table.get_mut(kind.name()) {
                watch.ruling = None;
            }
            return;
        };
        let entries = self.threads.get_mut(&key).into_iter().flat_map(|thread| &mut thread.entries);
        let mut scribe = Scribe::new(&key, out);
        for entry in entries.filter(|entry| entry.kind == kind && entry.waits_for() == Some(Wait::Storm)) {
            match action {
                ControlAction::Release => {
                    scribe.held(entry, Hold::Released, at);
                    entry.phase = Phase::Waiting { due: at, wait: Wait::Released };
                    entry.counted.get_or_insert(NOT_COUNTED);
                }
                ControlAction::Discard => scribe.suppress(entry, Suppression::StormDiscarded, at),
            }
        }
        self.touch(&key, at, world);
    }
}
