//! A rolling upgrade: an instance of an older version and one of this version side by side in one group, under load, forth and
//! back, while scans come that open all that only this version knows; then the second step, after which there is no way back.
//! `tests/upgrade` builds the older binary and calls this.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::ends::Ends;
use super::{Flow, PATIENCE, ago, scan, shipment};
use crate::daemon::{Daemon, Settings};

/// Parcels that are damaged in each step.
const PARCELS: usize = 150;

/// Parcels of each sort of [`odd`] in each step: both partitions have some.
const ODD: usize = 6;

/// The conditions that the older version does not know.
const NEWER: [&str; 7] =
    ["skipped_scan", "uploaded_late", "misrouted", "looping", "suspect_signature", "unconsented_drop", "customs_held"];

const OLD: &str = "PARCELWATCH_TEST_OLD_BINARY";

struct Upgrade {
    flow: Flow,
    settings: Settings,
    old: String,
    told: usize,
    /// The parcels of [`odd`] so far that still go on.
    odd: Vec<String>,
}

impl Upgrade {
    fn start_old(&self) -> Daemon {
        Daemon::start(&self.their_settings())
    }

    fn their_settings(&self) -> Settings {
        self.settings.clone().instance("old").of_program(self.old.clone().into())
    }

    fn start_new(&self) -> Daemon {
        Daemon::start(&self.our_settings().runtime("state_version = \"1\""))
    }

    fn our_settings(&self) -> Settings {
        // The older version does not know these limits.
        self.settings.clone().instance("new").with("[limits]\nskipped_scan = \"1s\"\nsuspect_signature = \"1s\"")
    }

    /// Something goes on at every odd parcel so far, and as many more come.
    fn feed_odd(&mut self, step: &str) {
        let sorted = |id: &String| {
            let mut scan = scan(id, "sorted");
            scan["hub"] = "H2".into();
            scan
        };
        let go_on = self.odd.iter().map(|id| (id.as_str(), sorted(id)));
        self.flow.put("scans.v1", go_on);
        for n in 0..ODD {
            let sorts = odd(&format!("{}-{n}", step.replace(' ', "-")));
            self.flow.put("shipments.v1", sorts.iter().map(|(id, shipment, _)| (id.as_str(), shipment.clone())));
            let scans = sorts.iter().flat_map(|(id, _, scans)| scans.iter().map(|scan| (id.as_str(), scan.clone())));
            self.flow.put("scans.v1", scans);
            self.odd.extend(sorts.into_iter().map(|(id, ..)| id).filter(|id| !id.starts_with("signed")));
        }
    }

    /// The conditions that only this version knows and that have opened so far.
    fn opened_by_us(&self) -> BTreeSet<String> {
        let opened = self.flow.values("conditions.v1").into_iter().filter(|change| change["change"] == "opened");
        let kinds = opened.filter_map(|change| change["condition"].as_str().map(str::to_owned));
        kinds.filter(|kind| NEWER.contains(&kind.as_str())).collect()
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
        self.feed_odd(step);
        let came = meanwhile(self);
        let told = self.told;
        self.flow.until("deliveries.v1", step, |all| delivered(all).len() >= told);
        println!("{step}: {told} parcels told");
        came
    }
}

/// Parcels, their shipments and scans, that open all that only this version knows: one that is anywhere but on its route, one of which
/// a scan is missing, and one that is said to be delivered.
fn odd(name: &str) -> [(String, Value, Vec<Value>); 3] {
    let [astray, skipped, signed] = ["astray", "skipped", "signed"].map(|sort| format!("{sort}-{name}"));
    let with_route = |id: &str| {
        let route: Vec<Value> = [("picked_up", "H1"), ("arrived_hub", "H1"), ("arrived_hub", "H2")]
            .iter()
            .map(|(code, hub)| json!({"code": code, "hub": hub}))
            .collect();
        let mut shipment = shipment(id);
        shipment["route"] = route.into();
        shipment
    };
    let at = |id: &str, code: &str, hub: &str, seconds_ago: i64| {
        let mut scan = scan(id, code);
        scan["hub"] = hub.into();
        scan["event_time"] = ago(seconds_ago).into();
        scan
    };
    let mut late = at(&astray, "arrived_hub", "H1", 3000);
    late["upload_time"] = ago(0).into();
    let mut dropped = at(&astray, "awaiting_collection", "H2", 100);
    dropped["place_kind"] = "locker".into();
    let of_astray = vec![
        late,
        at(&astray, "arrived_hub", "H9", 2900),
        at(&astray, "arrived_hub", "H1", 2800),
        at(&astray, "arrived_hub", "H9", 2700),
        at(&astray, "customs_held", "H9", 2600),
        dropped,
    ];
    let of_skipped = vec![at(&skipped, "arrived_hub", "H2", 100)];
    let of_signed = vec![at(&signed, "picked_up", "H1", 200), at(&signed, "delivered", "H2", 100)];
    [
        (astray.clone(), with_route(&astray), of_astray),
        (skipped.clone(), with_route(&skipped), of_skipped),
        (signed.clone(), shipment(&signed), of_signed),
    ]
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
    // All steps within a few minutes are a storm.
    let settings = ends.settings(&flow).variable("PARCELWATCH__NOTIFY__STORM_LIMIT", "0");
    let mut upgrade = Upgrade { flow, settings, old, told: 0, odd: Vec::new() };
    let old = upgrade.start_old();
    upgrade.load("old alone", |_| ());
    let new = upgrade.load("new joins old", Upgrade::start_new);
    upgrade.load("old leaves", move |_| old.stop());
    let old = upgrade.load("old joins new", Upgrade::start_old);
    upgrade.load("new leaves", move |_| new.stop());
    let new = upgrade.load("new comes again", Upgrade::start_new);
    upgrade.load("old leaves for good", move |_| old.stop());
    assert_eq!(upgrade.opened_by_us(), BTreeSet::new(), "an older version could not take the partition back");
    new.stop();

    let new = upgrade.load("new with its own state", |upgrade| Daemon::start(&upgrade.our_settings()));
    upgrade.flow.until("conditions.v1", "everything that only this version knows", |_| {
        upgrade.opened_by_us() == NEWER.map(str::to_owned).into()
    });
    let all = upgrade.flow.values("conditions.v1");
    let newer = all.iter().filter(|change| NEWER.contains(&change["condition"].as_str().unwrap_or_default()));
    // What was read last before this step may have limits that passed in it.
    let of_before = |change: &&Value| {
        let id = change["parcel_id"].as_str().unwrap_or_default();
        !id.contains("own") && !id.contains("for-good")
    };
    let of_before: Vec<String> = newer.filter(of_before).map(Value::to_string).collect();
    assert!(of_before.is_empty(), "nothing of before is judged: {}", of_before.join("\n"));
    let mut old =
        upgrade.load("old is too late", |upgrade| Daemon::spawn(&upgrade.their_settings(), &["--from", "earliest"]));
    assert!(!old.ended(PATIENCE).success());
    assert!(old.log().contains("run the version that wrote it"), "{}", old.last_words());
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
