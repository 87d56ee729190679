//! A scan (wire.md, "scan"), with an `event_time` that can be.

use std::time::Duration;

use super::field::{self, Received, Stamp};
use super::text;
use crate::model::{Code, Reject, Timestamp};
use crate::track::{Correction, Identity, Place, Scan};

/// How far a scanner's clock may run ahead of the record. More: a wrong clock makes a parcel look scanned in the future, and
/// everything that comes after it old. Less: clocks that are merely a little fast are corrected.
const AHEAD_MAX: Duration = Duration::from_secs(120);

/// The record's own time, by which `event_time` is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordTime {
    /// T of runtime.md: the broker's, in UTC.
    Broker(Timestamp),
    /// There is none but what the scan says: `upload_time`, else `event_time` (`replay`).
    Own,
}

/// What is read of a scan; other fields are nobody's business here.
const FIELDS: [&str; 10] = [
    "parcel_id",
    "code",
    "hub",
    "event_time",
    "upload_time",
    "reason",
    "place",
    "place_kind",
    "pickup_code",
    "free_until",
];

/// Decodes a scan.
///
/// # Errors
/// A [`Reject`] where it is no JSON object in UTF-8, a required field is missing or malformed, or `event_time` has
/// no zone and nothing stands in for it.
pub fn scan(value: Option<&[u8]>, record_time: RecordTime) -> Result<Scan, Reject> {
    let [parcel_id, code, hub, event_time, upload_time, reason, place, place_kind, pickup_code, free_until] =
        text::flat(text::text(value)?, &FIELDS)?;

    let mut malformed = Vec::new();
    let parcel_id = field::parcel_id(&parcel_id)?;
    let code = scan_code(field::required(&code, "code")?)?;
    let hub =
        if code.is_hub_code() { Some(field::required_hub(&hub)?) } else { field::name(&hub, "hub", &mut malformed) };
    let upload_time = field::time(&upload_time, "upload_time", &mut malformed);
    let received = field::received(field::required(&event_time, "event_time")?)
        .map_err(|error| field::no_time("event_time", error))?;
    let (event_time, corrected) = corrected(received, upload_time, record_time)?;
    let mut text = |field, path| field::name(field, path, &mut malformed).map(Into::into);
    let place = Place {
        place: text(&place, "place"),
        kind: text(&place_kind, "place_kind"),
        pickup_code: text(&pickup_code, "pickup_code"),
        free_until: None,
    };
    let reason = text(&reason, "reason");
    let free_until = field::time(&free_until, "free_until", &mut malformed).map(|stamp| stamp.at);
    let zoned = matches!(received, Received::Zoned(_));
    Ok(Scan {
        parcel_id: parcel_id.to_owned(),
        identity: Identity { code, hub: hub.map(Into::into), second: received.second(), zoned },
        event_time: event_time.at,
        offset_minutes: event_time.offset_minutes,
        upload_time: upload_time.map(|stamp| stamp.at),
        corrected,
        reason,
        place: Place { free_until, ..place },
        malformed,
    })
}

/// The code of this name.
fn scan_code(name: &str) -> Result<Code, Reject> {
    Code::from_name(name).ok_or_else(|| {
        Reject::at("unknown_code", "code", format!("expected the code of a scan, found {:?}", field::quoted(name)))
    })
}

/// The `event_time` to be used everywhere but in the identity (rules.md, "Corrected event_time").
fn corrected(
    received: Received,
    upload_time: Option<Stamp>,
    record_time: RecordTime,
) -> Result<(Stamp, Option<Correction>), Reject> {
    let record = match record_time {
        RecordTime::Broker(at) => Some(Stamp { at, offset_minutes: 0 }),
        RecordTime::Own => upload_time,
    };
    // An upload_time that lies ahead of the record itself cannot be either.
    let believable = |stamp: &Stamp| record.is_none_or(|record| stamp.at <= record.at + AHEAD_MAX);
    let instead = upload_time.filter(believable).or(record);
    match (received, instead) {
        (Received::Zoned(stamp), _) if believable(&stamp) => Ok((stamp, None)),
        (Received::Zoned(stamp), None) => Ok((stamp, None)),
        (Received::Zoned(_), Some(instead)) => Ok((instead, Some(Correction::Future))),
        (Received::Local(_), Some(instead)) => Ok((instead, Some(Correction::NoZone))),
        (Received::Local(_), None) => {
            Err(Reject::at("time", "event_time", "expected RFC 3339 with an offset, found none and no upload_time"))
        }
    }
}
