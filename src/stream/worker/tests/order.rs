//! What a transaction holds and in which order it is written, committed and put back.

use super::*;
use crate::model::{Audience, Facts, Issued, Level, Notice, NoticeKind};

fn index(calls: &[String], what: &str) -> usize {
    calls.iter().position(|call| call.starts_with(what)).unwrap_or_else(|| panic!("no {what} in {calls:#?}"))
}

fn count(calls: &[String], what: &str) -> usize {
    calls.iter().filter(|call| call.starts_with(what)).count()
}

/// A notice to customer service, which leaves by mail.
fn notice() -> String {
    let issued = Issued {
        id: NoticeId::of(&["one"]),
        parcel_id: "P1".to_owned(),
        journey: 1,
        kind: NoticeKind::from_name("lost").expect("a kind"),
        episode: 1,
        level: Level::Critical,
        revision: 1,
        audience: Audience::CustomerService,
        recipient: None,
        merchant: None,
        severity: Level::Critical,
        at: START,
        expires: START + Duration::from_hours(48),
        facts: Facts::default(),
        options: Vec::new(),
        offers: Vec::new(),
        offer_until: None,
        link_day: None,
        resolves: Vec::new(),
    };
    serde_json::to_string(&Notice::Issued(Box::new(issued))).expect("a notice")
}

/// Somebody upstream writes to customer service's notices.
fn tell(scene: &Scene<NotifierStage>, notice: String) {
    let key = crate::model::RecipientKey::service();
    let partition = crate::stream::partitioner::partition(key.as_str().as_bytes(), PARTITIONS);
    scene.script.put("notices.v1", partition, key.as_str(), notice);
}

/// A notifier that has been told of something which it may tell at once.
fn told() -> Scene<NotifierStage> {
    let scene = Scene::<NotifierStage>::with(&[0, 1]);
    tell(&scene, notice());
    scene
}

/// What was told is withdrawn.
fn withdraw(scene: &Scene<NotifierStage>) {
    let withdrawn = Notice::Withdrawn { id: NoticeId::of(&["one"]) };
    tell(scene, serde_json::to_string(&withdrawn).expect("a notice"));
}

/// Turns until something is claimed, and not committed yet.
fn until_claimed(scene: &mut Scene<NotifierStage>) {
    for _ in 0..120 {
        scene.turns(1);
        if !scene.worker.after.attempts.is_empty() {
            return;
        }
    }
    panic!("nothing is claimed");
}

#[test]
fn everything_is_produced_and_acknowledged_before_the_offsets_of_every_input_go_with_the_commit() {
    let mut scene = Scene::<TrackerStage>::with(&[0]);
    let parcel = parcel_of(0);
    scene.script.put("scans.v1", 0, &parcel, scan(&parcel, "damaged", START));
    scene.script.put("scans.v1", 0, "", "no scan at all".to_owned());
    scene.turns(20);
    let calls = scene.script.calls();
    let last = calls.iter().rposition(|call| call.starts_with("produce")).expect("something is produced");
    assert_eq!(calls[last + 1], "flush");
    assert_eq!(calls[last + 2], "commit shipments.v1 0 0, scans.v1 0 2, reroutes.v1 0 0");
    for topic in ["conditions.v1", "rejects.v1", "tracker-state.v1"] {
        assert!(index(&calls, &format!("produce {topic}")) <= last, "{topic} is within");
    }
    assert_eq!(count(&calls, "commit"), 1, "in one transaction");
}

#[test]
fn an_attempt_starts_only_after_the_commit_that_recorded_it() {
    let mut scene = told();
    scene.turns(80);
    let calls = scene.script.calls();
    let attempt = index(&calls, "attempt");
    assert!(calls[attempt - 1].starts_with("commit"), "{calls:#?}");
    let claim = calls[..attempt].iter().rposition(|call| call.starts_with("produce notifier-state.v1"));
    assert!(claim.is_some_and(|claim| calls[claim..attempt].iter().any(|call| call == "flush")), "{calls:#?}");
}

#[test]
fn what_an_aborted_transaction_claimed_is_attempted_once_and_after_the_next_one() {
    let mut scene = told();
    until_claimed(&mut scene);
    fault(&scene.script, Fault::CommitAborts);
    scene.turns(120);
    let calls = scene.script.calls();
    let (aborted, attempt) = (index(&calls, "abort"), index(&calls, "attempt"));
    assert!(attempt > aborted && calls[aborted..attempt].iter().any(|call| call.starts_with("commit")), "{calls:#?}");
    assert_eq!(count(&calls, "attempt"), 1);
}

