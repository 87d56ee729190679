//! `conditions.v1` alone rebuilds what is judged of every parcel, on the dirty history of the data folder.

use std::path::Path;

use parcelwatch::decode::{self, RecordTime};
use parcelwatch::model::{Effect, HashKey, Timestamp, World};
use parcelwatch::notify::Policy;
use parcelwatch::state::Machine;
use parcelwatch::track::{Input, Rules, Tracker};
use serde_json::Value;

use crate::fold::{Fold, Interval};
use crate::support::shared_data;

/// The records of the folder in the order of rules.md, each with its time.
fn records(data: &Path) -> Vec<(Timestamp, Input)> {
    let text = |name: &str| std::fs::read_to_string(data.join(name)).expect("a readable file");
    let mut records = Vec::new();
    for (line, text) in text("shipments.ndjson").lines().enumerate() {
        let Ok(shipment) = decode::shipment(Some(text.as_bytes())) else { continue };
        let at = shipment.updated_at.unwrap_or(shipment.ordered_at);
        records.push(((at, 0, Timestamp::MIN, 0, line), Input::Shipment(Box::new(shipment))));
    }
    for (line, text) in text("scans.ndjson").lines().enumerate() {
        let Ok(scan) = decode::scan(Some(text.as_bytes()), RecordTime::Own) else { continue };
        let at = scan.upload_time.unwrap_or(scan.event_time);
        records.push(((at, 1, scan.event_time, scan.code() as usize, line), Input::Scan(Box::new(scan))));
    }
    records.sort_by_key(|(key, _)| *key);
    records.into_iter().map(|((at, ..), input)| (at, input)).collect()
}

/// A tracker, and whoever reads the topic that it writes.
struct Both {
    world: World,
    tracker: Tracker,
    fold: Fold,
    compared: usize,
}

impl Both {
    fn read(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            let Effect::Condition(change) = effect else { continue };
            let json = serde_json::to_string(&change).expect("JSON");
            self.fold.apply(&json).unwrap_or_else(|wrong| panic!("{wrong}"));
        }
        self.tracker.committed();
    }

    fn pass(&mut self, now: Timestamp) {
        while let Some(due) = self.tracker.poll_timeout().filter(|due| *due < now) {
            let mut effects = Vec::new();
            self.tracker.handle_timeout(due.next(), usize::MAX, &self.world, &mut effects);
            self.read(effects);
        }
    }

    /// What the tracker says of a parcel, and what the topic does.
    fn compare(&mut self, id: &str, now: Timestamp) {
        let described = self.tracker.describe(id, now, &self.world);
        let conditions = described.as_ref().map(|described| &described["conditions"]).and_then(Value::as_array);
        let open = conditions.into_iter().flatten().filter(|open| open["condition"] != "uploaded_late");
        let names = ["condition", "level", "limit"];
        let state = open.map(|open| (names.map(|name| text(&open[name])), open["episode"].as_u64()));
        let topic = |open: &Interval| {
            ([open.condition.clone(), open.level().to_owned(), open.limit.clone()], Some(open.episode))
        };
        let topic: Vec<_> = self.fold.open(id).into_iter().map(topic).collect();
        assert_eq!(topic, state.collect::<Vec<_>>(), "{id} at {now}");
        self.compared += topic.len();
        let journey = described.as_ref().and_then(|described| described["journey"].as_u64());
        if let (Some(journey), false) = (journey, topic.is_empty()) {
            assert_eq!(self.fold.parcels[id].journey, journey, "{id} at {now}");
        }
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

#[test]
fn the_topic_alone_says_what_is_judged_of_every_parcel_at_every_record() {
    let Some(data) = shared_data("data/rules") else { return };
    let world = World::new(Rules::default(), Policy::default(), HashKey::new(*b"a key for tests"));
    let mut tracker = Tracker::default();
    tracker.restored(&world);
    tracker.set_open(true);
    let mut both = Both { world, tracker, fold: Fold::default(), compared: 0 };
    let mut now = Timestamp::MIN;
    let mut ids = std::collections::BTreeSet::new();
    for (at, input) in records(&data) {
        now = at;
        both.pass(now);
        let id = input.parcel_id().to_owned();
        both.compare(&id, now);
        let mut effects = Vec::new();
        both.tracker.handle(now, input, &both.world, &mut effects);
        both.read(effects);
        both.compare(&id, now);
        ids.insert(id);
    }
    ids.iter().for_each(|id| both.compare(id, now));
    let instants = both.fold.parcels.values().flat_map(|history| &history.intervals).filter(|one| one.is_instant());
    assert!(both.compared > 10_000 && instants.count() > 100, "{} were compared", both.compared);
}
