//! Work for people or systems: the records of `work-orders.v1`.

use serde::{Deserialize, Serialize};

use super::{ConditionKind, Detail, Fee, RerouteOption, Timestamp};

/// A choice is to be carried out.
pub const WORK_REROUTE: &str = "reroute";
/// Somebody is to find out what has become of a parcel.
pub const WORK_CASE: &str = "case";

/// What happens to a work order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum WorkOrderChange {
    Created,
    /// Not to be done any more: its customer chose something else or took it back.
    Cancelled,
}

/// A record of `work-orders.v1`, keyed by work order id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkOrder {
    /// Function of what it is for.
    pub id: String,
    #[allow(missing_docs)]
    pub change: WorkOrderChange,
    /// What kind of work: [`WORK_REROUTE`] or [`WORK_CASE`].
    pub kind: String,
    #[allow(missing_docs)]
    pub parcel_id: String,
    #[allow(missing_docs)]
    pub journey: u32,
    /// The choice that it carries out; its executing system answers under this id in `reroutes.v1`. Of a case: the answer that opened it.
    pub reroute_id: String,
    /// None for a case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub option: Option<RerouteOption>,
    /// What a case is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub condition: Option<ConditionKind>,
    #[allow(missing_docs)]
    pub detail: Detail,
    #[allow(missing_docs)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fee: Option<Fee>,
    /// Where the parcel was scanned last, or is to come next: who has to act.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hub: Option<String>,
    #[allow(missing_docs)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub merchant: Option<String>,
    /// Until when it is of use: the option's cut-off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Timestamp>,
    /// The promise before and, where the choice changes it, after.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub promise: Option<Timestamp>,
    #[allow(missing_docs)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new_promise: Option<Timestamp>,
    /// The chooser's consent to a locker or station, which the choice is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consent: Option<String>,
    #[allow(missing_docs)]
    pub at: Timestamp,
}
