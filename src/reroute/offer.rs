//! What is offered for a parcel: the matrix of `situation`, filled with the places, slots and prices of the offers file.
//!
//! Every offer has its price, its deadline and, where that is known, when the parcel would come. A parcel goes out with the first
//! tour for which it can be there; what keeps it from that tour must be chosen before the tour begins, less the option's cut-off.

use chrono::{Days, NaiveDate};

use super::Offer;
use super::offers::{Area, Offers, Terms};
use super::situation::{Phase, Situation};
use super::value::Window;
use crate::model::{Detail, Eta, Fee, Offered, Reroute, RerouteOption, Timestamp};
use crate::time::instant;

/// Places of one kind that a page shows. More: nobody reads them on a phone.
const PLACES_MAX: usize = 12;

/// Days that are looked at for a tour that can still be changed: cut-offs are shorter.
const DAYS_MAX: u64 = 14;

/// Why a choice is not carried out, in the words of records and notices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Its deadline has passed, or the parcel has moved on.
    TooLate,
    /// It is not offered, or not at this price (any more).
    NoLongerOffered,
    /// The second proof is missing or wrong.
    WrongProof,
    /// It was wrong too often.
    TooManyProofs,
    /// Something else was chosen since the page was shown.
    Superseded,
}

impl Refusal {
    /// The reason on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Refusal::TooLate => "too_late",
            Refusal::NoLongerOffered => "no_longer_offered",
            Refusal::WrongProof => "wrong_proof",
            Refusal::TooManyProofs => "too_many_proofs",
            Refusal::Superseded => "superseded",
        }
    }
}

impl Offers {
    /// Everything that may be chosen now, in the order in which it is shown.
    pub fn offered(&self, situation: &Situation<'_>) -> Vec<Offer> {
        let Some(area) = self.area(situation.area) else { return Vec::new() };
        // Whoever has sent for it back has nothing else to choose than to undo that.
        let is_sent_for = situation.chosen.is_some_and(|(option, _)| option == RerouteOption::Return);
        if is_sent_for || situation.used_up {
            return Vec::new();
        }
        let mut offers = Vec::new();
        for option in RerouteOption::ALL.into_iter().filter(|&option| situation.makes_sense(option)) {
            let terms = self.options.get(&option).filter(|terms| terms.allow(option, situation));
            if let Some(terms) = terms {
                self.offer(option, terms, area, situation, &mut offers);
            }
        }
        let is_chosen = |offer: &Offer| {
            let chosen = situation.chosen.filter(|(option, _)| *option == offer.option && !offer.asks_text);
            chosen.is_some_and(|(_, detail)| detail.place == offer.detail.place && detail.slot == offer.detail.slot)
        };
        offers.retain(|offer| offer.until >= situation.now && !is_chosen(offer));
        offers
    }

    /// The offer that a request takes up.
    ///
    /// # Errors
    /// Why there is none.
    pub fn judge(&self, situation: &Situation<'_>, request: &Reroute, text_max: usize) -> Result<Offer, Refusal> {
        let Some(option) = request.option else { return Err(Refusal::NoLongerOffered) };
        if !situation.makes_sense(option) {
            return Err(Refusal::TooLate);
        }
        let detail = &request.detail;
        let offered: Vec<Offer> = self.offered(situation).into_iter().filter(|offer| offer.option == option).collect();
        let first_slot = offered.iter().filter_map(|offer| offer.detail.slot).map(|slot| slot.from).min();
        let taken =
            offered.into_iter().find(|offer| offer.detail.place == detail.place && offer.detail.slot == detail.slot);
        let Some(offer) = taken else {
            let has_gone = detail.slot.is_some_and(|slot| slot.from < first_slot.unwrap_or(situation.now));
            return Err(if has_gone { Refusal::TooLate } else { Refusal::NoLongerOffered });
        };
        let length = detail.text.as_deref().map_or(0, |text| text.trim().chars().count());
        let is_said = !offer.asks_text || (1..=text_max).contains(&length);
        let same_price = request.fee.as_ref().is_none_or(|shown| *shown == offer.fee);
        if is_said && same_price { Ok(offer) } else { Err(Refusal::NoLongerOffered) }
    }

    fn offer(
        &self,
        option: RerouteOption,
        terms: &Terms,
        area: &Area,
        situation: &Situation<'_>,
        offers: &mut Vec<Offer>,
    ) {
        use RerouteOption::*;
        let Some(tour) = Tour::of(situation, area, terms) else { return };
        let plain = |arrives, until| Offer {
            option,
            detail: Detail::default(),
            place: None,
            fee: self.fee(&terms.fee),
            arrives,
            until,
            asks_text: matches!(option, Address | SafePlace | Neighbour),
            asks_proof: option == Address,
        };
        // Late or promised nothing, it may be anywhere: whoever carries it out says when it comes.
        let later = situation.can_be_dated().then(|| tour.window.map(|at| at + terms.lead));
        match option {
            Reschedule => offers.extend(tour.slots(area).map(|slot| Offer {
                detail: Detail { slot: Some(slot), ..Detail::default() },
                ..plain(Some(slot), tour.until)
            })),
            Locker | Station | Outlet => {
                let places =
                    self.places.iter().filter(|place| place.kind.option() == option && place.serves(situation));
                offers.extend(places.take(PLACES_MAX).map(|place| Offer {
                    detail: Detail { place: Some(place.id.clone()), ..Detail::default() },
                    place: Some(place.shown(situation.locale)),
                    fee: self.fee(place.fee.as_ref().unwrap_or(&terms.fee)),
                    ..plain(later, tour.until)
                }));
            }
            Address if situation.can_prove => offers.push(plain(later, tour.until)),
            Address => {}
            SafePlace | Neighbour => offers.push(plain(Some(tour.window), tour.until)),
            Hold => offers.extend(self.hold(terms, &tour, situation).map(|(arrives, until)| plain(arrives, until))),
            Return => offers.push(plain(None, tour.until)),
        }
    }

