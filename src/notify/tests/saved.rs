//! The notifier's state as the first release saved it: read, understood as it was meant, and gone on with.

use super::timeline::{Desk, START};
use super::world;
use crate::model::Preference;
use crate::notify::Notifier;
use crate::notify::digest::Gathered;
use crate::notify::route::Gone;
use crate::notify::thread::Thread;
use crate::saved::{self, Saved, scenes};
use crate::state::Machine;

const STATES: &str = include_str!("../../../tests/fixtures/state/v1/notifier.txt");
const MEANINGS: &str = include_str!("../../../tests/fixtures/state/v1/notifier.json");

/// Everything that it holds, in the tables of the first release.
pub fn entries(notifier: &Notifier) -> Vec<Saved> {
    let told = saved::entries(0, &notifier.threads).chain(saved::entries(1, &notifier.gathering.table));
    told.chain(saved::entries(2, &notifier.gone)).chain(saved::entries(3, &notifier.preferences)).collect()
}

#[test]
fn what_the_first_release_saved_means_what_it_meant_and_is_saved_as_it_was() {
    for Saved { table, key, bytes, meaning } in scenes(STATES, MEANINGS).into_iter().flatten() {
        let (found, again) = match table {
            0 => saved::read::<Thread>(&bytes),
            1 => saved::read::<Gathered>(&bytes),
            2 => saved::read::<Gone>(&bytes),
            _ => saved::read::<Preference>(&bytes),
        };
        assert_eq!(found, meaning, "table {table}, {key}");
        assert_eq!(again, bytes, "table {table}, {key}");
    }
}

#[test]
fn the_notifier_goes_on_with_what_the_first_release_saved() {
    for scene in scenes(STATES, MEANINGS) {
        let mut desk = Desk::new(&world());
        for Saved { table, key, bytes, .. } in &scene {
            desk.machine.tables()[*table].restore(key, Some(bytes), 0).expect("state can be read");
        }
        desk.machine.restored(&desk.world);
        desk.machine.set_open(true);
        desk.now = START;
        desk.pass(START + std::time::Duration::from_hours(2 * 365 * 24));
        let threads = entries(&desk.machine).iter().filter(|saved| saved.table < 2).count();
        assert_eq!(threads, 0, "two years later nothing is left to tell or to remember");
    }
}

#[test]
fn the_fixture_shows_every_phase() {
    for word in [
        "\"Waiting\"",
        "\"Claimed\"",
        "\"Ended\"",
        "\"Reporting\"",
        "\"Decision\"",
        "\"Gap\"",
        "\"Retry\"",
        "\"Quiet\"",
        "\"Onward\"",
        "\"Storm\"",
        "\"Released\"",
        "\"counted\"",
        "\"Delivered\"",
        "\"Refused\"",
        "\"Shadow\"",
        "\"Suppressed\"",
        "\"Expired\"",
        "\"Unknown\"",
        "\"endpoint\"",
        "\"opt_out\"",
    ] {
        assert!(MEANINGS.contains(word), "expected {word} in the fixture");
    }
}
