//! Timelines as text.
//!
//! A time and a verb are something that happens then: `scan`, `ship`, `reroute`, `time` (nothing but time), `over` (the
//! instant's records are all there), `close` and `open` (telling). The other lines, indented for the eye, are what was decided
//! since the line before, in order, each with its logical instant. Times are hours, minutes, seconds and milliseconds since 2026-03-02T00:00Z.

use std::collections::HashMap;
use std::sync::Arc;

use crate::decode::{self, RecordTime};
use crate::model::{
    Change, Effect, HashKey, Issued, Merchant, Notice, NoticeId, Timestamp, WorkOrder, WorkOrderChange, World,
};
use crate::notify::Policy;
use crate::reroute::{LinkKey, Links, proof};
use crate::saved::Saved;
use crate::state::Machine;
use crate::track::{Input, Rules, Tracker};

/// What can happen.
const VERBS: [&str; 7] = ["scan", "ship", "reroute", "time", "over", "open", "close"];

/// 2026-03-02T00:00:00Z, a Monday.
const START_MS: i64 = 1_772_409_600_000;

/// The world with the default rules, changed by `change` (a text and what it becomes).
pub fn world(changes: &[(&str, &str)]) -> World {
    let mut rules = crate::track::REFERENCE.to_owned();
    for (text, becomes) in changes {
        assert!(rules.contains(text), "{text} is not in the reference");
        rules = rules.replacen(text, becomes, 1);
    }
    let rules = toml_edit::de::from_str::<Rules>(&rules).expect("rules");
    World::new(rules, Policy::default(), HashKey::new(*b"a key for tests"))
}

/// The same with a merchant of these wishes.
pub fn with_merchant(mut world: World, merchant: &str) -> World {
    let merchant: Merchant = serde_json::from_str(merchant).expect("a merchant");
    world.merchants = Arc::new(HashMap::from([(merchant.merchant.clone(), merchant)]));
    world
}

/// What is offered in these tests: two lockers, a station and an outlet in area 31, tours from 08:00 to 20:00 UTC.
pub const OFFERS: &str = include_str!("offers.toml");

/// The same with links, and with what is offered.
pub fn choosing(mut world: World) -> World {
    world.links = Some(Arc::new(Links::new("https://pw.example", LinkKey::new(*b"a link key for tests"))));
    world.offers = Arc::new(crate::document::read_offers("offers.toml", OFFERS).expect("offers"));
    world
}

/// Checks what conditions become.
pub fn conditions(text: &str) {
    Timeline::new(world(&[]), false).check(text);
}

/// Checks what is told.
pub fn notices(text: &str) {
    Timeline::new(world(&[]), true).check(text);
}

/// A tracker and what it has decided so far.
pub struct Timeline {
    pub world: World,
    pub tracker: Tracker,
    /// Notices are shown, conditions are not; or the other way round.
    shows_notices: bool,
    names: HashMap<NoticeId, String>,
    effects: Vec<Effect>,
}

impl Timeline {
    pub fn new(world: World, shows_notices: bool) -> Timeline {
        let mut tracker = Tracker::default();
        tracker.restored(&world);
        tracker.set_open(true);
        Timeline { world, tracker, shows_notices, names: HashMap::new(), effects: Vec::new() }
    }

    /// Goes on with what was saved; shows conditions.
    pub fn restored(world: World, scene: &[Saved]) -> Timeline {
        let mut timeline = Timeline::new(world, false);
        for Saved { table, key, bytes, .. } in scene {
            timeline.tracker.tables()[*table].restore(key, Some(bytes), 0).expect("state can be read");
        }
        timeline.tracker.restored(&timeline.world);
        timeline
    }

