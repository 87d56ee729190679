//! The day against what it promises: the same seed, the same day; every record is one that the decoders take.

use super::*;
use crate::decode::{InputTopic, tracker_input};

fn start() -> Timestamp {
    Timestamp::parse("2026-11-23T07:30:00+08:00").unwrap()
}

#[test]
fn the_same_seed_gives_the_same_day() {
    assert_eq!(first(7, start(), 300), first(7, start(), 300));
    assert_ne!(first(7, start(), 300), first(8, start(), 300));
}

#[test]
fn records_come_in_order_and_can_be_read() {
    let events: Vec<Event> = first(7, start(), 300).into_iter().chain(later(7, 1, start(), 300)).collect();
    assert!(first(7, start(), 300).is_sorted_by_key(|event| event.at));
    for event in events {
        let topic = match event.topic {
            Topic::Shipments => InputTopic::Shipments,
            Topic::Scans => InputTopic::Scans,
            Topic::Reroutes => InputTopic::Reroutes,
        };
        let value = event.value.to_string();
        let read = tracker_input(topic, Some(value.as_bytes()), event.at);
        assert!(read.is_ok(), "{value}: {:?}", read.err());
    }
}

#[test]
fn nothing_is_scanned_before_it_is_announced() {
    let mut announced = std::collections::HashSet::new();
    for event in first(7, start(), 300) {
        match event.topic {
            Topic::Shipments => assert!(announced.insert(event.key)),
            _ => assert!(announced.contains(&event.key), "{}", event.key),
        }
    }
}

#[test]
fn every_hub_has_the_locker_that_its_scans_name() {
    let offers: toml_edit::DocumentMut = OFFERS.parse().unwrap();
    let places: Vec<&toml_edit::Table> = offers["places"].as_array_of_tables().unwrap().iter().collect();
    for hub in &HUBS {
        let locker = places.iter().find(|place| place["id"].as_str() == Some(&network::locker(hub)));
        let areas = locker.unwrap_or_else(|| panic!("{}", hub.code))["areas"].as_array().unwrap();
        assert!(areas.iter().any(|area| hub.area.starts_with(area.as_str().unwrap())), "{}", hub.code);
    }
}

#[test]
fn numbers_and_addresses_are_nobodys() {
    for event in first(7, start(), 300) {
        let recipient = &event.value["recipient"];
        if let Some(phone) = recipient["phone"].as_str() {
            let nobodys = ["+8613800000", "+1555555", "+886900000"];
            assert!(nobodys.iter().any(|prefix| phone.starts_with(prefix)), "{phone}");
        }
        if let Some(email) = recipient["email"].as_str() {
            assert!(email.ends_with("@example.com"), "{email}");
        }
    }
}
