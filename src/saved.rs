//! Tests only: states as this version saves them, and whether it still reads those of the first release.
//!
//! Timelines hand over what their machines hold (`keep`); with `PARCELWATCH_KEEP_STATES` naming a folder it is written there, which
//! `tests/fixtures/state/make` does to choose scenes for a fixture. `scenes` reads a fixture: the bytes as they were
//! saved, and beside them, as JSON, what they must mean.

use std::io::Write;
use std::path::Path;
use std::sync::Mutex;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::state::{Entry, Table};

/// An entry: the table's index, its key, and the value as it is saved and as JSON.
#[derive(Clone, Debug, PartialEq)]
pub struct Saved {
    pub table: usize,
    pub key: String,
    pub bytes: Vec<u8>,
    pub meaning: Value,
}

/// The entries of a table.
pub fn entries<V: Entry>(table: usize, of: &Table<V>) -> impl Iterator<Item = Saved> {
    of.iter().map(move |(key, value)| Saved {
        table,
        key: key.to_owned(),
        bytes: postcard::to_stdvec(value).expect("state has no type that postcard cannot write"),
        meaning: serde_json::to_value(value).expect("state has no map whose keys are no texts"),
    })
}

/// What a table's bytes mean now, and as what they would be saved again.
pub fn read<V: Serialize + DeserializeOwned>(bytes: &[u8]) -> (Value, Vec<u8>) {
    let value: V = postcard::from_bytes(bytes).unwrap_or_else(|error| panic!("state of the first release: {error}"));
    (serde_json::to_value(&value).expect("as above"), postcard::to_stdvec(&value).expect("as above"))
}

/// Keeps a machine's entries where somebody collects them.
pub fn keep(stage: &str, entries: Vec<Saved>) {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let Some(folder) = std::env::var_os("PARCELWATCH_KEEP_STATES").filter(|_| !entries.is_empty()) else { return };
    let _guard = ONE_AT_A_TIME.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let entry = |saved: &Saved| json!([saved.table, saved.key, hex::encode(&saved.bytes), saved.meaning]);
    let line = Value::Array(entries.iter().map(entry).collect()).to_string() + "\n";
    let path = Path::new(&folder).join(format!("{stage}.ndjson"));
    let mut file = std::fs::File::options().create(true).append(true).open(path).expect("the folder is writable");
    file.write_all(line.as_bytes()).expect("the folder is writable");
}

/// The scenes of a fixture: each the entries of one machine.
pub fn scenes(states: &str, meanings: &str) -> Vec<Vec<Saved>> {
    let meanings: Vec<Vec<Value>> = serde_json::from_str(meanings).expect("a list of scenes");
    let states = states.split("scene\n").skip(1).map(|scene| scene.lines().map(str::to_owned).collect::<Vec<_>>());
    let saved = |(line, meaning): (&String, Value)| {
        let [table, key, bytes] = line.split('\t').collect::<Vec<_>>()[..] else {
            panic!("expected table, key and bytes: {line}")
        };
        let (table, bytes) = (table.parse().expect("a number"), hex::decode(bytes).expect("hexadecimal digits"));
        Saved { table, key: key.replace('|', "\u{1f}"), bytes, meaning }
    };
    let scenes: Vec<Vec<Saved>> =
        states.zip(meanings).map(|(lines, meanings)| lines.iter().zip(meanings).map(saved).collect()).collect();
    assert!(!scenes.is_empty(), "a fixture holds something");
    scenes
}
