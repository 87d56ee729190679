//! What a daemon's memory does in trouble: run by `tests/resident`, which says what it found. Asserts nothing about memory: whoever reads it
//! compares with the daemon at rest.

use std::time::{Duration, Instant};

use rdkafka::producer::{BaseRecord, Producer, ThreadedProducer};
use serde_json::json;

use super::{Flow, MERCHANT_SECRET, RUBBISH, ago, scan};
use crate::channel::Server;
use crate::daemon::{Daemon, Settings};
use crate::kafka::{Brokers, Cluster, Record};
use crate::support::until;

/// Longer than any machine takes.
const PATIENCE: Duration = Duration::from_secs(900);

/// For how long the brokers are away, and whatever else goes on is looked at.
const WATCHED: Duration = Duration::from_secs(150);

/// The parcels that every daemon here knows.
const PARCELS: usize = 20_000;

/// A daemon at rest that knows the parcels, and what it holds then.
struct Rested {
    daemon: Daemon,
    mb: f64,
}

fn mb(daemon: &Daemon) -> f64 {
    daemon.metric("process_resident_memory_bytes", &[]) / 1e6
}

fn rested(flow: &Flow, settings: &Settings) -> Rested {
    let (producer, topic) = (flow.cluster().producer(), flow.topic("scans.v1"));
    for n in 0..PARCELS {
        let id = format!("P{n:06}");
        producer.send(Record::to(&topic).key(&id).value(scan(&id, "arrived_hub").to_string()));
    }
    producer.flush();
    let daemon = Daemon::start(settings);
    until("every parcel", PATIENCE, || match daemon.metric("parcelwatch_scans_total", &[]) as usize {
        PARCELS => Ok(()),
        found => Err(found),
    });
    let mb = mb(&daemon);
    Rested { daemon, mb }
}

/// Watches until `is_over` or for [`WATCHED`]; says the most that the daemon held in each third of that.
fn watch(what: &str, rested: Rested, is_over: impl Fn(&Daemon) -> bool) -> Daemon {
    let (began, mut thirds) = (Instant::now(), [0.0_f64; 3]);
    while began.elapsed() < WATCHED && !is_over(&rested.daemon) {
        let third = (began.elapsed().as_secs_f64() / WATCHED.as_secs_f64() * 3.0) as usize;
        thirds[third.min(2)] = thirds[third.min(2)].max(mb(&rested.daemon));
        std::thread::park_timeout(Duration::from_millis(200));
    }
    let shown = thirds.map(|mb| format!("{mb:.0}"));
    println!(
        "{what}: at rest {:.0} MB, then {} MB at most in each third of {:.0?}",
        rested.mb,
        shown.join(", "),
        began.elapsed()
    );
    rested.daemon
}

fn brokers_are_away() -> Option<()> {
    let cluster: &'static Cluster = Box::leak(Box::new(Cluster::start(Brokers::One)?));
    let flow = Flow::on(cluster, &[]);
    let rested = rested(&flow, &flow.settings());
    cluster.pause(1);
    let daemon = watch("brokers are away", rested, |_| false);
    cluster.resume(1);
    drop(daemon);
    Some(())
}

fn a_channel_is_dead() -> Option<()> {
    let flow = Flow::new()?;
    let endpoint = Server::start("webhook.py", &["--secret", MERCHANT_SECRET])?;
    flow.merchant("M-1", &format!("http://127.0.0.1:{}/dead", endpoint.port));
    let settings = flow.settings().with("[notify.webhook]\nretries = [\"1s\"]\nunknown_max = 200");
    let rested = rested(&flow, &settings);
    let ids: Vec<String> = (0..20_000).map(|n| format!("D{n:06}")).collect();
    let shipment =
        |id: &str| json!({"parcel_id": id, "merchant": "M-1", "service": "inter-city", "ordered_at": ago(3600)});
    flow.put("shipments.v1", ids.iter().map(|id| (id.as_str(), shipment(id))));
    flow.put("scans.v1", ids.iter().map(|id| (id.as_str(), scan(id, "damaged"))));
    drop(watch("20,000 notices wait for a dead channel", rested, |_| false));
    Some(())
}

fn large_records_come() -> Option<()> {
    let flow = Flow::new()?;
    let rested = rested(&flow, &flow.settings());
    let (producer, topic) = (flow.cluster().producer(), flow.topic("scans.v1"));
    let value = "x".repeat(1_000_000);
    for n in 0..2000 {
        producer.send(Record::to(&topic).key(format!("R{n}")).value(&value).header(RUBBISH, "large"));
    }
    producer.flush();
    let all = |daemon: &Daemon| daemon.metric("parcelwatch_rejects_total", &[]) == 2000.0;
    drop(watch("2,000 rejects of a megabyte each", rested, all));
    Some(())
}

fn an_input_is_far_ahead() -> Option<()> {
    let flow = Flow::new()?;
    let rested = rested(&flow, &flow.settings());
    let mut config = flow.cluster().client();
    config.set("transactional.id", flow.topic("upstream")).set("transaction.timeout.ms", "600000");
    let upstream: ThreadedProducer<rdkafka::producer::DefaultProducerContext> = config.create().expect("a producer");
    upstream.init_transactions(Duration::from_secs(30)).expect("a transactional id");
    upstream.begin_transaction().expect("a transaction");
    let topic = flow.topic("shipments.v1");
    for partition in 0..2 {
        let open = BaseRecord::to(&topic).key("open").payload("{}").partition(partition);
        upstream.send(open).map_err(|(error, _)| error).expect("room");
    }
    upstream.flush(Duration::from_secs(10)).expect("acknowledged");
    let (producer, topic) = (flow.cluster().producer(), flow.topic("scans.v1"));
    for n in 0..500_000 {
        let id = format!("P{:06}", n % PARCELS);
        producer.send(Record::to(&topic).key(&id).value(scan(&id, "sorted").to_string()));
    }
    producer.flush();
    drop(watch("500,000 scans wait for shipments", rested, |_| false));
    upstream.abort_transaction(Duration::from_secs(10)).expect("aborted");
    Some(())
}

#[test]
#[ignore = "a measurement: tests/resident runs it"]
fn what_a_daemon_holds_in_trouble() {
    for scene in [large_records_come, an_input_is_far_ahead, a_channel_is_dead, brokers_are_away] {
        if scene().is_none() {
            return;
        }
    }
}
