//! A customer's choice and its answer (wire.md, "reroute"). The tracker judges only answers so far.

use super::{field, text};
use crate::model::Reject;
use crate::track::{Reroute, RerouteChange};

/// What a customer may choose.
const OPTIONS: [&str; 9] =
    ["reschedule", "locker", "station", "outlet", "address", "safe_place", "neighbour", "hold", "return"];

/// Decodes a reroute record.
///
/// # Errors
/// A [`Reject`] where it is no JSON object in UTF-8, or `parcel_id`, `journey`, `change` or `option` is missing or malformed.
pub fn reroute(value: Option<&[u8]>) -> Result<Reroute, Reject> {
    let fields = text::object(text::text(value)?, &["parcel_id", "journey", "change", "option"])?;
    let parcel_id = field::parcel_id(&fields.get("parcel_id"))?.to_owned();
    let journey = match fields.get("journey") {
        None => Err(Reject::at("missing", "journey", "expected a number from 1, found nothing")),
        Some(journey) => journey.as_u64().and_then(|journey| u32::try_from(journey).ok()).ok_or_else(|| {
            Reject::at("type", "journey", format!("expected a number from 1, found {}", text::kind(journey)))
        }),
    }?;
    let change = match field::required(&fields.get("change"), "change")? {
        "requested" => RerouteChange::Requested,
        "accepted" => RerouteChange::Accepted,
        "refused" => RerouteChange::Refused,
        other => return Err(unknown("change", "requested, accepted or refused", other)),
    };
    let option = match field::required(&fields.get("option"), "option")? {
        known if OPTIONS.contains(&known) => known.into(),
        other => return Err(unknown("option", "an option of a reroute", other)),
    };
    Ok(Reroute { parcel_id, journey, change, option })
}

fn unknown(path: &'static str, expected: &str, found: &str) -> Reject {
    Reject::at("unknown_code", path, format!("expected {expected}, found {:?}", field::quoted(found)))
}
