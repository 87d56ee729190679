//! A parcel's story on its way to being records.

use std::time::Duration;

use serde_json::{Value, json};

use super::network::{Hub, Merchant};
use super::people::Person;
use super::{Event, Topic, local};
use crate::model::{Code, Timestamp};

/// Between a scan and its upload: hubs send every few minutes.
const UPLOAD_AFTER: Duration = Duration::from_secs(60);

/// Who sends what to whom, and what was promised.
#[derive(Clone, Debug)]
pub struct Parcel {
    #[allow(missing_docs)]
    pub id: String,
    #[allow(missing_docs)]
    pub merchant: &'static Merchant,
    #[allow(missing_docs)]
    pub from: &'static Hub,
    #[allow(missing_docs)]
    pub to: &'static Hub,
    #[allow(missing_docs)]
    pub recipient: Person,
    #[allow(missing_docs)]
    pub ordered_at: Timestamp,
    /// Longer than a lorry takes by so much.
    pub promise: Option<Timestamp>,
    /// What the recipient agreed to beforehand.
    pub consent: &'static [&'static str],
}

impl Parcel {
    /// Same-city, inter-city or remote.
    pub fn service(&self) -> &'static str {
        match () {
            () if self.from == self.to => "same-city",
            () if self.from.time_zone != self.to.time_zone => "remote",
            () => "inter-city",
        }
    }
}

/// The records of one parcel so far.
#[derive(Debug)]
pub struct Script {
    #[allow(missing_docs)]
    pub parcel: Parcel,
    events: Vec<Event>,
}

impl Script {
    /// Announces the parcel, with the route by which hubs know what to expect.
    pub fn announced(parcel: Parcel) -> Script {
        let way = parcel.from.way_to(parcel.to);
        let within = |hours: u64| humantime::format_duration(Duration::from_secs(hours * 3600)).to_string();
        let mut route = vec![json!({"code": "picked_up", "within": within(6)})];
        if parcel.from != parcel.to {
            route.push(json!({"code": "departed_hub", "hub": parcel.from.code, "within": within(10)}));
            let way = humantime::format_duration(way + Duration::from_secs(2 * 3600)).to_string();
            route.push(json!({"code": "arrived_hub", "hub": parcel.to.code, "within": way}));
        }
        route.push(json!({"code": "arrived_destination", "hub": parcel.to.code, "within": within(8)}));
        let shipment = json!({
            "parcel_id": parcel.id, "merchant": parcel.merchant.id, "service": parcel.service(),
            "ordered_at": local(parcel.ordered_at), "shipped_at": local(parcel.ordered_at),
            "promise": parcel.promise.map(local),
            "origin": {"hub": parcel.from.code, "area": parcel.from.area},
            "destination": {"hub": parcel.to.code, "area": parcel.to.area},
            "route": route, "recipient": parcel.recipient.to_json(), "consent": parcel.consent,
        });
        let first = Event { at: parcel.ordered_at, topic: Topic::Shipments, key: parcel.id.clone(), value: shipment };
        Script { parcel, events: vec![first] }
    }

    /// A scan, uploaded a little later.
    pub fn scan(self, at: Timestamp, code: Code, hub: &Hub) -> Script {
        self.scan_with(at, at + UPLOAD_AFTER, code, hub, &json!({}))
    }

    /// A scan that says more, uploaded at a time of its own.
    pub fn scan_with(mut self, at: Timestamp, upload: Timestamp, code: Code, hub: &Hub, more: &Value) -> Script {
        let mut value = json!({
            "parcel_id": self.parcel.id, "code": code, "hub": hub.code,
            "event_time": local(at), "upload_time": local(upload),
        });
        for (name, said) in more.as_object().into_iter().flatten() {
            value[name] = said.clone();
        }
        self.events.push(Event { at: upload, topic: Topic::Scans, key: self.parcel.id.clone(), value });
        self
    }

    /// Its records.
    pub fn events(self) -> Vec<Event> {
        self.events
    }
}
