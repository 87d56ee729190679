//! A load that goes on until it is told to stop: parcels, each with a scan that makes notices at once and that nothing takes back.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use serde_json::{Value, json};

use crate::flow::{Flow, PATIENCE, ago};
use crate::support::until;

/// Parcels between two looks at how far the instances are.
const CHUNK: usize = 50;

/// How many parcels wait at most. More: the test is over before instances come and go. Fewer: they have nothing to do
/// meanwhile.
const WAITING_MAX: usize = 400;

/// What happens to parcels, in turn.
const CODES: [&str; 4] = ["damaged", "attempt_failed", "awaiting_collection", "refused"];

/// The same parcels for everybody who asks.
pub struct Load {
    /// When they were ordered and scanned: part of the content from which ids are made.
    ordered_at: String,
    scanned_at: String,
    produced: AtomicUsize,
    stop: AtomicBool,
}

impl Load {
    pub fn new() -> Load {
        let produced = AtomicUsize::new(0);
        Load { ordered_at: ago(3600), scanned_at: ago(60), produced, stop: AtomicBool::new(false) }
    }

    /// Produces into the topics of a flow until [`Load::stop`], and no further ahead of its notices than `WAITING_MAX` parcels.
    pub fn run(&self, flow: &Flow) {
        while !self.stop.load(Ordering::SeqCst) {
            self.put(flow, self.produced());
            let produced = self.produced.fetch_add(CHUNK, Ordering::SeqCst) + CHUNK;
            // Every parcel makes at least one notice.
            until("the instances to keep up with the load", PATIENCE, || {
                let told = flow.cluster().length(&flow.topic("notices.v1"));
                let waiting = produced.saturating_sub(usize::try_from(told).unwrap_or_default());
                if waiting <= WAITING_MAX { Ok(()) } else { Err(format!("{waiting} parcels wait")) }
            });
        }
    }

    /// The chunk at hand is the last.
    pub fn stop(&self) {
        self.stop.store(true, Ordering::SeqCst);
    }

    /// How many parcels there are.
    pub fn produced(&self) -> usize {
        self.produced.load(Ordering::SeqCst)
    }

    /// The same parcels as were produced, into other topics.
    pub fn again(&self, flow: &Flow) {
        (0..self.produced()).step_by(CHUNK).for_each(|from| self.put(flow, from));
    }

    fn put(&self, flow: &Flow, from: usize) {
        let ids: Vec<(usize, String)> = (from..from + CHUNK).map(|n| (n, format!("L{n:06}"))).collect();
        flow.put("shipments.v1", ids.iter().map(|(n, id)| (id.as_str(), self.shipment(*n, id))));
        flow.put("scans.v1", ids.iter().map(|(n, id)| (id.as_str(), self.scan(*n, id))));
    }

    fn shipment(&self, n: usize, id: &str) -> Value {
        let recipient =
            json!({"id": format!("c-{}", n % 700), "email": format!("c{}@example.com", n % 700), "locale": "en"});
        json!({"parcel_id": id, "merchant": format!("M-{}", n % 5), "service": "inter-city", "ordered_at": self.ordered_at,
               "recipient": recipient})
    }

    fn scan(&self, n: usize, id: &str) -> Value {
        json!({"parcel_id": id, "code": CODES[n % CODES.len()], "event_time": self.scanned_at, "place": "LK-0310",
               "place_kind": "locker", "pickup_code": format!("{n:06}")})
    }
}
