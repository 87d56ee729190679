//! The channels of one instance and whoever is at their other end: they take, refuse, ask for patience, break down, or time out before or after
//! they have accepted.
//!
//! In come attempts and cancellations of the instance's workers, which go through the production [`Gate`]; out go receipts. What always
//! holds here as in production: every attempt that is taken owes one receipt, unless the instance dies first.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use parcelwatch::channel::{Gate, Outcome};
use parcelwatch::model::{Attempt, Message, NoticeId, Receipt, ReceiptKind, ReportedOutcome};
use parcelwatch::stream::{Clock, Outbox};
use serde_json::Value;

use crate::brokers::Instance as Process;
use crate::dice::Dice;

/// How the other side treats attempts for now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weather {
    /// Everything is taken, at once.
    Calm,
    /// Everything is taken, some of it late.
    Fair,
    /// Anything may happen.
    Foul,
}

/// Of attempts that are taken so many in a thousand are kept waiting for longer than usual, by a crowded queue or a name that is not
/// resolved, unless the weather is calm. What arrives meanwhile meets them before they begin.
const KEPT_WAITING: u64 = 200;

/// How long at most: well past an attempt's deadline (`notify.claim_window`).
const KEPT_WAITING_MOST_MS: i64 = 25_000;

/// An attempt was handed out.
#[derive(Clone, Debug)]
pub struct Handed {
    pub notice_id: String,
    pub deadline: i64,
    /// The instance's own clock before it was claimed, when the first turn began in which it may have been.
    pub since: i64,
    /// Kept waiting for longer than usual.
    pub waits: bool,
}

/// An attempt's first byte went out.
#[derive(Clone, Debug)]
pub struct Begun {
    pub notice_id: String,
    pub recipient_key: String,
    /// When the notifier handed it out, in true milliseconds.
    pub handed: i64,
    pub attempt: u32,
    pub deadline: i64,
    /// By the instance's own clock.
    pub clock: i64,
    /// Whether the other side has it.
    pub arrived: bool,
    /// What a digest says, where it goes out as an event.
    pub digest: Option<Value>,
    pub instance: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Taken,
    Refused,
    Gone,
    Busy,
    Broken,
    LostBefore,
    LostAfter,
}

struct Waiting {
    attempt: Attempt,
    gate: Arc<Gate>,
    /// When it was handed out, in true milliseconds.
    handed: i64,
    /// As of [`Handed`].
    since: i64,
    /// When its turn comes, in true milliseconds; none before the driver has thrown the dice.
    begins: Option<i64>,
}

struct Running {
    attempt: Attempt,
    fate: Fate,
    ends: i64,
    began: i64,
}

#[derive(Default)]
struct Inner {
    waiting: Vec<Waiting>,
    running: Vec<Running>,
}

/// Where an instance's attempts go.
pub struct Channels {
    clock: Clock,
    /// It may die before any of its acts.
    process: Process,
    /// Since when the workers that are in the midst of a turn decide what is not committed, the innermost last; by the own clock.
    turning: Mutex<Vec<i64>>,
    inner: Mutex<Inner>,
}

impl Outbox for Channels {
    fn start(&self, attempt: Attempt) {
        if !self.process.may_act() {
            return;
        }
        let clock = self.clock.clone();
        let gate = Arc::new(Gate::new(attempt.deadline, Arc::new(move || clock.now())));
        let since = self.turning().last().copied().unwrap_or_default();
        self.lock().waiting.push(Waiting { attempt, gate, handed: self.process.true_ms(), since, begins: None });
    }

    fn withdrawn(&self, attempt: Attempt) {
        let notice = attempt.notice_id.clone();
        self.start(attempt);
        self.cancel(&notice);
    }

    fn cancel(&self, notice: &NoticeId) {
        if !self.process.may_act() {
            return;
        }
        for waiting in self.lock().waiting.iter().filter(|waiting| waiting.attempt.notice_id == *notice) {
            waiting.gate.withdraw();
        }
    }
}

