//! Rubbish interleaved one to one with good records on every input topic: all good ones take effect, and what is put aside is
//! exactly the rubbish.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::command::Parcelwatch;
use super::ends::Ends;
use super::history::{equals_replay, until_all_is_said};
use super::shifted::{History, MERCHANTS};
use super::{Flow, PATIENCE, RUBBISH, ago};
use crate::daemon::Daemon;
use crate::kafka::{Record, Stored};
use crate::support::until;

mod kinds;

use kinds::Rubbish;

/// How much of a record `rejects.v1` keeps.
const KEPT_BYTES: usize = 64 * 1024;

/// The inputs that more than one partition may have: their rubbish is put aside.
const PARTITIONED: [&str; 5] = ["shipments.v1", "scans.v1", "reroutes.v1", "notices.v1", "receipts.v1"];

/// Puts good records into a topic, rubbish before each: first every kind of it, then again what is small.
struct Interleaved<'a> {
    flow: &'a Flow,
    topic: &'static str,
    rubbish: Vec<Rubbish>,
    put: usize,
}

impl<'a> Interleaved<'a> {
    fn new(flow: &'a Flow, topic: &'static str, rubbish: impl IntoIterator<Item = Vec<Rubbish>>) -> Interleaved<'a> {
        Interleaved { flow, topic, rubbish: rubbish.into_iter().flatten().collect(), put: 0 }
    }

    /// How many good records there have to be.
    fn kinds(&self) -> usize {
        self.rubbish.len()
    }

    fn next(&mut self, key: &str) -> Record {
        if self.put == self.rubbish.len() {
            self.rubbish.retain(|rubbish| !rubbish.is_big());
            self.put = 0;
        }
        self.put += 1;
        self.rubbish[self.put - 1].record(&self.flow.topic(self.topic), key)
    }

    fn put(&mut self, good: impl IntoIterator<Item = (String, Value)>) {
        let (flow, topic) = (self.flow, self.flow.topic(self.topic));
        let producer = flow.cluster().producer();
        for (key, value) in good {
            producer.send(self.next(&key));
            producer.send(Record::to(&topic).key(&key).value(value.to_string()));
        }
        producer.flush();
    }
}

fn shipment(parcel: &str) -> Value {
    json!({"parcel_id": parcel, "merchant": "M-1", "service": "inter-city", "ordered_at": ago(3600)})
}

fn scan(parcel: &str, code: &str) -> Value {
    json!({"parcel_id": parcel, "code": code, "hub": "HGH01", "event_time": ago(60)})
}

fn reroute(parcel: &str) -> Value {
    json!({"id": format!("rr_{parcel}"), "parcel_id": parcel, "journey": 1, "change": "accepted", "option": "reschedule",
           "at": ago(0)})
}

/// As the tracker of another time may have written it.
fn notice(n: usize) -> Value {
    json!({"id": format!("ntc_{n}"), "change": "issued", "parcel_id": format!("N-{n}"), "journey": 1, "kind": "damaged",
           "episode": 1, "level": "critical", "revision": 1, "audience": "merchant", "merchant": "M-0",
           "severity": "critical", "at": ago(60), "expires": ago(-3600)})
}

/// Of an attempt that nobody has claimed.
fn receipt(n: usize) -> Value {
    json!({"recipient_key": "merchant:M-0", "kind": "outcome", "notice_id": format!("ntc_unheard_{n}"), "channel": "webhook",
           "attempt": 1, "outcome": "delivered", "at": ago(60)})
}

/// The history with rubbish among its shipments and scans.
fn tell(history: &History, flow: &Flow) {
    let (shipment, scan) = (shipment("RUBBISH"), scan("RUBBISH", "arrived_hub"));
    let spoilt = kinds::with_fields(&shipment, &kinds::of_a_shipment());
    let mut shipments = Interleaved::new(flow, "shipments.v1", [kinds::common(&shipment), kinds::deletions(), spoilt]);
    let spoilt = kinds::with_fields(&scan, &kinds::of_a_scan());
    let mut scans = Interleaved::new(flow, "scans.v1", [kinds::common(&scan), kinds::deletions(), spoilt]);
    let mut before = 0;
    history.tell(flow, |topic, _| {
        before += 1;
        let key = format!("? {before}");
        Some(if topic == "scans.v1" { scans.next(&key) } else { shipments.next(&key) })
    });
    assert!(shipments.kinds() > shipments.put && scans.kinds() > scans.put, "every kind of rubbish was there");
}

/// Notices and receipts among rubbish; gives the ids of the notices.
fn foretell(flow: &Flow) -> Vec<String> {
    let (one, key) = (notice(0), |_| "merchant:M-0".to_owned());
    let spoilt = kinds::with_fields(&one, &kinds::of_a_notice());
    let mut notices = Interleaved::new(flow, "notices.v1", [kinds::common(&one), kinds::deletions(), spoilt]);
    let count = notices.kinds();
    notices.put((0..count).map(|n| (key(n), notice(n))));
    let one = receipt(0);
    let spoilt = kinds::with_fields(&one, &kinds::of_a_receipt());
    let mut receipts = Interleaved::new(flow, "receipts.v1", [kinds::common(&one), kinds::deletions(), spoilt]);
    let kinds = receipts.kinds();
    receipts.put((0..kinds).map(|n| (key(n), receipt(n))));
    (0..count).map(|n| format!("ntc_{n}")).collect()
}

