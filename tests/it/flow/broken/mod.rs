//! Broken states: each is recognised at a start, which stops and says what to do, and by `doctor`, without a daemon and without
//! changing anything.

mod damage;
mod equal;
mod looks;
mod restoring;
mod size;
mod start;
mod states;
mod twins;
mod upstream;

use serde_json::Value;

use super::command::Parcelwatch;
use super::{Flow, PATIENCE, scan, shipment};
use crate::daemon::{Daemon, Settings};

/// Parcels of both partitions, damaged, so that both stages have state.
const PARCELS: usize = 12;

/// A flow whose daemon has run and was stopped: state and offsets agree.
struct Scene {
    flow: Flow,
    settings: Settings,
}

impl Scene {
    fn set() -> Option<Scene> {
        Flow::new().map(Scene::on)
    }

    fn on(flow: Flow) -> Scene {
        // The definitions want three replicas and twelve partitions.
        let settings =
            flow.settings().with("[topics]\nreplication = 1\n[topics.partitions]\nparcels = 2\nrecipients = 2");
        let daemon = Daemon::start(&settings);
        let ids: Vec<String> = (0..PARCELS).map(|n| format!("P{n}")).collect();
        flow.put("shipments.v1", ids.iter().map(|id| (id.as_str(), shipment(id))));
        flow.put("scans.v1", ids.iter().map(|id| (id.as_str(), scan(id, "damaged"))));
        flow.until("deliveries.v1", "every parcel to be decided about", |told| told.len() >= PARCELS);
        daemon.stop();
        Scene { flow, settings }
    }

    fn doctor(&self) -> (Option<i32>, Vec<Value>) {
        Parcelwatch::with(&self.settings).doctor()
    }

    /// `doctor` names these problems (check and place) and no other, and a daemon stops for one of them and says so.
    fn is_broken_by(&self, problems: &[(&str, &str)], says: &[&str]) {
        self.doctor_names(problems, says);
        let mut daemon = Daemon::spawn(&self.settings, &["--from", "earliest"]);
        let status = daemon.ended(PATIENCE);
        assert_eq!(status.code(), Some(3), "{}", daemon.log());
        let log = daemon.log();
        let last = log.lines().last().unwrap_or_default();
        assert!(says.iter().all(|word| last.contains(word)), "expected {says:?} in the last line, found {last}");
    }

    fn doctor_names(&self, problems: &[(&str, &str)], says: &[&str]) {
        let (code, found) = self.doctor();
        let is_problem = |finding: &&Value| finding["verdict"] == "problem";
        let named: Vec<(&str, &str)> =
            found.iter().filter(is_problem).map(|found| (text(&found["check"]), text(&found["place"]))).collect();
        assert_eq!(named, problems, "{found:#?}");
        let said: Vec<&str> = found.iter().filter(is_problem).map(|found| text(&found["text"])).collect();
        for word in says {
            assert!(said.iter().any(|text| text.contains(word)), "expected {word:?}, found {said:#?}");
        }
        assert_eq!(code, Some(1));
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("expected a text, found {value}"))
}
