//! What hubs and collecting merchants are told: notices of theirs are gathered, and each window's end tells in one digest what still holds.
//!
//! - *in_digest*: a gathered notice has one last word: that it is in the digest of its window, or that it was withdrawn before that ended.
//! - *digest_whole*: a digest tells of the very parcels and conditions whose notices end in it, each once at its worst level.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::{Evidence, Violations, Written, millis};
use crate::settings::{COLLECTING, COLLECTS_FOR_MS};

/// How long hubs' notices are gathered (`notify.digest.window`, as it stands by default).
const HUB_WINDOW_MS: i64 = 15 * 60_000;

/// By how much a notifier's time may depart from the brokers' when a record is read: windows end by that.
const SLACK_MS: i64 = 5_000;

/// Levels, the worst last.
const LEVELS: [&str; 4] = ["info", "warn", "major", "critical"];

/// A notice that is gathered, and how long it held.
struct Gathered {
    parcel: String,
    kind: String,
    level: String,
    length: i64,
    issued: i64,
    over: Option<i64>,
}

/// Parcels and conditions with the worst level of each, as its place in `LEVELS`.
type Told = BTreeMap<(String, String), usize>;

/// Checks both.
pub fn check(evidence: &Evidence, found: &mut Violations) {
    let gathered = gathered(&evidence.notices);
    let mut words = BTreeMap::<String, Vec<Value>>::new();
    for delivery in evidence.deliveries.iter().map(Written::json).filter(|it| it["decision"] == "suppressed") {
        words.entry(text(&delivery, "notice_id")).or_default().push(delivery);
    }
    for (id, notice) in gathered.iter().filter(|(_, notice)| notice.issued <= evidence.until) {
        let words = words.get(id).map_or(&[][..], |words| words);
        match words {
            [word] => {
                if let Some(wrong) = is_wrong(notice, word) {
                    found.add("in_digest", format!("{wrong}: {word}"));
                }
            }
            [] => {}
            more => found.add("in_digest", format!("{} last words on {id}", more.len())),
        }
    }
    let mut ends_in = BTreeMap::<String, Told>::new();
    for word in words.values().flatten().filter(|word| word["digest"].is_string()) {
        match gathered.get(&text(word, "notice_id")) {
            Some(notice) => notice.into(ends_in.entry(text(word, "digest")).or_default()),
            None => found.add("in_digest", format!("nothing of the kind is gathered: {word}")),
        }
    }
    let mut seen = BTreeSet::new();
    for (_, begun) in &evidence.ends.begun {
        let Some(digest) = begun.digest.as_ref().filter(|_| seen.insert(&begun.notice_id)) else { continue };
        if let Some(wrong) = differs(digest, &ends_in.remove(&begun.notice_id).unwrap_or_default()) {
            found.add("digest_whole", format!("{}: {wrong}", begun.notice_id));
        }
    }
}

/// How many notices ended in digests.
pub fn ended(evidence: &Evidence) -> usize {
    evidence.deliveries.iter().filter(|delivery| delivery.json()["digest"].is_string()).count()
}

/// What is told in digests, by the notice's id: all conditions to hubs, those of the collecting merchant that are not critical.
fn gathered(notices: &[Written]) -> BTreeMap<String, Gathered> {
    let mut gathered = BTreeMap::<String, Gathered>::new();
    let records: Vec<(i64, Value)> = notices.iter().map(|notice| (notice.time, notice.json())).collect();
    for (issued, notice) in records.iter().filter(|(_, notice)| notice["change"] == "issued") {
        let length = match (text(notice, "audience").as_str(), text(notice, "level").as_str()) {
            ("hub_ops", _) => HUB_WINDOW_MS,
            ("merchant", level) if notice["merchant"] == COLLECTING && level != "critical" => COLLECTS_FOR_MS,
            _ => continue,
        };
        if matches!(notice["kind"].as_str(), Some("collection" | "recovered" | "corrected" | "choice")) {
            continue;
        }
        let [parcel, kind, level] = ["parcel_id", "kind", "level"].map(|field| text(notice, field));
        gathered.entry(text(notice, "id")).or_insert(Gathered {
            parcel,
            kind,
            level,
            length,
            issued: *issued,
            over: None,
        });
    }
    for (time, notice) in &records {
        let itself = (notice["change"] == "withdrawn").then(|| text(notice, "id"));
        let resolved = notice["resolves"].as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned);
        for id in itself.into_iter().chain(resolved) {
            if let Some(notice) = gathered.get_mut(&id) {
                notice.over = Some(notice.over.map_or(*time, |over| over.min(*time)));
            }
        }
    }
    gathered
}

/// What is wrong with the last word on a notice.
fn is_wrong(notice: &Gathered, word: &Value) -> Option<&'static str> {
    let window_end = |at: i64| (at.div_euclid(notice.length) + 1) * notice.length;
    let (first, last) = (window_end(notice.issued - SLACK_MS), window_end(notice.issued + SLACK_MS));
    match word["reason"].as_str() {
        // It is said just after the window's end.
        Some("in digest") => match millis(&word["at"]).unwrap_or_default() - 1 {
            end if end != first && end != last => Some("not at the end of its window"),
            end if notice.over.is_some_and(|over| over < end - SLACK_MS) => Some("told though it was over"),
            _ if !word["digest"].is_string() => Some("in no digest that has a name"),
            _ => None,
        },
        Some("withdrawn") if notice.over.is_none_or(|over| over > last + SLACK_MS) => Some("it held"),
        Some("withdrawn") => None,
        _ => Some("no reason for a gathered notice"),
    }
}

impl Gathered {
    fn into(&self, told: &mut Told) {
        let level = told.entry((self.parcel.clone(), self.kind.clone())).or_default();
        *level = rank(&self.level).max(*level);
    }
}

fn rank(level: &str) -> usize {
    LEVELS.iter().position(|known| *known == level).unwrap_or_else(|| panic!("expected a level, found {level:?}"))
}

/// How what a digest says differs from what is to be told.
fn differs(digest: &Value, told: &Told) -> Option<String> {
    let mut counts = BTreeMap::<(String, String), u64>::new();
    for ((_, kind), level) in told {
        *counts.entry((kind.clone(), LEVELS[*level].to_owned())).or_default() += 1;
    }
    let rows = |name: &str| digest[name].as_array().cloned().unwrap_or_default();
    let counted: BTreeMap<(String, String), u64> = rows("counts")
        .iter()
        .map(|row| ((text(row, "kind"), text(row, "level")), row["count"].as_u64().unwrap_or_default()))
        .collect();
    if counted != counts {
        return Some(format!("it counts {counted:?} of {counts:?}"));
    }
    let listed: Vec<((String, String), usize)> = rows("parcels")
        .iter()
        .map(|row| ((text(row, "parcel_id"), text(row, "kind")), rank(&text(row, "level"))))
        .collect();
    let distinct: Told = listed.iter().cloned().collect();
    let parcels: BTreeSet<&String> = told.keys().map(|(parcel, _)| parcel).collect();
    match () {
        () if distinct.len() < listed.len() => Some(format!("it lists one twice: {listed:?}")),
        () if distinct.iter().any(|(key, level)| told.get(key) != Some(level)) => {
            Some(format!("it lists {distinct:?} of {told:?}"))
        }
        () if digest["more"] != json!(told.len() - listed.len()) => Some("it hides how many there are".to_owned()),
        () if digest["total"] != json!(parcels.len()) => Some("it counts parcels wrongly".to_owned()),
        () => None,
    }
}

fn text(record: &Value, field: &str) -> String {
    record[field].as_str().unwrap_or_default().to_owned()
}