    /// When a parcel that is kept longer would come, if it is on its way, and until when that can be chosen.
    fn hold(&self, terms: &Terms, tour: &Tour, situation: &Situation<'_>) -> Option<(Option<Eta>, Timestamp)> {
        let longer = std::time::Duration::from_secs(u64::from(terms.days?) * 24 * 3600);
        if situation.phase == Phase::Before {
            let arrives = situation.can_be_dated().then(|| tour.window.map(|at| at + longer));
            return Some((arrives, tour.until));
        }
        let free_until = situation.free_until?;
        let place = situation.waits_at.and_then(|id| self.place(id));
        let kept = (free_until + longer).since(situation.waits_since.unwrap_or(free_until));
        let max_days = place.and_then(|place| place.max_days);
        max_days.is_none_or(|days| kept.as_secs() <= u64::from(days) * 24 * 3600).then_some((None, free_until))
    }
}

impl Eta {
    fn map(self, moved: impl Fn(Timestamp) -> Timestamp) -> Eta {
        Eta { from: moved(self.from), to: moved(self.to) }
    }
}

/// The tour that a choice changes.
struct Tour {
    day: NaiveDate,
    window: Eta,
    /// Until when it can be changed.
    until: Timestamp,
    /// The parcel is on it.
    under_way: bool,
}

impl Tour {
    /// On a tour: that one, until its end. Else the first for which the parcel can be there and that has not begun.
    fn of(situation: &Situation<'_>, area: &Area, terms: &Terms) -> Option<Tour> {
        let under_way = situation.phase == Phase::OutForDelivery;
        let awaited = situation.promise.filter(|_| situation.phase == Phase::Before && !situation.at_destination);
        let first = first_day(area, awaited, situation.now);
        (0..DAYS_MAX).find_map(|days| {
            let day = first.checked_add_days(Days::new(days))?;
            let window = on(area, day, area.tour)?;
            let until = if under_way { window.to } else { window.from };
            let until = Timestamp::from_millis(until.as_millis() - terms.cut_off.as_millis() as i64);
            (until >= situation.now).then_some(Tour { day, window, until, under_way })
        })
    }

    /// Delivery slots from this tour on; from the day after it, where the parcel is out already.
    fn slots<'a>(&'a self, area: &'a Area) -> impl Iterator<Item = Eta> + 'a {
        let first = u64::from(self.under_way);
        let days =
            (first..=first + u64::from(area.days_ahead)).filter_map(|days| self.day.checked_add_days(Days::new(days)));
        days.flat_map(move |day| area.slots.iter().filter_map(move |slot| on(area, day, *slot)))
            .filter(|slot| slot.from >= self.window.from)
    }
}

/// The day of the tour that keeps the promise: the last one that begins before that. Not before today.
fn first_day(area: &Area, promise: Option<Timestamp>, now: Timestamp) -> NaiveDate {
    let day_of = |at: Timestamp| at.to_utc().with_timezone(&area.time_zone).date_naive();
    let promised = promise.and_then(|promise| {
        let day = day_of(promise);
        let is_out = on(area, day, area.tour)?.from < promise;
        if is_out { Some(day) } else { day.pred_opt() }
    });
    promised.map_or(day_of(now), |day| day.max(day_of(now)))
}

fn on(area: &Area, day: NaiveDate, window: Window) -> Option<Eta> {
    let at = |time| instant(&area.time_zone, day.and_time(time));
    Some(Eta { from: at(window.from)?, to: at(window.to)? })
}

/// Each option once, with its lowest price, and until when all of them can be chosen: what a notice says of them.
pub fn in_short(offers: &[Offer]) -> (Vec<Offered>, Option<Timestamp>) {
    let mut short: Vec<(Offered, Timestamp)> = Vec::new();
    for offer in offers {
        match short.iter_mut().find(|(known, _)| known.option == offer.option) {
            Some((known, until)) => {
                if price(&offer.fee) < price(&known.fee) {
                    known.fee = offer.fee.clone();
                }
                *until = (*until).max(offer.until);
            }
            None => short.push((Offered { option: offer.option, fee: offer.fee.clone() }, offer.until)),
        }
    }
    let until = short.iter().map(|(_, until)| *until).min();
    (short.into_iter().map(|(offered, _)| offered).collect(), until)
}

/// For comparing: whole units, then the fraction to twelve places.
fn price(fee: &Fee) -> (u64, u64) {
    let (whole, part) = fee.amount.split_once('.').unwrap_or((&fee.amount, ""));
    (whole.parse().unwrap_or(u64::MAX), format!("{part:0<12.12}").parse().unwrap_or(u64::MAX))
}
