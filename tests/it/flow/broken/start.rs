//! What a start waits for, or ends at, before anything is decided: the global tables with what open transactions hold of them, and a
//! clock that agrees with the brokers'.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use parcelwatch::config::Config;
use parcelwatch::daemon::{self, Listeners};
use parcelwatch::model::Timestamp;
use parcelwatch::notify::render::Words;
use parcelwatch::stream::{Clock, Options};
use rdkafka::producer::Producer;

use super::restoring::hold;
use super::{PATIENCE, Scene, scan, shipment};
use crate::daemon::Daemon;
use crate::flow::Flow;
use crate::support::until;

/// Runs a daemon whose wall clock is ahead; why it ended.
fn ends_by_a_clock_ahead(scene: &Scene, ahead: Duration) -> String {
    let (file, _) = scene.settings.write();
    let config = Config::load(Some(&file)).expect("a configuration");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let (_end, ended) = tokio::sync::watch::channel(false);
    let listeners = runtime.block_on(Listeners::bind(&config.listen)).expect("a free address");
    let options: Options = daemon::options(&config).expect("options");
    let at = chrono::Utc::now().timestamp_millis() + ahead.as_millis() as i64;
    let clock = Clock::fast(Timestamp::from_millis(at), 1);
    let (words, stop) = (Words::builtin(), Arc::new(AtomicBool::new(false)));
    let patience = {
        let stop = Arc::clone(&stop);
        move || {
            std::thread::park_timeout(PATIENCE);
            stop.store(true, Ordering::Release);
        }
    };
    let waiting = std::thread::spawn(patience);
    let daemon = daemon::Daemon { config, words, options, clock, runtime: &runtime, stop, ended };
    let error = daemon.run(listeners).expect_err("it ends before anything is decided").to_string();
    waiting.thread().unpark();
    waiting.join().expect("it only waits");
    error
}

#[test]
fn by_a_clock_that_is_not_the_brokers_nothing_is_decided_and_the_start_says_so() {
    let Some(scene) = Scene::set() else { return };
    let flow = &scene.flow;
    let logs =
        || ["tracker-state.v1", "notices.v1"].map(|topic| [0, 1].map(|partition| scene.span(topic, partition).1));
    // In an hour it would be late by every limit of hours.
    flow.put("shipments.v1", [("L1", shipment("L1"))]);
    flow.put("scans.v1", [("L1", scan("L1", "damaged"))]);
    let before = logs();
    let error = ends_by_a_clock_ahead(&scene, Duration::from_hours(1));
    assert!(error.contains("behind this machine's by 59m") || error.contains("behind this machine's by 1h"), "{error}");
    assert!(error.contains("NTP"), "{error}");
    assert_eq!(logs(), before);
}

#[test]
fn nothing_is_decided_before_a_table_is_read_to_its_end_with_what_open_transactions_hold() {
    let Some(scene) = Scene::set() else { return };
    let flow: &Flow = &scene.flow;
    let told = flow.until("deliveries.v1", "what was told before", |told| told.len() >= super::PARCELS).len();
    let holder = hold(&scene, "merchants.v1", 0);
    flow.put("shipments.v1", [("L1", shipment("L1"))]);
    flow.put("scans.v1", [("L1", scan("L1", "damaged"))]);
    let mut daemon = Daemon::spawn(&scene.settings, &[]);
    until("what the start waits for", PATIENCE, || {
        let log = daemon.log();
        if log.contains("this table is not read to its end") { Ok(()) } else { Err(log) }
    });
    assert!(!daemon.ready(), "it is not ready");
    holder.abort_transaction(PATIENCE).expect("aborted");
    daemon.wait_until_ready();
    flow.until("deliveries.v1", "the new parcel to be decided about", |now| now.len() > told);
    daemon.stop();
}
