//! The harness itself: what other tests take for granted about brokers, producing and reading.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::process::{Command, Stdio};
use std::time::Duration;

use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _};

use super::{Brokers, Cluster, Record, partition_of, prefix, shared};
use crate::support::until;

/// Set for the process that `brokers_end_with_a_killed_test_process` starts and kills.
const VICTIM: &str = "PARCELWATCH_TEST_VICTIM";

#[test]
fn records_come_back_from_their_keys_partition_with_all_that_was_sent() {
    let Some(kafka) = shared() else { return };
    let topic = format!("{}records", prefix());
    kafka.create_topic(&topic, 3, &[("retention.ms", "-1")]);
    let producer = kafka.producer();
    producer.send(Record::to(&topic).key("SF1").value("one").timestamp_ms(1_700_000_000_123).header("why", "because"));
    producer.send(Record::to(&topic).key("SF1"));
    producer.send(Record::to(&topic).key("SF1").value("elsewhere").partition((partition_of(b"SF1", 3) + 1) % 3));
    producer.flush();

    let read = kafka.read_to_end(&topic);
    let (at_home, elsewhere): (Vec<_>, Vec<_>) =
        read.iter().partition(|record| record.partition == partition_of(b"SF1", 3));
    assert_eq!(elsewhere.len(), 1);
    assert_eq!(at_home.len(), 2);
    assert_eq!(at_home[0].key_text(), "SF1");
    assert_eq!(at_home[0].value.as_deref(), Some(&b"one"[..]));
    assert_eq!(at_home[0].timestamp_ms, 1_700_000_000_123);
    assert_eq!(at_home[0].header("why").as_deref(), Some("because"));
    assert_eq!(at_home[1].value, None, "a record without value is a tombstone");
}

#[test]
fn reading_to_the_end_sees_what_was_committed_and_nothing_that_was_aborted() {
    let Some(kafka) = shared() else { return };
    let topic = format!("{}transactions", prefix());
    kafka.create_topic(&topic, 1, &[]);
    let mut config = kafka.client();
    config.set("transactional.id", &topic).set("linger.ms", "0");
    let producer: BaseProducer = config.create().unwrap();
    let patience = Duration::from_secs(30);
    producer.init_transactions(patience).unwrap();
    for (value, commit) in [("first", true), ("aborted", false), ("second", true), ("aborted too", false)] {
        producer.begin_transaction().unwrap();
        producer.send(BaseRecord::<(), _>::to(&topic).payload(value)).unwrap();
        producer.flush(patience).unwrap();
        let ended = if commit { producer.commit_transaction(patience) } else { producer.abort_transaction(patience) };
        ended.unwrap();
    }

    let values: Vec<_> = kafka.read_to_end(&topic).into_iter().filter_map(|record| record.value).collect();
    assert_eq!(values, [b"first".to_vec(), b"second".to_vec()]);
}

#[test]
fn three_brokers_survive_the_loss_of_one_and_take_it_back() {
    let Some(kafka) = Cluster::start(Brokers::Three) else { return };
    kafka.create_topic("kept", 1, &[]);
    let producer = kafka.producer();
    producer.send(Record::to("kept").value("before"));
    producer.flush();
    let lost = kafka.leader("kept", 0);
    kafka.kill(lost);
    producer.send(Record::to("kept").value("without"));
    producer.flush();
    assert_ne!(kafka.leader("kept", 0), lost);
    kafka.restart(lost);
    producer.send(Record::to("kept").value("after"));
    producer.flush();

    let values: Vec<_> = kafka.read_to_end("kept").into_iter().filter_map(|record| record.value).collect();
    assert_eq!(values, [b"before".to_vec(), b"without".to_vec(), b"after".to_vec()]);
}

#[test]
fn brokers_end_with_a_killed_test_process() {
    if std::env::var_os(VICTIM).is_some() {
        hold_a_cluster_until_killed();
        return;
    }
    if !super::java::available() {
        return;
    }
    let test = std::thread::current().name().expect("tests' threads are named").to_owned();
    let mut victim = Command::new(std::env::current_exe().unwrap())
        .args([&test, "--exact", "--nocapture"])
        .env(VICTIM, "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(victim.stdout.take().unwrap()).lines();
    let told = lines.find_map(|line| line.unwrap().strip_prefix("cluster ").map(str::to_owned));
    let told = told.expect("expected the victim to tell its port and folder");
    let (port, folder) = told.split_once(' ').unwrap();
    assert!(TcpListener::bind(format!("127.0.0.1:{port}")).is_err(), "a broker listens");

    // On Unix this is SIGKILL: no destructor and no handler runs.
    victim.kill().unwrap();
    victim.wait().unwrap();
    until("the broker and its folder to be gone", Duration::from_secs(30), || {
        let free = TcpListener::bind(format!("127.0.0.1:{port}")).is_ok();
        let removed = !std::path::Path::new(folder).exists();
        if free && removed { Ok(()) } else { Err(format!("port free: {free}, folder removed: {removed}")) }
    });
}

fn hold_a_cluster_until_killed() {
    let cluster = Cluster::start(Brokers::One).expect("the parent has checked");
    let own = cluster.own.as_ref().expect("started here");
    println!("cluster {} {}", own.ports[0].clients, own.folder.display());
    // The parent holds the other end and closes it only by its own end.
    let _ = std::io::stdin().read_line(&mut String::new());
}
