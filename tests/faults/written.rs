//! What went in and what came out of a leg, and which faults there were when, as lines of JSON in its folder.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufWriter, Write};

use serde_json::{Value, json};

use crate::feed::{Acked, PARTITIONS, beat_of};
use crate::kafka::Stored;
use crate::leg::Round;
use crate::world::World;

/// Everything that went in and came out, and what was done meanwhile, as lines of JSON in the folder; gives the beats: when each was appended, by partition and second.
pub fn write_down(world: &World, acked: &[Acked], rounds: &[Round]) -> BTreeMap<(i32, i64), i64> {
    let acks: BTreeMap<(&str, i32, i64), &Acked> =
        acked.iter().map(|acked| ((acked.topic.as_str(), acked.partition, acked.offset), acked)).collect();
    let beats: BTreeMap<String, i32> = (0..PARTITIONS).map(|partition| (beat_of(partition), partition)).collect();
    let mut appended = BTreeMap::new();
    let file = |name: &str| BufWriter::new(File::create(world.folder.join(name)).expect("the folder is ours"));
    let mut inputs = file("inputs.ndjson");
    let mut found = 0;
    for name in ["shipments.v1", "scans.v1"] {
        let topic = world.topic(name);
        for record in world.cluster.read_to_end(&topic) {
            let ack = acks.get(&(topic.as_str(), record.partition, record.offset));
            found += usize::from(ack.is_some_and(|ack| ack.certain));
            let line = String::from_utf8_lossy(record.value.as_deref().unwrap_or_default()).into_owned();
            if let Some(partition) = beats.get(&record.key_text()) {
                let at =
                    record.json()["event_time"].as_str().and_then(|at| chrono::DateTime::parse_from_rfc3339(at).ok());
                appended.insert((*partition, at.expect("beats have their time").timestamp()), record.timestamp_ms);
            }
            let value = json!({"topic": name, "partition": record.partition, "offset": record.offset, "time": record.timestamp_ms,
                               "acked": ack.map(|ack| ack.at), "key": record.key_text(), "line": line});
            writeln!(inputs, "{value}").expect("there is room");
        }
    }
    let certain = acked.iter().filter(|acked| acked.certain).count();
    assert_eq!(found, certain, "what brokers have acknowledged they keep, as long as one replica in sync is left");
    for name in ["conditions.v1", "notices.v1", "deliveries.v1", "rejects.v1"] {
        let mut lines = file(&format!("{}.ndjson", name.trim_end_matches(".v1")));
        for record in world.cluster.read_to_end(&world.topic(name)) {
            writeln!(lines, "{}", with_time(&record)).expect("there is room");
        }
    }
    let mut lines = file("received.ndjson");
    for event in world.received() {
        writeln!(lines, "{event}").expect("there is room");
    }
    let mut lines = file("rounds.ndjson");
    for round in rounds {
        let kinds: Vec<&str> = round.kinds.iter().map(|kind| kind.name()).collect();
        writeln!(lines, "{}", json!({"kinds": kinds, "from": round.from, "to": round.to})).expect("there is room");
    }
    appended
}

/// What a record says and, where that is an object, when it was written: notices by the brokers' clock, conditions by their writer's.
fn with_time(record: &Stored) -> String {
    let text = String::from_utf8_lossy(record.value.as_deref().unwrap_or_default()).into_owned();
    match serde_json::from_str(&text) {
        Ok(Value::Object(mut said)) => {
            said.insert("written".to_owned(), json!(record.timestamp_ms));
            Value::Object(said).to_string()
        }
        _ => text,
    }
}
