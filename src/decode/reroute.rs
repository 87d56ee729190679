//! A customer's choice, or what becomes of one (wire.md, "reroute").
//!
//! Pages of this version name everything; other systems answer, or pass on what a customer told them, with less. What is malformed
//! among the optional fields counts as absent: a choice without its place is then refused, and its chooser hears of it.

use serde_json::{Map, Value};

use super::field::{self, Field};
use super::text;
use crate::model::{Detail, Eta, Fee, NoticeId, Reject, Reroute, RerouteChange, RerouteOption, Timestamp};

/// Characters of an address, a safe place or a neighbour at most, whatever is configured. Longer: hostile records fill the state.
const TEXT_MAX: usize = 500;

/// Digits of a fee at most.
const FEE_MAX: usize = 16;

const FIELDS: [&str; 13] = [
    "id",
    "parcel_id",
    "journey",
    "notice_id",
    "change",
    "option",
    "detail",
    "fee",
    "at",
    "by",
    "reason",
    "proof",
    "revision",
];

/// Decodes a reroute record read at `record_time`, and lists its malformed optional fields. An answer without `journey` has 0: the
/// one in which its choice was made.
///
/// # Errors
/// A [`Reject`] where it is no JSON object in UTF-8, or `parcel_id`, `change` or, where they are needed, `journey` or `option` are
/// missing or malformed.
pub fn reroute(value: Option<&[u8]>, record_time: Timestamp) -> Result<(Reroute, Vec<&'static str>), Reject> {
    let fields = text::object(text::text(value)?, &FIELDS)?;
    let parcel_id = field::parcel_id(&fields.get("parcel_id"))?.to_owned();
    let change = change(&fields)?;
    let (journey, option) = (journey(&fields, change)?, option(&fields, change)?);
    let mut malformed = Vec::new();
    let at = field::time(&fields.get("at"), "at", &mut malformed).map_or(record_time, |stamp| stamp.at);
    let mut name = |path| field::name(&fields.get(path), path, &mut malformed).map(ToOwned::to_owned);
    let (id, notice_id, by) = (name("id"), name("notice_id"), name("by"));
    let (reason, proof) = (name("reason"), name("proof"));
    let reroute = Reroute {
        id: id.unwrap_or_default(),
        parcel_id,
        journey,
        notice_id: notice_id.map(NoticeId::from_text),
        change,
        option,
        detail: detail(&fields, &mut malformed),
        fee: fee(&fields, &mut malformed),
        at,
        by,
        reason,
        proof,
        revision: revision(&fields, &mut malformed),
    };
    Ok((reroute, malformed))
}

fn change(fields: &Map<String, Value>) -> Result<RerouteChange, Reject> {
    let found = fields.get("change");
    let found = field::required(&found, "change")?;
    let known = RerouteChange::ALL.into_iter().find(|change| change.name() == found);
    known.ok_or_else(|| {
        unknown("change", "requested, accepted, refused, cancelled, revoked, confirmed or denied", found)
    })
}

fn option(fields: &Map<String, Value>, change: RerouteChange) -> Result<Option<RerouteOption>, Reject> {
    let found = fields.get("option");
    if !change.is_of_choice() && matches!(found, None | Some(Value::Null)) {
        return Ok(None);
    }
    let found = field::required(&found, "option")?;
    let known = RerouteOption::from_name(found);
    known.map(Some).ok_or_else(|| unknown("option", "an option of a reroute", found))
}

fn journey(fields: &Map<String, Value>, change: RerouteChange) -> Result<u32, Reject> {
    match fields.get("journey") {
        None | Some(Value::Null) if change != RerouteChange::Requested => Ok(0),
        None => Err(Reject::at("missing", "journey", "expected a number from 1, found nothing")),
        // Written out, 0 would pass for the present one, whichever that is by then.
        Some(journey) if journey.as_u64() == Some(0) => {
            Err(Reject::at("range", "journey", "expected a number from 1, found 0"))
        }
        Some(journey) => journey.as_u64().and_then(|journey| u32::try_from(journey).ok()).ok_or_else(|| {
            Reject::at("type", "journey", format!("expected a number from 1, found {}", text::kind(journey)))
        }),
    }
}

fn unknown(path: &'static str, expected: &str, found: &str) -> Reject {
    Reject::at("unknown_code", path, format!("expected {expected}, found {:?}", field::quoted(found)))
}

/// The value of an optional field by a reading of it; counted where that finds nothing.
fn optional<T>(
    fields: &Map<String, Value>,
    path: &'static str,
    malformed: &mut Vec<&'static str>,
    read: impl Fn(&Value) -> Option<T>,
) -> Option<T> {
    let found = fields.get(path).filter(|found| !found.is_null())?;
    let read = read(found);
    if read.is_none() {
        malformed.push(path);
    }
    read
}

/// All of it, or nothing: half a choice is none.
fn detail(fields: &Map<String, Value>, malformed: &mut Vec<&'static str>) -> Detail {
    let read = |found: &Value| {
        let found = found.as_object()?;
        let mut wrong = Vec::new();
        let place = field::name(&found.get("place"), "detail", &mut wrong).map(ToOwned::to_owned);
        let slot = match found.get("slot") {
            None | Some(Value::Null) => None,
            Some(slot) => Some(window(slot)?),
        };
        let text = found.get("text");
        let text = text.text().ok()?.map(str::trim).filter(|text| !text.is_empty());
        let fits = |text: &str| {
            text.chars().count() <= TEXT_MAX && text.chars().all(|c| c == '\n' || c == '\r' || !c.is_control())
        };
        let all = wrong.is_empty() && text.is_none_or(fits);
        all.then(|| Detail { place, slot, text: text.map(ToOwned::to_owned) })
    };
    optional(fields, "detail", malformed, read).unwrap_or_default()
}

fn window(slot: &Value) -> Option<Eta> {
    let at = |key| Some(field::stamp(slot.get(key)?.as_str()?).ok()?.at);
    let window = Eta { from: at("from")?, to: at("to")? };
    (window.from <= window.to).then_some(window)
}

fn fee(fields: &Map<String, Value>, malformed: &mut Vec<&'static str>) -> Option<Fee> {
    optional(fields, "fee", malformed, |fee| {
        let text = |key| fee.get(key)?.as_str();
        let (amount, currency) = (text("amount")?, text("currency")?);
        let is_amount = amount.len() <= FEE_MAX
            && amount.split('.').count() <= 2
            && amount.split('.').all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()));
        let is_currency = currency.len() == 3 && currency.bytes().all(|byte| byte.is_ascii_uppercase());
        (is_amount && is_currency).then(|| Fee { amount: amount.to_owned(), currency: currency.to_owned() })
    })
}

fn revision(fields: &Map<String, Value>, malformed: &mut Vec<&'static str>) -> Option<u32> {
    optional(fields, "revision", malformed, |found| u32::try_from(found.as_u64()?).ok())
}
