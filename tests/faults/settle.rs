//! Waiting, with patience for any machine, until what faults disturbed is as it should be: partitions decide, customers are told, nothing is open.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};

use crate::feed::{Feed, PARTITIONS, now, parcel_on, stamp};
use crate::judge::without_last_word;
use crate::kafka::{Record, Stored};
use crate::pulse::Pulse;
use crate::support::until;
use crate::world::World;

/// Until every partition decides again after faults: longer than sessions, transactions and connections of dead ends last, several times over.
pub const RECOVERS_WITHIN: Duration = Duration::from_secs(240);
/// Until everything is told that is to be told.
const SETTLES_WITHIN: Duration = Duration::from_secs(300);
/// When something takes longer, the daemons' metrics are written down.
const LOOKS_AFTER: Duration = Duration::from_secs(60);

/// Waits until every partition has decided something that was scanned after an instant.
pub fn recovered(world: &World, pulse: &Pulse, feed: &Feed, instant: i64) {
    let mut patience = Looking::new(world);
    until("every partition to decide", RECOVERS_WITHIN, || match pulse.silent_since(instant) {
        silent if silent.is_empty() => Ok(()),
        silent => {
            patience.looks();
            let acked = feed.acked().lock().expect("no holder panics").len();
            Err(format!(
                "partitions {silent:?} are silent; {acked} records are acknowledged, {} beats decided",
                pulse.count()
            ))
        }
    });
}

/// Scans of a parcel on each partition that somebody must be told of, and waits until they are: then everything of before is.
pub fn probed(world: &World) {
    let producer = world.cluster.producer();
    let name = format!("PROBE{}", now().timestamp_millis());
    let parcels: BTreeSet<String> = (0..PARTITIONS).map(|partition| parcel_on(partition, &name)).collect();
    for parcel in &parcels {
        let shipment = json!({"parcel_id": parcel, "ordered_at": stamp(now()), "merchant": "M-1"});
        let scan = json!({"parcel_id": parcel, "code": "damaged", "event_time": stamp(now())});
        for (topic, value) in [("shipments.v1", shipment), ("scans.v1", scan)] {
            producer.send(Record::to(&world.topic(topic)).key(parcel).value(value.to_string()));
            producer.flush();
        }
    }
    let mut patience = Looking::new(world);
    until("somebody to be told of every partition", SETTLES_WITHIN, || {
        let notices = world.cluster.read_to_end(&world.topic("notices.v1"));
        let told: BTreeSet<String> =
            notices.iter().filter_map(|notice| Some(notice.json()["parcel_id"].as_str()?.to_owned())).collect();
        let silent: Vec<&String> = parcels.difference(&told).collect();
        patience.looks();
        if silent.is_empty() { Ok(()) } else { Err(format!("nobody has heard of {silent:?}")) }
    });
}

/// Has a look at the daemons when something takes very long, so that there is something to look at afterwards.
struct Looking<'a> {
    world: &'a World,
    at: Option<chrono::DateTime<chrono::Utc>>,
}

impl<'a> Looking<'a> {
    fn new(world: &'a World) -> Looking<'a> {
        Looking { world, at: Some(now() + LOOKS_AFTER) }
    }

    fn looks(&mut self) {
        if self.at.is_some_and(|at| now() >= at) {
            self.at = None;
            self.world.write_metrics();
        }
    }
}

/// Waits until something final is known about every notice of before an instant.
pub fn last_words(world: &World, cut: i64) {
    let mut asked = now();
    until("the last word on every notice", SETTLES_WITHIN, || {
        // Reading everything takes its time.
        if now() < asked {
            return Err(String::from("just asked"));
        }
        asked = now() + Duration::from_secs(3);
        let read = |topic: &str| world.cluster.read_to_end(&world.topic(topic));
        let notices: Vec<Value> = read("notices.v1").iter().map(Stored::json).collect();
        let deliveries: Vec<Value> = read("deliveries.v1").iter().map(Stored::json).collect();
        match without_last_word(&notices, &deliveries, cut) {
            open if open.is_empty() => Ok(()),
            open => Err(format!("{} have none, {} among them", open.len(), open[0])),
        }
    });
}
