//! From a record to the parcel that it is about: entries are made, found and left, then `scans`, `shipments` and the rules
//! take over.

use super::input::{Reroute, RerouteChange, Scan, Shipment};
use super::parcel::Parcel;
use super::shipments::Announcement;
use super::step::Step;
use super::tracker::Tracker;
use super::{conditions, ends, scans, shipments};
use crate::model::{Cause, Count, Effect, RerouteOutcome, Timestamp, World};

impl Tracker {
    pub(super) fn scan(&mut self, now: Timestamp, scan: &Scan, world: &World, out: &mut Vec<Effect>) {
        count_malformed(&scan.malformed, out);
        if let Some(correction) = scan.corrected {
            let hub = scan.hub().map(Into::into);
            out.push(Effect::Count(Count::CorrectedTime { hub, why: correction.name() }));
        }
        let id = &scan.parcel_id;
        let announced = self.announced.get(id);
        let unknown_since = announced.is_none().then_some(now);
        let parcel = self.parcels.entry(id, || Parcel { unknown_since, ..Parcel::new(now) });
        let mut step =
            Step { id, parcel, announced, world, at: now, cause: Cause::Scan, scan_time: Some(scan.event_time), out };
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
            let announced = self.announced.get(id);
            let step =
                &mut Step { id, parcel, announced, world, at: now, cause: Cause::Shipment, scan_time: None, out };
            ends::close(step);
            *parcel = parcel.next_journey(end, now);
        }
        parcel.record = now;
        if !unchanged {
            self.announced.remove(id);
            self.announced.entry(id, || announced);
        }
        let announced = self.announced.get(id);
        let step = &mut Step { id, parcel, announced, world, at: now, cause: Cause::Shipment, scan_time: None, out };
        shipments::apply(step, shipment, was_shell, route_changed);
    }

    pub(super) fn reroute(&mut self, now: Timestamp, reroute: &Reroute, world: &World, out: &mut Vec<Effect>) {
        let id = &reroute.parcel_id;
        let concerned =
            self.parcels.get(id).is_some_and(|parcel| parcel.is_live() && parcel.journey == reroute.journey);
        let mut outcome = RerouteOutcome::Ignored;
        if concerned && let Some(parcel) = self.parcels.get_mut(id) {
            parcel.record = now;
            let open_before = parcel.open.len();
            let announced = self.announced.get(id);
            let step = &mut Step { id, parcel, announced, world, at: now, cause: Cause::Reroute, scan_time: None, out };
            if reroute.change == RerouteChange::Accepted {
                for rule in conditions::RULES {
                    rule.rerouted(step, &reroute.option);
                }
            }
            if step.parcel.open.len() != open_before {
                outcome = RerouteOutcome::Applied;
            }
        }
        out.push(Effect::Count(Count::Reroute(outcome)));
    }
}

fn count_malformed(fields: &[&'static str], out: &mut Vec<Effect>) {
    out.extend(fields.iter().map(|field| Effect::Count(Count::MalformedField { field })));
}
