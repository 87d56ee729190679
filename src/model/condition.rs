//! A judgement about a parcel and how it changed: the records of `conditions.v1`.

use serde::{Deserialize, Serialize};

use super::{Code, RerouteChange, RerouteOption, StateVersion, Timestamp};

/// What can be wrong with a parcel (rules.md, "Conditions"). The order is part of the saved state:
/// append only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum ConditionKind {
    NeverUploaded,
    OverdueScan,
    Stalled,
    Delayed,
    ThoroughlyDelayed,
    DispatchOverdue,
    AttemptFailed,
    Uncollected,
    Held,
    Damaged,
    Refused,
    Lost,
    CustomsHeld,
    SkippedScan,
    UploadedLate,
    Misrouted,
    Looping,
    SuspectSignature,
    UnconsentedDrop,
}

impl ConditionKind {
    /// Every condition that this version judges.
    pub const ALL: [ConditionKind; 19] = [
        ConditionKind::NeverUploaded,
        ConditionKind::OverdueScan,
        ConditionKind::Stalled,
        ConditionKind::Delayed,
        ConditionKind::ThoroughlyDelayed,
        ConditionKind::DispatchOverdue,
        ConditionKind::AttemptFailed,
        ConditionKind::Uncollected,
        ConditionKind::Held,
        ConditionKind::Damaged,
        ConditionKind::Refused,
        ConditionKind::Lost,
        ConditionKind::CustomsHeld,
        ConditionKind::SkippedScan,
        ConditionKind::UploadedLate,
        ConditionKind::Misrouted,
        ConditionKind::Looping,
        ConditionKind::SuspectSignature,
        ConditionKind::UnconsentedDrop,
    ];

    /// The first version of saved state that can hold it.
    pub const fn since(self) -> StateVersion {
        match self {
            ConditionKind::NeverUploaded
            | ConditionKind::OverdueScan
            | ConditionKind::Stalled
            | ConditionKind::Delayed
            | ConditionKind::ThoroughlyDelayed
            | ConditionKind::DispatchOverdue
            | ConditionKind::AttemptFailed
            | ConditionKind::Uncollected
            | ConditionKind::Held
            | ConditionKind::Damaged
            | ConditionKind::Refused
            | ConditionKind::Lost => StateVersion::V1,
            ConditionKind::CustomsHeld
            | ConditionKind::SkippedScan
            | ConditionKind::UploadedLate
            | ConditionKind::Misrouted
            | ConditionKind::Looping
            | ConditionKind::SuspectSignature
            | ConditionKind::UnconsentedDrop => StateVersion::V2,
        }
    }

    /// Whether it is an instant: it opens, is told, and never ends.
    pub const fn is_instant(self) -> bool {
        matches!(self, ConditionKind::UploadedLate)
    }

    /// The name on the wire, in metrics and in the configuration.
    pub const fn name(self) -> &'static str {
        match self {
            ConditionKind::NeverUploaded => "never_uploaded",
            ConditionKind::OverdueScan => "overdue_scan",
            ConditionKind::Stalled => "stalled",
            ConditionKind::Delayed => "delayed",
            ConditionKind::ThoroughlyDelayed => "thoroughly_delayed",
            ConditionKind::DispatchOverdue => "dispatch_overdue",
            ConditionKind::AttemptFailed => "attempt_failed",
            ConditionKind::Uncollected => "uncollected",
            ConditionKind::Held => "held",
            ConditionKind::Damaged => "damaged",
            ConditionKind::Refused => "refused",
            ConditionKind::Lost => "lost",
            ConditionKind::CustomsHeld => "customs_held",
            ConditionKind::SkippedScan => "skipped_scan",
            ConditionKind::UploadedLate => "uploaded_late",
            ConditionKind::Misrouted => "misrouted",
            ConditionKind::Looping => "looping",
            ConditionKind::SuspectSignature => "suspect_signature",
            ConditionKind::UnconsentedDrop => "unconsented_drop",
        }
    }
}

/// How bad it is. Ordered: a later one is worse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum Level {
    Info,
    Warn,
    Major,
    Critical,
}

impl Level {
    /// The name on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Level::Info => "info",
            Level::Warn => "warn",
            Level::Major => "major",
            Level::Critical => "critical",
        }
    }
}

/// What happened to a condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// It became true.
    Opened,
    /// It became worse.
    Escalated,
    /// It is over.
    Cleared,
    /// A late scan shows that it was never true.
    Retracted,
}

impl Change {
    /// Every change.
    pub const ALL: [Change; 4] = [Change::Opened, Change::Escalated, Change::Cleared, Change::Retracted];

    /// The name on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Change::Opened => "opened",
            Change::Escalated => "escalated",
            Change::Cleared => "cleared",
            Change::Retracted => "retracted",
        }
    }
}

/// What made the change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum Cause {
    Scan,
    Shipment,
    /// Any limit that passed, also one that a record made pass.
    Timer,
    Reroute,
    /// Changed rules; tells nobody.
    Rules,
}

/// What the judgement rests on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// Index in the route, from 0, of the milestone that is awaited (`overdue_scan`) or missing (`skipped_scan`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub milestone: Option<u16>,
    /// `event_time` of the scan that ended the condition.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scan_time: Option<Timestamp>,
}

impl Evidence {
    fn is_empty(&self) -> bool {
        *self == Evidence::default()
    }
}

/// A record of `conditions.v1`, keyed by parcel id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConditionChange {
    /// The parcel.
    pub parcel_id: String,
    /// Counts how often the id was announced anew after its end, from 1.
    pub journey: u32,
    /// Which judgement.
    pub condition: ConditionKind,
    /// What happened to it.
    pub change: Change,
    /// The level reached.
    pub level: Level,
    /// Counts the openings of this condition within the journey, from 1.
    pub episode: u32,
    /// The logical instant of the change.
    pub at: Timestamp,
    /// The instant whose passing opened (or escalated) it.
    pub limit: Timestamp,
    /// The parcel's stage: the code of its last scan.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stage: Option<Code>,
    /// The awaited milestone's hub, else the last scan's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hub: Option<String>,
    #[allow(missing_docs)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub merchant: Option<String>,
    #[allow(missing_docs)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    /// The promise in force.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub promise: Option<Timestamp>,
    /// What made the change.
    pub cause: Cause,
    /// The open condition that explains this one, so that nobody is told (`held`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub held_by: Option<String>,
    /// What it rests on.
    #[serde(default, skip_serializing_if = "Evidence::is_empty")]
    pub evidence: Evidence,
    /// What the customer chose, while that stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub choice: Option<StandingChoice>,
}

/// A customer's choice as changes of conditions name it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StandingChoice {
    /// The choice's id.
    pub id: String,
    #[allow(missing_docs)]
    pub option: RerouteOption,
    /// Where it stands: `requested` or `accepted`.
    pub change: RerouteChange,
    /// The facility's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
}