/// Merchants among rubbish; what comes last is rubbish for each of them.
fn register(flow: &Flow, url: &str) {
    let merchant = |n: usize, url: &str| {
        let secrets = ["env:PARCELWATCH_TEST_MERCHANT_SECRET"];
        json!({"merchant": format!("M-{n}"), "locale": "en", "webhook": {"url": url, "secrets": secrets}})
    };
    let one = merchant(0, url);
    let spoilt = kinds::with_fields(&one, &kinds::of_a_merchant());
    let mut merchants = Interleaved::new(flow, "merchants.v1", [kinds::common(&one), spoilt]);
    let count = merchants.kinds() * MERCHANTS;
    let nowhere = "http://127.0.0.1:1/hook";
    let good = (0..count).map(|n| (n % MERCHANTS, if n < count / 2 { nowhere } else { url }));
    merchants.put(good.map(|(n, url)| (format!("M-{n}"), merchant(n, url))));
    spoil_merchants(flow);
}

/// One more piece of rubbish for each merchant.
fn spoil_merchants(flow: &Flow) {
    let keys: Vec<String> = (0..MERCHANTS).map(|n| format!("M-{n}")).collect();
    flow.put("merchants.v1", keys.iter().map(|key| (key.as_str(), json!({"merchant": key, "webhook": "rubbish"}))));
}

/// Parcels whose failed attempt is answered by a new date; gives their ids. The first ones' records are as big as they can be.
fn reschedule(flow: &Flow) -> Vec<String> {
    let rubbish = |one: &Value, changes: &[(&'static str, &'static str, Value)]| {
        [kinds::common(one), kinds::deletions(), kinds::with_fields(one, changes)]
    };
    let one = reroute("RUBBISH");
    let mut reroutes = Interleaved::new(flow, "reroutes.v1", rubbish(&one, &kinds::of_a_reroute()));
    let parcels: Vec<String> = (0..reroutes.kinds()).map(|n| format!("R-{n}")).collect();
    let one = shipment("RUBBISH");
    let mut shipments = Interleaved::new(flow, "shipments.v1", rubbish(&one, &kinds::of_a_shipment()));
    let one = scan("RUBBISH", "arrived_hub");
    let mut scans = Interleaved::new(flow, "scans.v1", rubbish(&one, &kinds::of_a_scan()));
    let of_each = |make: &dyn Fn(&str) -> Value| -> Vec<(String, Value)> {
        parcels.iter().enumerate().map(|(n, parcel)| (parcel.clone(), kinds::filled(n, make(parcel)))).collect()
    };
    shipments.put(of_each(&shipment));
    scans.put(of_each(&|parcel| scan(parcel, "attempt_failed")));
    reroutes.put(of_each(&reroute));
    parcels
}

fn is_rubbish(flow: &Flow, history: &History) -> impl Fn(&str, &Stored) -> bool {
    let rejected: Vec<(String, String)> =
        history.rejected().map(|(topic, line)| (flow.topic(topic), line.to_owned())).collect();
    move |topic, record| {
        let value = String::from_utf8_lossy(record.value.as_deref().unwrap_or_default()).into_owned();
        record.header(RUBBISH).is_some() || rejected.contains(&(topic.to_owned(), value))
    }
}

/// Whether `rejects.v1` holds exactly the rubbish of the partitioned inputs, each with its place and what it was; gives how
/// many of each topic.
fn exactly_the_rubbish_is_put_aside(flow: &Flow, history: &History) -> BTreeMap<&'static str, usize> {
    let is_rubbish = is_rubbish(flow, history);
    let mut expected = BTreeMap::new();
    let mut counts = BTreeMap::new();
    for name in PARTITIONED {
        let topic = flow.topic(name);
        for record in flow.read(name).into_iter().filter(|record| is_rubbish(&topic, record)) {
            *counts.entry(name).or_default() += 1;
            expected.insert((topic.clone(), record.partition.to_string(), record.offset.to_string()), record);
        }
    }
    for reject in flow.read("rejects.v1") {
        let header = |name: &str| {
            reject.header(name).unwrap_or_else(|| panic!("expected a header {name}: {:?}", reject.headers))
        };
        let place = (header("topic"), header("partition"), header("offset"));
        let (reason, path) = (header("reason"), header("path"));
        let record =
            expected.remove(&place).unwrap_or_else(|| panic!("good, or put aside twice: {place:?}: {reason} {path}"));
        let kind = record.header(RUBBISH);
        let value = record.value.as_deref().unwrap_or_default();
        assert_eq!(header("length"), value.len().to_string(), "{kind:?}");
        assert_eq!(header("sha256"), hex::encode(Sha256::digest(value)), "{kind:?}");
        assert_eq!(reject.value, record.value.as_deref().map(kept), "{kind:?}");
        assert_eq!(reject.key, record.key.as_deref().map(kept), "{kind:?}");
        assert!(is_reason(&reason, &path, kind.as_deref()), "{kind:?}: {reason} at {path:?}");
    }
    let passed: Vec<_> = expected.iter().map(|((topic, ..), record)| (topic, record.header(RUBBISH))).collect();
    assert!(
        passed.is_empty(),
        "{} pieces of rubbish were taken for good: {:#?}",
        passed.len(),
        &passed[..passed.len().min(9)]
    );
    counts
}