impl Channels {
    /// Those of an instance with this clock.
    pub fn new(clock: Clock, process: Process) -> Channels {
        Channels { clock, process, turning: Mutex::default(), inner: Mutex::default() }
    }

    fn turning(&self) -> MutexGuard<'_, Vec<i64>> {
        self.turning.lock().expect("one thread")
    }

    /// A worker has its turn, which has decided since then what it hands out meanwhile.
    pub fn within_turn<T>(&self, decides_from: i64, turn: impl FnOnce() -> T) -> T {
        self.turning().push(decides_from);
        let done = turn();
        self.turning().pop();
        done
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().expect("one thread")
    }

    /// When something is to happen here next, in true milliseconds; now where attempts were just taken.
    pub fn next(&self) -> Option<i64> {
        let inner = self.lock();
        let begins = inner.waiting.iter().map(|waiting| waiting.begins.unwrap_or(0));
        begins.chain(inner.running.iter().map(|running| running.ends)).min()
    }

    /// How many attempts it has in hand.
    pub fn depth(&self) -> usize {
        let inner = self.lock();
        inner.waiting.len() + inner.running.len()
    }

    /// Throws the dice for what was taken since it was asked last.
    pub fn handed(&self, now: i64, weather: Weather, dice: &mut Dice) -> Vec<Handed> {
        let mut inner = self.lock();
        let mut handed = Vec::new();
        for waiting in inner.waiting.iter_mut().filter(|waiting| waiting.begins.is_none()) {
            // A queue in front of it, a name to be resolved, a connection to be opened.
            let waits = weather != Weather::Calm && dice.permille(KEPT_WAITING);
            waiting.begins = Some(now + dice.below(if waits { KEPT_WAITING_MOST_MS } else { 300 }));
            let (notice_id, deadline) =
                (waiting.attempt.notice_id.as_str().to_owned(), waiting.attempt.deadline.as_millis());
            handed.push(Handed { notice_id, deadline, since: waiting.since, waits });
        }
        handed
    }

    /// Does what is due: returns what has begun, and the receipts of what has ended.
    pub fn step(&self, now: i64, weather: Weather, instance: &str, dice: &mut Dice) -> (Vec<Begun>, Vec<Receipt>) {
        let (mut begun, mut receipts) = (Vec::new(), Vec::new());
        let mut inner = self.lock();
        let inner = &mut *inner;
        let due: Vec<Waiting> =
            inner.waiting.extract_if(.., |waiting| waiting.begins.is_some_and(|at| at <= now)).collect();
        for Waiting { attempt, gate, handed, .. } in due {
            match gate.pass() {
                Err(outcome) => receipts.push(self.receipt(&attempt, outcome, 0)),
                Ok(()) => {
                    let (fate, took) = fate(weather, dice);
                    begun.push(Begun {
                        notice_id: attempt.notice_id.as_str().to_owned(),
                        recipient_key: attempt.recipient_key.as_str().to_owned(),
                        handed,
                        attempt: attempt.attempt,
                        deadline: attempt.deadline.as_millis(),
                        clock: self.clock.now().as_millis(),
                        arrived: matches!(fate, Fate::Taken | Fate::LostAfter),
                        digest: digest(&attempt.message),
                        instance: instance.to_owned(),
                    });
                    inner.running.push(Running { attempt, fate, ends: now + took, began: now });
                }
            }
        }
        for Running { attempt, fate, began, .. } in inner.running.extract_if(.., |running| running.ends <= now) {
            receipts.push(self.receipt(&attempt, outcome(fate), now - began));
        }
        (begun, receipts)
    }

    /// The instance goes in an orderly way: what waits is given back, what runs is reported as it ends.
    pub fn shut(&self) -> Vec<Receipt> {
        let mut inner = self.lock();
        let waiting = std::mem::take(&mut inner.waiting);
        let running = std::mem::take(&mut inner.running);
        let waiting = waiting.iter().map(|waiting| self.receipt(&waiting.attempt, Outcome::retry("shutting down"), 0));
        let ran = running.iter().map(|running| self.receipt(&running.attempt, outcome(running.fate), 0));
        waiting.chain(ran).collect()
    }

    fn receipt(&self, attempt: &Attempt, outcome: Outcome, took: i64) -> Receipt {
        let (key, id, at) = (attempt.recipient_key.clone(), attempt.notice_id.clone(), self.clock.now());
        let new =
            |outcome| Receipt::new(ReceiptKind::Outcome, key, id, attempt.channel(), attempt.attempt, outcome, at);
        let took_ms = u64::try_from(took).ok();
        match outcome {
            Outcome::Delivered { provider_id } => Receipt { provider_id, took_ms, ..new(ReportedOutcome::Delivered) },
            Outcome::Retry { after, reason } => Receipt {
                retry_after_ms: after.map(|after| after.as_millis() as u64),
                reason: Some(reason.into()),
                took_ms,
                ..new(ReportedOutcome::Retry)
            },
            Outcome::Refused { reason, endpoint_gone, opted_out } => Receipt {
                reason: Some(reason.into()),
                endpoint_gone,
                opted_out,
                took_ms,
                ..new(ReportedOutcome::Refused)
            },
            Outcome::Unknown { after, reason } => Receipt {
                retry_after_ms: after.map(|after| after.as_millis() as u64),
                reason: Some(reason.into()),
                took_ms,
                ..new(ReportedOutcome::Unknown)
            },
        }
    }
}

