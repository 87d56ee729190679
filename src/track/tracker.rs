//! The state machine of a partition's parcels.

use std::collections::BTreeSet;

use super::announced::Announced;
use super::due::{self, Due, Fate, Phase, Turn, What};
use super::input::{Input, Reroute, RerouteChange, Scan, Shipment};
use super::parcel::Parcel;
use super::shipments::Announcement;
use super::stages::Stages;
use super::step::Step;
use super::timers::Timers;
use super::view::View;
use super::{conditions, ends, scans, shipments, telling};
use crate::model::{Cause, Count, Effect, RerouteOutcome, Timestamp, World};
use crate::state::{Machine, Table, Tables};

/// Every parcel of a partition: its state, its timers, and what is judged of it.
#[derive(Default)]
pub struct Tracker {
    pub(super) parcels: Table<Parcel>,
    pub(super) announced: Table<Announced>,
    timers: Timers,
    stages: Stages,
    telling: Gate,
}

/// Whether notices may be issued.
#[derive(Default)]
struct Gate {
    open: bool,
    /// When it opened, once time was seen after that.
    opened: Option<Timestamp>,
    /// Parcels with something to be told, while it is closed and until they are queued after it opened.
    withheld: BTreeSet<Box<str>>,
    /// Those that were queued late, until they are told and that is committed.
    late: BTreeSet<Box<str>>,
    /// Those of them that were told since the last commit.
    told: Vec<Box<str>>,
}

impl Gate {
    /// From when a parcel's notices are of use, if not from what they tell.
    fn late_since(&self, id: &str) -> Timestamp {
        self.opened.filter(|_| self.late.contains(id)).unwrap_or(Timestamp::MIN)
    }
}

/// Why limits are looked at.
#[derive(Clone, Copy)]
enum Pass {
    /// Time has come to this instant.
    Time(Timestamp),
    /// The rules are others than those by which the state was judged up to this instant.
    Rules(Timestamp),
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
        let queued = self.queue_withheld(now, max, world);
        let before = Turn { instant: now, phase: Phase::Made };
        queued + self.pass(before, Pass::Time(now), max - queued, world, out)
    }

    fn poll_timeout(&self) -> Option<Timestamp> {
        if self.telling.open && !self.telling.withheld.is_empty() {
            return Some(Timestamp::MIN);
        }
        self.timers.first().map(|turn| turn.instant)
    }

    fn set_open(&mut self, open: bool) {
        if open != self.telling.open {
            self.telling.open = open;
            self.telling.opened = None;
            self.telling.late.clear();
        }
    }

    fn tables(&mut self) -> Tables<'_> {
        vec![&mut self.parcels, &mut self.announced]
    }

    fn restored(&mut self, world: &World) {
        self.timers.clear();
        self.telling.withheld.clear();
        self.telling.late.clear();
        self.stages = Stages::default();
        let ids: Vec<Box<str>> = self.parcels.iter().map(|(id, _)| id.into()).collect();
        for id in ids {
            self.stages.add(self.parcels.get(&id));
            self.requeue(&id, world);
        }
    }

    fn committed(&mut self) {
        for id in self.telling.told.drain(..) {
            self.telling.late.remove(&id);
        }
        self.parcels.commit();
        self.announced.commit();
    }

    fn aborted(&mut self, world: &World) {
        self.telling.told.clear();
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
    /// history. Returns how many, at most `max`; fewer mean that nothing is left.
    pub fn finish_instant(&mut self, now: Timestamp, max: usize, world: &World, out: &mut Vec<Effect>) -> usize {
        self.pass(Turn { instant: now, phase: Phase::Natural }, Pass::Time(now), max, world, out)
    }

    /// To be called after `restored`, before anything else, where the saved [`fingerprint`](super::Rules::fingerprint) is not that of
    /// today's rules: what has passed by `saved`, the saved stream time, takes effect at that instant with the cause
    /// `rules` and is told to nobody. Returns how many, at most `max`; fewer mean that nothing is left.
    pub fn rules_changed(&mut self, saved: Timestamp, max: usize, world: &World, out: &mut Vec<Effect>) -> usize {
        self.pass(Turn { instant: saved, phase: Phase::Made }, Pass::Rules(saved), max, world, out)
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

    /// After telling opened: queues what was withheld, at most `max`.
    fn queue_withheld(&mut self, now: Timestamp, max: usize, world: &World) -> usize {
        if !self.telling.open {
            return 0;
        }
        self.telling.opened.get_or_insert(now);
        let mut queued = 0;
        while queued < max
            && let Some(id) = self.telling.withheld.pop_first()
        {
            self.requeue(&id, world);
            self.telling.late.insert(id);
            queued += 1;
        }
        queued
    }

    /// Lets pass what has its turn before `before`, at most `max`, earliest first.
    fn pass(&mut self, before: Turn, pass: Pass, max: usize, world: &World, out: &mut Vec<Effect>) -> usize {
        let mut passed = 0;
        while passed < max {
            let Some((turn, id)) = self.timers.pop(before) else { break };
            passed += 1;
            match self.next(&id, world) {
                Some(due) if due.turn == turn => self.pass_one(&id, due, pass, world, out),
                // A record has moved it later, or it waits for telling to open.
                _ => self.requeue(&id, world),
            }
        }
        passed
    }

    fn pass_one(&mut self, id: &str, due: Due, pass: Pass, world: &World, out: &mut Vec<Effect>) {
        let (at, cause) = match pass {
            Pass::Time(_) => (due.turn.at(), Cause::Timer),
            Pass::Rules(saved) => (saved, Cause::Rules),
        };
        if let Pass::Time(now) = pass
            && due.what != What::Tell
        {
            out.push(Effect::Count(Count::TimerFired { lateness: now.since(at) }));
        }
        let late_since = self.telling.late_since(id);
        if due.what == What::Tell && late_since > Timestamp::MIN {
            self.telling.told.push(id.into());
        }
        let announced = self.announced.get(id);
        let Some(parcel) = self.parcels.get_mut(id) else { return };
        self.stages.remove(Some(parcel));
        let step = &mut Step { id, parcel, announced, world, at, cause, scan_time: None, out };
        match due::pass(step, due.what, late_since) {
            Fate::Stays => {
                self.stages.add(Some(parcel));
                self.requeue(id, world);
            }
            Fate::Forgotten => {
                self.parcels.remove(id);
                self.announced.remove(id);
                self.telling.withheld.remove(id);
            }
        }
    }

    fn next(&self, id: &str, world: &World) -> Option<Due> {
        let parcel = self.parcels.get(id)?;
        due::next(View { parcel, announced: self.announced.get(id), rules: &world.rules }, self.telling.open)
    }

    /// Puts the parcel's entry where it belongs, if that is earlier than where it is; remembers what is withheld.
    fn requeue(&mut self, id: &str, world: &World) {
        self.timers.set(id, self.next(id, world).map(|due| due.turn));
        if self.telling.open {
            return;
        }
        match self.parcels.get(id).and_then(telling::untold) {
            Some(_) => self.telling.withheld.insert(id.into()),
            None => self.telling.withheld.remove(id),
        };
    }
}

fn count_malformed(fields: &[&'static str], out: &mut Vec<Effect>) {
    out.extend(fields.iter().map(|field| Effect::Count(Count::MalformedField { field })));
}
