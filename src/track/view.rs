//! A parcel as the rules look at it: its state, what was announced, and the configuration.

use super::announced::Announced;
use super::choices::{Choice, Choices};
use super::parcel::Parcel;
use super::route::Due;
use super::rules::{Limits, Rules};
use super::signs::Signs;
use crate::model::{Audience, ConditionKind, Eta, Recipient, RerouteOption, Timestamp};

/// Read-only; everything that is derived is derived here.
#[derive(Clone, Copy)]
pub(super) struct View<'a> {
    pub parcel: &'a Parcel,
    /// None: a shell, scanned and never announced.
    pub announced: Option<&'a Announced>,
    /// None: nothing was chosen in this journey.
    pub choices: Option<&'a Choices>,
    /// None: this version has accepted no scan of it.
    pub signs: Option<&'a Signs>,
    pub rules: &'a Rules,
}

impl<'a> View<'a> {
    /// The limits of the parcel's service level.
    pub fn limits(&self) -> &'a Limits {
        self.rules.limits(self.service())
    }

    /// The parcel's service level.
    pub fn service(&self) -> Option<&'a str> {
        self.announced?.service.as_deref()
    }

    /// Whether a condition of this kind is open.
    pub fn is_open(&self, kind: ConditionKind) -> bool {
        self.parcel.is_open(kind)
    }

    /// The promise in force: the one that the customer's choice made, while that stands, else the one before. Who calls a parcel
    /// back is promised nothing.
    pub fn promise(&self) -> Option<Timestamp> {
        match self.standing() {
            Some(choice) if choice.option == RerouteOption::Return => None,
            Some(choice) => choice.promise.or_else(|| self.base_promise()),
            None => self.base_promise(),
        }
    }

    /// The customer's choice that stands.
    pub fn standing(&self) -> Option<&'a Choice> {
        self.choices?.standing()
    }

    /// When it comes as the customer chose, seen from `now`: while that lies ahead and nobody has tried to hand it over.
    pub fn chosen_arrival(&self, now: Timestamp) -> Option<Eta> {
        let arrives = self.standing()?.arrives?;
        (arrives.to > now && self.promise_clock_runs()).then_some(arrives)
    }

    /// Places to which the recipient agreed: in the order, and by choosing one.
    pub fn consent(&self) -> impl Iterator<Item = &'a str> {
        let announced = self.announced.into_iter().flat_map(|announced| announced.consent.iter().map(|place| &**place));
        let chosen = self.standing().filter(|choice| choice.by == Audience::Recipient);
        announced.chain(chosen.and_then(Choice::consent))
    }

    /// The person whose links are those of an audience.
    pub fn reader(&self, audience: Audience) -> Option<&'a Recipient> {
        match audience {
            Audience::Recipient => self.announced?.recipient.as_ref(),
            Audience::Sender => self.announced?.sender.as_ref(),
            Audience::Merchant | Audience::HubOps | Audience::CustomerService => None,
        }
    }

    /// The promise whatever was chosen (rules.md, "Promise"): the shipment's, else the service level's from the pickup, or while that
    /// is missing from the first physical scan. None before any scan where the shipment names none.
    pub fn base_promise(&self) -> Option<Timestamp> {
        let announced = self.announced?;
        announced.promise.or_else(|| match self.parcel.frozen_promise {
            Some(frozen) => frozen,
            None => self.computed_promise(self.parcel.stage.first_physical?),
        })
    }

    /// What the service level promises to a parcel picked up at `pickup`.
    pub fn computed_promise(&self, pickup: Timestamp) -> Option<Timestamp> {
        let announced = self.announced?;
        let area = announced.destination.as_ref().and_then(|end| end.area.as_deref());
        self.rules.promised(self.service(), area).map(|within| pickup + within)
    }

    /// Whether nothing has stopped the promise clock.
    pub fn promise_clock_runs(&self) -> bool {
        !self.parcel.stage.has(|code| code.stops_promise_clock())
    }

    /// The route's milestone that is due, and when.
    pub fn due(&self) -> Option<Due> {
        let announced = self.announced?;
        self.parcel.progress.due(announced.milestones(), announced.start())
    }

    /// Whether a route is known that nothing has ended.
    pub fn has_route(&self) -> bool {
        !self.parcel.progress.over && self.announced.is_some_and(|announced| announced.route.is_some())
    }

    /// A milestone of the route in words.
    pub fn milestone_name(&self, index: u16) -> String {
        let milestone = self.announced.and_then(|announced| announced.milestones().get(usize::from(index)));
        let code = milestone.map_or("a scan", |milestone| milestone.code.name());
        let hub = self.milestone_hub(index).map(|hub| format!(" at {hub}")).unwrap_or_default();
        format!("milestone {index}, {code}{hub},")
    }

    /// The hub of a milestone of the route.
    pub fn milestone_hub(&self, index: u16) -> Option<&'a str> {
        self.announced?.milestones().get(usize::from(index))?.hub.as_deref()
    }
}
