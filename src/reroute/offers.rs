//! What is configured to be offered: the content of the offers file (`deploy/offers.toml` is a commented example).
//!
//! What always holds: a missing table, price or place is no default: without data an option is not offered.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono_tz::Tz;
use serde::Deserialize;

use super::value::{self, Amount, Name, Window};
use super::{PlaceView, situation::Situation};
use crate::model::{Fee, RerouteOption};

/// Everything that may be offered.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Offers {
    /// ISO 4217, of every fee.
    pub currency: String,
    #[allow(missing_docs)]
    pub areas: Vec<Area>,
    #[allow(missing_docs)]
    pub places: Vec<Place>,
    #[allow(missing_docs)]
    pub options: BTreeMap<RerouteOption, Terms>,
}

/// Days ahead for which slots can be offered. More: nobody plans a tour so early. Fewer: whoever is on holiday finds none.
const DAYS_AHEAD_MAX: u8 = 14;

/// When parcels are delivered in an area.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Area {
    /// How the destination's area code begins; the longest that fits counts, "" fits every one.
    pub prefix: String,
    /// Of the times below.
    #[serde(deserialize_with = "value::time_zone")]
    pub time_zone: Tz,
    /// From when parcels are out for delivery, and until when they are handed over.
    pub tour: Window,
    /// What `reschedule` offers, each day. None: only the other options are offered.
    #[serde(default)]
    pub slots: Vec<Window>,
    /// On how many days after the first possible one; up to 14.
    #[serde(default)]
    pub days_ahead: u8,
}

/// A facility where parcels can be collected.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// As scans name it.
    #[serde(deserialize_with = "value::id")]
    pub id: String,
    #[allow(missing_docs)]
    pub kind: PlaceKind,
    /// For destinations whose area code begins with one of these.
    #[serde(deserialize_with = "value::some")]
    pub areas: Vec<String>,
    /// For people, by locale or one for all.
    pub name: Option<Name>,
    /// Street and number.
    pub address: Option<String>,
    /// Opening hours, as a text.
    pub hours: Option<String>,
    /// Instead of the option's.
    pub fee: Option<Amount>,
    /// How long it keeps a parcel, in days, with whatever is chosen.
    pub max_days: Option<u16>,
    /// For these service levels only; none: for all.
    #[serde(default)]
    pub services: Vec<String>,
}

/// What a facility is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum PlaceKind {
    Locker,
    Station,
    Outlet,
}

impl PlaceKind {
    /// The option that is chosen with it.
    pub const fn option(self) -> RerouteOption {
        match self {
            PlaceKind::Locker => RerouteOption::Locker,
            PlaceKind::Station => RerouteOption::Station,
            PlaceKind::Outlet => RerouteOption::Outlet,
        }
    }
}

/// On what terms an option is offered.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Terms {
    #[allow(missing_docs)]
    pub fee: Amount,
    /// How long before the tour or slot it must be chosen.
    #[serde(deserialize_with = "value::duration")]
    pub cut_off: Duration,
    /// How much later than with the tour it arrives.
    #[serde(default, deserialize_with = "value::duration")]
    pub lead: Duration,
    /// By how many days `hold` keeps the parcel longer; without, it is not offered.
    pub days: Option<u16>,
    /// For destinations whose area code begins with one of these; none: for all.
    #[serde(default)]
    pub areas: Vec<String>,
    /// For these service levels only; none: for all.
    #[serde(default)]
    pub services: Vec<String>,
    /// Not for parcels with one of these flags.
    #[serde(default)]
    pub not_for: Vec<String>,
}

impl Offers {
    /// When parcels are delivered in an area.
    pub fn area(&self, area: Option<&str>) -> Option<&Area> {
        let fits = |known: &&Area| area.unwrap_or_default().starts_with(&known.prefix);
        self.areas.iter().filter(fits).max_by_key(|known| known.prefix.len())
    }

    /// A facility.
    pub fn place(&self, id: &str) -> Option<&Place> {
        self.places.iter().find(|place| place.id == id)
    }

    /// A facility as its reader is shown it, also one of which no more than the id is known.
    pub fn shown(&self, id: &str, kind: Option<&str>, locale: Option<&str>) -> PlaceView {
        match self.place(id) {
            Some(place) => place.shown(locale),
            None => PlaceView { id: Some(id.to_owned()), kind: kind.map(Into::into), ..PlaceView::default() },
        }
    }

    /// A price.
    pub fn fee(&self, amount: &Amount) -> Fee {
        Fee { amount: amount.0.clone(), currency: self.currency.clone() }
    }

    /// What does not fit together: where (table, index, key) and what is wrong.
    pub fn mistakes(&self) -> Vec<(Vec<String>, String)> {
        let mut mistakes = Vec::new();
        let mut wrong = |path: &[&str], message: &str| {
            mistakes.push((path.iter().map(ToString::to_string).collect(), message.to_owned()));
        };
        for (index, place) in self.places.iter().enumerate() {
            if self.places[..index].iter().any(|known| known.id == place.id) {
                wrong(&["places", &index.to_string(), "id"], "expected an id of its own, found that of another place");
            }
        }
        for (index, area) in self.areas.iter().enumerate() {
            if self.areas[..index].iter().any(|known| known.prefix == area.prefix) {
                wrong(&["areas", &index.to_string(), "prefix"], "expected a prefix of its own, found that of another");
            }
        }
        for (index, area) in self.areas.iter().enumerate().filter(|(_, area)| area.days_ahead > DAYS_AHEAD_MAX) {
            let message = format!("expected at most {DAYS_AHEAD_MAX} days, found {}", area.days_ahead);
            wrong(&["areas", &index.to_string(), "days_ahead"], &message);
        }
        if self.options.get(&RerouteOption::Hold).is_some_and(|terms| terms.days.is_none()) {
            wrong(&["options", "hold", "days"], "expected for how many days a parcel is kept longer, found nothing");
        }
        mistakes
    }
}

impl Place {
    /// Whether it may be shown for this parcel.
    pub fn serves(&self, situation: &Situation<'_>) -> bool {
        begins_with_one(situation.area, &self.areas) && is_one(situation.service, &self.services)
    }

    /// As its reader is shown it.
    pub fn shown(&self, locale: Option<&str>) -> PlaceView {
        PlaceView {
            id: Some(self.id.clone()),
            kind: Some(self.kind.option().name().to_owned()),
            name: self.name.as_ref().map(|name| name.for_reader(locale).to_owned()),
            hours: self.hours.clone(),
            address: self.address.clone(),
        }
    }
}

/// Goods that are not left anywhere for long.
const PERISHABLE: [&str; 2] = ["fresh", "pharma"];

impl Terms {
    /// Whether the goods, the area and the service allow it.
    pub fn allow(&self, option: RerouteOption, situation: &Situation<'_>) -> bool {
        use RerouteOption::*;
        let perishes = situation.has_flag(&PERISHABLE) && matches!(option, Locker | Station | Hold);
        let everywhere = self.areas.is_empty();
        !perishes
            && !situation.has_flag(&self.not_for)
            && (everywhere || begins_with_one(situation.area, &self.areas))
            && is_one(situation.service, &self.services)
    }
}

fn begins_with_one(area: Option<&str>, prefixes: &[String]) -> bool {
    prefixes.iter().any(|prefix| area.unwrap_or_default().starts_with(prefix.as_str()))
}

fn is_one(service: Option<&str>, services: &[String]) -> bool {
    services.is_empty() || service.is_some_and(|service| services.iter().any(|known| known == service))
}
