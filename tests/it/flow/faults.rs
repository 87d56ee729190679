//! What upstream transactions, retention and rebalances do to reading.

use std::time::Duration;

use rdkafka::admin::{AdminClient, AdminOptions};
use rdkafka::client::DefaultClientContext;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::producer::{BaseRecord, Producer, ThreadedProducer};
use rdkafka::{ClientConfig, Offset, TopicPartitionList};

use serde_json::json;

use super::command::Parcelwatch;
use super::{Flow, PATIENCE, scan, shipment};
use crate::daemon::Daemon;
use crate::support::until;

/// A producer with transactions, of somebody upstream.
fn upstream(config: &ClientConfig, id: &str) -> ThreadedProducer<rdkafka::producer::DefaultProducerContext> {
    let mut config = config.clone();
    config.set("transactional.id", id).set("transaction.timeout.ms", "300000");
    let producer: ThreadedProducer<_> = config.create().expect("a producer");
    producer.init_transactions(Duration::from_secs(30)).expect("a transactional id");
    producer.begin_transaction().expect("a transaction");
    producer
}

/// Parcels whose keys belong to each of two partitions.
fn parcels(of: i32, count: usize) -> impl Iterator<Item = String> {
    (0..).map(|n| format!("P{n}")).filter(move |id| crate::kafka::partition_of(id.as_bytes(), 2) == of).take(count)
}

#[test]
fn an_input_that_was_paused_is_read_again_after_a_rebalance() {
    let Some(flow) = Flow::new() else { return };
    let producer = upstream(&flow.cluster().client(), &flow.topic("upstream"));
    let topic = flow.topic("shipments.v1");
    for partition in 0..2 {
        let id = parcels(partition, 1).next().unwrap();
        let value = shipment(&id).to_string();
        producer.send(BaseRecord::to(&topic).key(&id).payload(&value).partition(partition)).expect("room");
    }
    producer.flush(Duration::from_secs(10)).expect("acknowledged");
    // More than may wait for shipments: both partitions of scans are paused.
    let sender = flow.cluster().producer();
    for partition in 0..2 {
        for id in parcels(partition, 30_000) {
            let record = crate::kafka::Record::to(&flow.topic("scans.v1"));
            sender.send(record.key(&id).value(scan(&id, "arrived_hub").to_string()).partition(partition));
        }
    }
    sender.flush();
    let settings = flow.settings();
    let one = Daemon::start(&settings.clone().instance("one"));
    let paused = |times: usize| {
        until("inputs to be paused", PATIENCE, || match one.log().matches("paused: far ahead").count() {
            found if found >= times => Ok(()),
            found => Err(found),
        });
    };
    paused(2);
    until("what waits to be shown", PATIENCE, || match one.metric("parcelwatch_waiting_records", &["scans.v1"]) {
        40_002.0 => Ok(()),
        found => Err(found),
    });
    let two = Daemon::start(&settings.instance("two"));
    two.stop();
    // The partition that comes back has its backlog again.
    paused(3);
    producer.commit_transaction(Duration::from_secs(10)).expect("committed");
    until("every scan to be applied", PATIENCE, || {
        let text = one.get("/metrics").body;
        let lags: Vec<&str> = text
            .lines()
            .filter(|line| line.starts_with("parcelwatch_consumer_lag") && line.contains("scans.v1"))
            .collect();
        let done = lags.len() == 2 && lags.iter().all(|line| line.ends_with(" 0"));
        if done { Ok(()) } else { Err(lags.join("\n")) }
    });
    one.stop();
}

#[test]
fn markers_that_retention_took_are_no_loss() {
    let Some(flow) = Flow::new() else { return };
    let producer = upstream(&flow.cluster().client(), &flow.topic("upstream"));
    let topic = flow.topic("scans.v1");
    let value = scan("P1", "damaged").to_string();
    producer.send(BaseRecord::to(&topic).key("P1").payload(&value).partition(0)).expect("room");
    producer.commit_transaction(Duration::from_secs(10)).expect("committed");
    let settings = flow.settings().runtime("save_time_every = \"100ms\"");
    let daemon = Daemon::start(&settings);
    let parcelwatch = Parcelwatch::with(&settings);
    until("the marker to count as read", PATIENCE, || {
        let saved = parcelwatch.state("tracker");
        let past = saved.iter().any(|saved| saved["partition"] == 0 && saved["offsets"][1] == json!(["scans.v1", 2]));
        if past { Ok(()) } else { Err(format!("{saved:#?}")) }
    });
    daemon.stop();
    // What retention does to a quiet partition: all of it is gone, and all of it had been read.
    let admin: AdminClient<DefaultClientContext> = flow.cluster().client().create().expect("an admin client");
    let mut all = TopicPartitionList::new();
    all.add_partition_offset(&topic, 0, Offset::End).expect("valid");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(admin.delete_records(&all, &AdminOptions::new())).expect("deleted");
    let daemon = Daemon::start(&settings);
    parcelwatch.until_saved_beyond("tracker", chrono::Utc::now().timestamp_millis());
    daemon.stop();
}