    /// Plays the timeline and compares what was decided with what it says.
    pub fn check(&mut self, text: &str) {
        let mut said = Vec::new();
        let mut found = Vec::new();
        for line in text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>()) {
            let happens = line.get(1).is_some_and(|verb| VERBS.contains(verb));
            let line = line.join(" ");
            if happens {
                self.play(&line);
                crate::saved::keep("tracker", super::saved::entries(&self.tracker));
                found.push(line.clone());
                found.extend(self.shown().into_iter().map(|shown| format!("    {shown}")));
            }
            said.extend((!line.is_empty()).then(|| if happens { line } else { format!("    {line}") }));
        }
        let (said, found) = (said.join("\n"), found.join("\n"));
        assert!(said == found, "\nexpected:\n{said}\n\nfound:\n{found}\n");
    }

    /// What one line makes, as effects.
    pub fn apply(&mut self, line: &str) -> Vec<Effect> {
        self.play(line);
        std::mem::take(&mut self.effects)
    }

    fn play(&mut self, line: &str) {
        let mut words = line.split(' ');
        let now = instant(words.next().unwrap_or_default());
        let (verb, words) = (words.next().unwrap_or_default(), words.collect::<Vec<_>>());
        while self.tracker.handle_timeout(now, 3, &self.world, &mut self.effects) == 3 {}
        match verb {
            "time" => {}
            "over" => drop(self.tracker.finish_instant(now, 1000, &self.world, &mut self.effects)),
            "open" => self.tracker.set_open(true),
            "close" => self.tracker.set_open(false),
            "scan" => self.handle(now, scan(now, &words)),
            "ship" => self.handle(now, shipment(&words)),
            "reroute" => {
                let input = reroute(now, &words, &self.world);
                self.handle(now, input);
            }
            other => panic!("expected something that happens, found {other:?}"),
        }
    }

    fn handle(&mut self, now: Timestamp, input: Input) {
        self.tracker.handle(now, input, &self.world, &mut self.effects);
    }

    /// What was decided since it was asked last.
    fn shown(&mut self) -> Vec<String> {
        let mut shown = Vec::new();
        for effect in std::mem::take(&mut self.effects) {
            match effect {
                Effect::Condition(change) if !self.shows_notices => {
                    let milestone = change.evidence.milestone.map(|index| format!("[{index}]")).unwrap_or_default();
                    let held_by = change.held_by.map(|held_by| format!(" held_by={held_by}")).unwrap_or_default();
                    let episode =
                        if change.episode == 1 { String::new() } else { format!(" episode={}", change.episode) };
                    let choice = change
                        .choice
                        .map(|choice| format!(" choice={}:{}", choice.option.name(), choice.change.name()));
                    let choice = choice.unwrap_or_default();
                    shown.push(format!(
                        "{} {}{milestone} {} {} limit={} by {}{episode}{held_by}{choice}",
                        clock(change.at),
                        change.condition.name(),
                        Change::name(change.change),
                        change.level.name(),
                        clock(change.limit),
                        format!("{:?}", change.cause).to_lowercase(),
                    ));
                }
                Effect::WorkOrder(order) if !self.shows_notices => shown.push(work(&order)),
                Effect::Notice { key, notice: Notice::Issued(issued) } if self.shows_notices => {
                    let name = self.name(&issued);
                    shown.push(format!("{} {name} until {}", clock(issued.at), clock(issued.expires)));
                    assert!(self.names.insert(issued.id.clone(), name).is_none(), "issued twice: {issued:?} to {key}");
                }
                Effect::Notice { notice: Notice::Withdrawn { id }, .. } if self.shows_notices => {
                    shown.push(format!("withdrawn: {}", self.names[&id]));
                }
                _ => {}
            }
        }
        shown
    }

    /// What a notice says and to whom.
    fn name(&self, issued: &Issued) -> String {
        let about: Vec<&str> = issued.facts.ended.iter().map(|kind| kind.name()).collect();
        let about = if about.is_empty() { String::new() } else { format!(" from {}", about.join("+")) };
        let code = issued.facts.pickup_code.as_deref().map(|code| format!(" {code}")).unwrap_or_default();
        let options = issued.offers.iter().map(|offered| offered.option.name()).collect::<Vec<_>>().join("+");
        let until = issued.offer_until.map(|until| format!(" [{options} by {}]", clock(until))).unwrap_or_default();
        let slot = issued.facts.slot.map(|slot| format!(" slot {}-{}", clock(slot.from), clock(slot.to)));
        let choice = issued.facts.choice.as_ref().map(|choice| {
            let reason = choice.reason.as_deref().map(|reason| format!(" {reason}")).unwrap_or_default();
            format!(" {} {}{reason}", choice.option.name(), choice.change.name())
        });
        format!(
            "{} {}{about}{code}{}{} -> {}{until}",
            issued.kind.name(),
            issued.level.name(),
            choice.unwrap_or_default(),
            slot.unwrap_or_default(),
            issued.audience.name()
        )
    }
}