/// What a digest says.
fn digest(message: &Message) -> Option<Value> {
    let Message::Json(event) = message else { return None };
    let event: Value = serde_json::from_str(event).expect("an event is JSON");
    (event["type"] == "parcelwatch.notice.digest").then(|| event["data"].clone())
}

fn fate(weather: Weather, dice: &mut Dice) -> (Fate, i64) {
    if weather != Weather::Foul {
        return (Fate::Taken, dice.between(5, 900));
    }
    match dice.below(1000) {
        0..500 => (Fate::Taken, dice.between(5, 5_000)),
        500..560 => (Fate::Refused, dice.between(5, 2_000)),
        560..562 => (Fate::Gone, dice.between(5, 2_000)),
        562..660 => (Fate::Busy, dice.between(5, 2_000)),
        660..800 => (Fate::Broken, dice.between(5, 5_000)),
        800..900 => (Fate::LostBefore, 15_000),
        _ => (Fate::LostAfter, 15_000),
    }
}

fn outcome(fate: Fate) -> Outcome {
    let timed_out = || Outcome::unknown("no answer within the total timeout");
    match fate {
        Fate::Taken => Outcome::Delivered { provider_id: None },
        Fate::Refused => Outcome::refused("400"),
        Fate::Gone => Outcome::Refused { reason: "410".into(), endpoint_gone: true, opted_out: false },
        Fate::Busy => Outcome::Retry { after: Some(std::time::Duration::from_secs(90)), reason: "429".into() },
        Fate::Broken => Outcome::retry("503"),
        Fate::LostBefore | Fate::LostAfter => timed_out(),
    }
}

/// What happened at the other side, and when an attempt may have been made in vain.
#[derive(Clone, Default)]
pub struct Ends {
    /// By notice: the attempts that arrived, in order.
    pub arrived: BTreeMap<String, Vec<u32>>,
    pub begun: Vec<(i64, Begun)>,
}

impl Ends {
    /// Takes note of what has begun.
    pub fn note(&mut self, now: i64, begun: Vec<Begun>) {
        for begun in begun {
            if begun.arrived {
                self.arrived.entry(begun.notice_id.clone()).or_default().push(begun.attempt);
            }
            self.begun.push((now, begun));
        }
    }
}