#[test]
fn a_pending_offset_is_waited_for() {
    let Some(flow) = Flow::new() else { return };
    let daemon = Daemon::start(&flow.settings());
    flow.put("scans.v1", [("P1", scan("P1", "damaged"))]);
    flow.until("conditions.v1", "the scan to be applied", |changes| !changes.is_empty());
    daemon.stop();
    // A transaction whose offsets are pending still: as that of a predecessor whose markers are on their way.
    let producer = upstream(&flow.cluster().client(), &flow.topic("upstream"));
    let group = format!("{}pw-tracker", flow.topic(""));
    let mut config = flow.cluster().client();
    config.set("group.id", &group);
    let consumer: BaseConsumer = config.create().expect("a consumer");
    let mut offsets = TopicPartitionList::new();
    for partition in 0..2 {
        offsets.add_partition_offset(&flow.topic("scans.v1"), partition, Offset::Offset(0)).expect("valid");
    }
    let metadata = consumer.group_metadata().expect("metadata");
    producer.send_offsets_to_transaction(&offsets, &metadata, Duration::from_secs(10)).expect("sent");
    let mut daemon = Daemon::spawn(&flow.settings(), &[]);
    until("the pending offsets to be met", PATIENCE, || match daemon.log() {
        log if log.contains("offsets are not stable yet") => Ok(()),
        log => Err(log),
    });
    producer.abort_transaction(Duration::from_secs(10)).expect("aborted");
    daemon.wait_until_ready();
    daemon.stop();
}

/// Whoever is told something after an outage of this length might be told what hubs have yet to refute.
#[test]
fn an_outage_is_noticed_whatever_the_workers_were_doing() {
    let Some(cluster) = crate::kafka::Cluster::start(crate::kafka::Brokers::One) else { return };
    let cluster: &'static crate::kafka::Cluster = Box::leak(Box::new(cluster));
    let flow = Flow::on(cluster, &[]);
    let settings = flow
        .settings()
        .runtime("tell_within = \"10s\"\nsettle_for = \"25s\"\nsave_time_every = \"100ms\"\ncommit_every = \"20ms\"");
    let daemon = Daemon::start(&settings);
    let telling = |daemon: &Daemon| daemon.metric("parcelwatch_telling", &["tracker"]);
    until("telling to be open", PATIENCE, || match telling(&daemon) {
        2.0 => Ok(()),
        other => Err(other),
    });
    let behind = |what: &str, enough: &dyn Fn(f64) -> bool| {
        until(what, PATIENCE, || match daemon.metric("parcelwatch_stream_time_lag_seconds", &["tracker"]) / 2.0 {
            lag if enough(lag) => Ok(()),
            lag => Err(lag),
        });
    };
    for round in 0..2 {
        // Paused and not killed: a single broker that comes back from a kill -9 can forget to end the transaction that was
        // open (its leader is unknown while metadata is loaded, and the marker is left out), which blocks the state log's readers.
        cluster.pause(1);
        behind("an outage of more than tell_within", &|lag| lag > 18.0);
        cluster.resume(1);
        behind("the brokers to answer again", &|lag| lag < 4.0);
        assert_ne!(telling(&daemon), 2.0, "round {round}: nobody is told for settle_for");
        // On a busy machine a pause of more than tell_within counts as another outage, so this may take several times.
        until("telling to be open again", 3 * PATIENCE, || match telling(&daemon) {
            2.0 => Ok(()),
            other => Err(format!("{other}\n{}\n{}", daemon.get("/metrics").body, daemon.log())),
        });
    }
    daemon.stop();
}
