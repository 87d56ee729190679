//! A history told through Apache Kafka is the one that `replay` tells, and nobody hears of what it refutes: the daemon finds months of
//! scans waiting, of which the last is from yesterday.
//!
//! What should be told is worked out by the reference of rules.md in `tests/reference`, which shares nothing with the
//! product. What is true may change between the last record and today without any further record (a stall becomes worse, say): then
//! what is true today is told, and only that.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::command::millis;
use super::shifted::History;
use crate::support::shared_data;

mod outcome;
mod told;

use outcome::run;
pub use outcome::{Outcome, equals_replay, rejects_are_the_rejected, until_all_is_said};
pub use told::{Told, Wanted};

/// Whether what was issued is what is true: nothing else, nothing twice, and everything.
fn tells_the_truth(history: &History, outcome: &Outcome) {
    // The two differ where a limit passed in the very seconds between them.
    let [then, now] = outcome.came.map(|instant| Wanted::of(&history.truth(instant)));
    let may: BTreeSet<Told> = [then.must, then.may, now.may].into_iter().flatten().collect();
    let mut told = BTreeMap::<Told, usize>::new();
    let by_then = |notice: &&Value| notice["at"].as_str().is_some_and(|at| millis(at) <= outcome.came[1]);
    for notice in outcome.notices.iter().filter(|notice| notice["change"] == "issued").filter(by_then) {
        *told.entry(Told::by(notice)).or_default() += 1;
    }
    let refuted: Vec<&Told> = told.keys().filter(|told| !may.contains(told) && !now.must.contains(told)).collect();
    assert!(
        refuted.is_empty(),
        "{} notices of what is not true, {:#?} among them",
        refuted.len(),
        &refuted[..refuted.len().min(9)]
    );
    let twice: Vec<_> = told.iter().filter(|(_, count)| **count > 1).collect();
    assert!(twice.is_empty(), "told twice: {twice:#?}");
    let untold: Vec<&Told> = now.must.iter().filter(|wanted| !told.contains_key(wanted)).collect();
    assert!(
        untold.is_empty(),
        "{} things are true and untold, {:#?} among them",
        untold.len(),
        &untold[..untold.len().min(9)]
    );
}

/// Whether every notice was delivered once, by itself or in a digest, or not at all and with a reason; of one matter at least the worst.
pub fn tells_once(outcome: &Outcome) {
    let (mut delivered, mut unknown) = (BTreeMap::<&str, usize>::new(), BTreeMap::<&str, usize>::new());
    let mut digest_of = BTreeMap::<&str, &str>::new();
    for delivery in &outcome.deliveries {
        let id = delivery["notice_id"].as_str().expect("a delivery names its notice");
        assert!(delivery["decision"] == "sent" || delivery["reason"].is_string(), "a reason is given: {delivery}");
        assert_ne!(delivery["decision"], "expired", "what is still true is of use: {delivery}");
        if let Some(digest) = delivery["digest"].as_str() {
            assert!(digest_of.insert(id, digest).is_none(), "in two digests: {delivery}");
        }
        if delivery["outcome"] == "delivered" {
            *delivered.entry(id).or_default() += 1;
        }
        if delivery["outcome"] == "unknown" {
            *unknown.entry(id).or_default() += 1;
        }
    }
    for (id, received) in &outcome.received {
        // On a slow machine an answer may come too late: that attempt is of unknown outcome, counted, and repeated.
        let most = 1 + unknown.get(id.as_str()).copied().unwrap_or_default();
        assert!(delivered.contains_key(id.as_str()), "{id} has arrived and is not known to be delivered");
        assert!((1..=most).contains(received), "{id} has arrived {received} times, of which {most} are accounted for");
    }
    let lost: Vec<_> = delivered.keys().filter(|id| !outcome.received.contains_key(**id)).collect();
    assert!(lost.is_empty(), "delivered, and has not arrived: {lost:?}");
    assert!(delivered.values().all(|count| *count == 1), "nobody is told twice: {delivered:#?}");

    let mut worst = BTreeMap::<_, (_, Vec<&str>)>::new();
    for notice in outcome.notices.iter().filter(|notice| notice["change"] == "issued") {
        let (told, id) = (Told::by(notice), notice["id"].as_str().expect("an id"));
        let (parcel, journey, matter, audience) = told.matter();
        let key = (parcel.to_owned(), journey, matter.to_owned(), audience.to_owned());
        let (rank, ids) = worst.entry(key).or_insert_with(|| (told.rank(), Vec::new()));
        if told.rank() > *rank {
            (*rank, *ids) = (told.rank(), Vec::new());
        }
        if told.rank() == *rank {
            ids.push(id);
        }
    }
    for ((parcel, _, matter, audience), (_, ids)) in &worst {
        // Of two that are equally bad the second is no news. Hubs hear of it in a digest.
        let has_heard = ids.iter().any(|id| delivered.contains_key(digest_of.get(id).unwrap_or(id)));
        assert!(has_heard, "{parcel}: {audience} has not heard of {matter}: {ids:?}");
    }
}

#[test]
fn cargo2000_through_kafka_and_kills_is_its_replay_and_nobody_hears_what_is_long_over() {
    let Some(source) = shared_data("data/cargo2000") else { return };
    let Some(history) = History::shifted(&source, 1.0, 0) else { return };
    let Some(outcome) = run(&history, "[limits]\noverdue_scan_grace = \"0s\"", &[2000, 12_000, 24_000]) else { return };
    let overdue =
        outcome.conditions.iter().filter(|c| c["condition"] == "overdue_scan" && c["change"] == "opened").count();
    assert!(overdue > 1000, "the log has thousands of late milestones, found {overdue}");
    // Every leg was delivered before the log ends.
    tells_the_truth(&history, &outcome);
    assert_eq!(outcome.notices, Vec::<Value>::new());
    assert_eq!(outcome.received, BTreeMap::new());
}

#[test]
fn a_dirty_history_through_kafka_and_kills_is_its_replay_and_tells_once_what_is_left_of_it() {
    let Some(history) = History::made_up(5, 300, 1.0) else { return };
    let Some(outcome) = run(&history, "", &[200, 3000]) else { return };
    tells_the_truth(&history, &outcome);
    tells_once(&outcome);
}

#[test]
fn a_dirty_history_cut_off_in_its_midst_tells_once_what_is_true_of_parcels_on_their_way() {
    let Some(history) = History::made_up(6, 400, 0.5) else { return };
    let Some(outcome) = run(&history, "", &[]) else { return };
    tells_the_truth(&history, &outcome);
    tells_once(&outcome);
    assert!(outcome.received.len() > 100, "many are told, found {}", outcome.received.len());
}
