//! What a topic is meant to be: the files in `topics/`, parsed. Pure.
//!
//! Always holds: the topics of a group have one partition count, every JSON topic has a schema, and every
//! example is JSON. The files are compiled in, so a test is enough to make sure of it.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::OnceLock;

use serde::Deserialize;

/// One file of `topics/`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Definition {
    /// Without the configurable prefix, with the version: `scans.v1`.
    pub name: String,
    /// What it is for, who writes it and who reads it.
    pub description: String,
    /// What its records are keyed by, in words.
    pub key: String,
    /// How its values are encoded.
    pub value: Encoding,
    /// The topics that have the same number of partitions, because one worker owns a partition of all of them.
    #[serde(default)]
    pub group: Option<Group>,
    /// Unless overridden.
    pub partitions: i32,
    /// Unless overridden.
    pub replication: i32,
    /// JSON texts of records.
    #[serde(default)]
    pub examples: Vec<String>,
    /// Topic configurations that we rely on; all others are the cluster's business.
    pub configs: BTreeMap<String, String>,
    /// JSON Schema of the values.
    #[serde(skip)]
    pub schema: Option<&'static str>,
}

/// How a topic's values are encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum Encoding {
    /// UTF-8 JSON that follows the topic's schema.
    #[serde(rename = "json")]
    Json,
    /// Our own packed blocks.
    #[serde(rename = "binary")]
    Binary,
    /// Whatever somebody sent us.
    #[serde(rename = "as received")]
    AsReceived,
}

/// Topics that are partitioned alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Group {
    /// By parcel id: the tracker's inputs and its state.
    Parcels,
    /// By recipient key: the notifier's inputs and its state.
    Recipients,
}

impl Group {
    /// Every group.
    pub const ALL: [Group; 2] = [Group::Parcels, Group::Recipients];

    /// The name in definitions and in the configuration.
    pub const fn name(self) -> &'static str {
        match self {
            Group::Parcels => "parcels",
            Group::Recipients => "recipients",
        }
    }
}

impl fmt::Display for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A definition and its schema, both by the topic's name.
macro_rules! file {
    ($name:literal, json) => {
        (
            include_str!(concat!("../../topics/", $name, ".toml")),
            Some(include_str!(concat!("../../topics/schemas/", $name, ".json"))),
        )
    };
    ($name:literal) => {
        (include_str!(concat!("../../topics/", $name, ".toml")), None)
    };
}

/// In the order in which data flows.
const FILES: [(&str, Option<&str>); 15] = [
    file!("shipments.v1", json),
    file!("scans.v1", json),
    file!("reroutes.v1", json),
    file!("merchants.v1", json),
    file!("tracker-state.v1"),
    file!("conditions.v1", json),
    file!("notices.v1", json),
    file!("preferences.v1", json),
    file!("receipts.v1", json),
    file!("controls.v1", json),
    file!("notifier-state.v1"),
    file!("deliveries.v1", json),
    file!("work-orders.v1", json),
    file!("rejects.v1"),
    file!("instances.v1", json),
];

/// All topics of this version.
///
/// # Panics
/// If a file in `topics/` is malformed, which the tests rule out.
pub fn definitions() -> &'static [Definition] {
    static PARSED: OnceLock<Vec<Definition>> = OnceLock::new();
    PARSED.get_or_init(|| FILES.iter().map(|(text, schema)| Definition::parse(text, *schema)).collect())
}

impl Definition {
    fn parse(text: &str, schema: Option<&'static str>) -> Self {
        let parsed: Definition =
            toml_edit::de::from_str(text).unwrap_or_else(|error| panic!("expected a topic's definition: {error}"));
        Definition { schema, ..parsed }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;

    #[test]
    fn every_file_is_compiled_in_under_its_own_name() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/topics");
        let on_disk: BTreeSet<String> = std::fs::read_dir(folder)
            .unwrap()
            .filter_map(|entry| {
                entry.unwrap().file_name().into_string().unwrap().strip_suffix(".toml").map(str::to_owned)
            })
            .collect();
        let compiled_in: BTreeSet<String> = definitions().iter().map(|definition| definition.name.clone()).collect();
        assert_eq!(compiled_in, on_disk);
        for (definition, (text, _)) in definitions().iter().zip(FILES) {
            assert!(text.starts_with(&format!("name = \"{}\"\n", definition.name)), "{}", definition.name);
        }
    }

    #[test]
    fn topics_of_a_group_have_one_partition_count() {
        let mut counts: BTreeMap<Group, BTreeSet<i32>> = BTreeMap::new();
        for definition in definitions() {
            if let Some(group) = definition.group {
                counts.entry(group).or_default().insert(definition.partitions);
            }
        }
        assert_eq!(counts.len(), Group::ALL.len());
        assert!(counts.values().all(|counts| counts.len() == 1), "{counts:?}");
    }

    #[test]
    fn state_is_kept_for_ever_and_inputs_take_the_brokers_clock() {
        let config = |name: &str, key: &str| {
            let definition = definitions().iter().find(|definition| definition.name == name).unwrap();
            definition.configs.get(key).map(String::as_str)
        };
        for state in ["tracker-state.v1", "notifier-state.v1"] {
            assert_eq!(config(state, "cleanup.policy"), Some("delete"));
            assert_eq!(config(state, "retention.ms"), Some("-1"));
            assert_eq!(config(state, "retention.bytes"), Some("-1"));
        }
        for input in ["shipments.v1", "scans.v1", "reroutes.v1", "notices.v1", "receipts.v1", "controls.v1"] {
            assert_eq!(config(input, "message.timestamp.type"), Some("LogAppendTime"), "{input}");
        }
    }

    #[test]
    fn json_topics_have_a_schema_and_examples_and_others_have_neither() {
        for definition in definitions() {
            let is_json = definition.value == Encoding::Json;
            assert_eq!(definition.schema.is_some(), is_json, "{}", definition.name);
            assert_eq!(!definition.examples.is_empty(), is_json, "{}", definition.name);
        }
    }
}
