//! What a start waits for, or ends at, before anything is decided: the global tables with what open transactions hold of them, and a
//! clock that agrees with the brokers'.

use std::ffi::OsStr;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use parcelwatch::config::Config;
use parcelwatch::daemon::{self, Listeners};
use parcelwatch::model::Timestamp;
use parcelwatch::notify::render::Words;
use parcelwatch::stream::Clock;
use rdkafka::producer::Producer;

use super::restoring::hold;
use super::{PATIENCE, Scene, scan, shipment};
use crate::daemon::Daemon;
use crate::flow::Flow;
use crate::support::until;

/// Set for the process whose clock is an hour ahead: its configuration file.
const AN_HOUR_AHEAD: &str = "PARCELWATCH_TEST_AN_HOUR_AHEAD";

const HOUR_MS: i64 = 3_600_000;

/// What another process of this test becomes: the daemon, by a clock that is an hour ahead.
fn live_an_hour_ahead(file: &OsStr) {
    let config = Config::load(Some(Path::new(file))).expect("a configuration");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let (_end, ended) = tokio::sync::watch::channel(false);
    let listeners = runtime.block_on(Listeners::bind(&config.listen)).expect("a free address");
    let options = daemon::options(&config).expect("options");
    let clock = Clock::fast(Timestamp::from_millis(chrono::Utc::now().timestamp_millis() + HOUR_MS), 1);
    let (words, stop) = (Words::builtin(), Arc::new(AtomicBool::new(false)));
    let daemon = daemon::Daemon { config, words, options, clock, runtime: &runtime, stop, ended };
    daemon.run(listeners).expect("it ends before anything is decided");
}

#[test]
fn by_a_clock_that_is_not_the_brokers_nothing_is_decided_and_the_start_says_so() {
    if let Some(file) = std::env::var_os(AN_HOUR_AHEAD) {
        return live_an_hour_ahead(&file);
    }
    let Some(scene) = Scene::set() else { return };
    let flow = &scene.flow;
    let logs =
        || ["tracker-state.v1", "notices.v1"].map(|topic| [0, 1].map(|partition| scene.span(topic, partition).1));
    // In an hour it would be late by every limit of hours.
    flow.put("shipments.v1", [("L1", shipment("L1"))]);
    flow.put("scans.v1", [("L1", scan("L1", "damaged"))]);
    let before = logs();
    let test = std::thread::current().name().expect("a test has its thread").to_owned();
    let mut command = Command::new(std::env::current_exe().expect("a program"));
    let mut daemon = Daemon::spawn_by(&scene.settings, |file| {
        command.args([&test, "--exact", "--nocapture"]).env(AN_HOUR_AHEAD, file)
    });
    assert!(!daemon.ended(PATIENCE).success());
    let log = daemon.log();
    assert!(log.contains("behind this machine's by 59m") || log.contains("behind this machine's by 1h"), "{log}");
    assert!(log.contains("NTP"), "{log}");
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
