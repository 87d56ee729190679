//! How fast good records are decided with and without a flood beside them: run by `tests/flood`, which says what it found. Asserts
//! nothing about time.

use std::time::{Duration, Instant};

use crate::daemon::Daemon;
use crate::flow::{Flow, ago};
use crate::kafka::Record;
use crate::support::until;

/// Longer than any machine takes.
const PATIENCE: Duration = Duration::from_secs(1800);

/// Good records, and rejects in a row.
const GOOD: usize = 100_000;
const REJECTS: usize = 100_000;

/// Scans of a parcel.
const SCANS: usize = 5;

/// Where the flood is.
#[derive(Clone, Copy, Debug)]
enum Flood {
    None,
    /// All of it in the middle of the good records.
    InARow,
    /// One before each good record.
    Among,
}

fn scans(flow: &Flow, flood: Flood) {
    let (producer, topic, at) = (flow.cluster().producer(), flow.topic("scans.v1"), ago(60));
    let reject = |n: usize| {
        let value = format!(
            r#"{{"parcel_id":"R{n:06}","code":"no_such_code","hub":"HGH01","event_time":"{at}","note":"{:0150}"}}"#,
            n
        );
        producer.send(Record::to(&topic).key(format!("R{n:06}")).value(value));
    };
    for n in 0..GOOD {
        match flood {
            Flood::None => {}
            Flood::InARow if n == GOOD / 2 => (0..REJECTS).for_each(reject),
            Flood::InARow => {}
            Flood::Among => reject(n),
        }
        let id = format!("P{:06}", n / SCANS);
        let code = ["picked_up", "departed_hub", "arrived_hub", "sorted", "out_for_delivery"][n % SCANS];
        let value = format!(r#"{{"parcel_id":"{id}","code":"{code}","hub":"HGH01","event_time":"{at}"}}"#);
        producer.send(Record::to(&topic).key(&id).value(value));
    }
    producer.flush();
}

/// Good records decided in a second, from when the daemon is ready to the last of them, which all wait before it starts.
fn rate(flood: Flood) -> Option<f64> {
    let flow = Flow::new()?;
    scans(&flow, flood);
    let daemon = Daemon::spawn(&flow.settings(), &["--from", "earliest"]);
    let decided = || daemon.metric("parcelwatch_scans_total", &[]) as usize;
    until("the first record", PATIENCE, || {
        // Until it listens there is nothing to ask.
        let ready = crate::http::get(daemon.admin(), "/metrics").is_ok();
        if ready && decided() > 0 { Ok(()) } else { Err("not yet") }
    });
    let (began, first) = (Instant::now(), decided());
    until("every record", PATIENCE, || match decided() {
        GOOD => Ok(()),
        found => Err(found),
    });
    let rate = (GOOD - first) as f64 / began.elapsed().as_secs_f64();
    daemon.stop();
    Some(rate)
}

#[test]
#[ignore = "a measurement: tests/flood runs it"]
fn good_records_a_second_beside_a_flood() {
    let mut found = Vec::new();
    for round in 1..=3 {
        for flood in [Flood::None, Flood::InARow, Flood::Among] {
            let Some(rate) = rate(flood) else { return };
            println!("round {round}, flood {flood:?}: {rate:.0} good records a second");
            found.push((flood, rate));
        }
    }
    let best = |wanted: fn(&Flood) -> bool| {
        found.iter().filter(|(flood, _)| wanted(flood)).map(|(_, rate)| *rate).fold(0.0, f64::max)
    };
    let alone = best(|flood| matches!(flood, Flood::None));
    println!("in a row: {:.2} of the rate without", best(|flood| matches!(flood, Flood::InARow)) / alone);
    println!("among:    {:.2} of the rate without", best(|flood| matches!(flood, Flood::Among)) / alone);
}
