//! How fast good records are decided with and without a flood beside them: run by `tests/flood`, which says what it found. Asserts
//! nothing about time.

use std::time::{Duration, Instant};

use crate::daemon::Daemon;
use crate::flow::{Flow, ago};
use crate::kafka::{Producer, Record};
use crate::support::until;

/// Longer than any machine takes.
const PATIENCE: Duration = Duration::from_secs(1800);

/// Good records, and rejects in a row.
const GOOD: usize = 100_000;
const REJECTS: usize = 100_000;

/// What a daemon has decided before, good and bad by turns: memory that a process touches for the first time, and a broker that has
/// just started, cost more than any record.
const BEFORE: usize = 50_000;

/// Good records of a parcel: its shipment and its scans.
const OF_A_PARCEL: usize = 1 + SCANS.len();
const SCANS: [&str; 5] = ["picked_up", "departed_hub", "arrived_hub", "sorted", "out_for_delivery"];

/// Where the flood is.
#[derive(Clone, Copy, Debug)]
enum Flood {
    None,
    /// All of it in the middle of the good records.
    InARow,
    /// One before each good record.
    Among,
}

struct Records {
    producer: Producer,
    shipments: String,
    scans: String,
    at: String,
}

impl Records {
    fn reject(&self, n: usize) {
        let value = format!(
            r#"{{"parcel_id":"R{n:06}","code":"no_such_code","hub":"HGH01","event_time":"{}","note":"{n:0150}"}}"#,
            self.at
        );
        self.producer.send(Record::to(&self.scans).key(format!("R{n:06}")).value(value));
    }

    fn good(&self, n: usize) {
        let (parcel, id, at) = (n / OF_A_PARCEL, format!("P{:06}", n / OF_A_PARCEL), &self.at);
        let (topic, value) = match n % OF_A_PARCEL {
            0 => (
                &self.shipments,
                format!(
                    r#"{{"parcel_id":"{id}","merchant":"M-1","service":"inter-city","ordered_at":"{at}",
                    "route":[{{"code":"picked_up","within":"8h"}},{{"code":"departed_hub","hub":"HGH01","within":"13h"}},
                    {{"code":"arrived_hub","hub":"SHA02","within":"5h"}},{{"code":"delivered","within":"12h"}}],
                    "recipient":{{"id":"c-{parcel}","email":"c{parcel}@example.com","locale":"en"}}}}"#
                ),
            ),
            scan => {
                let code = SCANS[scan - 1];
                (&self.scans, format!(r#"{{"parcel_id":"{id}","code":"{code}","hub":"HGH01","event_time":"{at}"}}"#))
            }
        };
        self.producer.send(Record::to(topic).key(&id).value(value));
    }
}

fn put(flow: &Flow, flood: Flood) {
    let (shipments, scans) = (flow.topic("shipments.v1"), flow.topic("scans.v1"));
    let records = Records { producer: flow.cluster().producer(), shipments, scans, at: ago(60) };
    for n in 0..BEFORE {
        records.reject(n);
        records.good(n);
    }
    for n in 0..GOOD {
        match flood {
            Flood::None => {}
            Flood::InARow if n == GOOD / 2 => (0..REJECTS).for_each(|n| records.reject(BEFORE + n)),
            Flood::InARow => {}
            Flood::Among => records.reject(BEFORE + n),
        }
        records.good(BEFORE + n);
    }
    records.producer.flush();
}

/// What good records cost, from when the daemon is warm to the last of them, which all wait before it starts.
struct Cost {
    /// So many are decided in a second of the clock, whoever else is busy on this machine.
    per_second: f64,
    /// The processor's time that the deciding thread takes for each, rejects included: whatever else goes on here, it is the same.
    worker_us: f64,
}

fn cost(flood: Flood) -> Option<Cost> {
    let flow = Flow::new()?;
    put(&flow, flood);
    let daemon = Daemon::spawn(&flow.settings(), &["--from", "earliest"]);
    let counters = ["parcelwatch_scans_total", "parcelwatch_shipments_total"];
    let decided = || counters.iter().map(|name| daemon.metric(name, &[])).sum::<f64>() as usize;
    until("a warm daemon", PATIENCE, || {
        // Until it listens there is nothing to ask.
        let ready = crate::http::get(daemon.admin(), "/metrics").is_ok();
        if ready && decided() >= BEFORE { Ok(()) } else { Err("not yet") }
    });
    let worker = || daemon.processor_time("tracker-");
    let (began, used, first) = (Instant::now(), worker(), decided());
    until("every record", PATIENCE, || match decided() {
        found if found == BEFORE + GOOD => Ok(()),
        found => Err(found),
    });
    let good = (BEFORE + GOOD - first) as f64;
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
    for round in 1..=5 {
        for flood in [Flood::None, Flood::InARow, Flood::Among] {
            let Some(Cost { per_second, worker_us }) = cost(flood) else { return };
            println!(
                "round {round}, flood {flood:?}: {per_second:.0} good records a second, {worker_us:.1} us of the deciding thread for each"
            );
            found.push((flood, per_second, worker_us));
        }
    }
    let median = |mut of: Vec<f64>| {
        of.sort_by(f64::total_cmp);
        of[of.len() / 2]
    };
    let of = |wanted: fn(&Flood) -> bool| {
        let of: Vec<_> = found.iter().filter(|(flood, ..)| wanted(flood)).collect();
        (median(of.iter().map(|(_, rate, _)| *rate).collect()), median(of.iter().map(|(.., us)| *us).collect()))
    };
    let (alone, alone_us) = of(|flood| matches!(flood, Flood::None));
    for (name, wanted) in
        [("in a row", (|f| matches!(f, Flood::InARow)) as fn(&Flood) -> bool), ("among", |f| matches!(f, Flood::Among))]
    {
        let (rate, us) = of(wanted);
        println!("{name}: {:.2} of the rate without, {:.2} by the deciding thread's time", rate / alone, alone_us / us);
    }
}
