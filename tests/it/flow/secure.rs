//! The daemon on a cluster that demands TLS and SASL/SCRAM, with the password by reference.

use std::time::Duration;

use super::{Flow, scan, shipment};
use crate::daemon::Daemon;
use crate::kafka::Cluster;
use crate::support::until;

/// A cluster for the rest of the test process, as the shared one is.
fn secure() -> Option<Flow> {
    let cluster: &'static Cluster = Box::leak(Box::new(Cluster::secure()?));
    Some(Flow::on(cluster, &[]))
}

#[test]
fn the_daemon_works_over_tls_with_scram_and_is_refused_without_the_password() {
    let Some(flow) = secure() else { return };
    let wrong = flow.settings().instance("wrong").variable("PARCELWATCH_TEST_SASL_PASSWORD", "not the password");
    let mut refused = Daemon::spawn(&wrong, &["--from", "earliest"]);

    let daemon = Daemon::start(&flow.settings());
    flow.put("shipments.v1", [("P1", shipment("P1"))]);
    flow.put("scans.v1", [("P1", scan("P1", "damaged"))]);
    let conditions = flow.until("conditions.v1", "the condition", |conditions| !conditions.is_empty());
    assert_eq!(conditions[0]["condition"], "damaged");
    assert!(!daemon.log().contains("not the password"));
    daemon.stop();

    let waiting = refused.get("/readyz");
    assert_eq!(waiting.status, 503, "without the password it waits for the brokers: {}", waiting.body);
    let log = until("the reason to be logged", super::PATIENCE, || match refused.log() {
        log if log.contains("authentication") => Ok(log),
        log => Err(log),
    });
    assert!(!log.contains("not the password"), "{log}");
    refused.terminate();
    assert!(refused.ended(Duration::from_secs(10)).success());
}