#[test]
fn a_withdrawal_that_is_read_stops_what_waits_at_once_and_waits_for_no_commit() {
    for next in [None, Some(Fault::CommitAborts)] {
        let mut scene = told();
        scene.turns(80);
        assert_eq!(count(&scene.script.calls(), "attempt"), 1);
        withdraw(&scene);
        scene.script.state().fault = next.clone();
        scene.turns(20);
        let calls = scene.script.calls();
        let ends = if next.is_none() { "commit" } else { "abort" };
        assert!(index(&calls, "cancel") < index(&calls, ends), "{calls:#?}");
        assert!(index(&calls, "cancel") < index(&calls, "produce"), "before anything that may wait: {calls:#?}");
    }
}

#[test]
fn what_is_claimed_and_withdrawn_within_one_transaction_is_never_attempted() {
    let mut scene = told();
    until_claimed(&mut scene);
    scene.script.calls();
    withdraw(&scene);
    scene.turns(60);
    let calls = scene.script.calls();
    let (cancelled, committed) = (index(&calls, "cancel"), index(&calls, "commit"));
    assert!(cancelled < committed, "within the transaction that claimed it: {calls:#?}");
    assert_eq!((count(&calls, "attempt"), count(&calls, "withdrawn")), (0, 1), "{calls:#?}");
    assert!(index(&calls, "withdrawn") > committed, "nothing is reported of a claim that is not committed");
}

#[test]
fn an_abort_puts_back_what_was_decided_and_reads_every_input_again_from_the_last_commit() {
    let mut scene = Scene::<TrackerStage>::with(&[0]);
    let parcel = parcel_of(0);
    scene.script.put("scans.v1", 0, &parcel, scan(&parcel, "damaged", START));
    fault(&scene.script, Fault::CommitAborts);
    scene.turns(60);
    let calls = scene.script.calls();
    let aborted = index(&calls, "abort");
    for input in TrackerStage::INPUTS {
        let (gone, back) = (index(&calls[aborted..], &format!("let go {input} 0")), format!("read {input} 0 from 0"));
        assert!(index(&calls[aborted..], &back) > gone, "{input}");
    }
    let partition = crate::stream::partitioner::partition(parcel.as_bytes(), PARTITIONS);
    let committed = scene.script.values("conditions.v1", partition);
    assert_eq!(committed.len(), 1, "decided twice, committed once");
}

#[test]
fn a_fenced_worker_ends_and_says_what_is_likely() {
    let mut scene = Scene::<TrackerStage>::with(&[0]);
    scene.script.put("scans.v1", 0, &parcel_of(0), scan(&parcel_of(0), "damaged", START));
    fault(&scene.script, Fault::Fenced);
    let error = scene.fails().to_string();
    // It was fenced within a moment of its transaction's beginning.
    assert!(error.contains("another instance runs under"), "{error}");
}

#[test]
fn it_commits_within_two_tenths_of_a_second_when_there_is_something_and_not_at_all_when_there_is_nothing() {
    let mut scene = Scene::<TrackerStage>::with(&[0]);
    let idle = scene.shared.clock.now();
    while scene.shared.clock.now() < idle + Duration::from_secs(5) {
        scene.turns(1);
    }
    assert_eq!(count(&scene.script.calls(), "commit"), 0);
    scene.script.put("scans.v1", 0, &parcel_of(0), scan(&parcel_of(0), "damaged", START));
    let begun = scene.shared.clock.now();
    while count(&scene.script.state().calls, "commit") == 0 {
        scene.turns(1);
    }
    let took = scene.shared.clock.now().since(begun);
    assert!((100..=200).contains(&took.as_millis()), "{took:?}");
}

#[test]
fn its_clock_is_saved_now_and_then_though_nothing_happens() {
    let mut scene = Scene::<TrackerStage>::with(&[0]);
    let idle = scene.shared.clock.now();
    while scene.shared.clock.now() < idle + Duration::from_secs(12) {
        scene.turns(1);
    }
    assert_eq!(count(&scene.script.calls(), "commit"), 1);
}
