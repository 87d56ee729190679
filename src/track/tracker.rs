//! The state machine of a partition's parcels.

use super::announced::Announced;
use super::choices::Choices;
use super::due::{self, Due, Fate, Phase, Turn, What};
use super::gate::Gate;
use super::input::Input;
use super::parcel::Parcel;
use super::settling::Settling;
use super::signs::{Mark, Signs};
use super::stages::Stages;
use super::step::Step;
use super::telling;
use super::timers::Timers;
use super::view::View;
use crate::model::{Cause, Count, Effect, Timestamp, World};
use crate::state::{Machine, Table, Tables};

/// Every parcel of a partition: its state, its timers, and what is judged of it.
#[derive(Default)]
pub struct Tracker {
    pub(super) parcels: Table<Parcel>,
    pub(super) announced: Table<Announced>,
    pub(super) choices: Table<Choices>,
    /// Until when the runtime lets nobody be told; nothing is decided by it here.
    pub settling: Settling,
    pub(super) signs: Table<Signs>,
    timers: Timers,
    stages: Stages,
    telling: Gate,
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
            Input::Reroute { record, malformed } => self.reroute(now, &record, &malformed, world, out),
        }
        self.mark_signs(&id);
        self.stages.add(self.parcels.get(&id));
        self.requeue(&id, world);
    }

    fn handle_timeout(&mut self, now: Timestamp, max: usize, world: &World, out: &mut Vec<Effect>) -> usize {
        let queued = self.queue_withheld(now, max, world);
        let before = Turn { instant: now, phase: Phase::Made };
        queued + self.pass(before, Pass::Time(now), max - queued, world, out)
    }

    fn poll_timeout(&self) -> Option<Timestamp> {
        if self.telling.has_backlog() {
            return Some(Timestamp::MIN);
        }
        self.timers.first().map(|turn| turn.instant)
    }

    fn set_open(&mut self, open: bool) {
        self.telling.set(open);
    }

    fn tables(&mut self) -> Tables<'_> {
        // Appended one after the other: a log without the later ones reads as it did.
        let Tracker { parcels, announced, choices, settling, signs, .. } = self;
        vec![parcels, announced, choices, &mut settling.table, signs]
    }

    fn restored(&mut self, world: &World) {
        self.timers.clear();
        self.telling.clear();
        self.stages = Stages::default();
        self.drop_stale_signs();
        let ids: Vec<Box<str>> = self.parcels.iter().map(|(id, _)| id.into()).collect();
        for id in ids {
            self.stages.add(self.parcels.get(&id));
            self.requeue(&id, world);
        }
    }

    fn committed(&mut self) {
        self.telling.committed();
        self.parcels.commit();
        self.announced.commit();
        self.choices.commit();
        self.settling.table.commit();
        self.signs.commit();
    }

    fn aborted(&mut self, world: &World) {
        self.telling.aborted();
        for id in self.parcels.touched() {
            self.stages.remove(self.parcels.get(id));
        }
        let mut touched = self.parcels.abort();
        for id in &touched {
            self.stages.add(self.parcels.get(id));
        }
        touched.extend(self.announced.abort());
        touched.extend(self.choices.abort());
        self.settling.table.abort();
        touched.extend(self.signs.abort());
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
        // What the last record itself made pass cannot be told apart from what the rules did; telling nobody is the lesser evil.
        self.pass(Turn { instant: saved, phase: Phase::Tell }, Pass::Rules(saved), max, world, out)
    }

    /// Lets the parcel's signs say what they were derived from.
    fn mark_signs(&mut self, id: &str) {
        let (Some(parcel), Some(signs)) = (self.parcels.get(id), self.signs.get(id)) else { return };
        let mark = Mark::of(parcel, self.announced.get(id));
        if signs.mark != mark
            && let Some(signs) = self.signs.get_mut(id)
        {
            signs.mark = mark;
        }
    }

    /// Versions that do not know the table have gone on with its parcels meanwhile, or forgotten them.
    fn drop_stale_signs(&mut self) {
        let Tracker { parcels, announced, signs, .. } = self;
        let fits = |id: &str, parcel, signs: &Signs| signs.mark == Mark::of(parcel, announced.get(id));
        signs.drop_restored(|id, signs| parcels.get(id).is_some_and(|parcel| fits(id, parcel, signs)));
    }

    /// How many parcels are in each stage, by the stage's label; every label is there from the start.
    pub fn stage_counts(&self) -> impl Iterator<Item = (&'static str, usize)> {
        self.stages.counts()
    }

    /// After telling opened: queues what was withheld, at most `max`.
    fn queue_withheld(&mut self, now: Timestamp, max: usize, world: &World) -> usize {
        let mut queued = 0;
        while queued < max
            && let Some(id) = self.telling.release(now)
        {
            self.requeue(&id, world);
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
        let late_since = if due.what == What::Tell { self.telling.tell(id) } else { None };
        let late_since = late_since.unwrap_or(Timestamp::MIN);
        let announced = self.announced.get(id);
        let (choices, signs) = (self.choices.get_mut(id), self.signs.get_mut(id));
        let Some(parcel) = self.parcels.get_mut(id) else { return };
        self.stages.remove(Some(parcel));
        let step = &mut Step { id, parcel, announced, choices, signs, world, at, cause, scan_time: None, out };
        match due::pass(step, due.what, late_since) {
            Fate::Stays => {
                self.stages.add(Some(parcel));
                self.requeue(id, world);
            }
            Fate::Forgotten => {
                self.parcels.remove(id);
                self.announced.remove(id);
                self.choices.remove(id);
                self.signs.remove(id);
                self.telling.withhold(id, false);
            }
        }
    }

    fn next(&self, id: &str, world: &World) -> Option<Due> {
        let parcel = self.parcels.get(id)?;
        due::next(self.view(id, parcel, world), self.telling.is_open())
    }

    /// A parcel with everything that is kept of it.
    pub(super) fn view<'a>(&'a self, id: &str, parcel: &'a Parcel, world: &'a World) -> View<'a> {
        let (announced, choices, signs) = (self.announced.get(id), self.choices.get(id), self.signs.get(id));
        View { parcel, announced, choices, signs, rules: &world.rules }
    }

    /// Puts the parcel's entry where it belongs, if that is earlier than where it is; remembers what is withheld.
    fn requeue(&mut self, id: &str, world: &World) {
        self.timers.set(id, self.next(id, world).map(|due| due.turn));
        if !self.telling.is_open() {
            let untold = self.parcels.get(id).and_then(|parcel| telling::untold(parcel, self.choices.get(id)));
            self.telling.withhold(id, untold.is_some());
        }
    }
}
