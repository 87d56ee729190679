//! Every example validates against its topic's schema, and what must not pass does not. The validator is not ours.

use serde_json::{Value, json};

use super::{Definition, definitions};

fn named(name: &str) -> &'static Definition {
    definitions().iter().find(|definition| definition.name == name).unwrap()
}

fn validator(definition: &Definition) -> jsonschema::Validator {
    let schema: Value = serde_json::from_str(definition.schema.unwrap()).unwrap();
    jsonschema::meta::validate(&schema).unwrap_or_else(|error| panic!("{}: {error}", definition.name));
    jsonschema::options().should_validate_formats(true).build(&schema).unwrap()
}

fn examples(definition: &Definition) -> Vec<Value> {
    let parse = |text: &String| serde_json::from_str(text).unwrap_or_else(|e| panic!("{}: {e}", definition.name));
    definition.examples.iter().map(parse).collect()
}

#[test]
fn every_example_is_valid_and_stays_so_with_unknown_fields() {
    for definition in definitions().iter().filter(|definition| definition.schema.is_some()) {
        let validator = validator(definition);
        for mut example in examples(definition) {
            validator.validate(&example).unwrap_or_else(|e| panic!("{} {}: {e}", definition.name, e.instance_path()));
            example["a_field_of_tomorrow"] = json!({"deep": [1]});
            assert!(validator.is_valid(&example), "{}", definition.name);
        }
    }
}

#[test]
fn a_missing_required_field_is_invalid() {
    for (topic, required) in [
        ("scans.v1", &["parcel_id", "code", "event_time", "hub"][..]),
        ("shipments.v1", &["parcel_id", "ordered_at"]),
        ("reroutes.v1", &["id", "parcel_id", "change", "option", "at"]),
        ("merchants.v1", &["merchant"]),
        ("conditions.v1", &["parcel_id", "journey", "condition", "change", "level", "episode", "at", "limit", "cause"]),
        ("notices.v1", &["id", "change", "parcel_id", "kind", "audience", "severity", "at", "expires"]),
        ("receipts.v1", &["recipient_key", "kind", "notice_id", "channel", "attempt", "outcome", "at"]),
        ("controls.v1", &["id", "action", "kind", "by", "at"]),
        ("deliveries.v1", &["notice_id", "recipient_key", "decision", "at"]),
        ("instances.v1", &["instance", "address", "at"]),
    ] {
        let validator = validator(named(topic));
        for field in required {
            let mut example = examples(named(topic)).remove(0);
            assert!(example.as_object_mut().unwrap().remove(*field).is_some(), "{topic} has no {field}");
            assert!(!validator.is_valid(&example), "{topic} without {field}");
        }
    }
}

#[test]
fn a_malformed_field_is_invalid() {
    for (topic, field, malformed) in [
        ("scans.v1", "parcel_id", json!("")),
        ("scans.v1", "parcel_id", json!("x".repeat(65))),
        ("scans.v1", "parcel_id", json!("SF\u{7}1")),
        ("scans.v1", "parcel_id", json!(1024)),
        ("scans.v1", "code", json!("teleported")),
        ("scans.v1", "event_time", json!("2026-11-22T03:35:10")),
        ("scans.v1", "event_time", json!("9999-11-22T03:35:10Z")),
        ("scans.v1", "event_time", json!("2026-02-30T03:35:10Z")),
        ("scans.v1", "event_time", json!(1_795_000_000)),
        ("scans.v1", "hub", json!("")),
        ("shipments.v1", "ordered_at", json!("yesterday")),
        ("shipments.v1", "route", json!([{"code": "picked_up"}])),
        ("shipments.v1", "route", json!([{"code": "picked_up", "within": "soon"}])),
        ("shipments.v1", "cancelled", json!("yes")),
        ("reroutes.v1", "option", json!("teleport")),
        ("reroutes.v1", "change", json!("refused")),
        ("merchants.v1", "webhook", json!({"secrets": ["env:S"]})),
        ("merchants.v1", "webhook", json!({"url": "https://m.example", "secrets": ["whsec_plain"]})),
        ("merchants.v1", "audiences", json!(["everybody"])),
        ("conditions.v1", "condition", json!("bored")),
        ("conditions.v1", "journey", json!(0)),
        ("conditions.v1", "change", json!("retracted")),
        ("notices.v1", "kind", json!("spam")),
        ("notices.v1", "id", json!("1")),
        ("receipts.v1", "outcome", json!("maybe")),
        ("controls.v1", "action", json!("maybe")),
        ("controls.v1", "kind", json!("everything")),
        ("controls.v1", "by", json!("")),
        ("deliveries.v1", "decision", json!("held")),
        ("instances.v1", "partitions", json!([1, 1])),
    ] {
        let mut example = examples(named(topic)).remove(0);
        example[field] = malformed.clone();
        assert!(!validator(named(topic)).is_valid(&example), "{topic} with {field} = {malformed}");
    }
}
