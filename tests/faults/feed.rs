//! Parcels and beats on their way into Kafka: every parcel's next record leaves when the one before was acknowledged and its time has come.
//!
//! What is kept of each record is when its acknowledgement came: brokers may show a record later than they stamped it (while a
//! replica is silent), and only an acknowledged one is certainly shown. What was said is read from the topics themselves.
//!
//! A *beat* is a parcel per partition whose every scan, one a second, must make a change of a condition: the time from a scan's append to that change
//! is how long deciding paused there.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use rdkafka::ClientConfig;
use rdkafka::client::ClientContext;
use rdkafka::message::{DeliveryResult, Message};
use rdkafka::producer::{BaseRecord, Producer, ProducerContext, ThreadedProducer};
use serde_json::{Value, json};

use crate::kafka::partition_of;
use crate::plan::{self, Step, Told};

/// How the parcels of beats begin; nobody else's do.
pub const BEAT: &str = "BEAT-";
/// Of the topics with parcels.
pub const PARTITIONS: i32 = 4;
/// Between two beats of a partition. Shorter: two with the same code might fall into one second and be a repeat. Longer: pauses are known less exactly.
const BEAT_EVERY: Duration = Duration::from_secs(1);
/// For what is on its way when everything is well again.
const PATIENCE: Duration = Duration::from_secs(180);

/// Where a record stands and when it was acknowledged, in milliseconds since 1970.
#[derive(Clone, Debug)]
pub struct Acked {
    pub topic: String,
    pub partition: i32,
    pub offset: i64,
    pub at: i64,
    /// Whether it was of the feed itself; of a transaction of somebody else's it may be aborted.
    pub certain: bool,
}

/// Keeps acknowledgements, and says whose next record may leave.
pub struct Acks {
    acked: Arc<Mutex<Vec<Acked>>>,
    next: Mutex<Sender<usize>>,
}

impl ClientContext for Acks {
    // Brokers come and go here; their clients' complaints are no news.
    fn error(&self, _: rdkafka::error::KafkaError, _: &str) {}
    fn log(&self, _: rdkafka::config::RDKafkaLogLevel, _: &str, _: &str) {}
}

impl ProducerContext for Acks {
    /// Whose record it is.
    type DeliveryOpaque = Box<usize>;

    fn delivery(&self, result: &DeliveryResult<'_>, parcel: Box<usize>) {
        match result {
            Ok(record) => {
                let (topic, partition) = (record.topic().to_owned(), record.partition());
                let (at, certain) = (now().timestamp_millis(), *parcel != usize::MAX);
                let acked = Acked { topic, partition, offset: record.offset(), at, certain };
                self.acked.lock().expect("no holder panics").push(acked);
            }
            // Of a transaction that was aborted.
            Err(_) if *parcel == usize::MAX => {}
            Err((error, record)) => eprintln!("a record for {} was not taken: {error}", record.topic()),
        }
        // Nobody waits for it once the feed has ended.
        let _ = self.next.lock().expect("no holder panics").send(*parcel);
    }
}

/// The wall clock.
pub fn now() -> DateTime<Utc> {
    Utc::now()
}

/// A parcel in the feed.
struct Parcel {
    id: String,
    steps: std::vec::IntoIter<Step>,
    /// The topic and value of its last record.
    last: Option<(&'static str, Value)>,
    /// For a beat: its number, and the second of its last scan.
    beat: Option<(u64, i64)>,
}

/// The running feed.
pub struct Feed {
    acked: Arc<Mutex<Vec<Acked>>>,
    parcels_end: Arc<AtomicBool>,
    all_ends: Arc<AtomicBool>,
    thread: Option<std::thread::JoinHandle<usize>>,
}

impl Feed {
    /// Starts to feed so many new parcels in a second, named after `name`.
    pub fn start(client: &ClientConfig, prefix: &str, name: &str, rate: f64, dice: fastrand::Rng) -> Feed {
        let (acked, parcels_end, all_ends) = (Arc::default(), Arc::default(), Arc::default());
        let (next, ready) = mpsc::channel();
        let producer = producer(client, Arc::clone(&acked), next, &[]);
        let mut feeding = Feeding {
            producer,
            prefix: prefix.to_owned(),
            name: name.to_owned(),
            parcels: Vec::new(),
            due: BinaryHeap::new(),
            dice,
            ready,
        };
        let (no_more_parcels, no_more): (Arc<AtomicBool>, Arc<AtomicBool>) =
            (Arc::clone(&parcels_end), Arc::clone(&all_ends));
        let thread = std::thread::spawn(move || feeding.run(rate, &no_more_parcels, &no_more));
        Feed { acked, parcels_end, all_ends, thread: Some(thread) }
    }

    /// From now on no parcel says anything more; beats go on.
    pub fn end_parcels(&self) {
        self.parcels_end.store(true, Ordering::SeqCst);
    }

    /// Ends everything, and gives how many parcels there were.
    pub fn end(&mut self) -> usize {
        self.all_ends.store(true, Ordering::SeqCst);
        self.thread.take().map_or(0, |thread| thread.join().expect("the feed does not panic"))
    }

