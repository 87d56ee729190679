//! The merge as a reader of runtime.md expects it: what is handed out when, and where stream time stands.

use super::*;

const SHIPMENTS: usize = 0;
const SCANS: usize = 1;

fn at(ms: i64) -> Timestamp {
    Timestamp::from_millis(ms)
}

fn merge() -> Merge<&'static str> {
    Merge::new(at(0), 2, Duration::from_millis(2000))
}

fn answer(query: u64, asked_at: i64, end: i64, position: i64) -> Answer {
    Answer { query, asked_at: at(asked_at), end, position }
}

fn fetch(offset: i64, time: i64, wall: i64, queries: u64) -> Fetch {
    Fetch { offset, time: at(time), wall: at(wall), queries, bytes: 10 }
}

fn applied(step: Step<&'static str>) -> (&'static str, i64) {
    match step {
        Step::Record { record, at, .. } => (record, at.as_millis()),
        other => panic!("expected a record, found {other:?}"),
    }
}

#[test]
fn records_come_in_the_order_of_their_times_and_shipments_first() {
    let mut merge = merge();
    merge.fetched(SCANS, fetch(0, 100, 1000, 0), "scan 100");
    merge.fetched(SCANS, fetch(1, 200, 1000, 0), "scan 200");
    merge.fetched(SHIPMENTS, fetch(0, 100, 1000, 0), "shipment 100");
    merge.fetched(SHIPMENTS, fetch(1, 150, 1000, 0), "shipment 150");
    assert_eq!(applied(merge.step()), ("shipment 100", 100));
    assert_eq!(applied(merge.step()), ("scan 100", 100));
    assert_eq!(applied(merge.step()), ("shipment 150", 150));
    assert_eq!(merge.step(), Step::Ask, "a shipment may still come before scan 200");
    merge.answered(SHIPMENTS, answer(1, 1000, 2, 2));
    assert_eq!(applied(merge.step()), ("scan 200", 200));
}

#[test]
fn a_silent_input_holds_the_others_back_until_a_later_query_finds_it_empty() {
    let mut merge = merge();
    merge.answered(SHIPMENTS, answer(1, 900, 0, 0));
    merge.fetched(SCANS, fetch(0, 100, 1000, 1), "scan");
    assert_eq!(merge.step(), Step::Ask, "the answer is older than the fetch");
    merge.answered(SHIPMENTS, answer(2, 1000, 3, 0));
    assert_eq!(merge.step(), Step::Ask, "three shipments are on their way");
    merge.fetched(SHIPMENTS, fetch(2, 90, 1010, 2), "shipment");
    assert_eq!(applied(merge.step()), ("shipment", 90));
}

#[test]
fn an_input_of_which_one_record_is_missing_is_not_empty() {
    let mut merge = merge();
    merge.fetched(SCANS, fetch(0, 100, 1000, 0), "scan");
    merge.answered(SHIPMENTS, answer(1, 1000, 8, 7));
    assert_eq!(merge.step(), Step::Ask, "offset 7 is not read yet");
    merge.answered(SHIPMENTS, answer(2, 1001, 8, 8));
    assert_eq!(applied(merge.step()), ("scan", 100));
}

#[test]
fn a_confirmation_that_is_older_than_what_was_applied_does_not_turn_time_back() {
    let mut merge = merge();
    merge.answered(SHIPMENTS, answer(1, 10_000, 0, 0));
    merge.answered(SCANS, answer(1, 10_000, 0, 0));
    merge.fetched(SCANS, fetch(0, 9_500, 10_500, 0), "scan");
    assert_eq!(applied(merge.step()), ("scan", 9_500));
    assert_eq!(merge.step(), Step::Idle, "8 s is over");
    assert_eq!(merge.stream_time(), at(9_500));
}

#[test]
fn time_never_goes_back_and_never_beyond_the_wall_clock() {
    let mut merge = merge();
    merge.answered(SHIPMENTS, answer(9, 0, 0, 0));
    merge.fetched(SCANS, fetch(0, 9_000_000, 1000, 0), "from the future");
    merge.fetched(SCANS, fetch(1, 400, 1001, 0), "late");
    assert_eq!(applied(merge.step()), ("from the future", 1000));
    assert_eq!(applied(merge.step()), ("late", 1000));
}

#[test]
fn without_records_time_follows_the_oldest_confirmation_less_the_skew() {
    let mut merge = merge();
    assert_eq!(merge.step(), Step::Idle, "nothing is known");
    merge.answered(SHIPMENTS, answer(1, 10_000, 0, 0));
    assert_eq!(merge.step(), Step::Idle, "scans are not confirmed");
    merge.answered(SCANS, answer(2, 12_000, 5, 5));
    assert_eq!(merge.step(), Step::Time(at(8_000)));
    assert_eq!(merge.step(), Step::Idle);
    merge.answered(SCANS, answer(3, 20_000, 9, 5));
    assert_eq!(merge.step(), Step::Idle, "four scans are unread, so time stands still");
    merge.doubt();
    merge.answered(SCANS, answer(4, 30_000, 9, 9));
    assert_eq!(merge.step(), Step::Idle, "the other input is in doubt");
}

#[test]
fn markers_after_the_last_record_count_as_read() {
    let mut merge = merge();
    merge.answered(SHIPMENTS, answer(1, 5_000, 0, 0));
    merge.answered(SCANS, answer(1, 5_000, 7, 7));
    assert_eq!(merge.applied(SCANS, 7), 7);
    merge.fetched(SCANS, fetch(7, 3_000, 5_000, 1), "scan");
    assert_eq!(merge.applied(SCANS, 8), 7, "fetched, not applied");
}

#[test]
fn what_waits_is_known_in_records_and_bytes() {
    let mut merge = merge();
    merge.fetched(SCANS, fetch(0, 100, 1000, 0), "scan 100");
    merge.fetched(SCANS, fetch(1, 200, 1000, 0), "scan 200");
    assert_eq!(merge.waiting(SCANS), Backlog { records: 2, bytes: 20 });
    assert!(merge.waiting(SCANS).exceeds(Backlog { records: 9, bytes: 19 }));
    merge.answered(SHIPMENTS, answer(1, 1000, 0, 0));
    applied(merge.step());
    assert_eq!(merge.waiting(SCANS), Backlog { records: 1, bytes: 10 });
}
