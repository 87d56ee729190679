//! The two stages of the flow as the runtime sees them.

use std::time::Duration;

use serde_json::Value;

use super::options::Options;
use crate::decode;
use crate::model::{Effect, RecipientKey, Reject, Timestamp, World};
use crate::notify::{self, Notifier};
use crate::reroute::Link;
use crate::state::Machine;
use crate::telemetry::Metrics;
use crate::track::{self, Settling, Tracker};

/// What a partition is asked about a parcel.
#[derive(Clone, Debug)]
pub enum Question {
    /// By an operator: everything.
    Parcel {
        #[allow(missing_docs)]
        parcel_id: String,
        /// Which recipient's view, for the notifier.
        recipient: Option<RecipientKey>,
    },
    /// By whoever holds a genuine link: what its reader may see.
    Page {
        #[allow(missing_docs)]
        parcel_id: String,
        #[allow(missing_docs)]
        link: Link,
    },
    /// By whoever holds a genuine link: how its reader wants to be told.
    Preference {
        #[allow(missing_docs)]
        recipient: RecipientKey,
    },
    /// By an operator: what the storm breaker holds.
    Storms,
    /// By an operator: what the state comes to, whatever the stage.
    Digest,
}

/// How far a partition is.
#[derive(Clone, Copy, Debug)]
pub struct Freshness {
    /// Every input was read up to a recent end, and nothing is left of an outage.
    pub reads_fresh: bool,
    /// How far stream time is behind the wall clock.
    pub behind: Duration,
    /// How far it is ahead: whoever saved it had a wrong clock, or this machine has.
    pub ahead: Duration,
    /// Limits before stream time have yet to pass.
    pub limits_wait: bool,
    /// It spoke until now.
    pub speaks: bool,
}

/// A pure machine with its place in the flow. Topics are named without prefix.
pub trait Stage: 'static {
    /// What decides.
    type Machine: Machine;
    /// In groups, transactional ids, metrics and logs.
    const NAME: &'static str;
    /// What it reads; at equal times in this order.
    const INPUTS: &'static [&'static str];
    /// Index of the input whose partitions the group assigns.
    const MAIN: usize;
    /// Where its state is kept.
    const STATE: &'static str;
    /// A very first start must be told where to begin; otherwise it begins with the oldest record.
    const ASKS_FROM: bool;

    /// A machine without state.
    fn machine() -> Self::Machine;

    /// Reads a record of an input; `time` is its time T (runtime.md).
    fn decode(
        input: usize,
        key: Option<&[u8]>,
        value: Option<&[u8]>,
        time: Timestamp,
    ) -> Result<<Self::Machine as Machine>::Input, Reject>;

    /// Names the rules by which what has passed is judged.
    fn fingerprint(world: &World) -> u64;

    /// The rules are not those of the saved state: what has passed by the saved stream time opens at that time. At
    /// most `max`; returns how many, fewer when nothing is left.
    fn rules_changed(
        machine: &mut Self::Machine,
        saved: Timestamp,
        max: usize,
        world: &World,
        out: &mut Vec<Effect>,
    ) -> usize;

    /// Until when it tells nobody after an outage, saved with its state; none where that is nothing to it.
    fn settling(machine: &mut Self::Machine) -> Option<&mut Settling>;

    /// Whether it may speak now: the tracker when what it read is fresh and its clock has come to today, the notifier when
    /// its clock is close to the wall clock, so that a withdrawal that is already written is read first.
    fn may_speak(freshness: &Freshness, options: &Options) -> bool;

    /// Answers a question from the partition's state; `now` is the wall clock or, where that is ahead, stream time.
    fn answer(machine: &Self::Machine, question: &Question, now: Timestamp, world: &World) -> Option<Value>;

    /// Reports what the machine holds to the metrics.
    fn observe(machine: &Self::Machine, partition: i32, metrics: &Metrics);
}

/// Scans, shipments and reroutes become conditions and notices.
#[derive(Debug)]
pub enum TrackerStage {}

