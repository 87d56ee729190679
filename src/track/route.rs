//! A parcel's way along its route (rules.md, "Route"): which scan is which milestone, and what is due.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::input::Milestone;
use crate::model::{Code, Timestamp};

/// Which milestones were scanned.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Progress {
    /// `returning` or `forwarded` ended the route: nothing is due until there is a new one.
    pub over: bool,
    /// The milestones that were scanned, by index, with the `event_time` of the first scan.
    scanned: Vec<(u16, Timestamp)>,
    /// `event_time` of the newest last-mile scan that stands for all milestones that are not last mile.
    stood: Option<Timestamp>,
    /// The furthest milestone for which `overdue_scan` was opened: it has one episode for each.
    pub overdue_opened: Option<u16>,
}

/// What a scan meant for the route.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Matched {
    /// The milestone that it is the first scan of.
    pub milestone: Option<usize>,
    /// It stands for every milestone that is not last mile.
    pub stands: bool,
}

/// The milestone that is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Due {
    pub milestone: u16,
    pub at: Timestamp,
}

impl Progress {
    /// Takes in a scan.
    pub fn apply(&mut self, route: &[Milestone], code: Code, hub: Option<&str>, event_time: Timestamp) -> Matched {
        if self.over {
            return Matched::default();
        }
        let milestone = self.milestone_of(route, code, hub, event_time);
        if let Some(index) = milestone {
            // A decoded route is short enough for any index of it.
            self.scanned.push((index as u16, event_time));
        }
        let stands = code.is_last_mile() && self.furthest().is_none_or(|(_, furthest)| event_time >= furthest);
        if stands {
            self.stood = self.stood.max(Some(event_time));
        }
        Matched { milestone, stands }
    }

    /// The first unscanned milestone of the scan's code and hub: after the furthest scanned one if the scan is not
    /// older than that, else (or if there is none) before it.
    fn milestone_of(&self, route: &[Milestone], code: Code, hub: Option<&str>, event_time: Timestamp) -> Option<usize> {
        let fits = |&index: &usize| {
            let milestone = &route[index];
            milestone.code == code
                && (milestone.hub.is_none() || hub.is_none() || milestone.hub.as_deref() == hub)
                && !self.is_scanned(index)
        };
        let Some((furthest, scanned_at)) = self.furthest() else { return (0..route.len()).find(fits) };
        let after = || (furthest + 1..route.len()).find(fits);
        let before = || (0..furthest).find(fits);
        if event_time >= scanned_at { after().or_else(before) } else { before() }
    }

    /// `event_time` of the first scan of a milestone.
    pub fn scanned_at(&self, index: usize) -> Option<Timestamp> {
        self.scanned.iter().find(|(scanned, _)| usize::from(*scanned) == index).map(|(_, at)| *at)
    }

    fn is_scanned(&self, index: usize) -> bool {
        self.scanned_at(index).is_some()
    }

    /// The furthest scanned milestone.
    fn furthest(&self) -> Option<(usize, Timestamp)> {
        self.scanned.iter().max().map(|(index, at)| (usize::from(*index), *at))
    }

    /// The milestone after the furthest (scanned or stood for) and when it is due; `start` is when the parcel was
    /// shipped.
    pub fn due(&self, route: &[Milestone], start: Timestamp) -> Option<Due> {
        if self.over {
            return None;
        }
        let scanned = self.furthest().map_or((0, start), |(index, at)| (index + 1, at));
        let stood = self.stood.map(|at| (Progress::stood_for(route), at));
        let (next, previous) = stood.filter(|stood| stood.0 >= scanned.0).unwrap_or(scanned);
        let within = Duration::from_millis(route.get(next)?.within_ms?);
        Some(Due { milestone: u16::try_from(next).ok()?, at: previous + within })
    }

    /// The milestones before `before` that were not scanned.
    pub fn missing(&self, before: usize) -> impl Iterator<Item = u16> {
        // A decoded route is short enough for any index of it.
        (0..before).filter(|&index| !self.is_scanned(index)).map(|index| index as u16)
    }

    /// The milestones that were passed by: not scanned, and a later one was, or a last-mile scan stood for them.
    pub fn passed_by(&self, route: &[Milestone]) -> impl Iterator<Item = u16> {
        let furthest = self.furthest().map_or(0, |(index, _)| index);
        let stood_for = self.stood.map_or(0, |_| Progress::stood_for(route));
        self.missing(furthest.max(stood_for))
    }

    /// The milestone after those that a last-mile scan stands for.
    pub fn stood_for(route: &[Milestone]) -> usize {
        route.iter().rposition(|milestone| !milestone.code.is_last_mile()).map_or(0, |last| last + 1)
    }
}
