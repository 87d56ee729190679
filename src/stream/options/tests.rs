//! The client settings that promises rest on, and the clock's rate.

use super::*;

fn number(config: &ClientConfig, name: &str) -> u64 {
    config.get(name).and_then(|value| value.parse().ok()).unwrap_or_else(|| panic!("expected a number in {name}"))
}

#[test]
fn end_offsets_are_asked_for_past_open_transactions_and_records_are_not_read_there() {
    let options = Options::of_a_test();
    assert_eq!(options.asking_config("g").get("isolation.level"), Some("read_uncommitted"));
    assert_eq!(options.reading_config("g").get("isolation.level"), Some("read_committed"));
}

#[test]
fn an_offset_that_is_gone_is_an_error_and_positions_are_not_put_one_too_far() {
    let reading = Options::of_a_test().reading_config("g");
    assert_eq!(reading.get("auto.offset.reset"), Some("error"));
    assert_eq!(reading.get("enable.partition.eof"), Some("false"));
    assert_eq!(reading.get("enable.auto.commit"), Some("false"), "offsets go with the transaction or not at all");
}

#[test]
fn a_record_does_not_outlast_its_transaction() {
    let writing = Options::of_a_test().writing_config("t");
    assert_eq!(number(&writing, "transaction.timeout.ms"), 10_000);
    assert!(number(&writing, "message.timeout.ms") <= number(&writing, "transaction.timeout.ms"));
}

#[test]
fn a_worker_keeps_its_transactional_id_over_restarts_and_shares_it_with_nobody() {
    let named =
        |instance: &str| Options { group: "pw".to_owned(), instance: instance.to_owned(), ..Options::of_a_test() };
    let one = named("one");
    assert_eq!(one.transactional_id("tracker", 0), named("one").transactional_id("tracker", 0));
    for other in [
        one.transactional_id("tracker", 1),
        one.transactional_id("notifier", 0),
        named("two").transactional_id("tracker", 0),
    ] {
        assert_ne!(one.transactional_id("tracker", 0), other);
    }
}

#[test]
fn the_classic_protocol_is_cooperative_and_the_new_one_is_left_to_the_broker() {
    let classic = Options::of_a_test().membership_config("g");
    assert_eq!(classic.get("partition.assignment.strategy"), Some("cooperative-sticky"));
    assert_eq!(number(&classic, "session.timeout.ms"), 10_000);
    let consumer = Options { group_protocol: GroupProtocol::Consumer, ..Options::of_a_test() }.membership_config("g");
    assert_eq!(consumer.get("group.protocol"), Some("consumer"));
    for refused in ["session.timeout.ms", "heartbeat.interval.ms", "partition.assignment.strategy"] {
        assert_eq!(consumer.get(refused), None, "{refused}");
    }
}

#[test]
fn a_fast_clock_scales_what_is_compared_with_it_and_nothing_else() {
    let (slow, fast) = (Options::of_a_test(), Options::of_a_test().scaled(60));
    let compared = |o: &Options| [o.tell_within, o.settle_for, o.clock_skew, o.attempt_within];
    assert_eq!(compared(&fast), compared(&slow).map(|duration| duration * 60));
    let real = |o: &Options| [o.commit_every, o.save_time_every, o.transaction_timeout, o.session_timeout];
    assert_eq!(real(&fast), real(&slow));
}

#[test]
fn outcomes_are_written_by_an_idempotent_producer_without_transactions() {
    let reporting = Options::of_a_test().reporting_config();
    assert_eq!((reporting.get("enable.idempotence"), reporting.get("transactional.id")), (Some("true"), None));
}
