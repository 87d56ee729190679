//! What happens to a parcel: drawn by dice, told in its own time. Limits are seconds here, so that every condition opens, becomes
//! worse, clears and is retracted while faults go on.

use std::time::Duration;

use serde_json::{Map, Value, json};

/// How many people the parcels go to.
const PEOPLE: u32 = 60;
/// How many merchants `M-0`, `M-1`, ... send them.
pub const MERCHANTS: u32 = 5;
/// No two scans with the same code at the same hub may fall into one second of their own clock: the later would be a repeat of the
/// earlier, which is wanted only where it is meant.
const STEP_SECONDS: std::ops::Range<f64> = 1.1..5.0;

/// The topic of a step and what it says but for its times.
#[derive(Clone, Debug)]
pub enum Told {
    /// A shipment, and in how many seconds from then it is promised.
    Shipment { fields: Map<String, Value>, promised_in: Option<f64> },
    /// A scan, and how many seconds ago it happened when it is told.
    Scan { fields: Map<String, Value>, seconds_ago: f64 },
    /// What was told last, once more.
    Again,
}

/// One record of a parcel, told so long after the one before was acknowledged.
#[derive(Clone, Debug)]
pub struct Step {
    pub after: Duration,
    pub told: Told,
}

/// Draws the whole of a parcel's way.
pub fn draw(dice: &mut fastrand::Rng) -> Vec<Step> {
    let mut way = Way { steps: Vec::new(), dice };
    match way.dice.u32(0..100) {
        0..12 => way.smooth(),
        12..34 => way.waits(),
        34..46 => way.late(),
        46..56 => way.unscanned(),
        56..66 => way.routed(),
        66..76 => way.struck(),
        76..84 => way.collected(),
        84..90 => way.shell(),
        90..96 => way.held(),
        _ => way.anew(),
    }
    way.steps
}

struct Way<'a> {
    steps: Vec<Step>,
    dice: &'a mut fastrand::Rng,
}