/// What is to be done, or no more.
fn work(order: &WorkOrder) -> String {
    let change = match order.change {
        WorkOrderChange::Created => "work",
        WorkOrderChange::Cancelled => "no work",
    };
    let place = order.detail.place.as_deref().map(|place| format!(" {place}")).unwrap_or_default();
    let time = |at: Option<Timestamp>| at.map_or("none".to_owned(), clock);
    let due = time(order.due);
    let (before, after) = (time(order.promise), time(order.new_promise));
    let what = order.option.map_or(&*order.kind, |option| option.name());
    format!("{} {change} {what}{place} due {due} promise {before} -> {after}", clock(order.at))
}

/// `26:00:00.001` as an instant.
pub fn instant(text: &str) -> Timestamp {
    let (sign, text) = text.strip_prefix('-').map_or((1, text), |text| (-1, text));
    let (whole, ms) = text.split_once('.').unwrap_or((text, "0"));
    let mut parts =
        whole.split(':').map(|part| part.parse::<i64>().unwrap_or_else(|_| panic!("expected a time, found {text:?}")));
    let mut next = || parts.next().unwrap_or(0);
    let seconds = next() * 3600 + next() * 60 + next();
    Timestamp::from_millis(START_MS + sign * (seconds * 1000 + ms.parse::<i64>().expect("milliseconds")))
}

fn clock(at: Timestamp) -> String {
    let ms = at.as_millis() - START_MS;
    let (hours, minutes, seconds, ms) = (ms / 3_600_000, ms / 60_000 % 60, ms / 1000 % 60, ms % 1000);
    match (seconds, ms) {
        (0, 0) => format!("{hours}:{minutes:02}"),
        (_, 0) => format!("{hours}:{minutes:02}:{seconds:02}"),
        _ => format!("{hours}:{minutes:02}:{seconds:02}.{ms:03}"),
    }
}

/// `key=value` words as JSON, times of the named keys spelled out.
fn record(words: &[&str], times: &[&str]) -> serde_json::Map<String, serde_json::Value> {
    let field = |word: &&str| {
        let (key, value) = word.split_once('=').unwrap_or_else(|| panic!("expected key=value, found {word:?}"));
        let value = if times.contains(&key) { serde_json::json!(instant(value)) } else { serde_json::json!(value) };
        (key.to_owned(), value)
    };
    words.iter().map(field).collect()
}

/// `scan CODE [HUB] [event_time=..] [key=value ..]`: happens when it is read unless it says otherwise.
fn scan(now: Timestamp, words: &[&str]) -> Input {
    let (fields, names): (Vec<&str>, Vec<&str>) = words.iter().partition(|word| word.contains('='));
    let mut record = record(&fields, &["event_time", "upload_time", "free_until"]);
    record.insert("parcel_id".into(), "P1".into());
    record.insert("code".into(), names[0].into());
    if let Some(hub) = names.get(1) {
        record.insert("hub".into(), (*hub).into());
    }
    record.entry("event_time").or_insert_with(|| serde_json::json!(now));
    let text = serde_json::Value::Object(record).to_string();
    let scan = decode::scan(Some(text.as_bytes()), RecordTime::Broker(now)).expect("a scan");
    Input::Scan(Box::new(scan))
}

