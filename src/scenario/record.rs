//! What happens, as the records that hubs, shops and people write: JSON, read by the decoders that read theirs.

use serde_json::{Map, Value, json};

use super::when::Clock;
use super::words::Rest;
use crate::decode::{InputTopic, NotifierTopic, notifier_input, tracker_input};
use crate::model::{Code, HashKey, Recipient, RecipientKey};
use crate::notify;
use crate::track;

/// The parcel where the shipment names none.
const PARCEL_ID: &str = "SF1024000000017";

/// Something that happens.
#[derive(Clone, Debug)]
pub(super) enum Happening {
    /// The tracker reads it.
    Record(track::Input),
    /// A recipient says how they want to be told. Under which key is known once the configuration's secret is.
    Prefers {
        person: Box<Recipient>,
        /// But for the key.
        record: Map<String, Value>,
    },
}

impl Happening {
    /// A preference as the notifier reads it; none where its recipient could not be told anything.
    pub fn preference(person: &Recipient, record: &Map<String, Value>, secret: &HashKey) -> Option<notify::Input> {
        let key = RecipientKey::person(secret, person)?;
        let mut record = record.clone();
        record.insert("recipient_key".into(), json!(key.as_str()));
        let text = Value::Object(record).to_string();
        notifier_input(NotifierTopic::Preferences, Some(key.as_str().as_bytes()), Some(text.as_bytes())).ok()
    }
}

/// Writes the records of one scenario.
pub(super) struct Scribe {
    /// The fields of a shipment that is announced.
    shipment: Map<String, Value>,
    clock: Clock,
    /// `ordered_at` of the shipment that was announced last.
    ordered_at: Option<String>,
    choices: usize,
}

impl Scribe {
    /// For a parcel that is announced like this.
    pub fn new(shipment: Map<String, Value>, clock: Clock) -> Scribe {
        Scribe { shipment, clock, ordered_at: None, choices: 0 }
    }

    /// What a line makes that begins with this word.
    pub fn write(&mut self, first: &str, mut rest: Rest<'_>) -> Result<Happening, String> {
        match first {
            "announced" | "changed" => self.shipment(first == "announced", rest),
            "choice" => self.choice(rest),
            "recipient" => match rest.next() {
                Some("confirms") => self.answer("confirmed", rest),
                Some("denies") => self.answer("denied", rest),
                Some("prefers") => self.prefers(rest),
                found => {
                    let found = found.unwrap_or("nothing");
                    Err(format!("expected confirms, denies or prefers after recipient, found {found:?}"))
                }
            },
            code => self.scan(code, rest),
        }
    }

    fn parcel_id(&self) -> Value {
        self.shipment.get("parcel_id").cloned().unwrap_or_else(|| json!(PARCEL_ID))
    }

    /// `arrived_hub HGH01 happened=-20m uploaded=+1m place=LK-1 place_kind=locker`
    fn scan(&self, code: &str, mut rest: Rest<'_>) -> Result<Happening, String> {
        if Code::from_name(code).is_none() {
            return Err(format!(
                "expected announced, changed, choice, recipient, end or the code of a scan (picked_up, arrived_hub, ..), found {code:?}"
            ));
        }
        let time = |at| json!(self.clock.record(at));
        let happened = rest.take_time("happened")?.unwrap_or(rest.at);
        let mut record = Map::new();
        record.insert("parcel_id".into(), self.parcel_id());
        record.insert("code".into(), json!(code));
        record.insert("event_time".into(), time(happened));
        record.extend(rest.take_time("uploaded")?.map(|at| ("upload_time".to_owned(), time(at))));
        record.extend(rest.take_time("free_until")?.map(|at| ("free_until".to_owned(), time(at))));
        for key in ["reason", "place", "place_kind", "pickup_code"] {
            record.extend(rest.take(key).map(|text| (key.to_owned(), json!(text))));
        }
        record.extend(rest.next().map(|hub| ("hub".to_owned(), json!(hub))));
        self.decoded(InputTopic::Scans, record, rest, "a hub, happened=, uploaded=, reason= or what is said of a place")
    }

