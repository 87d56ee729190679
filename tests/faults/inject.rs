//! Faults are done and undone: when [`inject`] returns, everything runs again, though it may not have recovered.

use std::fs::File;
use std::io::Write;
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::producer::{BaseRecord, Producer, ThreadedProducer};
use serde_json::json;

use crate::daemon::Daemon;
use crate::fault::{Fault, Kind};
use crate::feed::{Acked, Acks, PARTITIONS, now, producer, stamp};
use crate::kafka::partition_of;
use crate::links::Mode;
use crate::support::until;
use crate::world::{BROKERS, DAEMONS, Place, SMALL_BROKER, World};

/// For whatever has to end, come up or catch up: a machine with more to do may take long, and only a failing run waits so long.
const PATIENCE: Duration = Duration::from_secs(180);
/// For a broker that was asked to end, or whose disk is full. Longer than it takes to hand over; then it is killed.
const ENDS_WITHIN: Duration = Duration::from_secs(40);
/// Between two turns of what is done again and again.
const TURN: Duration = Duration::from_millis(1500);
/// When brokers end a transaction whose producer is gone.
const ABANDONED_FOR: Duration = Duration::from_secs(12);
/// Of a transaction that is ended in time, at its latest by the brokers.
const OPEN_AT_MOST: Duration = Duration::from_secs(60);

/// How long the fault lasts by its own definition.
fn hold(duration: Duration) {
    std::thread::sleep(duration);
}

/// Does what the fault says, and undoes it.
pub fn inject(world: &World, fault: &Fault, acked: &Arc<Mutex<Vec<Acked>>>) {
    match fault.kind {
        Kind::DaemonKilled => kill_daemon(world, fault.daemon, fault.lasts),
        Kind::DaemonPaused => pause_daemon(world, fault.daemon, fault.lasts),
        Kind::DaemonRestarted => restart_daemon(world, fault.daemon),
        Kind::DaemonsRolled => (0..DAEMONS).for_each(|n| {
            restart_daemon(world, n);
            ready(world, n);
        }),
        Kind::BrokerKilled => {
            world.cluster.kill(fault.broker);
            hold(fault.lasts);
            back(world, fault.broker);
        }
        Kind::BrokerPaused => {
            world.cluster.pause(fault.broker);
            hold(fault.lasts);
            world.cluster.resume(fault.broker);
            in_sync(world);
        }
        Kind::BrokerRestarted => restart_broker(world, fault.broker),
        Kind::BrokersRolled => (1..=BROKERS).for_each(|node| restart_broker(world, node)),
        Kind::LinksRefuse | Kind::LinksStall | Kind::LinksDeaf | Kind::LinksHalfOpen => cut(world, fault),
        Kind::StormOfMembers => storm_of_members(world, fault.times),
        Kind::StormOfDaemons => {
            for turn in 0..fault.times {
                if turn % 2 == 0 {
                    kill_daemon(world, fault.daemon, Duration::ZERO)
                } else {
                    restart_daemon(world, fault.daemon)
                }
                hold(TURN);
            }
        }
        Kind::OpenTransaction => open_transaction(world, fault, acked),
        Kind::AbandonedTransaction => abandon_transaction(world, acked),
        Kind::DiskFull => fill_disk(world),
    }
}

fn place(world: &World, daemon: usize) -> std::sync::MutexGuard<'_, Place> {
    world.daemons[daemon].lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

fn kill_daemon(world: &World, daemon: usize, down: Duration) {
    let taken = place(world, daemon).take();
    if let Some(daemon) = taken {
        daemon.kill();
    }
    hold(down);
    place(world, daemon).start();
}

fn pause_daemon(world: &World, daemon: usize, lasts: Duration) {
    let signal = |name: &str| {
        if let Some(daemon) = place(world, daemon).daemon() {
            daemon.signal(name);
        }
    };
    signal("STOP");
    hold(lasts);
    signal("CONT");
}

fn restart_daemon(world: &World, daemon: usize) {
    let taken = place(world, daemon).take();
    if let Some(mut leaving) = taken {
        leaving.terminate();
        let status = leaving.ended(PATIENCE);
        if !status.success() {
            world.remark(&format!("d{daemon} ended with {status} after SIGTERM"));
        }
    }
    place(world, daemon).start();
}

/// Waits until a daemon has its partitions, or another one in its place.
fn ready(world: &World, daemon: usize) {
    until("the daemon to be ready", PATIENCE, || {
        let answer = place(world, daemon).daemon().map(Daemon::ready);
        if answer == Some(true) { Ok(()) } else { Err(format!("d{daemon}: {answer:?}")) }
    });
}

fn restart_broker(world: &World, node: i32) {
    world.cluster.terminate(node);
    end_of(world, node);
    back(world, node);
}

/// Waits for a broker's end, and sees to it.
fn end_of(world: &World, node: i32) {
    let deadline = now() + ENDS_WITHIN;
    while world.cluster.is_running(node) && now() < deadline {
        hold(Duration::from_millis(200));
    }
    world.cluster.kill(node);
}

fn back(world: &World, node: i32) {
    world.cluster.restart(node);
    in_sync(world);
}