/// `ship ordered_at=.. [route=code@hub+within,..] [to=PHONE] [from=PHONE] [time_zone=..] [cancelled=true] [key=value ..]`
fn shipment(words: &[&str]) -> Input {
    let mut record = record(words, &["ordered_at", "shipped_at", "promise"]);
    record.insert("parcel_id".into(), "P1".into());
    if let Some(route) = record.get("route").and_then(|route| route.as_str()) {
        let milestone = |text: &str| {
            let (code, within) = text.split_once('+').unwrap_or((text, ""));
            let (code, hub) = code.split_once('@').unwrap_or((code, ""));
            serde_json::json!({
                "code": code,
                "hub": Some(hub).filter(|hub| !hub.is_empty()),
                "within": Some(within).filter(|within| !within.is_empty()),
            })
        };
        let route: Vec<_> = route.split(',').filter(|text| !text.is_empty()).map(milestone).collect();
        record.insert("route".into(), route.into());
    }
    let zone = record.remove("time_zone");
    if record.contains_key("to") || zone.is_some() {
        let recipient = serde_json::json!({"phone": record.remove("to"), "time_zone": zone});
        record.insert("recipient".into(), recipient);
    }
    if let Some(phone) = record.remove("from") {
        record.insert("sender".into(), serde_json::json!({"phone": phone}));
    }
    if let Some(area) = record.remove("area") {
        record.insert("destination".into(), serde_json::json!({"hub": "HD", "area": area}));
    }
    for list in ["flags", "consent"] {
        if let Some(only) = record.remove(list) {
            record.insert(list.into(), serde_json::json!([only]));
        }
    }
    if let Some(hub) = record.remove("origin") {
        record.insert("origin".into(), serde_json::json!({"hub": hub}));
    }
    if record.remove("cancelled").is_some() {
        record.insert("cancelled".into(), true.into());
    }
    let text = serde_json::Value::Object(record).to_string();
    let shipment = decode::shipment(Some(text.as_bytes())).expect("a shipment");
    assert!(shipment.malformed.is_empty(), "malformed: {:?}", shipment.malformed);
    Input::Shipment(Box::new(shipment))
}

/// `reroute CHANGE OPTION|- [id=..] [place=..] [slot=FROM-TO] [text=..] [digits=..] [key=value ..]`: of this journey unless it
/// says otherwise.
fn reroute(now: Timestamp, words: &[&str], world: &World) -> Input {
    let mut record = record(&words[2..], &[]);
    record.insert("parcel_id".into(), "P1".into());
    record.insert("change".into(), words[0].into());
    if words[1] != "-" {
        record.insert("option".into(), words[1].into());
    }
    let journey = record.remove("journey").and_then(|journey| journey.as_str()?.parse::<u32>().ok());
    record.insert("journey".into(), journey.unwrap_or(1).into());
    if let Some(revision) = record.remove("revision").and_then(|revision| revision.as_str()?.parse::<u32>().ok()) {
        record.insert("revision".into(), revision.into());
    }
    if let Some(amount) = record.remove("fee") {
        record.insert("fee".into(), serde_json::json!({"amount": amount, "currency": "CNY"}));
    }
    let slot = record.remove("slot").map(|slot| {
        let (from, to) = slot.as_str().and_then(|slot| slot.split_once('-')).expect("a slot");
        serde_json::json!({"from": instant(from), "to": instant(to)})
    });
    let detail = serde_json::json!({"place": record.remove("place"), "slot": slot, "text": record.remove("text")});
    record.insert("detail".into(), detail);
    if let (Some(digits), Some(links)) = (record.remove("digits"), &world.links) {
        let digits = digits.as_str().unwrap_or_default();
        record.insert("proof".into(), serde_json::json!(proof(links, "P1", digits)));
    }
    let text = serde_json::Value::Object(record).to_string();
    decode::tracker_input(decode::InputTopic::Reroutes, Some(text.as_bytes()), now).expect("a reroute")
}
