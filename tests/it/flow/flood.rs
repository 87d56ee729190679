//! Rejects in a row next to good records: every good one is decided, every reject is put aside once. How fast, `tests/flood` measures.

use std::collections::BTreeMap;

use super::{Flow, PATIENCE, RUBBISH, scan};
use crate::daemon::Daemon;
use crate::kafka::{Record, partition_of};
use crate::support::until;

mod rate;

/// Rejects of the flood, in a row on each of the two partitions; enough for several turns and transactions.
const REJECTS: usize = 2000;

/// Good records before, in the middle of and after the flood.
const GOOD: usize = 100;

#[test]
fn in_a_flood_of_rejects_every_good_record_is_decided_and_every_reject_put_aside_once() {
    let Some(flow) = Flow::new() else { return };
    let daemon = Daemon::start(&flow.settings());
    let topic = flow.topic("scans.v1");
    let producer = flow.cluster().producer();
    let good = |from: usize| {
        for n in from..from + GOOD {
            let id = format!("G{n:04}");
            producer.send(Record::to(&topic).key(&id).value(scan(&id, "damaged").to_string()));
        }
    };
    let flood = || {
        for n in 0..2 * REJECTS {
            // Now and then one that is cut.
            let value = if n % 200 == 0 { "x".repeat(100_000) } else { format!("{{\"parcel_id\":\"R{n}\",") };
            let record = Record::to(&topic).key(format!("R{n}")).value(value).header(RUBBISH, "flood");
            producer.send(record.partition((n % 2) as i32));
        }
    };
    good(0);
    flood();
    good(GOOD);
    flood();
    good(2 * GOOD);
    producer.flush();

    let changes = flow.until("conditions.v1", "every good record to be decided", |all| all.len() == 3 * GOOD);
    assert!(changes.iter().all(|change| change["condition"] == "damaged" && change["change"] == "opened"));
    until("every reject to be counted", PATIENCE, || match daemon.metric("parcelwatch_rejects_total", &[]) {
        all if all == (4 * REJECTS) as f64 => Ok(()),
        found => Err(found),
    });
    daemon.stop();
    let mut places = BTreeMap::new();
    for reject in flow.read("rejects.v1") {
        let header = |name: &str| reject.header(name).expect("a header");
        *places.entry((header("partition"), header("offset"))).or_insert(0) += 1;
    }
    let put = flow.read("scans.v1").into_iter().filter(|record| record.header(RUBBISH).is_some());
    for record in put {
        let place = (record.partition.to_string(), record.offset.to_string());
        assert_eq!(places.remove(&place), Some(1), "{place:?}");
    }
    assert!(places.is_empty(), "nothing good is put aside: {places:?}");
    assert!((0..2).all(|partition| (0..GOOD).any(|n| partition_of(format!("G{n:04}").as_bytes(), 2) == partition)));
}
