//! Topics on real brokers: what is missing is created, what differs is shown and left alone, and a cluster that
//! demands TLS and a password lets in who has both.

use std::time::Duration;

use parcelwatch::topics::{self, Error, Overrides, Plan, definitions};
use rdkafka::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};

use crate::kafka::{self, Brokers, Cluster, Record};

/// The shared cluster may have one broker only.
fn one_replica() -> Overrides {
    Overrides { replication: Some(1), ..Overrides::default() }
}

fn plan(kafka: &Cluster, prefix: &str) -> Plan {
    topics::plan(&kafka.client(), prefix, &one_replica()).unwrap()
}

fn partitions(kafka: &Cluster, topic: &str) -> usize {
    let consumer: BaseConsumer = kafka.client().create().unwrap();
    let metadata = consumer.fetch_metadata(Some(topic), Duration::from_secs(10)).unwrap();
    metadata.topics()[0].partitions().len()
}

#[test]
fn applying_creates_what_is_missing_and_then_there_is_nothing_to_do() {
    let Some(kafka) = kafka::shared() else { return };
    let prefix = kafka::prefix();
    let first = plan(kafka, &prefix);
    assert_eq!(first.missing().count(), definitions().len(), "{first}");
    assert_eq!(first.differences().count(), 0, "{first}");

    let created = topics::apply(&kafka.client(), &first).unwrap();
    assert_eq!(created.len(), definitions().len());
    let second = plan(kafka, &prefix);
    assert!(second.is_settled(), "{second}");
    assert!(second.to_string().starts_with("nothing to do"));
    // Applying an outdated plan again finds everything there.
    assert_eq!(topics::apply(&kafka.client(), &first).unwrap(), Vec::<String>::new());

    let producer = kafka.producer();
    producer.send(Record::to(&format!("{prefix}scans.v1")).key("SF1").value("{}").timestamp_ms(1_000));
    producer.flush();
    let stored = kafka.read_to_end(&format!("{prefix}scans.v1"));
    assert!(stored[0].timestamp_ms > 1_000_000, "the broker's clock counts, not the producer's");
}

#[test]
fn what_differs_is_shown_and_not_altered() {
    let Some(kafka) = kafka::shared() else { return };
    let prefix = kafka::prefix();
    let (scans, deliveries) = (format!("{prefix}scans.v1"), format!("{prefix}deliveries.v1"));
    kafka.create_topic(&scans, 6, &[("retention.ms", "1000"), ("message.timestamp.type", "LogAppendTime")]);
    kafka.create_topic(&deliveries, 5, &[("retention.ms", "2592000000")]);

    let before = plan(kafka, &prefix);
    let text = before.to_string();
    for expected in [
        format!("{scans}: expected 12 partitions, found 6"),
        "set the partitions of parcels to 6 in the configuration".to_owned(),
        format!("{scans}: expected retention.ms=1209600000, found 1000"),
        format!("--entity-name {scans} --add-config retention.ms=[1209600000]"),
        format!("--alter --topic {deliveries} --partitions 12"),
    ] {
        assert!(text.contains(&expected), "expected {expected:?} in\n{text}");
    }
    assert!(!text.contains("message.timestamp.type=LogAppendTime, found"), "{text}");

    let created = topics::apply(&kafka.client(), &before).unwrap();
    assert_eq!(created.len(), definitions().len() - 2);
    assert_eq!(partitions(kafka, &scans), 6);
    assert_eq!(partitions(kafka, &deliveries), 5);
    assert_eq!(partitions(kafka, &format!("{prefix}tracker-state.v1")), 6, "as the group has");
    let after = plan(kafka, &prefix);
    assert_eq!(after.missing().count(), 0, "{after}");
    assert!(after.to_string().contains(&format!("{scans}: expected retention.ms=1209600000, found 1000")), "{after}");
}

#[test]
fn with_three_brokers_the_definitions_hold_as_they_stand_and_one_broker_refuses_them() {
    let Some(alone) = kafka::shared() else { return };
    if std::env::var_os("PARCELWATCH_TEST_BOOTSTRAP").is_none() {
        let plan = topics::plan(&alone.client(), &kafka::prefix(), &Overrides::default()).unwrap();
        assert!(plan.to_string().contains("replication 3 needs as many brokers, found 1"), "{plan}");
        let error = topics::apply(&alone.client(), &plan).unwrap_err();
        assert!(matches!(error, Error::Create { replication: 3, brokers: 1, .. }), "{error}");
    }

    let Some(three) = Cluster::start(Brokers::Three) else { return };
    let plan = || topics::plan(&three.client(), "parcelwatch.", &Overrides::default()).unwrap();
    topics::apply(&three.client(), &plan()).unwrap();
    assert!(plan().is_settled(), "{}", plan());
}

#[test]
fn tls_with_scram_works_and_a_wrong_password_and_a_wrong_authority_are_refused() {
    let Some(kafka) = Cluster::secure() else { return };
    let plan = topics::plan(&kafka.client(), "parcelwatch.", &one_replica()).unwrap();
    topics::apply(&kafka.client(), &plan).unwrap();
    let producer = kafka.producer();
    producer.send(Record::to("parcelwatch.scans.v1").key("SF1").value("{}"));
    producer.flush();
    assert_eq!(kafka.read_to_end("parcelwatch.scans.v1").len(), 1);

    let refusal = |change: &dyn Fn(&mut ClientConfig)| {
        let mut client = kafka.client();
        change(&mut client);
        match topics::plan(&client, "parcelwatch.", &one_replica()).unwrap_err() {
            Error::Unreachable { reason, .. } => reason,
            other => panic!("expected to be refused, found {other}"),
        }
    };
    let reason = refusal(&|client| {
        client.set("sasl.password", "wrong");
    });
    assert!(reason.contains("SASL"), "{reason}");
    let foreign = kafka.foreign_certificate();
    let reason = refusal(&|client| {
        client.set("ssl.ca.location", foreign.to_str().unwrap());
    });
    assert!(reason.contains("certificate verify failed"), "{reason}");
}
