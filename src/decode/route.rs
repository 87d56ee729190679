//! A shipment's `route` (wire.md, "shipment"; rules.md, "Shell" ff. on what is malformed).

use serde_json::Value;

use super::field::Field;
use crate::model::Code;
use crate::track::Milestone;

/// Milestones of a route at most; a longer one is malformed. More: matching a parcel's scans to it takes so long that a
/// hostile record delays its partition, and what is said of the missing ones outgrows a saved entry. Fewer: real routes (up to some dozens) are refused.
const MILESTONES_MAX: usize = 256;

/// The route, none where it is absent or malformed; lists what is malformed.
pub(super) fn route(value: Option<&Value>, malformed: &mut Vec<&'static str>) -> Option<Vec<Milestone>> {
    let read = match value {
        None | Some(Value::Null) => return None,
        Some(Value::Array(members)) if members.len() <= MILESTONES_MAX => {
            members.iter().map(|member| milestone(member, malformed)).collect()
        }
        Some(_) => None,
    };
    if read.is_none() {
        malformed.push("route");
    }
    read
}

/// A milestone; without a known code there is none.
fn milestone(value: &Value, malformed: &mut Vec<&'static str>) -> Option<Milestone> {
    let fields = value.as_object()?;
    let code = Code::from_name(fields.get("code")?.as_str()?)?;
    let hub = super::field::name(&fields.get("hub"), "route.hub", malformed).map(Into::into);
    let within_ms = match fields.get("within").text() {
        Ok(None) => None,
        Ok(Some(text)) => {
            humantime::parse_duration(text).ok().and_then(|within| u64::try_from(within.as_millis()).ok())
        }
        Err(_) => None,
    };
    if within_ms.is_none() && fields.get("within").is_some_and(|within| !within.is_null()) {
        malformed.push("route.within");
    }
    Some(Milestone { code, hub, within_ms })
}
