//! Real Apache Kafka for tests: brokers in KRaft mode on loopback ports, from Maven's jars.
//!
//! Most tests share one single-broker cluster ([`shared`]) and keep apart by a topic prefix of their own
//! ([`prefix`]); those that kill brokers or need security start their own ([`Cluster::start`],
//! [`Cluster::secure`]). All brokers and their folders are gone when the test process is, however it ended.
//!
//! ```ignore
//! let Some(kafka) = kafka::shared() else { return };
//! let topic = format!("{}scans.v1", kafka::prefix());
//! kafka.create_topic(&topic, 12, &[("retention.ms", "-1")]);
//! let producer = kafka.producer();
//! producer.send(Record::to(&topic).key("SF1").value(r#"{"code":"held"}"#).timestamp_ms(1_700_000_000_000));
//! producer.flush();
//! assert_eq!(kafka.read_to_end(&topic).len(), 1);
//! ```

mod cluster;
mod java;
mod partition;
mod ports;
mod producer;
mod reader;
mod secure;
mod settings;
mod shifted;
mod supervisor;
mod tests;

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

pub use cluster::{Brokers, Cluster};
pub use partition::partition_of;
pub use producer::{Producer, Record};
#[allow(unused_imports, reason = "named by tests that keep what they read")]
pub use reader::Stored;
#[allow(unused_imports, reason = "the binary of the faults has no use for it")]
pub use shifted::shifted;
#[allow(unused_imports, reason = "named by tests that stand between brokers and their clients")]
pub use {ports::free_port, settings::Link};

/// The cluster that the tests of this process share: one broker, or the user's own cluster if
/// `PARCELWATCH_TEST_BOOTSTRAP` names its bootstrap servers (nothing is ever deleted there).
/// `None` where brokers cannot be run; that has been said, and the test is to return.
pub fn shared() -> Option<&'static Cluster> {
    static SHARED: OnceLock<Option<Cluster>> = OnceLock::new();
    if SHARED.get().is_none() && std::env::var_os("PARCELWATCH_TEST_BOOTSTRAP").is_none() && !java::available() {
        return None;
    }
    SHARED
        .get_or_init(|| match std::env::var("PARCELWATCH_TEST_BOOTSTRAP") {
            Ok(bootstrap) => Some(Cluster::of_the_user(&bootstrap)),
            Err(_) => Cluster::start(Brokers::One),
        })
        .as_ref()
}

/// A topic prefix that no other test has: `t-<pid>x<seconds>-<n>.`. The seconds are for the user's own
/// cluster, where the topics of earlier runs stay and process ids come again.
pub fn prefix() -> String {
    static STARTED: OnceLock<u64> = OnceLock::new();
    static NEXT: AtomicU32 = AtomicU32::new(1);
    let started = STARTED
        .get_or_init(|| SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock later than 1970").as_secs());
    format!("t-{}x{started}-{}.", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}
