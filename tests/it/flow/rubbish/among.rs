//! Good records of every input, rubbish before each of them.

use serde_json::{Value, json};

use super::kinds::{self, Rubbish};
use crate::flow::shifted::{History, MERCHANTS};
use crate::flow::{Flow, ago};
use crate::kafka::Record;

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

pub fn shipment(parcel: &str) -> Value {
    json!({"parcel_id": parcel, "merchant": "M-1", "service": "inter-city", "ordered_at": ago(3600)})
}

pub fn scan(parcel: &str, code: &str) -> Value {
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
pub fn tell(history: &History, flow: &Flow) {
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
pub fn foretell(flow: &Flow) -> Vec<String> {
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
pub fn register(flow: &Flow, url: &str) {
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
pub fn spoil_merchants(flow: &Flow) {
    let keys: Vec<String> = (0..MERCHANTS).map(|n| format!("M-{n}")).collect();
    flow.put("merchants.v1", keys.iter().map(|key| (key.as_str(), json!({"merchant": key, "webhook": "rubbish"}))));
}

/// Parcels whose failed attempt is answered by a new date; gives their ids. The first ones' records are as big as they can be.
pub fn reschedule(flow: &Flow) -> Vec<String> {
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