impl Way<'_> {
    fn between(&mut self, seconds: std::ops::Range<f64>) -> f64 {
        seconds.start + self.dice.f64() * (seconds.end - seconds.start)
    }

    fn step(&mut self, after: f64, told: Told) {
        self.steps.push(Step { after: Duration::from_secs_f64(after), told });
    }

    fn announce(&mut self, promised_in: Option<f64>, more: Value) {
        let (person, merchant) = (self.dice.u32(0..PEOPLE), self.dice.u32(0..MERCHANTS));
        let mut fields = Map::from_iter([
            ("merchant".to_owned(), json!(format!("M-{merchant}"))),
            ("service".to_owned(), json!("remote")),
            (
                "recipient".to_owned(),
                json!({"id": format!("c-{person}"), "email": format!("r{person}@example.com"), "locale": "en", "time_zone": "UTC"}),
            ),
        ]);
        fields.extend(more.as_object().cloned().unwrap_or_default());
        let after = self.between(0.0..0.5);
        self.step(after, Told::Shipment { fields, promised_in });
    }

    fn scan_after(&mut self, after: f64, code: &str, hub: Option<&str>, seconds_ago: f64) {
        let mut fields = Map::from_iter([("code".to_owned(), json!(code))]);
        if let Some(hub) = hub {
            fields.insert("hub".to_owned(), json!(hub));
        }
        self.step(after, Told::Scan { fields, seconds_ago });
        // Hubs repeat themselves.
        if self.dice.u32(0..12) == 0 {
            let after = self.between(0.0..3.0);
            self.step(after, Told::Again);
        }
    }

    fn scan(&mut self, code: &str, hub: Option<&str>) {
        let after = self.between(STEP_SECONDS);
        self.scan_after(after, code, hub, 0.0);
    }

    fn smooth(&mut self) {
        self.announce(Some(600.0), json!({}));
        self.scan("picked_up", None);
        self.scan("departed_hub", Some("H1"));
        self.scan("arrived_hub", Some("H2"));
        self.scan("out_for_delivery", None);
        self.scan("delivered", None);
    }

    /// Lies for long, once or for ever.
    fn waits(&mut self) {
        self.announce(Some(600.0), json!({}));
        self.scan("picked_up", None);
        let (code, hub) = [("arrived_hub", "H2"), ("sorted", "H2"), ("departed_hub", "H1")][self.dice.usize(0..3)];
        self.scan(code, Some(hub));
        if self.dice.bool() {
            return;
        }
        let wait = self.between(10.0..40.0);
        // One in three was uploaded late: it takes back what its silence opened.
        let ago = if self.dice.u32(0..3) == 0 { self.between(1.0..wait) } else { 0.0 };
        self.scan_after(wait, "departed_hub", Some("H3"), ago);
        self.scan("out_for_delivery", None);
        self.scan("delivered", None);
    }

    /// Promised too soon.
    fn late(&mut self) {
        let promised = self.between(2.0..12.0);
        self.announce(Some(promised), json!({}));
        self.scan("picked_up", None);
        if self.dice.u32(0..3) == 0 {
            return;
        }
        let after = self.between(4.0..25.0);
        let ago = if self.dice.bool() { self.between(0.0..after) } else { 0.0 };
        let code = ["delivered", "attempt_failed", "awaiting_collection"][self.dice.usize(0..3)];
        self.scan_after(after, code, None, ago);
    }

    /// Announced, and nobody has seen it.
    fn unscanned(&mut self) {
        self.announce(None, json!({}));
        if self.dice.bool() {
            let after = self.between(18.0..40.0);
            let ago = if self.dice.bool() { self.between(0.0..15.0) } else { 0.0 };
            self.scan_after(after, "picked_up", None, ago);
            self.scan("damaged", None);
        }
    }

    fn routed(&mut self) {
        let route = json!([
            {"code": "picked_up", "within": "4s"},
            {"code": "departed_hub", "hub": "H1", "within": "5s"},
            {"code": "arrived_hub", "hub": "H2", "within": "6s"},
            {"code": "out_for_delivery"}
        ]);
        self.announce(Some(400.0), json!({"route": route}));
        self.scan("picked_up", None);
        let after = self.between(2.0..12.0);
        self.scan_after(after, "departed_hub", Some("H1"), 0.0);
        if self.dice.u32(0..4) > 0 {
            let after = self.between(3.0..15.0);
            let hub = if self.dice.u32(0..4) == 0 { "H9" } else { "H2" };
            let ago = if self.dice.bool() { self.between(0.0..after) } else { 0.0 };
            self.scan_after(after, "arrived_hub", Some(hub), ago);
        }
    }

    /// Something that is told at once and that nothing takes back.
    fn struck(&mut self) {
        self.announce(Some(500.0), json!({}));
        self.scan("picked_up", None);
        let code = ["damaged", "refused", "lost", "attempt_failed", "awaiting_collection"][self.dice.usize(0..5)];
        self.scan(code, None);
    }

    fn collected(&mut self) {
        self.announce(Some(500.0), json!({"consent": ["locker"]}));
        self.scan("arrived_destination", Some("H4"));
        self.scan("awaiting_collection", None);
        if self.dice.bool() {
            let after = self.between(12.0..30.0);
            self.scan_after(after, "collected", None, 0.0);
        }
    }

    /// Scanned before it is announced.
    fn shell(&mut self) {
        self.scan("picked_up", None);
        self.scan("arrived_hub", Some("H2"));
        if self.dice.bool() {
            let after = self.between(1.0..18.0);
            self.step(after, Told::Again);
            self.announce(Some(5.0), json!({}));
            self.scan("damaged", None);
        }
    }

    fn held(&mut self) {
        self.announce(Some(500.0), json!({}));
        self.scan("arrived_hub", Some("H2"));
        self.scan("held", None);
        let after = self.between(8.0..30.0);
        self.scan_after(after, "departed_hub", Some("H2"), 0.0);
    }

    /// The parcel's id comes back.
    fn anew(&mut self) {
        self.announce(Some(500.0), json!({}));
        self.scan("picked_up", None);
        self.scan("delivered", None);
        let after = self.between(2.0..5.0);
        self.step(after, Told::Again);
        self.announce(Some(500.0), json!({}));
        self.scan("picked_up", None);
        self.scan("refused", None);
    }
}
