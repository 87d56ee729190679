//! Plays a scenario: the tracker and the notifier of production on one clock, each limit at its own instant, every attempt
//! delivered at once.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use super::expectation::{Found, Told};
use super::file::Scenario;
use super::record::Happening;
use super::timeline::What;
use crate::model::{
    Attempt, Audience, Decision, Effect, Issued, Level, Notice, NoticeId, NoticeKind, Receipt, ReceiptKind,
    ReportedOutcome, Timestamp, World,
};
use crate::notify::{self, Notifier};
use crate::state::Machine;
use crate::track::Tracker;

/// What came of a parcel.
#[derive(Debug, Default)]
pub(super) struct Played {
    /// In the order of their instants.
    pub found: Vec<(Timestamp, Found)>,
    /// What was to be told and was not.
    pub silent: Vec<Silent>,
}

/// A decision not to tell somebody, or not yet.
#[derive(Debug)]
pub(super) struct Silent {
    pub at: Timestamp,
    pub audience: Audience,
    pub kind: NoticeKind,
    pub decision: Decision,
    pub reason: String,
}

/// Plays it in this world.
pub(super) fn play(scenario: &Scenario, world: &World) -> Played {
    let mut world = world.clone();
    if let Some(merchant) = &scenario.merchant {
        world.merchants = Arc::new(HashMap::from([(merchant.merchant.clone(), merchant.clone())]));
    }
    let mut stage = Stage::new(world);
    for line in &scenario.lines {
        if let What::Happens(happening) = &line.what {
            stage.pass(line.at);
            stage.happen(line.at, happening);
        }
    }
    if let Some(last) = scenario.lines.last() {
        let expects = matches!(last.what, What::Expected(Some(_)));
        stage.end(if expects { second(last.at) + Duration::from_millis(999) } else { last.at });
    }
    stage.played.found.sort_by_key(|(at, _)| *at);
    stage.played
}

/// The beginning of its second: as exactly as people are told, or expect something without naming milliseconds.
pub(super) fn second(at: Timestamp) -> Timestamp {
    Timestamp::from_millis(at.as_millis().div_euclid(1000) * 1000)
}

/// Both machines.
struct Stage {
    world: World,
    now: Timestamp,
    tracker: Tracker,
    notifier: Notifier,
    issued: HashMap<NoticeId, Issued>,
    played: Played,
}

impl Stage {
    fn new(world: World) -> Stage {
        let (mut tracker, mut notifier) = (Tracker::default(), Notifier::default());
        tracker.restored(&world);
        tracker.set_open(true);
        notifier.restored(&world);
        notifier.set_open(true);
        Stage { world, now: Timestamp::MIN, tracker, notifier, issued: HashMap::new(), played: Played::default() }
    }

    /// Lets both machines' limits before `to` pass.
    fn pass(&mut self, to: Timestamp) {
        loop {
            let next = self.tracker.poll_timeout().into_iter().chain(self.notifier.poll_timeout()).min();
            let Some(limit) = next.filter(|limit| *limit < to) else { return };
            self.turn(limit);
        }
    }

    /// Lets the limits of an instant pass, which is when time is later.
    fn turn(&mut self, limit: Timestamp) {
        // What was asked for or decided meanwhile may be due since long ago; time never goes back.
        let now = limit.next().max(self.now);
        let limit = limit.max(self.now);
        self.now = now;
        let mut effects = Vec::new();
        self.tracker.handle_timeout(now, usize::MAX, &self.world, &mut effects);
        self.tracked(now, effects);
        let mut effects = Vec::new();
        self.notifier.handle_timeout(now, usize::MAX, &self.world, &mut effects);
        self.notified(limit, now, effects);
    }

    fn happen(&mut self, now: Timestamp, happening: &Happening) {
        self.now = now;
        let mut effects = Vec::new();
        match happening {
            Happening::Record(input) => {
                self.tracker.handle(now, input.clone(), &self.world, &mut effects);
                self.tracked(now, effects);
            }
            Happening::Prefers { person, record } => {
                let preference = Happening::preference(person, record, &self.world.hash_key);
                preference.into_iter().for_each(|input| self.notifier.handle(now, input, &self.world, &mut effects));
                self.notified(now, now, effects);
            }
        }
    }

    /// Lets time pass up to `at`, where what the last records made pass takes effect. A limit at `at` has not passed.
    fn end(&mut self, at: Timestamp) {
        self.pass(at);
        let mut effects = Vec::new();
        self.tracker.finish_instant(at, usize::MAX, &self.world, &mut effects);
        self.tracked(at, effects);
        let mut effects = Vec::new();
        self.notifier.handle_timeout(at.next(), usize::MAX, &self.world, &mut effects);
        self.notified(at, at.next(), effects);
    }

    /// Takes what the tracker asks for; notices go to the notifier.
    fn tracked(&mut self, now: Timestamp, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Condition(change) => self.played.found.push((change.at, Found::Change(change))),
                Effect::Notice { key, notice } => {
                    if let Notice::Issued(issued) = &notice {
                        self.issued.insert(issued.id.clone(), (**issued).clone());
                    }
                    let mut effects = Vec::new();
                    let notice = notify::Input::Notice { key, notice };
                    self.notifier.handle(now, notice, &self.world, &mut effects);
                    self.notified(now, now, effects);
                }
                _ => {}
            }
        }
        self.tracker.committed();
    }

    /// Takes what the notifier asks for. `at`: the limit that passed, which is when somebody was told.
    fn notified(&mut self, at: Timestamp, now: Timestamp, effects: Vec<Effect>) {
        let mut effects = effects;
        while !effects.is_empty() {
            let mut more = Vec::new();
            for effect in effects {
                match effect {
                    Effect::Attempt(attempt) => {
                        self.played.found.push((second(at), Found::Told(self.told(&attempt))));
                        let delivered = notify::Input::Receipt(Box::new(delivered(*attempt, now)));
                        self.notifier.handle(now, delivered, &self.world, &mut more);
                    }
                    Effect::Delivery(delivery) if delivery.decision != Decision::Sent => {
                        let issued = self.issued.get(&delivery.notice_id);
                        self.played.silent.extend(issued.map(|issued| Silent {
                            at: second(at),
                            audience: issued.audience,
                            kind: issued.kind,
                            decision: delivery.decision,
                            reason: delivery.reason.clone().unwrap_or_default(),
                        }));
                    }
                    _ => {}
                }
            }
            effects = more;
        }
        self.notifier.committed();
    }

    /// Who is told of what. What the tracker has not issued is a digest, which the notifier makes.
    fn told(&self, attempt: &Attempt) -> Told {
        let channel = attempt.channel();
        match self.issued.get(&attempt.notice_id) {
            Some(issued) => Told { audience: issued.audience, kind: issued.kind, level: issued.level, channel },
            None => {
                let is_merchants = attempt.recipient_key.as_str().starts_with("merchant:");
                let audience = if is_merchants { Audience::Merchant } else { Audience::HubOps };
                Told { audience, kind: NoticeKind::Digest, level: Level::Info, channel }
            }
        }
    }
}

fn delivered(attempt: Attempt, at: Timestamp) -> Receipt {
    let (channel, number) = (attempt.channel(), attempt.attempt);
    let (key, id) = (attempt.recipient_key, attempt.notice_id);
    Receipt::new(ReceiptKind::Outcome, key, id, channel, number, ReportedOutcome::Delivered, at)
}
