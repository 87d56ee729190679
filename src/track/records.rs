//! From a record to the parcel that it is about: entries are made, found and left, then `scans`, `shipments` and the rules
//! take over.

use super::announced::Announced;
use super::choices::{self, Choices};
use super::input::{Scan, Shipment};
use super::parcel::Parcel;
use super::shipments::Announcement;
use super::signs::Signs;
use super::step::Step;
use super::tracker::Tracker;
use super::{ends, scans, shipments};
use crate::model::{Cause, Count, Effect, Reroute, RerouteChange, RerouteOutcome, Timestamp, World};

impl Tracker {
    pub(super) fn scan(&mut self, now: Timestamp, scan: &Scan, world: &World, out: &mut Vec<Effect>) {
        count_malformed(&scan.malformed, out);
        if let Some(correction) = scan.corrected {
            let hub = scan.hub().map(Into::into);
            out.push(Effect::Count(Count::CorrectedTime { hub, why: correction.name() }));
        }
        let id = &scan.parcel_id;
        let announced = self.announced.get(id);
        let choices = self.choices.get_mut(id);
        let unknown_since = announced.is_none().then_some(now);
        let parcel = self.parcels.entry(id, || Parcel { unknown_since, ..Parcel::new(now) });
        let route = announced.map(Announced::milestones).unwrap_or_default();
        let signs = Some(self.signs.entry(id, || Signs::judged(parcel, route)));
        let mut step = Step {
            id,
            parcel,
            announced,
            choices,
            signs,
            world,
            at: now,
            cause: Cause::Scan,
            scan_time: Some(scan.event_time),
            out,
        };
        let outcome = scans::apply(&mut step, scan);
        out.push(Effect::Count(Count::Scan { code: scan.code(), outcome }));
    }

    pub(super) fn shipment(&mut self, now: Timestamp, shipment: &Shipment, world: &World, out: &mut Vec<Effect>) {
        count_malformed(&shipment.malformed, out);
        let id = &shipment.parcel_id;
        let announcement = Announcement::of(shipment, self.parcels.get(id), self.announced.get(id));
        out.push(Effect::Count(Count::Shipment(announcement.outcome())));
        let (announced, after) = match announcement {
            Announcement::Ignored => {
                if let Some(parcel) = self.parcels.get_mut(id) {
                    parcel.record = now;
                }
                return;
            }
            Announcement::First { announced, after } => (announced, after),
            Announcement::Changed(announced) => (announced, None),
        };
        let before = self.announced.get(id).filter(|_| after.is_none());
        let route_changed = shipment.route.is_some() && before.is_none_or(|before| before.route != announced.route);
        let was_shell = before.is_none();
        let unchanged = before == Some(&announced);
        let parcel = self.parcels.entry(id, || Parcel::new(now));
        if let Some(end) = after {
            let (announced, choices) = (self.announced.get(id), self.choices.get_mut(id));
            let signs = self.signs.get_mut(id);
            let step = &mut Step {
                id,
                parcel,
                announced,
                choices,
                signs,
                world,
                at: now,
                cause: Cause::Shipment,
                scan_time: None,
                out,
            };
            ends::close(step);
            *parcel = parcel.next_journey(end, now);
            self.choices.remove(id);
            self.signs.remove(id);
        }
        parcel.record = now;
        if !unchanged {
            self.announced.remove(id);
            self.announced.entry(id, || announced);
        }
        let (announced, choices) = (self.announced.get(id), self.choices.get_mut(id));
        let signs = if route_changed && !parcel.history.accepted().is_empty() {
            // The scans are matched to it, also those that another version accepted.
            Some(self.signs.entry(id, || Signs::judged(parcel, &[])))
        } else {
            self.signs.get_mut(id)
        };
        let (at, cause) = (now, Cause::Shipment);
        let step = &mut Step { id, parcel, announced, choices, signs, world, at, cause, scan_time: None, out };
        shipments::apply(step, shipment, was_shell, route_changed);
    }

    pub(super) fn reroute(
        &mut self,
        now: Timestamp,
        record: &Reroute,
        malformed: &[&'static str],
        world: &World,
        out: &mut Vec<Effect>,
    ) {
        count_malformed(malformed, out);
        let outcome = self.apply_reroute(now, record, world, out);
        out.push(Effect::Count(Count::Reroute { option: record.option, outcome }));
    }

    /// A choice about another journey is about somebody else's parcel: nobody is told of it.
    fn apply_reroute(
        &mut self,
        now: Timestamp,
        record: &Reroute,
        world: &World,
        out: &mut Vec<Effect>,
    ) -> RerouteOutcome {
        let id = &record.parcel_id;
        let announced = self.announced.get(id);
        let Some(parcel) = self.parcels.get(id) else { return RerouteOutcome::Ignored };
        let is_answer = matches!(record.change, RerouteChange::Accepted | RerouteChange::Refused);
        let takes_links_back = record.change == RerouteChange::Revoked;
        let of_this_journey =
            record.journey == parcel.journey || record.journey == 0 && (is_answer || takes_links_back);
        // An end lets a choice be refused, with a word to its chooser; nothing else can still become of one.
        let outlives = !record.change.is_of_choice() || record.change == RerouteChange::Requested;
        let concerned = of_this_journey && (parcel.is_live() || outlives);
        if !concerned || announced.is_none() && !is_answer {
            return RerouteOutcome::Ignored;
        }
        let choices = match record.change {
            RerouteChange::Requested | RerouteChange::Revoked => Some(self.choices.entry(id, Choices::default)),
            _ => self.choices.get_mut(id),
        };
        let Some(parcel) = self.parcels.get_mut(id) else { return RerouteOutcome::Ignored };
        let signs = self.signs.get_mut(id);
        let (at, cause) = (now, Cause::Reroute);
        let step = &mut Step { id, parcel, announced, choices, signs, world, at, cause, scan_time: None, out };
        let outcome = choices::apply(step, record);
        // What changes nothing keeps no parcel from expiring.
        let changes = !matches!(outcome, RerouteOutcome::Repeat | RerouteOutcome::Unknown | RerouteOutcome::Ignored);
        if changes && step.parcel.is_live() {
            step.parcel.record = now;
        }
        outcome
    }
}

fn count_malformed(fields: &[&'static str], out: &mut Vec<Effect>) {
    out.extend(fields.iter().map(|field| Effect::Count(Count::MalformedField { field })));
}
