//! The state machine of a partition's parcels.

use super::announced::Announced;
use super::due::{self, Phase, Turn};
use super::input::{Input, Reroute, RerouteChange, Scan, Shipment};
use super::parcel::Parcel;
use super::shipments::Announcement;
use super::stages::Stages;
use super::step::Step;
use super::timers::Timers;
use super::view::View;
use super::{conditions, ends, scans, shipments};
use crate::model::{Cause, Count, Effect, RerouteOutcome, Timestamp, World};
use crate::state::{Machine, Table, Tables};

/// Every parcel of a partition: its state, its timers, and what is judged of it.
#[derive(Default)]
pub struct Tracker {
    pub(super) parcels: Table<Parcel>,
    pub(super) announced: Table<Announced>,
    timers: Timers,
    stages: Stages,
    /// Whether notices may be issued.
    open: bool,
}

impl Machine for Tracker {
    type Input = Input;

    fn handle(&mut self, now: Timestamp, input: Input, world: &World, out: &mut Vec<Effect>) {
        let id = input.parcel_id().to_owned();
        self.stages.remove(self.parcels.get(&id));
        match input {
            Input::Scan(scan) => self.scan(now, &scan, world, out),
            Input::Shipment(shipment) => self.shipment(now, &shipment, world, out),
            Input::Reroute(reroute) => self.reroute(now, &reroute, world, out),
        }
        self.stages.add(self.parcels.get(&id));
        self.requeue(&id, world);
    }

    fn handle_timeout(&mut self, now: Timestamp, max: usize, world: &World, out: &mut Vec<Effect>) -> usize {
        self.pass(Turn { instant: now, phase: Phase::Made }, now, max, world, out)
    }

    fn poll_timeout(&self) -> Option<Timestamp> {
        self.timers.first().map(|turn| turn.instant)
    }

    fn set_open(&mut self, open: bool) {
        self.open = open;
    }

    fn tables(&mut self) -> Tables<'_> {
        vec![&mut self.parcels, &mut self.announced]
    }

    fn restored(&mut self, world: &World) {
        self.timers.clear();
        self.stages = Stages::default();
        for (id, parcel) in self.parcels.iter() {
            let view = View { parcel, announced: self.announced.get(id), rules: &world.rules };
            self.timers.set(id, due::next(view).map(|due| due.turn));
            self.stages.add(Some(parcel));
        }
    }

    fn committed(&mut self) {
        self.parcels.commit();
        self.announced.commit();
    }

    fn aborted(&mut self, world: &World) {
        for id in self.parcels.touched() {
            self.stages.remove(self.parcels.get(id));
        }
        let mut touched = self.parcels.abort();
        for id in &touched {
            self.stages.add(self.parcels.get(id));
        }
        touched.extend(self.announced.abort());
        for id in touched {
            self.requeue(&id, world);
        }
    }
}

impl Tracker {
    /// Lets pass what the records of the instant `now` made pass, though time does not move beyond it: the end of a
    /// history. Returns how many, at most `max`.
    pub fn finish_instant(&mut self, now: Timestamp, max: usize, world: &World, out: &mut Vec<Effect>) -> usize {
        self.pass(Turn { instant: now, phase: Phase::Natural }, now, max, world, out)
    }

    /// How many parcels are in each stage, by the stage's label; every label is there from the start.
    pub fn stage_counts(&self) -> impl Iterator<Item = (&'static str, usize)> {
        self.stages.counts()
    }

    fn scan(&mut self, now: Timestamp, scan: &Scan, world: &World, out: &mut Vec<Effect>) {
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

    fn shipment(&mut self, now: Timestamp, shipment: &Shipment, world: &World, out: &mut Vec<Effect>) {
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
        shipments::apply(step, shipment, route_changed);
    }

    fn reroute(&mut self, now: Timestamp, reroute: &Reroute, world: &World, out: &mut Vec<Effect>) {
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

    /// Lets pass what has its turn before `before`, at most `max`, earliest first.
    fn pass(&mut self, before: Turn, now: Timestamp, max: usize, world: &World, out: &mut Vec<Effect>) -> usize {
        let mut passed = 0;
        while passed < max {
            let Some((turn, id)) = self.timers.pop(before) else { break };
            passed += 1;
            let view = self.parcels.get(&id).map(|parcel| self.view(&id, parcel, world));
            match view.and_then(due::next) {
                Some(due) if due.turn == turn => self.pass_one(&id, due, now, world, out),
                // A record has moved it later.
                Some(due) => self.timers.set(&id, Some(due.turn)),
                None => {}
            }
        }
        passed
    }

    fn pass_one(&mut self, id: &str, due: due::Due, now: Timestamp, world: &World, out: &mut Vec<Effect>) {
        let at = due.turn.at();
        out.push(Effect::Count(Count::TimerFired { lateness: now.since(at) }));
        let announced = self.announced.get(id);
        let Some(parcel) = self.parcels.get_mut(id) else { return };
        self.stages.remove(Some(parcel));
        let step = &mut Step { id, parcel, announced, world, at, cause: Cause::Timer, scan_time: None, out };
        if due::pass(step, due.what) {
            self.parcels.remove(id);
            self.announced.remove(id);
        } else {
            self.stages.add(Some(parcel));
            self.requeue(id, world);
        }
    }

    fn view<'a>(&'a self, id: &str, parcel: &'a Parcel, world: &'a World) -> View<'a> {
        View { parcel, announced: self.announced.get(id), rules: &world.rules }
    }

    /// Puts the parcel's entry where it belongs, if that is earlier than where it is.
    fn requeue(&mut self, id: &str, world: &World) {
        let turn = self.parcels.get(id).and_then(|parcel| due::next(self.view(id, parcel, world))).map(|due| due.turn);
        self.timers.set(id, turn);
    }
}

fn count_malformed(fields: &[&'static str], out: &mut Vec<Effect>) {
    out.extend(fields.iter().map(|field| Effect::Count(Count::MalformedField { field })));
}