fn kept(bytes: &[u8]) -> Vec<u8> {
    bytes[..bytes.len().min(KEPT_BYTES)].to_vec()
}

/// Whether the reason fits what was done to the record, as far as one word can.
fn is_reason(reason: &str, path: &str, kind: Option<&str>) -> bool {
    let known = ["empty", "missing", "utf8", "json", "type", "time", "range", "unknown_code", "unknown_word", "key"];
    known.contains(&reason)
        && path.len() < 100
        && match kind {
            Some("no UTF-8" | "compressed") => reason == "utf8",
            Some("truncated" | "truncated at its last byte" | "NUL bytes" | "big and no JSON") => reason == "json",
            Some("null" | "a list of itself" | "a text of itself") => reason == "type",
            Some("an unknown code") => (reason, path) == ("unknown_code", "code"),
            Some("a long parcel" | "a big parcel" | "an empty parcel") => (reason, path) == ("range", "parcel_id"),
            _ => true,
        }
}

#[test]
fn among_rubbish_every_good_record_takes_effect_and_exactly_the_rubbish_is_put_aside() {
    let Some(history) = History::made_up(7, 150, 0.5) else { return };
    let (Some(flow), Some(ends)) = (History::topics(), Ends::start()) else { return };
    tell(&history, &flow);
    let foretold = foretell(&flow);
    register(&flow, &ends.url());
    let settings = ends.settings(&flow).with("[notify]\ngap = \"0s\"").runtime("save_time_every = \"1s\"");
    let parcelwatch = Parcelwatch::with(&settings);
    let daemon = Daemon::start(&settings);
    parcelwatch.until_saved_beyond("tracker", history.last());

    spoil_merchants(&flow);
    let spoilt = flow.read("merchants.v1").iter().filter(|record| !is_a_good_merchant(record)).count();
    until("every spoilt merchant to be counted", PATIENCE, || {
        let counted = daemon.metric("parcelwatch_merchants_rejected_total", &[]);
        if counted == spoilt as f64 { Ok(()) } else { Err(format!("{counted} of {spoilt}")) }
    });
    let rescheduled = reschedule(&flow);
    let cleared = |change: &Value, parcel: &str| change["parcel_id"] == parcel && change["change"] == "cleared";
    until("every choice to take effect", PATIENCE, || {
        let changes = flow.values("conditions.v1");
        let missing = |parcel: &&String| !changes.iter().any(|change| cleared(change, parcel));
        rescheduled.iter().find(missing).map_or(Ok(()), |parcel| Err(format!("{parcel} has its condition still")))
    });
    flow.put("shipments.v1", [("D-1", shipment("D-1"))]);
    flow.put("scans.v1", [("D-1", scan("D-1", "damaged"))]);
    flow.until("notices.v1", "a notice of the damage", |all| all.iter().any(|notice| notice["parcel_id"] == "D-1"));
    let deliveries = until_all_is_said(&flow);

    equals_replay(&flow, &parcelwatch, &history);
    let counts = exactly_the_rubbish_is_put_aside(&flow, &history);
    for (topic, count) in counts {
        let label = format!("topic=\"{topic}\"");
        assert_eq!(daemon.metric("parcelwatch_rejects_total", &[&label]), count as f64, "{topic}");
    }
    daemon.stop();
    let received = ends.received();
    for id in &foretold {
        assert_eq!(received.get(id), Some(&1), "{id}");
    }
    let to_last_good =
        |delivery: &&Value| delivery["parcel_id"] == "D-1" && delivery["recipient_key"] == "merchant:M-1";
    let told: Vec<&Value> = deliveries.iter().filter(to_last_good).collect();
    assert!(told.len() == 1 && told[0]["outcome"] == "delivered", "the last good endpoint stays: {told:#?}");
    let about = |parcel: &str| deliveries.iter().any(|delivery| delivery["parcel_id"] == parcel);
    assert!(!about("RUBBISH"), "nobody is told of what nobody said");
}

/// Records of the table that may be used: `register` writes no other of this shape.
fn is_a_good_merchant(record: &Stored) -> bool {
    record.header(RUBBISH).is_none()
        && record
            .value
            .as_deref()
            .is_some_and(|value| !String::from_utf8_lossy(value).contains("\"webhook\":\"rubbish\""))
}
