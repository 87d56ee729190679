//! Two processes under one instance name.

use super::{PATIENCE, Scene};
use crate::daemon::Daemon;
use crate::support::until;

/// A parcel is lost, and both stages say so.
fn decides(scene: &Scene, parcel: &str) {
    let count = |topic| scene.flow.values(topic).len();
    let (changes, deliveries) = (count("conditions.v1"), count("deliveries.v1"));
    scene.flow.put("scans.v1", [(parcel, super::scan(parcel, "lost"))]);
    scene.flow.until("conditions.v1", "the newer to decide", |found| found.len() > changes);
    scene.flow.until("deliveries.v1", "the newer to decide whom it tells", |found| found.len() > deliveries);
}

#[test]
fn of_two_instances_of_one_name_the_older_stops_and_says_why() {
    let Some(scene) = Scene::set() else { return };
    let mut older = Daemon::start(&scene.settings);
    // The same name, another listener.
    let newer = Daemon::spawn(&scene.settings.clone().instance("one"), &[]);
    let status = older.ended(PATIENCE);
    // A code by which the service manager knows not to start it again: it would be the newest then, and end the other.
    assert_eq!(status.code(), Some(3), "{}", older.log());
    let log = older.log();
    let last = log.lines().last().unwrap_or_default();
    assert!(last.contains("another instance runs under the name one") && last.contains("runtime.instance"), "{last}");
    has_made_way(&scene);
    let mut newer = newer;
    newer.wait_until_ready();
    // The newer goes on alone: once both its stages have committed, nobody fences them any more.
    decides(&scene, "P0");
    let rebuilt = || newer.metric("parcelwatch_workers_rebuilt_total", &[]);
    let before = rebuilt();
    decides(&scene, "P1");
    assert_eq!(rebuilt(), before, "a worker was fenced though there is one instance");
    // Who starts the loser by hand nevertheless ends the other in the same way, and that is the end of it.
    let mut again = Daemon::spawn(&scene.settings, &[]);
    assert_eq!(newer.ended(PATIENCE).code(), Some(3), "{}", newer.log());
    again.wait_until_ready();
    has_made_way(&scene);
    again.stop();
}

/// What has happened is told, and keeps nobody from going on, once the last word of the one that made way is there.
fn has_made_way(scene: &Scene) {
    until("the twin to have made way", PATIENCE, || {
        let (code, found) = scene.doctor();
        let twins: Vec<_> = found.iter().filter(|found| found["check"] == "twins" && found["place"] == "one").collect();
        let [told] = twins[..] else { panic!("expected one finding about twins, found {found:#?}") };
        assert!(super::text(&told["text"]).contains("two instances have run under this name"), "{told}");
        if (super::text(&told["verdict"]), code) == ("warning", Some(0)) { Ok(()) } else { Err(format!("{found:#?}")) }
    });
}

#[test]
fn a_restart_after_a_kill_is_no_twin() {
    let Some(scene) = Scene::set() else { return };
    for _ in 0..2 {
        Daemon::start(&scene.settings).kill();
    }
    let daemon = Daemon::start(&scene.settings);
    until("its announcement to be read", PATIENCE, || {
        let (_, found) = scene.doctor();
        let owns = found.iter().any(|f| f["check"] == "instance" && super::text(&f["text"]).contains("tracker [0, 1]"));
        if owns { Ok(()) } else { Err(format!("{found:#?}")) }
    });
    let (code, found) = scene.doctor();
    assert_eq!(code, Some(0), "{found:#?}");
    daemon.stop();
}