impl Stage for TrackerStage {
    type Machine = Tracker;
    const NAME: &'static str = "tracker";
    const INPUTS: &'static [&'static str] = &["shipments.v1", "scans.v1", "reroutes.v1"];
    const MAIN: usize = 1;
    const STATE: &'static str = "tracker-state.v1";
    const ASKS_FROM: bool = true;

    fn machine() -> Tracker {
        Tracker::default()
    }

    fn decode(
        input: usize,
        _key: Option<&[u8]>,
        value: Option<&[u8]>,
        time: Timestamp,
    ) -> Result<track::Input, Reject> {
        let topic = match input {
            0 => decode::InputTopic::Shipments,
            1 => decode::InputTopic::Scans,
            _ => decode::InputTopic::Reroutes,
        };
        decode::tracker_input(topic, value, time)
    }

    fn fingerprint(world: &World) -> u64 {
        world.rules.fingerprint()
    }

    fn rules_changed(
        machine: &mut Tracker,
        saved: Timestamp,
        max: usize,
        world: &World,
        out: &mut Vec<Effect>,
    ) -> usize {
        machine.rules_changed(saved, max, world, out)
    }

    fn settling(machine: &mut Tracker) -> Option<&mut Settling> {
        Some(&mut machine.settling)
    }

    /// Having read everything is not enough: after an outage without scans the limits of hours pass within a moment, and what
    /// one of them says is stale by the next. They pass first; then what holds is told, once.
    fn may_speak(freshness: &Freshness, options: &Options) -> bool {
        let has_come_to_today = freshness.behind <= options.tell_within && (freshness.speaks || !freshness.limits_wait);
        freshness.reads_fresh && has_come_to_today && freshness.ahead <= options.clock_skew
    }

    fn answer(machine: &Tracker, question: &Question, now: Timestamp, world: &World) -> Option<Value> {
        match question {
            Question::Parcel { parcel_id, .. } => machine.describe(parcel_id, now, world),
            Question::Page { parcel_id, link } => {
                let page = machine.page(parcel_id, *link, now, world)?;
                Some(serde_json::to_value(page).expect("a page has no map whose keys are no texts"))
            }
            Question::Preference { .. } | Question::Storms | Question::Digest => None,
        }
    }

    fn observe(machine: &Tracker, partition: i32, metrics: &Metrics) {
        metrics.parcels(partition, machine.stage_counts());
    }
}

/// Notices, receipts, preferences and operators' decisions become delivery attempts.
#[derive(Debug)]
pub enum NotifierStage {}

impl Stage for NotifierStage {
    type Machine = Notifier;
    const NAME: &'static str = "notifier";
    const INPUTS: &'static [&'static str] = &["preferences.v1", "notices.v1", "receipts.v1", "controls.v1"];
    const MAIN: usize = 1;
    const STATE: &'static str = "notifier-state.v1";
    const ASKS_FROM: bool = false;

    fn machine() -> Notifier {
        Notifier::default()
    }

    fn decode(
        input: usize,
        key: Option<&[u8]>,
        value: Option<&[u8]>,
        time: Timestamp,
    ) -> Result<notify::Input, Reject> {
        let topic = match input {
            0 => decode::NotifierTopic::Preferences,
            1 => decode::NotifierTopic::Notices,
            2 => decode::NotifierTopic::Receipts,
            _ => decode::NotifierTopic::Controls,
        };
        let mut input = decode::notifier_input(topic, key, value)?;
        if let notify::Input::Control(control) = &mut input {
            control.at = time;
        }
        Ok(input)
    }

    fn fingerprint(_: &World) -> u64 {
        0
    }

    fn rules_changed(_: &mut Notifier, _: Timestamp, _: usize, _: &World, _: &mut Vec<Effect>) -> usize {
        0
    }

    fn settling(_: &mut Notifier) -> Option<&mut Settling> {
        None
    }

    fn may_speak(freshness: &Freshness, options: &Options) -> bool {
        freshness.behind <= options.attempt_within
    }

    fn answer(machine: &Notifier, question: &Question, _: Timestamp, _: &World) -> Option<Value> {
        match question {
            Question::Parcel { parcel_id, recipient } => Some(machine.describe(recipient.as_ref()?, parcel_id)),
            Question::Preference { recipient } => {
                let known = machine.preference_of(recipient)?;
                Some(serde_json::to_value(known).expect("a preference has no map whose keys are no texts"))
            }
            Question::Storms => Some(machine.describe_storms()),
            Question::Page { .. } | Question::Digest => None,
        }
    }

    fn observe(machine: &Notifier, partition: i32, metrics: &Metrics) {
        metrics.threads(partition, machine.threads());
        metrics.threads_open(partition, machine.open_threads());
        metrics.storms(partition, machine.storms().map(|storm| (storm.kind.name(), storm.since.is_some(), storm.held)));
    }
}

#[cfg(test)]
mod tests;
