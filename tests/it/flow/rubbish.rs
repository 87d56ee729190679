//! Rubbish interleaved one to one with good records on every input topic: all good ones take effect, and what is put aside is
//! exactly the rubbish.

use serde_json::Value;

use super::command::Parcelwatch;
use super::ends::Ends;
use super::history::{equals_replay, until_all_is_said};
use super::shifted::History;
use super::{PATIENCE, RUBBISH};
use crate::daemon::Daemon;
use crate::kafka::Stored;
use crate::support::until;

mod among;
mod aside;
mod kinds;

use among::{foretell, register, reschedule, scan, shipment, spoil_merchants, tell};
use aside::exactly_the_rubbish_is_put_aside;

#[test]
fn among_rubbish_every_good_record_takes_effect_and_exactly_the_rubbish_is_put_aside() {
    let Some(history) = History::made_up(7, 150, 0.5) else { return };
    let (Some(flow), Some(ends)) = (History::topics(), Ends::start()) else { return };
    tell(&history, &flow);
    let foretold = foretell(&flow);
    register(&flow, &ends.url());
    let settings = ends
        .settings(&flow)
        .with("[notify]\ngap = \"0s\"\n[notify.digest]\nwindow = \"1s\"")
        .runtime("save_time_every = \"1s\"");
    let parcelwatch = Parcelwatch::with(&settings);
    let daemon = Daemon::start(&settings);
    parcelwatch.until_saved_beyond("tracker", history.last());

    spoil_merchants(&flow);
    let spoilt = flow.read("merchants.v1").iter().filter(|record| !is_a_good_merchant(record)).count();
    until("every spoilt merchant to be counted", PATIENCE, || {
        let counted = daemon.metric("parcelwatch_merchants_rejected_total", &[]);
        if counted == spoilt as f64 { Ok(()) } else { Err(format!("{counted} of {spoilt}")) }
    });
    let rescheduled = reschedule(&flow);
    let cleared = |change: &Value, parcel: &str| change["parcel_id"] == parcel && change["change"] == "cleared";
    until("every choice to take effect", PATIENCE, || {
        let changes = flow.values("conditions.v1");
        let missing = |parcel: &&String| !changes.iter().any(|change| cleared(change, parcel));
        rescheduled.iter().find(missing).map_or(Ok(()), |parcel| Err(format!("{parcel} has its condition still")))
    });
    flow.put("shipments.v1", [("D-1", shipment("D-1"))]);
    flow.put("scans.v1", [("D-1", scan("D-1", "damaged"))]);
    flow.until("notices.v1", "a notice of the damage", |all| all.iter().any(|notice| notice["parcel_id"] == "D-1"));
    let deliveries = until_all_is_said(&flow);

    equals_replay(&flow, &parcelwatch, &history);
    let counts = exactly_the_rubbish_is_put_aside(&flow, &history);
    for (topic, count) in counts {
        let label = format!("topic=\"{topic}\"");
        assert_eq!(daemon.metric("parcelwatch_rejects_total", &[&label]), count as f64, "{topic}");
    }
    daemon.stop();
    let received = ends.received();
    for id in &foretold {
        assert_eq!(received.get(id), Some(&1), "{id}");
    }
    let to_last_good =
        |delivery: &&Value| delivery["parcel_id"] == "D-1" && delivery["recipient_key"] == "merchant:M-1";
    let told: Vec<&Value> = deliveries.iter().filter(to_last_good).collect();
    assert!(told.len() == 1 && told[0]["outcome"] == "delivered", "the last good endpoint stays: {told:#?}");
    let about = |parcel: &str| deliveries.iter().any(|delivery| delivery["parcel_id"] == parcel);
    assert!(!about("RUBBISH"), "nobody is told of what nobody said");
}

/// Records of the table that may be used: `register` writes no other of this shape.
fn is_a_good_merchant(record: &Stored) -> bool {
    record.header(RUBBISH).is_none()
        && record
            .value
            .as_deref()
            .is_some_and(|value| !String::from_utf8_lossy(value).contains("\"webhook\":\"rubbish\""))
}