/// Waits until every replica is in sync, so that the next fault of a broker is not the second.
fn in_sync(world: &World) {
    let mut config = world.cluster.client();
    config.set_log_level(rdkafka::config::RDKafkaLogLevel::Emerg);
    let consumer: BaseConsumer = config.create().expect("a consumer");
    until("all replicas to be in sync", PATIENCE, || {
        let metadata = consumer.fetch_metadata(None, Duration::from_secs(5)).map_err(|error| error.to_string())?;
        let partitions = metadata.topics().iter().flat_map(|topic| topic.partitions());
        match partitions.filter(|partition| partition.isr().len() < partition.replicas().len()).count() {
            0 => Ok(()),
            behind => Err(format!("{behind} partitions are behind")),
        }
    });
}

fn cut(world: &World, fault: &Fault) {
    let links = &world.links[fault.daemon];
    let meant = |node: usize| fault.all || i32::try_from(node + 1) == Ok(fault.broker);
    let set = |mode| links.iter().enumerate().filter(|(node, _)| meant(*node)).for_each(|(_, link)| link.set(mode));
    set(fault.mode().expect("links are cut"));
    hold(fault.lasts);
    set(Mode::Open);
}

/// It takes partitions, decides nothing, and leaves again.
fn storm_of_members(world: &World, times: u32) {
    for _ in 0..times {
        let mut config = world.cluster.client();
        config
            .set("group.id", format!("{}pw-tracker", world.prefix))
            .set("partition.assignment.strategy", "cooperative-sticky")
            .set("session.timeout.ms", "10000")
            .set("enable.auto.commit", "false")
            .set("auto.offset.reset", "earliest")
            .set_log_level(rdkafka::config::RDKafkaLogLevel::Emerg);
        let stranger: BaseConsumer = config.create().expect("a consumer");
        stranger.subscribe(&[&world.topic("scans.v1")]).expect("subscribed");
        let leaves = now() + TURN;
        while now() < leaves {
            // Whatever it reads is of no use to it.
            let _ = stranger.poll(Duration::from_millis(50));
        }
        drop(stranger);
        hold(TURN);
    }
}

/// A transaction with parcels of its own, on every partition of scans, and with a shipment.
fn begin(world: &World, name: &str, within: Duration, acked: &Arc<Mutex<Vec<Acked>>>) -> ThreadedProducer<Acks> {
    let (next, _) = mpsc::channel();
    let within = within.as_millis().to_string();
    let id = world.topic(name);
    // A record must be given up before its transaction is.
    let more =
        [("transactional.id", id.as_str()), ("transaction.timeout.ms", &within), ("message.timeout.ms", "10000")];
    let producer = producer(&world.cluster.client(), Arc::clone(acked), next, &more);
    until("a transactional producer", PATIENCE, || producer.init_transactions(Duration::from_secs(20)));
    producer.begin_transaction().expect("a transaction");
    for partition in 0..PARTITIONS {
        let mut ids = (0..).map(|n| format!("{name}-{n}"));
        let parcel = ids.find(|id| partition_of(id.as_bytes(), PARTITIONS) == partition).expect("keys spread");
        let scan = json!({"parcel_id": parcel, "code": "damaged", "event_time": stamp(now())});
        let recipient = json!({"id": "c-1", "email": "r1@example.com", "locale": "en", "time_zone": "UTC"});
        let shipment = json!({"parcel_id": parcel, "ordered_at": stamp(now()), "merchant": "M-1", "promise": stamp(now()),
                              "recipient": recipient});
        for (topic, value) in [("shipments.v1", shipment), ("scans.v1", scan)] {
            send(&producer, &world.topic(topic), partition, &parcel, &value.to_string());
        }
    }
    producer
}

fn send(producer: &ThreadedProducer<Acks>, topic: &str, partition: i32, key: &str, value: &str) {
    let record = BaseRecord::with_opaque_to(topic, Box::new(usize::MAX)).key(key).payload(value).partition(partition);
    producer.send(record).map_err(|(error, _)| error).expect("there is room for a handful");
}

fn open_transaction(world: &World, fault: &Fault, acked: &Arc<Mutex<Vec<Acked>>>) {
    let producer = begin(world, &format!("UP{}", now().timestamp_millis()), OPEN_AT_MOST, acked);
    let flushed = producer.flush(Duration::from_secs(20)).is_ok();
    hold(fault.lasts);
    // Whether it could be committed shows in the topic; if not, the brokers abort it.
    let committed = fault.commits && flushed && producer.commit_transaction(Duration::from_secs(30)).is_ok();
    if !committed {
        let _ = producer.abort_transaction(Duration::from_secs(30));
    }
}

fn abandon_transaction(world: &World, acked: &Arc<Mutex<Vec<Acked>>>) {
    let producer = begin(world, &format!("GONE{}", now().timestamp_millis()), ABANDONED_FOR, acked);
    let notice = json!({"id": "ntc_of_nobody", "change": "issued", "parcel_id": "GONE"});
    send(&producer, &world.topic("notices.v1"), 0, "merchant:M-1", &notice.to_string());
    let _ = producer.flush(Duration::from_secs(10));
    // Its end says nothing to the brokers.
    drop(producer);
    hold(ABANDONED_FOR);
}

/// Writes until nothing more can be written, and makes room when the broker has ended of it.
fn fill_disk(world: &World) {
    let filler = world.cluster.folder_of(SMALL_BROKER).join("data/filler");
    let mut file = File::create(&filler).expect("the folder is ours");
    for size in [1 << 20, 4 << 10, 1] {
        let bytes = vec![0; size];
        while file.write_all(&bytes).is_ok() {}
    }
    drop(file);
    end_of(world, SMALL_BROKER);
    std::fs::remove_file(&filler).expect("the file is ours");
    back(world, SMALL_BROKER);
}
