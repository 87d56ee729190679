//! What was announced of a parcel: contacts and route. A second saved entry, written only when it changes and gone
//! with the parcel.

use serde::{Deserialize, Serialize};

use super::input::{Endpoint, Milestone, Shipment};
use crate::model::{Recipient, Timestamp};

/// The fields of the parcel's shipment records, each as it was named last.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Announced {
    pub ordered_at: Timestamp,
    pub shipped_at: Option<Timestamp>,
    pub promise: Option<Timestamp>,
    pub merchant: Option<Box<str>>,
    pub service: Option<Box<str>>,
    pub origin: Option<Endpoint>,
    pub destination: Option<Endpoint>,
    pub route: Option<Vec<Milestone>>,
    pub recipient: Option<Recipient>,
    pub sender: Option<Recipient>,
    pub flags: Vec<Box<str>>,
    pub consent: Vec<Box<str>>,
}

impl Announced {
    /// What the first record of a journey says.
    pub fn first(shipment: &Shipment) -> Announced {
        let mut announced = Announced {
            ordered_at: shipment.ordered_at,
            shipped_at: None,
            promise: None,
            merchant: None,
            service: None,
            origin: None,
            destination: None,
            route: None,
            recipient: None,
            sender: None,
            flags: Vec::new(),
            consent: Vec::new(),
        };
        announced.change(shipment);
        announced
    }

    /// Replaces the fields that a record names.
    pub fn change(&mut self, shipment: &Shipment) {
        self.ordered_at = shipment.ordered_at;
        replace(&mut self.shipped_at, &shipment.shipped_at);
        replace(&mut self.promise, &shipment.promise);
        replace(&mut self.merchant, &shipment.merchant);
        replace(&mut self.service, &shipment.service);
        replace(&mut self.origin, &shipment.origin);
        replace(&mut self.destination, &shipment.destination);
        replace(&mut self.route, &shipment.route);
        replace(&mut self.recipient, &shipment.recipient);
        replace(&mut self.sender, &shipment.sender);
        if let Some(flags) = &shipment.flags {
            self.flags.clone_from(flags);
        }
        if let Some(consent) = &shipment.consent {
            self.consent.clone_from(consent);
        }
    }

    /// From when the first milestone and the upload are awaited.
    pub fn start(&self) -> Timestamp {
        self.shipped_at.unwrap_or(self.ordered_at)
    }

    /// The milestones; none where there is no route.
    pub fn milestones(&self) -> &[Milestone] {
        self.route.as_deref().unwrap_or_default()
    }
}

fn replace<T: Clone>(known: &mut Option<T>, named: &Option<T>) {
    if named.is_some() {
        known.clone_from(named);
    }
}
