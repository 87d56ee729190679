//! What one reader can take of the state, however much there is to tell and however long nobody takes it.

use super::timeline::{Desk, START};
use super::*;
use crate::model::{Decision, Effect, Timestamp};

fn decided(desk: &Desk, decision: Decision, reason: &str) -> usize {
    let is_it = |effect: &&Effect| matches!(effect, Effect::Delivery(delivery) if delivery.decision == decision && delivery.reason.as_deref() == Some(reason));
    desk.log.iter().filter(is_it).count()
}

fn entries(desk: &Desk) -> usize {
    desk.machine.threads.iter().map(|(_, thread)| thread.entries.len()).sum()
}

#[test]
fn of_more_notices_than_a_thread_holds_the_oldest_gives_way_and_says_so() {
    let mut desk = Desk::new(&world());
    // Nothing is decided while it is closed, so nothing ends.
    desk.event("close");
    for n in 0..1000 {
        desk.event(&format!("n{n} = collection info"));
    }
    assert_eq!(entries(&desk), 64);
    assert_eq!(decided(&desk, Decision::Suppressed, "too many wait"), 1000 - 64);
    desk.event("open");
    desk.pass(START.next().next());
    let claimed: Vec<&Effect> = desk.log.iter().filter(|effect| matches!(effect, Effect::Attempt(_))).collect();
    let [Effect::Attempt(attempt)] = claimed[..] else { panic!("expected one attempt, found {claimed:?}") };
    assert_eq!(attempt.notice_id.as_str(), "n999", "the newest is told");
    desk.event("n999#1 delivered");
    desk.pass(START + Duration::from_secs(1));
    assert_eq!(desk.machine.open_threads(), 0, "none is told after what is newer");
}

#[test]
fn a_thread_of_the_largest_notices_fits_a_block_of_state_and_the_newest_wait() {
    let mut desk = Desk::new(&world());
    desk.event("close");
    for n in 0..100 {
        let (key, mut issued) = super::timeline::issued(desk.now, &format!("n{n}"), "collection", "info", &[]);
        issued.facts.reason = Some("x".repeat(31 * 1024));
        desk.notice(key, crate::model::Notice::Issued(Box::new(issued)));
    }
    let (_, thread) = desk.machine.threads.iter().next().expect("a thread");
    let saved = postcard::to_stdvec(thread).expect("bytes").len();
    assert!((512 * 1024..crate::state::block::ENTRY_BYTES_MAX).contains(&saved), "{saved} bytes");
    let waiting: Vec<&str> =
        thread.entries.iter().filter(|entry| entry.is_waiting()).map(|entry| entry.id.as_str()).collect();
    assert_eq!(waiting.last(), Some(&"n99"));
    assert_eq!(decided(&desk, Decision::Suppressed, "too many wait"), 100 - waiting.len());
}

#[test]
fn a_notice_is_not_attempted_for_ever() {
    let world = changed(|policy| policy.notify.webhook.retries = vec![Duration::from_millis(1)]);
    let mut desk = Desk::new(&world);
    desk.event("a = stalled warn to=merchant expires=24h");
    let mut attempts = 0;
    let mut at = START;
    let end = START + Duration::from_secs(24 * 3600 + 60);
    while at < end && decided(&desk, Decision::Expired, "no longer of use") == 0 {
        // A dead endpoint refuses each attempt as soon as it is made.
        at = Timestamp::from_millis(at.as_millis() + 100);
        desk.pass(at);
        let made = desk.log.iter().filter(|effect| matches!(effect, Effect::Attempt(_))).count();
        if made > attempts {
            attempts = made;
            desk.event(&format!("a#{attempts} retry"));
        } else {
            at = at.max(desk.machine.poll_timeout().unwrap_or(end));
        }
    }
    assert_eq!(attempts, 256);
    assert_eq!(decided(&desk, Decision::Expired, "no longer of use"), 1);
}

#[test]
fn what_a_reader_of_a_thousand_parcels_asks_for_is_carried_out_in_turns_and_survives_restarts_and_aborts() {
    const PER_TURN: usize = 100;
    let mut desk = Desk::new(&world());
    for n in 0..500 {
        desk.event(&format!("a{n} = damaged critical parcel=SF{n}"));
    }
    desk.pass(START.next());
    desk.event("close");
    for n in 500..1000 {
        desk.event(&format!("a{n} = damaged critical parcel=SF{n}"));
    }
    desk.machine.committed();
    desk.log.clear();
    desk.event("reply email opt_out");
    assert!(desk.log.len() < 5, "all at once: {} effects", desk.log.len());
    desk.machine.committed();
    let now = desk.now.next();
    let mut turns = 0;
    loop {
        // The first half of each turn is put back, as it is with its transaction.
        desk.machine.handle_timeout(now, PER_TURN / 2, &desk.world, &mut Vec::new());
        desk.machine.aborted(&desk.world);
        let begun = desk.log.len();
        let passed = desk.machine.handle_timeout(now, PER_TURN, &desk.world, &mut desk.log);
        assert!(desk.log.len() - begun <= PER_TURN * 2, "{} effects", desk.log.len() - begun);
        turns += 1;
        if passed < PER_TURN {
            break;
        }
        desk.machine.committed();
        desk.machine = restored(&mut desk.machine, &desk.world);
    }
    assert_eq!(turns, 1 + 1000 / PER_TURN);
    assert_eq!(decided(&desk, Decision::Suppressed, "opted out"), 500);
    let cancelled = desk.log.iter().filter(|effect| matches!(effect, Effect::Cancel(_))).count();
    assert_eq!(cancelled, 500, "each that was claimed is called back once");
    assert_eq!(sizes(desk.machine.tables())[5], 0, "nothing is left to carry out");
}

#[test]
fn a_window_of_thousands_ends_and_is_forgotten_in_turns_and_survives_restarts_and_aborts() {
    const PER_TURN: usize = 100;
    const GATHERED: usize = 3000;
    let mut desk = Desk::new(&world());
    for n in 0..GATHERED {
        desk.event(&format!("a{n} = stalled warn to=hub_ops parcel=SF{n}"));
    }
    desk.machine.committed();
    desk.log.clear();
    let digest = &world().policy.notify.digest;
    for (now, gathered) in [(START + digest.window, GATHERED), (START + digest.window + digest.remember, 0)] {
        let now = now.next();
        loop {
            // The first half of each turn is put back, as it is with its transaction.
            desk.machine.handle_timeout(now, PER_TURN / 2, &desk.world, &mut Vec::new());
            desk.machine.aborted(&desk.world);
            let begun = desk.log.len();
            let passed = desk.machine.handle_timeout(now, PER_TURN, &desk.world, &mut desk.log);
            assert!(desk.log.len() - begun <= PER_TURN * 2 + 1, "{} effects", desk.log.len() - begun);
            let touched = desk.machine.gathering.table.touched().count() + desk.machine.threads.touched().count();
            assert!(touched <= PER_TURN + 1, "{touched} entries of state");
            if passed < PER_TURN {
                break;
            }
            desk.machine.committed();
            desk.machine = restored(&mut desk.machine, &desk.world);
            desk.machine.set_open(true);
        }
        desk.machine.committed();
        assert_eq!(sizes(desk.machine.tables())[1], gathered, "what is remembered");
    }
    assert_eq!(decided(&desk, Decision::Suppressed, "in digest"), GATHERED);
    let digests: Vec<&Effect> = desk.log.iter().filter(|effect| matches!(effect, Effect::Attempt(_))).collect();
    assert_eq!(digests.len(), 1, "one digest, once: {digests:?}");
}
