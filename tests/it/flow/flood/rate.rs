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

/// What good records cost, from when the daemon is ready to the last of them, which all wait before it starts.
struct Cost {
    /// So many are decided in a second of the clock, whoever else is busy on this machine.
    per_second: f64,
    /// The processor's time that the deciding thread takes for each, rejects included: whatever else goes on here, it is the same.
    worker_us: f64,
}

fn cost(flood: Flood) -> Option<Cost> {
    let flow = Flow::new()?;
    scans(&flow, flood);
    let daemon = Daemon::spawn(&flow.settings(), &["--from", "earliest"]);
    let decided = || daemon.metric("parcelwatch_scans_total", &[]) as usize;
    until("the first record", PATIENCE, || {
        // Until it listens there is nothing to ask.
        let ready = crate::http::get(daemon.admin(), "/metrics").is_ok();
        if ready && decided() > 0 { Ok(()) } else { Err("not yet") }
    });
    let worker = || daemon.processor_time("tracker-");
    let (began, used, first) = (Instant::now(), worker(), decided());
    until("every record", PATIENCE, || match decided() {
        GOOD => Ok(()),
        found => Err(found),
    });
    let good = (GOOD - first) as f64;
    let cost = Cost {
        per_second: good / began.elapsed().as_secs_f64(),
        worker_us: (worker() - used).as_secs_f64() * 1e6 / good,
    };
    daemon.stop();
    Some(cost)
}

#[test]
#[ignore = "a measurement: tests/flood runs it"]
fn good_records_a_second_beside_a_flood() {
    let mut found = Vec::new();
    for round in 1..=3 {
        for flood in [Flood::None, Flood::InARow, Flood::Among] {
            let Some(Cost { per_second, worker_us }) = cost(flood) else { return };
            println!(
                "round {round}, flood {flood:?}: {per_second:.0} good records a second, {worker_us:.1} us of the deciding thread for each"
            );
            found.push((flood, per_second, worker_us));
        }
    }
    let of = |wanted: fn(&Flood) -> bool| {
        let of: Vec<_> = found.iter().filter(|(flood, ..)| wanted(flood)).collect();
        let most = of.iter().map(|(_, rate, _)| *rate).fold(0.0, f64::max);
        (most, of.iter().map(|(.., us)| *us).fold(f64::MAX, f64::min))
    };
    let (alone, alone_us) = of(|flood| matches!(flood, Flood::None));
    for (name, wanted) in
        [("in a row", (|f| matches!(f, Flood::InARow)) as fn(&Flood) -> bool), ("among", |f| matches!(f, Flood::Among))]
    {
        let (rate, us) = of(wanted);
        println!("{name}: {:.2} of the rate without, {:.2} by the deciding thread's time", rate / alone, alone_us / us);
    }
}
