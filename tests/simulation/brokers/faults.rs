//! What goes wrong, by a plan of the driver: how likely each fault is, and what has happened so far.

use std::fmt;
use std::time::Duration;

use super::state::State;

/// How likely each fault is with every call of an instance, in millionths; all zero: everything works.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Faults {
    /// The call fails with a passing error, without effect.
    pub passing: u32,
    /// It takes effect, and its answer is lost.
    pub answer_lost: u32,
    /// The instance crashes, before or after the call took effect.
    pub crash: u32,
    /// The process stands still for a while, at most [`Faults::stall_most`]; others go on meanwhile where the driver interleaves.
    pub stall: u32,
    /// How long it stands still at most.
    pub stall_most: Duration,
    /// Others take turns between this call and the one before, where the driver interleaves.
    pub preempt: u32,
    /// The instance loses its connections to the brokers for a while, at most [`Faults::cut_most`].
    pub cut: u32,
    /// How long they are lost at most.
    pub cut_most: Duration,
    /// Markers and answers take up to this long.
    pub slow_most: Duration,
    /// Of the points of a commit at which records, offsets or the end are on their way: how many refuse it, so that it is aborted.
    pub refused_in_commit: u32,
    /// At how many of them the process is killed, the one after the end included.
    pub killed_in_commit: u32,
    /// At how many of them it stands still for a while, at most [`Faults::stall_most`].
    pub stalled_in_commit: u32,
    /// Before how many of its acts outside the brokers the process is killed.
    pub killed_before_act: u32,
    /// Of a partition with much to read one fetch brings at most so much; zero: as much as the client asks for.
    pub fetched_most: usize,
}

/// What is aimed at a point of a commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aimed {
    #[allow(missing_docs)]
    Nothing,
    /// What is on its way is refused.
    Refused,
    /// The process is killed.
    Killed,
    /// It stands still until then.
    Stalled(Duration),
}

impl Faults {
    /// A rough sea: every fault happens, and work gets done between them.
    pub fn rough() -> Faults {
        Faults {
            passing: 4_000,
            answer_lost: 1_500,
            crash: 400,
            stall: 800,
            stall_most: Duration::from_secs(40),
            preempt: 50_000,
            cut: 150,
            cut_most: Duration::from_secs(45),
            slow_most: Duration::from_secs(5),
            ..Faults::swell()
        }
    }

    /// A swell: calls work, and what is aimed at commits and acts hits some of them, so that whatever is decided is put back or lost at
    /// times. Commits are rare beside calls: faults of any call seldom meet one that has something in it.
    pub fn swell() -> Faults {
        Faults {
            refused_in_commit: 50_000,
            killed_in_commit: 400,
            stalled_in_commit: 700,
            stall_most: Duration::from_secs(40),
            killed_before_act: 4_000,
            preempt: 20_000,
            ..Faults::default()
        }
    }
}

/// Safety mechanisms that are switched off, to see that their absence is found. A client of the real brokers cannot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sabotage {
    /// Offsets are taken from whoever sends them.
    pub generations_unchecked: bool,
    /// Epochs of producers fence nobody.
    pub epochs_unchecked: bool,
    /// Committed reads run over open transactions.
    pub stable_offset_ignored: bool,
    /// The ends that are told are last stable offsets.
    pub ends_are_stable: bool,
}

/// Why a call failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failed {
    /// The instance has crashed; this handle is of no use any more.
    Crashed,
    /// The brokers are out of reach.
    OutOfReach,
    /// A passing error; nothing happened.
    Passing,
    /// It happened, and nobody said so.
    AnswerLost,
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Failed::Crashed => "this instance has crashed",
            Failed::OutOfReach => "expected the brokers to answer, found them out of reach",
            Failed::Passing => "a passing error of the brokers",
            Failed::AnswerLost => "expected an answer within the time-out, found none",
        })
    }
}

/// What becomes of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    #[allow(missing_docs)]
    Works,
    #[allow(missing_docs)]
    Fails(Failed),
    /// It takes effect, and then the caller is told of this failure.
    FailsAfterwards(Failed),
    /// The process stands still first, until then; its fate is decided anew.
    Stalls(Duration),
}

impl State {
    /// Decides what becomes of a call of an instance.
    pub fn fate(&mut self, instance: &str, incarnation: u64, reaches_brokers: bool) -> Fate {
        let now = self.now;
        let Some(machine) = self.machines.get(instance) else { return Fate::Fails(Failed::Crashed) };
        if machine.is_down || machine.incarnation != incarnation {
            return Fate::Fails(Failed::Crashed);
        }
        if machine.paused_until > now {
            return Fate::Stalls(machine.paused_until);
        }
        let faults = self.faults;
        if self.happens(faults.crash, "crash") {
            let after = self.rng.bool();
            return if after {
                Fate::FailsAfterwards(Failed::Crashed)
            } else {
                self.crash(instance);
                Fate::Fails(Failed::Crashed)
            };
        }
        if self.happens(faults.stall, "stall") {
            let until = now + self.jitter(faults.stall_most);
            self.pause(instance, until, false);
            return Fate::Stalls(until);
        }
        if !reaches_brokers {
            return Fate::Works;
        }
        if self.happens(faults.cut, "cut off") {
            let until = now + self.jitter(faults.cut_most);
            self.cut(instance, until);
        }
        if self.is_cut(instance) {
            return Fate::Fails(Failed::OutOfReach);
        }
        if self.happens(faults.passing, "passing error") {
            return Fate::Fails(Failed::Passing);
        }
        if self.happens(faults.answer_lost, "answer lost") {
            return Fate::FailsAfterwards(Failed::AnswerLost);
        }
        Fate::Works
    }

    /// What is aimed at an instance at this point of its commit; `ended`: what could be refused is decided already.
    pub fn aimed(&mut self, instance: &str, ended: bool) -> Aimed {
        let faults = self.faults;
        if self.happens(faults.killed_in_commit, "killed in a commit") {
            self.crash(instance);
            return Aimed::Killed;
        }
        if self.happens(faults.stalled_in_commit, "stalled in a commit") {
            let until = self.now + self.jitter(faults.stall_most);
            self.pause(instance, until, false);
            return Aimed::Stalled(until);
        }
        if !ended && self.happens(faults.refused_in_commit, "commit refused") { Aimed::Refused } else { Aimed::Nothing }
    }

    /// Whether something of this likelihood happens now; counted under its name.
    pub fn happens(&mut self, millionths: u32, what: &'static str) -> bool {
        let happens = millionths > 0 && self.rng.u32(0..1_000_000) < millionths;
        if happens {
            *self.counts.entry(what).or_default() += 1;
        }
        happens
    }
}