    /// `announced`: everything that the file says of the shipment, and what stands here; `changed`: that alone.
    fn shipment(&mut self, is_new: bool, mut rest: Rest<'_>) -> Result<Happening, String> {
        let mut fields = if is_new { self.shipment.clone() } else { Map::new() };
        for key in FIELDS {
            fields.extend(rest.take(key).map(|text| (key.to_owned(), json!(text))));
        }
        let mut record = shipment_record(&fields, self.clock, Some(rest.at))?;
        record.insert("parcel_id".into(), self.parcel_id());
        record.insert("updated_at".into(), json!(self.clock.record(rest.at)));
        if !record.contains_key("ordered_at") {
            let before = self.ordered_at.clone().filter(|_| !is_new);
            record.insert("ordered_at".into(), json!(before.unwrap_or_else(|| self.clock.record(rest.at))));
        }
        self.ordered_at = record.get("ordered_at").and_then(Value::as_str).map(str::to_owned);
        self.decoded(InputTopic::Shipments, record, rest, "a field of the shipment (service=, promise=, ..)")
    }

    /// `choice requested locker place=LK-1`, `choice accepted reschedule`
    fn choice(&mut self, mut rest: Rest<'_>) -> Result<Happening, String> {
        let change = rest.next().ok_or("expected what became of a choice (requested, accepted, ..), found nothing")?;
        let mut record = self.reroute(change, &mut rest);
        record.extend(rest.next().map(|option| ("option".to_owned(), json!(option))));
        let (place, text) = (rest.take("place"), rest.take("text"));
        record.insert("detail".into(), json!({"place": place, "text": text}));
        record.extend(rest.take("reason").map(|text| ("reason".to_owned(), json!(text))));
        self.decoded(InputTopic::Reroutes, record, rest, "an option, id=, journey=, place=, text= or reason=")
    }

    fn answer(&mut self, change: &str, mut rest: Rest<'_>) -> Result<Happening, String> {
        let record = self.reroute(change, &mut rest);
        self.decoded(InputTopic::Reroutes, record, rest, "id= or journey=")
    }

    /// What choices and answers have in common. An answer of the executing system belongs to the choice made last.
    fn reroute(&mut self, change: &str, rest: &mut Rest<'_>) -> Map<String, Value> {
        self.choices += usize::from(!matches!(change, "accepted" | "refused" | "cancelled"));
        let id = rest.take("id").map_or_else(|| format!("rr_{}", self.choices), str::to_owned);
        let journey = rest.take("journey").and_then(|journey| journey.parse::<u32>().ok()).unwrap_or(1);
        let record = json!({
            "id": id, "parcel_id": self.parcel_id(), "journey": journey, "change": change, "by": "recipient",
            "at": self.clock.record(rest.at),
        });
        record.as_object().cloned().unwrap_or_default()
    }

    /// `recipient prefers opt_out=sms channels=email quiet_hours=21:00-08:00 locale=en`
    fn prefers(&self, mut rest: Rest<'_>) -> Result<Happening, String> {
        let person = self.shipment.get("recipient").cloned().unwrap_or_default();
        let text = |key: &str| person.get(key).and_then(Value::as_str).map(str::to_owned);
        let (id, phone, email) = (text("id"), text("phone"), text("email"));
        let person = Box::new(Recipient { id, phone, email, ..Recipient::default() });
        let list = |text: &str| json!(text.split(',').filter(|name| !name.is_empty()).collect::<Vec<_>>());
        let mut record = Map::new();
        record.insert("at".into(), json!(self.clock.record(rest.at)));
        record.insert("opt_out".into(), list(rest.take("opt_out").unwrap_or_default()));
        record.extend(rest.take("channels").map(|text| ("channels".to_owned(), list(text))));
        for key in ["quiet_hours", "locale"] {
            record.extend(rest.take(key).map(|text| (key.to_owned(), json!(text))));
        }
        rest.end("opt_out=, channels=, quiet_hours= or locale=")?;
        // Read once under a secret of no meaning, so that what is wrong with it is known before it is played.
        match Happening::preference(&person, &record, &HashKey::new(*b"none")) {
            Some(notify::Input::Preference { malformed, .. }) if malformed.is_empty() => {}
            Some(_) => {
                return Err("expected channels, hours (21:00-08:00) and a language, found something else".to_owned());
            }
            None => {
                return Err("expected channels, and a recipient with an id, phone or email, found another".to_owned());
            }
        }
        Ok(Happening::Prefers { person, record })
    }

