//! The tracker's state as it was ever saved: read, understood as it was meant, and gone on with.

use super::timeline::{choosing, instant, world};
use crate::model::ConditionKind;
use crate::saved::{self, Saved, scenes};
use crate::state::Machine;
use crate::track::Tracker;
use crate::track::announced::Announced;
use crate::track::choices::Choices;
use crate::track::parcel::Parcel;
use crate::track::signs::Signs;

macro_rules! fixtures {
    ($($version:literal)*) => {
        [$((
            include_str!(concat!("../../../tests/fixtures/state/", $version, "/tracker.txt")),
            include_str!(concat!("../../../tests/fixtures/state/", $version, "/tracker.json")),
        )),*]
    };
}

/// The first release's, and what later ones added.
const FIXTURES: [(&str, &str); 2] = fixtures!("v1" "v2");

/// What released versions read and write.
pub const FIRST_RELEASE: (&str, &str) = FIXTURES[0];

/// One of a fixture's scenes; those of a release keep their places.
pub fn scene(fixture: (&str, &str), index: usize) -> Vec<Saved> {
    scenes(fixture.0, fixture.1).swap_remove(index)
}

fn all_scenes() -> impl Iterator<Item = Vec<Saved>> {
    FIXTURES.into_iter().flat_map(|(states, meanings)| scenes(states, meanings))
}

/// Everything that it holds.
pub fn entries(tracker: &Tracker) -> Vec<Saved> {
    let parcels = saved::entries(0, &tracker.parcels);
    let said = parcels.chain(saved::entries(1, &tracker.announced)).chain(saved::entries(2, &tracker.choices));
    said.chain(saved::entries(4, &tracker.signs)).collect()
}

#[test]
fn what_a_release_saved_means_what_it_meant_and_is_saved_as_it_was() {
    for Saved { table, key, bytes, meaning } in all_scenes().flatten() {
        let (found, again) = match table {
            0 => saved::read::<Parcel>(&bytes),
            1 => saved::read::<Announced>(&bytes),
            2 => saved::read::<Choices>(&bytes),
            _ => saved::read::<Signs>(&bytes),
        };
        assert_eq!(found, meaning, "table {table}, {key}");
        assert_eq!(again, bytes, "table {table}, {key}");
    }
}

#[test]
fn the_tracker_goes_on_with_what_a_release_saved() {
    let world = choosing(world(&[]));
    for scene in all_scenes() {
        let mut tracker = Tracker::default();
        for Saved { table, key, bytes, .. } in &scene {
            tracker.tables()[*table].restore(key, Some(bytes), 0).expect("state can be read");
        }
        tracker.restored(&world);
        tracker.set_open(true);
        let mut out = Vec::new();
        while tracker.handle_timeout(instant("20000:00"), 1000, &world, &mut out) == 1000 {}
        assert_eq!(entries(&tracker), [], "two years later everything is over and forgotten");
    }
}

#[test]
fn the_fixtures_show_every_condition_and_every_end() {
    let kinds = ConditionKind::ALL.map(|kind| format!("\"kind\": \"{}\"", kind.name()));
    let others = [
        "\"Cancelled\"",
        "\"Expired\"",
        "\"Scan\"",
        "\"requested\"",
        "\"accepted\"",
        "\"refused\"",
        "\"promise\"",
        "\"told\"",
    ];
    for word in kinds.iter().map(String::as_str).chain(others) {
        assert!(FIXTURES.iter().any(|(_, meanings)| meanings.contains(word)), "expected {word} in a fixture");
    }
}
