//! Changes of conditions: the one place where they are opened, escalated and ended, and their records written.

use super::announced::Announced;
use super::choices::{Choice, Choices};
use super::conditions;
use super::parcel::{Open, Parcel};
use super::signs::Signs;
use super::telling;
use super::view::View;
use crate::model::{Cause, Change, ConditionChange, ConditionKind, Count, Effect, Evidence, Level, Timestamp, World};

/// One parcel in the hands of the rules, at one instant and for one cause.
pub(super) struct Step<'a> {
    pub id: &'a str,
    pub parcel: &'a mut Parcel,
    pub announced: Option<&'a Announced>,
    pub choices: Option<&'a mut Choices>,
    /// None: this version has accepted no scan of it.
    pub signs: Option<&'a mut Signs>,
    pub world: &'a World,
    /// The logical instant of what is written.
    pub at: Timestamp,
    pub cause: Cause,
    /// `event_time` of the scan that is being applied.
    pub scan_time: Option<Timestamp>,
    pub out: &'a mut Vec<Effect>,
}

/// What a condition is opened with.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Opening {
    pub kind: ConditionKind,
    pub level: Level,
    pub limit: Timestamp,
    pub milestone: Option<u16>,
    pub refutable_until: Option<Timestamp>,
    pub since: Timestamp,
}

impl Opening {
    /// An opening by a limit, to be refuted by scans up to it.
    pub fn by_limit(kind: ConditionKind, level: Level, limit: Timestamp) -> Opening {
        Opening { kind, level, limit, milestone: None, refutable_until: Some(limit), since: limit }
    }

    /// An opening by a scan: its `event_time` is the limit.
    pub fn by_scan(kind: ConditionKind, level: Level, event_time: Timestamp) -> Opening {
        Opening::by_limit(kind, level, event_time)
    }
}

impl Step<'_> {
    /// The parcel as the rules look at it.
    pub fn view(&self) -> View<'_> {
        let (choices, signs) = (self.choices.as_deref(), self.signs.as_deref());
        View { parcel: self.parcel, announced: self.announced, choices, signs, rules: &self.world.rules }
    }

    /// Opens a condition, if versions that may still take the partition back can read it: otherwise it is passed over for good,
    /// since nobody is to be alarmed about it once they are gone.
    pub fn open(&mut self, opening: Opening) {
        let Opening { kind, level, limit, milestone, refutable_until, since } = opening;
        self.note_judged(kind, milestone);
        if !self.world.state_version.holds(kind) {
            return;
        }
        let promise = self.view().promise();
        let episode = self.parcel.next_episode(kind);
        let (untold, told) = (None, Vec::new());
        let is_instant = kind.is_instant();
        if is_instant {
            // One that waits to be told gives way: however long telling is closed, no more than one does.
            self.parcel.open.retain(|open| open.kind != kind);
        }
        self.parcel.open.push(Open {
            kind,
            episode,
            limit,
            level,
            milestone,
            promise,
            refutable_until,
            since,
            untold,
            told,
        });
        self.changed(self.parcel.open.len() - 1, Change::Opened, limit);
        // An instant is over as soon as it is told.
        if is_instant {
            self.parcel.open.pop_if(|open| open.untold.is_none());
        }
    }

    /// What is judged only once is remembered as judged.
    fn note_judged(&mut self, kind: ConditionKind, milestone: Option<u16>) {
        let signs = self.signs.as_deref_mut();
        match (kind, milestone, signs) {
            (ConditionKind::OverdueScan, Some(milestone), _) => {
                self.parcel.progress.overdue_opened = self.parcel.progress.overdue_opened.max(Some(milestone));
            }
            (ConditionKind::SkippedScan, Some(milestone), Some(signs)) => signs.judged_missing(milestone),
            (ConditionKind::SuspectSignature, _, Some(signs)) => {
                signs.delivered.iter_mut().for_each(|delivered| delivered.judged = true);
            }
            _ => {}
        }
    }

    /// Raises an open condition to a level whose limit has passed.
    pub fn escalate(&mut self, kind: ConditionKind, level: Level, limit: Timestamp) {
        let Some(index) = self.parcel.open.iter().position(|open| open.kind == kind) else { return };
        self.parcel.open[index].level = level;
        self.changed(index, Change::Escalated, limit);
    }

    /// Ends the open conditions of this kind.
    pub fn end(&mut self, kind: ConditionKind) {
        self.end_all(|open| open.kind == kind);
    }

    /// Ends the open conditions of this kind, which were true whatever the scan at hand says.
    pub fn clear(&mut self, kind: ConditionKind) {
        self.remove(|open| open.kind == kind, |_| Change::Cleared);
    }

    /// Ends the open conditions that `which` names, in the order of their opening: retracted where the scan at hand
    /// shows that one was never true, else cleared.
    pub fn end_all(&mut self, which: impl Fn(&Open) -> bool) {
        let scan_time = self.scan_time;
        self.remove(which, |open| {
            let refuted = scan_time.zip(open.refutable_until).is_some_and(|(scan, until)| scan <= until);
            if refuted { Change::Retracted } else { Change::Cleared }
        });
    }

    fn remove(&mut self, which: impl Fn(&Open) -> bool, change: impl Fn(&Open) -> Change) {
        let mut index = 0;
        while index < self.parcel.open.len() {
            let open = &self.parcel.open[index];
            if open.kind.is_instant() || !which(open) {
                index += 1;
                continue;
            }
            self.changed(index, change(open), open.limit);
            self.parcel.open.remove(index);
        }
    }

    /// Writes the change of an open condition, and sees to who is told.
    fn changed(&mut self, index: usize, change: Change, limit: Timestamp) {
        self.write(index, change, limit);
        telling::changed(self, index, change);
    }

    fn write(&mut self, index: usize, change: Change, limit: Timestamp) {
        let view = self.view();
        let open = &self.parcel.open[index];
        let last = self.parcel.stage.last.as_ref();
        let ending = matches!(change, Change::Cleared | Change::Retracted);
        let awaited = open.milestone.and_then(|milestone| view.milestone_hub(milestone));
        let held_by = if ending { None } else { conditions::held_by(open.kind, view) };
        let record = ConditionChange {
            parcel_id: self.id.to_owned(),
            journey: self.parcel.journey,
            condition: open.kind,
            change,
            level: open.level,
            episode: open.episode,
            at: self.at,
            limit,
            stage: self.parcel.stage.code(),
            hub: awaited.or(last.and_then(|last| last.hub.as_deref())).map(Into::into),
            merchant: self.announced.and_then(|announced| announced.merchant.as_deref()).map(Into::into),
            service: view.service().map(Into::into),
            promise: open.promise,
            cause: self.cause,
            held_by: held_by.map(|held_by| held_by.name().to_owned()),
            evidence: Evidence { milestone: open.milestone, scan_time: self.scan_time.filter(|_| ending) },
            choice: view.standing().map(Choice::standing),
        };
        let count = Count::Condition { kind: open.kind, change, level: open.level };
        self.out.push(Effect::Condition(Box::new(record)));
        self.out.push(Effect::Count(count));
    }
}
