//! Lets the day happen: writes each record when its time has come, and what the courier's systems do about choices.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use tokio::sync::{mpsc, watch};

use super::broker::Pen;
use super::day::{self, DAY, Dice, Event, Hub, Topic};
use crate::model::{Timestamp, WorkOrder};
use crate::stream::Clock;

/// How often it is looked whether something is due. Longer shows on the screen as bursts.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// What decides the days.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    #[allow(missing_docs)]
    pub seed: u64,
    /// When the first day begins.
    pub start: Timestamp,
    /// How many are sent each day.
    pub parcels: usize,
}

/// What is still to be written.
pub struct Feed {
    plan: Plan,
    dice: Dice,
    /// By time, and in the order of the plan at equal times.
    due: BTreeMap<(Timestamp, u64), Event>,
    planned: u64,
    /// Days that are planned.
    days: u32,
    /// Who delivers each parcel.
    hubs: HashMap<String, &'static Hub>,
}

impl Feed {
    /// Plans the first day.
    pub fn new(plan: Plan) -> Feed {
        let dice = Dice::with_seed(plan.seed ^ 1);
        let mut feed = Feed { plan, dice, due: BTreeMap::new(), planned: 0, days: 1, hubs: HashMap::new() };
        feed.plan(day::first(plan.seed, plan.start, plan.parcels));
        feed
    }

    fn plan(&mut self, events: Vec<Event>) {
        for event in events {
            if event.topic == Topic::Shipments
                && let Some(hub) = event.value["destination"]["hub"].as_str().and_then(Hub::of)
            {
                self.hubs.insert(event.key.clone(), hub);
            }
            self.planned += 1;
            self.due.insert((event.at, self.planned), event);
        }
    }

    /// What is to be written by `now`, in order.
    pub fn due(&mut self, now: Timestamp) -> Vec<Event> {
        while now >= self.plan.start + DAY * self.days {
            self.plan(day::later(self.plan.seed, self.days, self.plan.start, self.plan.parcels));
            self.days += 1;
        }
        let later = self.due.split_off(&(now.next(), 0));
        std::mem::replace(&mut self.due, later).into_values().collect()
    }

    /// The courier carries out a choice: what was still to be scanned of the parcel does not happen.
    pub fn execute(&mut self, order: &WorkOrder, now: Timestamp) {
        let Some(hub) = self.hubs.get(&order.parcel_id) else { return };
        self.due.retain(|_, event| event.key != order.parcel_id);
        let events = day::execute(order, hub, now, &mut self.dice);
        self.plan(events);
    }

    /// Writes until `ended`.
    pub async fn run(
        mut self,
        pen: Pen,
        clock: Clock,
        mut orders: mpsc::UnboundedReceiver<WorkOrder>,
        mut ended: watch::Receiver<bool>,
    ) {
        loop {
            tokio::select! {
                // Its sender gone is an end, too.
                _ = ended.wait_for(|ended| *ended) => return,
                Some(order) = orders.recv() => self.execute(&order, clock.now()),
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
            for event in self.due(clock.now()) {
                if let Err(error) = pen.write(&event) {
                    tracing::error!(%error, "a record of the day cannot be written");
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn feed() -> Feed {
        let start = Timestamp::parse("2026-11-23T07:30:00+08:00").unwrap();
        Feed::new(Plan { seed: 7, start, parcels: 60 })
    }

    #[test]
    fn a_new_day_follows_the_first_one() {
        let mut feed = feed();
        let start = feed.plan.start;
        let first = feed.due(start + DAY - Duration::from_secs(1)).len();
        let second = feed.due(start + DAY * 2).iter().filter(|event| event.topic == Topic::Shipments).count();
        assert!(first > 100 && second >= 58, "{first} {second}");
    }

    #[test]
    fn a_choice_takes_the_place_of_what_was_to_come() {
        let mut feed = feed();
        let now = feed.plan.start + Duration::from_secs(3000);
        feed.due(now);
        let parcel = "PW0017";
        let order = json!({
            "id": "wo_1", "change": "created", "kind": "reroute", "parcel_id": parcel, "journey": 1, "reroute_id": "rr_1",
            "option": "locker", "detail": {"place": "LK-NKG", "slot": null, "text": null}, "at": "2026-11-23T01:00:00.000Z",
        });
        feed.execute(&serde_json::from_value(order).unwrap(), now);
        let rest: Vec<Event> = feed.due(now + DAY).into_iter().filter(|event| event.key == parcel).collect();
        let said: Vec<&str> = rest
            .iter()
            .map(|event| event.value.get("code").unwrap_or(&event.value["change"]).as_str().unwrap())
            .collect();
        assert_eq!(said, ["accepted", "arrived_destination", "awaiting_collection", "collected"]);
        assert_eq!(rest[2].value["place"], "LK-NKG");
    }
}
