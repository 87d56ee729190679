//! The whole flow of one test: topics of its own on real Kafka, a daemon's settings, and what goes in and comes out.

mod broken;
mod choice;
mod command;
mod crash;
mod ends;
mod faults;
mod flood;
mod history;
mod instances;
mod notices;
mod outage;
mod preferences;
mod queues;
mod resident;
mod rubbish;
mod secure;
mod shifted;
mod still;
mod storm;
mod upgrade;

use std::collections::BTreeMap;
use std::time::Duration;

use parcelwatch::topics::{self, Overrides};
use serde_json::{Value, json};

use crate::daemon::Settings;
use crate::kafka::{self, Cluster, Record, Stored};
use crate::support::until;

/// How long what a test waits for may take; only a failing test waits so long.
pub const PATIENCE: Duration = Duration::from_secs(90);

/// The secret of every merchant of the tests.
pub const MERCHANT_SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// The header by which a test knows its rubbish again; the daemon reads no headers.
pub const RUBBISH: &str = "rubbish";

/// Topics of one test.
pub struct Flow {
    cluster: &'static Cluster,
    prefix: String,
}

impl Flow {
    /// Creates every topic with few partitions, as `parcelwatch topics apply` does; none where brokers cannot be run.
    pub fn new() -> Option<Flow> {
        Flow::with_topics(&[])
    }

    /// The same, but these topics (without prefix) are created with other settings.
    pub fn with_topics(others: &[(&str, &[(&str, &str)])]) -> Option<Flow> {
        kafka::shared().map(|cluster| Flow::on(cluster, others))
    }

    /// On a cluster of the test's own.
    pub fn on(cluster: &'static Cluster, others: &[(&str, &[(&str, &str)])]) -> Flow {
        let prefix = kafka::prefix();
        for (name, settings) in others {
            cluster.create_topic(&format!("{prefix}{name}"), 2, settings);
        }
        let partitions = BTreeMap::from([("parcels".to_owned(), 2), ("recipients".to_owned(), 2)]);
        let overrides = Overrides { replication: Some(1), partitions };
        let plan = topics::plan(&cluster.client(), &prefix, &overrides).expect("a plan");
        topics::apply(&cluster.client(), &plan).expect("topics");
        Flow { cluster, prefix }
    }

    /// Settings of a daemon on these topics that really sends, to loopback only.
    pub fn settings(&self) -> Settings {
        Settings::new(self.cluster, &self.prefix)
            .variable("PARCELWATCH_TEST_MERCHANT_SECRET", MERCHANT_SECRET)
            .with("[send]\nmode = \"on\"")
            .with(
                "[webhook]\nconnect_timeout = \"1s\"\ntimeout = \"2s\"\nallow_private = [\"127.0.0.0/8\"]\nallow_http = [\"127.0.0.1\", \"localhost\"]",
            )
    }

    /// The full name of a topic.
    pub fn topic(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    /// The cluster.
    pub fn cluster(&self) -> &'static Cluster {
        self.cluster
    }

    /// Writes records (key, value) and waits for the brokers.
    pub fn put<'a>(&self, topic: &str, records: impl IntoIterator<Item = (&'a str, Value)>) {
        let producer = self.cluster.producer();
        for (key, value) in records {
            producer.send(Record::to(&self.topic(topic)).key(key).value(value.to_string()));
        }
        producer.flush();
    }

    /// A merchant whose webhooks go to this URL.
    pub fn merchant(&self, merchant: &str, url: &str) {
        let secrets = ["env:PARCELWATCH_TEST_MERCHANT_SECRET"];
        let value = json!({"merchant": merchant, "locale": "en", "webhook": {"url": url, "secrets": secrets}});
        self.put("merchants.v1", [(merchant, value)]);
    }

    /// Everything committed in a topic.
    pub fn read(&self, topic: &str) -> Vec<Stored> {
        self.cluster.read_to_end(&self.topic(topic))
    }

    /// The values of everything committed in a topic, but for a test's own rubbish.
    pub fn values(&self, topic: &str) -> Vec<Value> {
        let good = |record: &&Stored| record.header(RUBBISH).is_none();
        self.read(topic).iter().filter(good).map(Stored::json).collect()
    }

    /// Reads a topic again and again until enough of it is there; gives the values.
    pub fn until(&self, topic: &str, what: &str, enough: impl Fn(&[Value]) -> bool) -> Vec<Value> {
        until(what, PATIENCE, || {
            let values = self.values(topic);
            if enough(&values) { Ok(values) } else { Err(format!("{topic} holds {values:#?}")) }
        })
    }
}

/// The wall clock, moved back by so many seconds, as records have it.
pub fn ago(seconds: i64) -> String {
    let at = chrono::Utc::now() - chrono::TimeDelta::seconds(seconds);
    at.to_rfc3339_opts(chrono::SecondsFormat::Millis, true)
}

/// A shipment of merchant `M-1` that was ordered an hour ago.
pub fn shipment(parcel: &str) -> Value {
    json!({"parcel_id": parcel, "merchant": "M-1", "service": "inter-city", "ordered_at": ago(3600)})
}

/// A scan of this moment.
pub fn scan(parcel: &str, code: &str) -> Value {
    json!({"parcel_id": parcel, "code": code, "hub": "HGH01", "event_time": ago(0)})
}

/// JSON values, one a line.
pub fn ndjson(bytes: &[u8]) -> Vec<Value> {
    let lines = bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    lines
        .map(|line| {
            serde_json::from_slice(line).unwrap_or_else(|error| panic!("{}: {error}", String::from_utf8_lossy(line)))
        })
        .collect()
}
