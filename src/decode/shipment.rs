//! A shipment record (wire.md, "shipment"): announces a parcel or changes what is known of it.

use serde_json::{Map, Value};

use super::field;
use super::route::route;
use super::text;
use crate::model::{Recipient, Reject};
use crate::track::{Endpoint, Shipment};

/// Texts in a list (`flags`, `consent`) at most; a longer list is malformed, as is one with a text longer than a name. Longer: hostile
/// records fill the state.
const TEXTS_MAX: usize = 32;

/// The fields that are read.
const FIELDS: [&str; 15] = [
    "parcel_id",
    "ordered_at",
    "shipped_at",
    "promise",
    "updated_at",
    "merchant",
    "service",
    "origin",
    "destination",
    "route",
    "recipient",
    "sender",
    "flags",
    "consent",
    "cancelled",
];

/// Decodes a shipment record.
///
/// # Errors
/// A [`Reject`] where it is no JSON object in UTF-8, or `parcel_id` or `ordered_at` is missing or malformed.
pub fn shipment(value: Option<&[u8]>) -> Result<Shipment, Reject> {
    let fields = text::object(text::text(value)?, &FIELDS)?;
    let mut malformed = Vec::new();
    let mut time = |path| field::time(&fields.get(path), path, &mut malformed).map(|stamp| stamp.at);
    let (shipped_at, promise, updated_at) = (time("shipped_at"), time("promise"), time("updated_at"));
    let mut name = |path| field::name(&fields.get(path), path, &mut malformed).map(Into::into);
    let (merchant, service) = (name("merchant"), name("service"));
    Ok(Shipment {
        parcel_id: field::parcel_id(&fields.get("parcel_id"))?.to_owned(),
        ordered_at: field::required_time(&fields.get("ordered_at"), "ordered_at")?.at,
        shipped_at,
        promise,
        updated_at,
        merchant,
        service,
        origin: endpoint(&fields, "origin", &mut malformed),
        destination: endpoint(&fields, "destination", &mut malformed),
        route: route(fields.get("route"), &mut malformed),
        recipient: person(&fields, "recipient", &mut malformed),
        sender: person(&fields, "sender", &mut malformed),
        flags: texts(&fields, "flags", &mut malformed),
        consent: texts(&fields, "consent", &mut malformed),
        cancelled: truth(&fields, "cancelled", &mut malformed),
        malformed,
    })
}

/// A nested object, none where it is absent or malformed.
fn nested<'a>(
    fields: &'a Map<String, Value>,
    path: &'static str,
    malformed: &mut Vec<&'static str>,
) -> Option<&'a Map<String, Value>> {
    match fields.get(path)? {
        Value::Object(nested) => return Some(nested),
        Value::Null => {}
        _ => malformed.push(path),
    }
    None
}

fn endpoint(fields: &Map<String, Value>, path: &'static str, malformed: &mut Vec<&'static str>) -> Option<Endpoint> {
    let end = nested(fields, path, malformed)?;
    let mut name = |key| field::name(&end.get(key), path, malformed).map(Into::into);
    Some(Endpoint { hub: name("hub"), area: name("area") })
}

fn person(fields: &Map<String, Value>, path: &'static str, malformed: &mut Vec<&'static str>) -> Option<Recipient> {
    let person = nested(fields, path, malformed)?;
    let mut name = |key| field::name(&person.get(key), path, malformed).map(Into::into);
    Some(Recipient {
        id: name("id"),
        name: name("name"),
        phone: name("phone"),
        email: name("email"),
        locale: name("locale"),
        time_zone: name("time_zone"),
    })
}

fn texts(fields: &Map<String, Value>, path: &'static str, malformed: &mut Vec<&'static str>) -> Option<Vec<Box<str>>> {
    let read = match fields.get(path)? {
        Value::Null => return None,
        Value::Array(members) if members.len() <= TEXTS_MAX => members.iter().map(text).collect(),
        _ => None,
    };
    if read.is_none() {
        malformed.push(path);
    }
    read
}

fn text(member: &Value) -> Option<Box<str>> {
    let text = member.as_str()?;
    (text.chars().count() <= field::NAME_MAX).then(|| text.into())
}

fn truth(fields: &Map<String, Value>, path: &'static str, malformed: &mut Vec<&'static str>) -> Option<bool> {
    match fields.get(path)? {
        Value::Bool(truth) => return Some(*truth),
        Value::Null => {}
        _ => malformed.push(path),
    }
    None
}
