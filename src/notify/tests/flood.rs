//! A feed gone wrong: a hundred thousand conditions of a kind within a minute, through the tracker and the notifier.

use std::collections::BTreeMap;
use std::time::Duration;

use super::timeline::{START, control};
use super::*;
use crate::decode::{InputTopic, tracker_input};
use crate::model::{Decision, Effect, NoticeId, Timestamp};
use crate::notify::Input;
use crate::track::Tracker;

const PARCELS: usize = 100_000;

/// New notices of a kind in a minute.
const LIMIT: usize = 2000;

/// What became of each notice last.
#[derive(Default)]
struct Ledger(BTreeMap<NoticeId, &'static str>);

impl Ledger {
    fn note(&mut self, effects: &[Effect]) {
        for effect in effects {
            match effect {
                Effect::Attempt(attempt) => drop(self.0.insert(attempt.notice_id.clone(), "sent")),
                Effect::Delivery(delivery) => {
                    let became = if delivery.decision == Decision::Held { "held" } else { "ended" };
                    self.0.insert(delivery.notice_id.clone(), became);
                }
                _ => {}
            }
        }
    }

    fn count(&self, became: &str) -> usize {
        self.0.values().filter(|found| **found == became).count()
    }
}

/// Lets the tracker read a shipment and a scan that says that it is damaged; gives what it tells.
fn damage(tracker: &mut Tracker, world: &World, at: Timestamp, parcel: usize) -> Vec<Effect> {
    let shipment = format!(
        r#"{{"parcel_id":"SF{parcel}","service":"inter-city","ordered_at":"{START}",
        "recipient":{{"email":"c{parcel}@example.com"}}}}"#
    );
    let scan = format!(r#"{{"parcel_id":"SF{parcel}","code":"damaged","hub":"HGH01","event_time":"{at}"}}"#);
    let mut out = Vec::new();
    for (topic, json) in [(InputTopic::Shipments, shipment), (InputTopic::Scans, scan)] {
        let input = tracker_input(topic, Some(json.as_bytes()), at).expect("a record");
        tracker.handle(at, input, world, &mut out);
    }
    // What it tells is told once time has moved on.
    tracker.handle_timeout(at.next(), usize::MAX, world, &mut out);
    tracker.committed();
    out
}

#[test]
fn of_a_hundred_thousand_conditions_within_a_minute_all_but_the_limit_are_held_until_they_are_discarded() {
    let mut world = changed(|policy| {
        policy.notify.storm_limit = LIMIT as u32;
        policy.contact = crate::notify::Contacts::default();
    });
    world.notice_partitions = 1;
    let (mut tracker, mut notifier, mut ledger) = (Tracker::default(), Notifier::default(), Ledger::default());
    tracker.restored(&world);
    tracker.set_open(true);
    notifier.restored(&world);
    notifier.set_open(true);
    for parcel in 0..PARCELS {
        let at = START + Duration::from_millis(parcel as u64 * 59_000 / PARCELS as u64);
        let told = damage(&mut tracker, &world, at, parcel);
        let mut out = Vec::new();
        for effect in told {
            if let Effect::Notice { key, notice } = effect {
                notifier.handle(at, Input::Notice { key, notice }, &world, &mut out);
            }
        }
        notifier.handle_timeout(at.next().next(), usize::MAX, &world, &mut out);
        notifier.committed();
        ledger.note(&out);
    }
    let customers = ledger.0.len();
    assert!(customers >= PARCELS, "{customers}");
    let held = ledger.count("held");
    assert_eq!(ledger.count("sent"), LIMIT);
    assert_eq!(notifier.storms().map(|storm| storm.held).sum::<usize>(), held);
    assert!(held >= PARCELS - LIMIT);

    let now = START + Duration::from_secs(600);
    let mut out = Vec::new();
    notifier.handle(now, Input::Control(control(now, "discard", "damaged")), &world, &mut out);
    while notifier.handle_timeout(now.next(), 500, &world, &mut out) == 500 {
        notifier.committed();
        ledger.note(&out);
        out.clear();
    }
    ledger.note(&out);
    assert_eq!((ledger.count("held"), notifier.storms().count()), (0, 0), "nothing is left behind");
    assert_eq!((ledger.count("sent"), ledger.count("ended")), (LIMIT, customers - LIMIT), "each has its record");
}