    /// Where acknowledgements are kept.
    pub fn acked(&self) -> &Arc<Mutex<Vec<Acked>>> {
        &self.acked
    }
}

impl Drop for Feed {
    fn drop(&mut self) {
        self.all_ends.store(true, Ordering::SeqCst);
        // A leg that failed may leave brokers that take nothing: it has said more than this could.
        let _ = self.thread.take().map(std::thread::JoinHandle::join);
    }
}

/// A producer whose acknowledgements are kept, with these settings more.
pub fn producer(
    client: &ClientConfig,
    acked: Arc<Mutex<Vec<Acked>>>,
    next: Sender<usize>,
    more: &[(&str, &str)],
) -> ThreadedProducer<Acks> {
    let mut config = client.clone();
    config.set("enable.idempotence", "true").set("linger.ms", "2");
    for (key, value) in more {
        config.set(*key, *value);
    }
    config.create_with_context(Acks { acked, next: Mutex::new(next) }).expect("a producer")
}

struct Feeding {
    producer: ThreadedProducer<Acks>,
    prefix: String,
    name: String,
    parcels: Vec<Parcel>,
    due: BinaryHeap<Reverse<(Instant, usize)>>,
    dice: fastrand::Rng,
    ready: Receiver<usize>,
}

impl Feeding {
    fn run(&mut self, rate: f64, no_more_parcels: &AtomicBool, no_more: &AtomicBool) -> usize {
        for partition in 0..PARTITIONS {
            let steps = Vec::new().into_iter();
            self.parcels.push(Parcel { id: beat_of(partition), steps, last: None, beat: Some((0, 0)) });
            self.due.push(Reverse((Instant::now(), self.parcels.len() - 1)));
        }
        let mut next_parcel = Instant::now();
        while !no_more.load(Ordering::SeqCst) {
            let is_over = no_more_parcels.load(Ordering::SeqCst);
            if !is_over && Instant::now() >= next_parcel {
                next_parcel += Duration::from_secs_f64(1.0 / rate);
                self.new_parcel();
            }
            while self.due.peek().is_some_and(|Reverse((at, _))| *at <= Instant::now()) {
                let Some(Reverse((_, parcel))) = self.due.pop() else { break };
                if !is_over || self.parcels[parcel].beat.is_some() {
                    self.tell(parcel);
                }
            }
            match self.ready.recv_timeout(Duration::from_millis(10)) {
                Ok(parcel) => self.acknowledged(parcel),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            while let Ok(parcel) = self.ready.try_recv() {
                self.acknowledged(parcel);
            }
        }
        self.producer.flush(PATIENCE).expect("everything is acknowledged when all is well");
        self.parcels.len() - usize::try_from(PARTITIONS).expect("a few")
    }

    fn new_parcel(&mut self) {
        let id = format!("{}-{}", self.name, self.parcels.len());
        let steps = plan::draw(&mut self.dice).into_iter();
        self.parcels.push(Parcel { id, steps, last: None, beat: None });
        self.acknowledged(self.parcels.len() - 1);
    }

    /// Its next step may come when its time has.
    fn acknowledged(&mut self, parcel: usize) {
        let Parcel { steps, beat, .. } = &self.parcels[parcel];
        let after = match (beat, steps.as_slice().first()) {
            (Some(_), _) => BEAT_EVERY,
            (None, Some(step)) => step.after,
            (None, None) => return,
        };
        self.due.push(Reverse((Instant::now() + after, parcel)));
    }

    fn tell(&mut self, number: usize) {
        let parcel = &mut self.parcels[number];
        let (topic, value) = match &mut parcel.beat {
            Some(beat) => ("scans.v1", beat_scan(&parcel.id, beat)),
            None => match parcel.steps.next().map(|step| step.told) {
                None => return,
                Some(Told::Again) => parcel.last.clone().unwrap_or_else(|| ("scans.v1", json!("nothing to repeat"))),
                Some(Told::Shipment { fields, promised_in }) => {
                    let mut value = json!({"parcel_id": parcel.id, "ordered_at": stamp(now())});
                    value.as_object_mut().expect("an object").extend(fields);
                    if let Some(seconds) = promised_in {
                        value["promise"] = json!(stamp(now() + milliseconds(seconds)));
                    }
                    ("shipments.v1", value)
                }
                Some(Told::Scan { fields, seconds_ago }) => {
                    let mut value =
                        json!({"parcel_id": parcel.id, "event_time": stamp(now() - milliseconds(seconds_ago))});
                    value.as_object_mut().expect("an object").extend(fields);
                    if seconds_ago > 0.0 {
                        value["upload_time"] = json!(stamp(now()));
                    }
                    ("scans.v1", value)
                }
            },
        };
        parcel.last = Some((topic, value.clone()));
        let (topic, value) = (format!("{}{topic}", self.prefix), value.to_string());
        let partition = partition_of(parcel.id.as_bytes(), PARTITIONS);
        let mut record =
            BaseRecord::with_opaque_to(&topic, Box::new(number)).key(&parcel.id).payload(&value).partition(partition);
        while let Err((_, refused)) = self.producer.send(record) {
            // Full, while no broker takes anything.
            std::thread::park_timeout(Duration::from_millis(50));
            record = refused;
        }
    }
}

/// The beat of a partition.
pub fn beat_of(partition: i32) -> String {
    parcel_on(partition, BEAT)
}

/// The first parcel with such a name whose key belongs to a partition.
pub fn parcel_on(partition: i32, name: &str) -> String {
    let mut ids = (0..).map(|n| format!("{name}{n}"));
    ids.find(|id| partition_of(id.as_bytes(), PARTITIONS) == partition).expect("keys spread over partitions")
}

/// Every scan of it opens what the next one ends. No two fall into the same second, and none is older than the one before.
fn beat_scan(id: &str, (number, second): &mut (u64, i64)) -> Value {
    *second = now().timestamp().max(*second + 1);
    *number += 1;
    let code = if *number % 2 == 1 { "held" } else { "sorted" };
    let at = DateTime::from_timestamp(*second, 0).expect("this century");
    json!({"parcel_id": id, "code": code, "hub": "H0", "event_time": stamp(at)})
}

fn milliseconds(seconds: f64) -> TimeDelta {
    TimeDelta::milliseconds((seconds * 1000.0) as i64)
}

/// As records have it.
pub fn stamp(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}
