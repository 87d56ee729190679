//! A rolling upgrade: an instance of an older version and one of this version side by side in one group, under load, forth and
//! back. `tests/upgrade` builds the older binary and calls this.

use std::collections::BTreeMap;

use serde_json::Value;

use super::ends::Ends;
use super::{Flow, scan, shipment};
use crate::daemon::{Daemon, Settings};

/// Parcels that are damaged in each step.
const PARCELS: usize = 150;

const OLD: &str = "PARCELWATCH_TEST_OLD_BINARY";

struct Upgrade {
    flow: Flow,
    settings: Settings,
    old: String,
    told: usize,
}

impl Upgrade {
    fn start_old(&self) -> Daemon {
        let mut daemon = Daemon::spawn(
            &self.settings.clone().instance("old").of_program(self.old.clone().into()),
            &["--from", "earliest"],
        );
        daemon.wait_until_ready();
        daemon
    }

    fn start_new(&self) -> Daemon {
        // All steps within a few minutes are a storm to the new version; the old one knows of none.
        let settings = self.settings.clone().variable("PARCELWATCH__NOTIFY__STORM_LIMIT", "0");
        Daemon::start(&settings.instance("new"))
    }

    /// Some parcels are damaged while `meanwhile` happens; all are decided about in the end.
    fn load<T>(&mut self, step: &str, meanwhile: impl FnOnce(&Upgrade) -> T) -> T {
        let ids: Vec<String> = (self.told..self.told + PARCELS).map(|n| format!("P{n}")).collect();
        self.told += PARCELS;
        let merchant = |id: &String| {
            let mut shipment = shipment(id);
            shipment["merchant"] = "M-0".into();
            shipment
        };
        self.flow.put("shipments.v1", ids.iter().map(|id| (id.as_str(), merchant(id))));
        self.flow.put("scans.v1", ids.iter().map(|id| (id.as_str(), scan(id, "damaged"))));
        let came = meanwhile(self);
        let told = self.told;
        self.flow.until("deliveries.v1", step, |all| delivered(all).len() >= told);
        println!("{step}: {told} parcels told");
        came
    }
}

/// How often each notice to a merchant was delivered.
fn delivered(deliveries: &[Value]) -> BTreeMap<String, usize> {
    let mut count = BTreeMap::new();
    for delivery in deliveries.iter().filter(|d| d["outcome"] == "delivered" && d["recipient_key"] == "merchant:M-0") {
        *count.entry(delivery["notice_id"].as_str().expect("an id").to_owned()).or_default() += 1;
    }
    count
}

#[test]
#[ignore = "tests/upgrade calls it with the older binary"]
fn old_and_new_side_by_side_lose_nothing_and_tell_nothing_twice() {
    let old = std::env::var(OLD).expect("PARCELWATCH_TEST_OLD_BINARY names the older binary");
    let (Some(flow), Some(ends)) = (Flow::new(), Ends::start()) else { return };
    ends.register(&flow, 1);
    let settings = ends.settings(&flow);
    let mut upgrade = Upgrade { flow, settings, old, told: 0 };
    let old = upgrade.start_old();
    upgrade.load("old alone", |_| ());
    let new = upgrade.load("new joins old", Upgrade::start_new);
    upgrade.load("old leaves", move |_| old.stop());
    let old = upgrade.load("old joins new", Upgrade::start_old);
    upgrade.load("new leaves", move |_| new.stop());
    let new = upgrade.load("new comes again", Upgrade::start_new);
    upgrade.load("old leaves for good", move |_| old.stop());
    new.stop();

    let changes = upgrade.flow.values("conditions.v1");
    let opened = changes.iter().filter(|c| c["condition"] == "damaged" && c["change"] == "opened");
    let mut by_parcel = BTreeMap::<&str, usize>::new();
    opened.for_each(|change| *by_parcel.entry(change["parcel_id"].as_str().expect("an id")).or_default() += 1);
    assert_eq!(by_parcel.len(), upgrade.told, "no parcel is lost");
    assert!(by_parcel.values().all(|times| *times == 1), "none is judged twice");
    let deliveries = upgrade.flow.values("deliveries.v1");
    assert!(deliveries.iter().all(|delivery| delivery["outcome"] != "unknown"), "nobody was killed");
    let delivered = delivered(&deliveries);
    assert!(delivered.values().all(|times| *times == 1), "nothing is told twice");
    let received = ends.received();
    assert!(received.values().all(|times| *times == 1), "nothing arrives twice");
    assert!(delivered.keys().all(|id| received.contains_key(id)), "everything arrives");
    println!("{} parcels, {} notices to the merchant, lost 0, doubled 0", upgrade.told, delivered.len());
}
