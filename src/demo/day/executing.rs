//! The courier's own systems, as they carry out what a customer chose: they answer after a while, and then the parcel goes another
//! way.

use std::time::Duration;

use serde_json::{Value, json};

use super::calendar::wave;
use super::fate::waiting;
use super::network::Hub;
use super::{Dice, Event, Topic, local};
use crate::model::{Code, RerouteOption, Timestamp, WorkOrder, WorkOrderChange};

/// From the order to the answer: somebody at the hub looks at a screen.
const ANSWERED_AFTER: Duration = Duration::from_secs(8 * 60);

fn minutes(minutes: u64) -> Duration {
    Duration::from_secs(minutes * 60)
}

/// What is written from `now` on because of a work order. It stands in the place of everything that was still to be
/// scanned of the parcel. `hub` delivers it.
pub fn execute(order: &WorkOrder, hub: &Hub, now: Timestamp, dice: &mut Dice) -> Vec<Event> {
    let answered = now + ANSWERED_AFTER;
    let scan = |at: Timestamp, code: Code, more: Value| scanned(order, hub, at, code, more);
    // What is to be found out about a parcel, nobody finds out in a demonstration.
    let Some(option) = order.option else { return Vec::new() };
    if order.change == WorkOrderChange::Cancelled {
        let out = wave(now + minutes(30));
        return vec![scan(out, Code::OutForDelivery, json!({})), scan(out + minutes(100), Code::Delivered, json!({}))];
    }
    let mut events = vec![answer(order, answered)];
    let slot = order.detail.slot.map_or_else(|| wave(now + minutes(180)), |slot| slot.from.max(answered));
    events.extend(match option {
        RerouteOption::Locker | RerouteOption::Station | RerouteOption::Outlet => {
            let there = answered + minutes(75);
            let mut waits = waiting(hub, there, dice);
            waits["place_kind"] = json!(option);
            if let Some(place) = &order.detail.place {
                waits["place"] = json!(place);
            }
            vec![
                scan(answered + minutes(20), Code::ArrivedDestination, json!({})),
                scan(there, Code::AwaitingCollection, waits),
                scan(there + minutes(9 * 60), Code::Collected, json!({})),
            ]
        }
        RerouteOption::Return => vec![
            scan(answered + minutes(60), Code::Returning, json!({"reason": "customer_request"})),
            scan(answered + minutes(30 * 60), Code::Returned, json!({})),
        ],
        RerouteOption::Address => vec![
            scan(answered + minutes(40), Code::Forwarded, json!({"reason": "customer_request"})),
            scan(slot.max(answered + minutes(120)), Code::OutForDelivery, json!({})),
            scan(slot.max(answered + minutes(120)) + minutes(90), Code::Delivered, json!({})),
        ],
        RerouteOption::Hold => {
            let again = wave(answered + minutes(24 * 60));
            vec![
                scan(answered + minutes(30), Code::Held, json!({"reason": "customer_request"})),
                scan(again, Code::OutForDelivery, json!({})),
                scan(again + minutes(90), Code::Delivered, json!({})),
            ]
        }
        RerouteOption::Reschedule | RerouteOption::SafePlace | RerouteOption::Neighbour => {
            vec![scan(slot, Code::OutForDelivery, json!({})), scan(slot + minutes(60), Code::Delivered, json!({}))]
        }
    });
    events
}

fn answer(order: &WorkOrder, at: Timestamp) -> Event {
    let value = json!({
        "id": order.reroute_id, "parcel_id": order.parcel_id, "journey": order.journey, "change": "accepted",
        "option": order.option, "detail": order.detail, "at": local(at), "by": "execution",
    });
    Event { at, topic: Topic::Reroutes, key: order.parcel_id.clone(), value }
}

fn scanned(order: &WorkOrder, hub: &Hub, at: Timestamp, code: Code, more: Value) -> Event {
    let mut value = json!({
        "parcel_id": order.parcel_id, "code": code, "hub": hub.code,
        "event_time": local(at), "upload_time": local(at + minutes(1)),
    });
    for (name, said) in more.as_object().into_iter().flatten() {
        value[name] = said.clone();
    }
    Event { at: at + minutes(1), topic: Topic::Scans, key: order.parcel_id.clone(), value }
}