    /// The record as the tracker reads it; what it would take for absent is a mistake here.
    fn decoded(
        &self,
        topic: InputTopic,
        record: Map<String, Value>,
        rest: Rest<'_>,
        expected: &str,
    ) -> Result<Happening, String> {
        let at = rest.at;
        rest.end(expected)?;
        let text = Value::Object(record).to_string();
        let input = tracker_input(topic, Some(text.as_bytes()), at).map_err(|reject| reject.to_string())?;
        let malformed = match &input {
            track::Input::Scan(scan) => &scan.malformed,
            track::Input::Shipment(shipment) => &shipment.malformed,
            track::Input::Reroute { malformed, .. } => malformed,
        };
        match malformed.first() {
            Some(field) => Err(format!("{field}: expected what wire.md says of it, found something else")),
            None => Ok(Happening::Record(input)),
        }
    }
}

/// What a shipment may say here beside what lines may say of it.
pub(super) const TABLES: [&str; 3] = ["parcel_id", "recipient", "sender"];

/// What lines may say of a shipment.
pub(super) const FIELDS: [&str; 11] = [
    "ordered_at",
    "shipped_at",
    "promise",
    "merchant",
    "service",
    "origin",
    "destination",
    "route",
    "consent",
    "flags",
    "cancelled",
];

/// A shipment as records have it: local times with their offset, hubs and lists spelled out.
pub(super) fn shipment_record(
    fields: &Map<String, Value>,
    clock: Clock,
    line: Option<crate::model::Timestamp>,
) -> Result<Map<String, Value>, String> {
    let mut record = Map::new();
    for (key, value) in fields {
        let text = value.as_str();
        let members = || text.unwrap_or_default().split(',').map(str::trim).filter(|text| !text.is_empty());
        let value = match (key.as_str(), text) {
            ("ordered_at" | "shipped_at" | "promise", Some(text)) => {
                json!(clock.record(clock.value(text, line).map_err(|wrong| format!("{key}: {wrong}"))?))
            }
            ("origin" | "destination", Some(hub)) => json!({ "hub": hub }),
            ("consent" | "flags", Some(_)) => json!(members().collect::<Vec<_>>()),
            ("cancelled", Some(text)) => json!(text == "true" || text == "yes"),
            ("route", Some(_)) => milestones(members())?,
            ("route", None) => {
                let members = value.as_array().into_iter().flatten();
                let texts: Option<Vec<&str>> = members.map(Value::as_str).collect();
                milestones(texts.ok_or("route: expected a list of texts, found something else")?.into_iter())?
            }
            _ => value.clone(),
        };
        record.insert(key.clone(), value);
    }
    Ok(record)
}

/// `departed_hub HGH01 within 8h10m` as a milestone, for each.
fn milestones<'a>(texts: impl Iterator<Item = &'a str>) -> Result<Value, String> {
    let mut route = Vec::new();
    for text in texts {
        let words: Vec<&str> = text.split_whitespace().collect();
        let (names, within) = match &words[..] {
            [names @ .., "within", within] => (names, Some(*within)),
            names => (names, None),
        };
        let (code, hub) = match names {
            [code] => (*code, None),
            [code, hub] => (*code, Some(*hub)),
            _ => return Err(format!("route: expected \"arrived_hub SHA02 within 8h\", found {text:?}")),
        };
        route.push(json!({"code": code, "hub": hub, "within": within}));
    }
    Ok(Value::Array(route))
}
