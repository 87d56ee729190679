//! What the tracker tells, against the spans in which the independent reading says that there is something to be told.
//!
//! - *told_once*: no notice is issued twice, and of one span each audience gets one.
//! - *told_truth*: whatever is issued tells what is true at that instant, to those whom it concerns, and not after fresh input refutes it.
//! - *told_all*: whatever holds for long enough while nothing goes wrong is issued.
//! - *withdrawn*: what was issued and is over is withdrawn, once, and nothing else is.
//! - *resolved*: a `recovered` and a `corrected` name what was issued and a scan ended; what was retracted is corrected, and whatever else a scan has
//!   ended is told to be over, where nothing else is told; nothing is resolved twice.

use std::collections::{BTreeMap, HashMap};

use serde_json::Value;

use super::{Evidence, Violations, Written, millis};
use crate::oracle::{Span, Verdict};

/// How old what was read may be when something is told (`runtime.tell_within`), and how long its transaction may then take.
const STALE_MAX_MS: i64 = (120 + 90) * 1000;

/// What holds for so long while everything goes well is told: the wait after an outage (`runtime.settle_for`), freshness, a
/// restore and the longest leap of the simulated time.
pub const TOLD_WITHIN_MS: i64 = 45 * 60_000;

struct Issued<'a> {
    notice: Value,
    time: i64,
    span: Option<&'a Span>,
}

/// Checks them all.
pub fn check(evidence: &Evidence, verdict: &Verdict, found: &mut Violations) {
    let spans = by_parcel(&verdict.spans);
    let mut issued = BTreeMap::<String, Issued<'_>>::new();
    let mut told = HashMap::<(usize, String), usize>::new();
    // What came after the end is nobody's business: the reading of the rules ends there, too.
    let early = evidence.notices.iter().filter(|record| record.time <= evidence.until);
    let records: Vec<(&Written, Value)> = early.map(|record| (record, record.json())).collect();
    for (record, notice) in records.iter().filter(|(_, notice)| notice["change"] == "issued") {
        let id = text(notice, "id");
        let resolves = matches!(notice["kind"].as_str(), Some("recovered" | "corrected" | "digest"));
        let span = if resolves { None } else { truth(notice, record.time, &spans, found) };
        if let Some(span) = span {
            *told.entry((std::ptr::from_ref(span) as usize, text(notice, "audience"))).or_default() += 1;
        }
        if issued.insert(id.clone(), Issued { notice: notice.clone(), time: record.time, span }).is_some() {
            found.add("told_once", format!("issued twice: {notice}"));
        }
    }
    told_all(evidence, verdict, &told, found);
    withdrawn(evidence, &records, &issued, found);
    resolved(evidence, &issued, found);
}

fn by_parcel(spans: &[Span]) -> HashMap<&str, Vec<&Span>> {
    let mut by_parcel = HashMap::<&str, Vec<&Span>>::new();
    for span in spans {
        by_parcel.entry(&span.parcel_id).or_default().push(span);
    }
    by_parcel
}

/// The span that a notice tells of, if there is one at that instant for that audience.
fn truth<'a>(
    notice: &Value,
    time: i64,
    spans: &HashMap<&str, Vec<&'a Span>>,
    found: &mut Violations,
) -> Option<&'a Span> {
    let (parcel, audience) = (text(notice, "parcel_id"), text(notice, "audience"));
    let at = millis(&notice["at"]).unwrap_or_default();
    let same = |span: &&&Span| {
        span.journey == notice["journey"].as_u64().unwrap_or_default()
            && notice["kind"] == span.kind.as_str()
            && notice["level"] == span.level.as_str()
            && span.episode == notice["episode"].as_u64().unwrap_or_default()
            && span.choice.as_ref().is_none_or(|(id, change)| {
                let chosen = &notice["facts"]["choice"];
                chosen["id"] == id.as_str() && chosen["change"] == change.as_str()
            })
    };
    let tells = |span: &&Span| match audience.as_str() {
        "hub_ops" => span.hub && span.from <= at && span.to.is_none_or(|to| at <= to),
        audience => span.told.iter().any(|(from, to_whom)| *from == at && to_whom == audience),
    };
    let candidates = spans.get(parcel.as_str()).into_iter().flatten();
    let span = candidates.filter(same).copied().find(tells);
    match span {
        None => found.add("told_truth", format!("nothing of the kind is to be told: {}", brief(notice))),
        // An instant that stays true: `uploaded_late` is over as it opens, and a choice was refused whatever comes after it.
        Some(span) if span.by.as_ref().is_some_and(|(how, _)| how == "instant") => {}
        Some(span) => {
            if let Some(to) = span.to.filter(|to| time > to + STALE_MAX_MS) {
                found.add("told_truth", format!("told {} ms after it was over: {}", time - to, brief(notice)));
            }
            let knows = |(from, to): &(i64, i64)| *from <= at && time <= *to;
            if audience == "recipient" && span.quiet.iter().any(knows) {
                found.add("told_truth", format!("who has an appointment knows why it rests: {}", brief(notice)));
            }
        }
    }
    span
}

fn told_all(evidence: &Evidence, verdict: &Verdict, told: &HashMap<(usize, String), usize>, found: &mut Violations) {
    for span in &verdict.spans {
        let mut audiences: Vec<&str> = span.told.iter().map(|(_, audience)| audience.as_str()).collect();
        audiences.sort_unstable();
        audiences.dedup();
        for audience in audiences {
            let at = span.told.iter().filter(|(_, to)| to == audience).map(|(at, _)| *at).min().unwrap_or(span.from);
            let count = told.get(&(std::ptr::from_ref(span) as usize, audience.to_owned())).copied().unwrap_or(0);
            if count > 1 {
                found.add("told_once", format!("{count} times to {audience}: {span:?}"));
            }
            // Who comes to know why it rests before they were told is not told this level any more.
            let knows =
                span.quiet.iter().filter(|(from, to)| audience == "recipient" && from <= to).map(|quiet| quiet.0);
            let hubless = span.hub_until.filter(|_| audience == "hub_ops");
            let to = knows.chain(hubless).chain(span.to).min().unwrap_or(evidence.until);
            let lasts = evidence.well.iter().map(|well| to.min(well.1) - at.max(well.0)).max().unwrap_or(0);
            if count == 0 && lasts > TOLD_WITHIN_MS {
                found.add("told_all", format!("{audience} is not told: {span:?}"));
            }
        }
    }
}

fn withdrawn(
    evidence: &Evidence,
    records: &[(&Written, Value)],
    issued: &BTreeMap<String, Issued<'_>>,
    found: &mut Violations,
) {
    let mut withdrawn = BTreeMap::<String, usize>::new();
    for (record, notice) in records.iter().filter(|(_, notice)| notice["change"] == "withdrawn") {
        let id = text(notice, "id");
        *withdrawn.entry(id.clone()).or_default() += 1;
        match issued.get(&id) {
            None => found.add("withdrawn", format!("withdrawn and never issued: {id}")),
            Some(of) if of.time > record.time => found.add("withdrawn", format!("before it was issued: {id}")),
            Some(of) => {
                let holds = of.span.is_some_and(|span| span.to.is_none_or(|to| to > record.time + 5_000));
                if holds {
                    found.add("withdrawn", format!("withdrawn and still true: {}", brief(&of.notice)));
                }
            }
        }
    }
    for (id, of) in issued {
        let over = of.span.and_then(|span| span.to).is_some_and(|to| to + TOLD_WITHIN_MS < evidence.until);
        let instant = of.span.and_then(|span| span.by.as_ref()).is_some_and(|(how, _)| how == "instant");
        match withdrawn.get(id).copied().unwrap_or(0) {
            0 if over && !instant => found.add("withdrawn", format!("over and not withdrawn: {}", brief(&of.notice))),
            0 | 1 => {}
            count => found.add("withdrawn", format!("withdrawn {count} times: {}", brief(&of.notice))),
        }
    }
}

fn resolved(evidence: &Evidence, issued: &BTreeMap<String, Issued<'_>>, found: &mut Violations) {
    let mut resolved = BTreeMap::<String, usize>::new();
    for of in issued.values().filter(|of| matches!(of.notice["kind"].as_str(), Some("recovered" | "corrected"))) {
        let how = if of.notice["kind"] == "corrected" { "retracted" } else { "cleared" };
        for id in of.notice["resolves"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            *resolved.entry(id.to_owned()).or_default() += 1;
            let Some(told) = issued.get(id) else {
                found.add("resolved", format!("resolves what was never issued: {}", of.notice));
                continue;
            };
            let ended = told.span.and_then(|span| span.by.clone());
            // A level that was followed by a worse one ended with it; its condition ended with the last.
            let fits = ended.as_ref().is_some_and(|(by, _)| by == how || by == "escalated");
            if !fits || told.notice["audience"] != of.notice["audience"] {
                found.add("resolved", format!("{ended:?} is told as {}", brief(&of.notice)));
            }
        }
    }
    for (id, of) in issued {
        let by = of.span.and_then(|span| span.by.as_ref());
        let retracted = by.is_some_and(|(how, cause)| how == "retracted" && cause == "scan");
        let is_over = of.span.and_then(|span| span.to).is_some_and(|to| to + TOLD_WITHIN_MS < evidence.until);
        let count = resolved.get(id).copied().unwrap_or(0);
        if count > 1 {
            found.add("resolved", format!("resolved {count} times: {}", brief(&of.notice)));
        }
        if retracted && is_over && count == 0 && of.notice["audience"] != "hub_ops" {
            found.add("resolved", format!("retracted and not corrected: {}", brief(&of.notice)));
        }
    }
    all_is_well(evidence, issued, &resolved, found);
}

/// Whoever was told of something that a scan has ended hears so. Where something else was issued to them at that scan or later, something that they were
/// told stands, or the journey went ill, it depends on what was written first: then nothing is demanded.
fn all_is_well(
    evidence: &Evidence,
    issued: &BTreeMap<String, Issued<'_>>,
    resolved: &BTreeMap<String, usize>,
    found: &mut Violations,
) {
    let mut readers = HashMap::<[String; 3], Vec<&Issued<'_>>>::new();
    for of in issued.values().filter(|of| of.notice["kind"] != "recovered") {
        readers.entry(reader(&of.notice)).or_default().push(of);
    }
    for (id, of) in issued {
        let Some(span) = of.span.filter(|span| span.well && !matches!(&*span.kind, "collection" | "choice")) else {
            continue;
        };
        let (Some(ended), Some((how, cause))) = (span.to, &span.by) else { continue };
        let is_for_people = of.notice["audience"] != "hub_ops" && of.time < ended;
        if !is_for_people || how != "cleared" || cause != "scan" || resolved.contains_key(id) {
            continue;
        }
        let others = &readers[&reader(&of.notice)];
        let is_news =
            |other: &Issued<'_>| other.time >= ended || millis(&other.notice["at"]).is_none_or(|at| at >= ended);
        let stands = |other: &Issued<'_>| {
            other.span.is_some_and(|span| span.kind != "choice" && span.to.is_none_or(|to| to > ended))
        };
        let lasts = evidence.well.iter().map(|well| evidence.until.min(well.1) - ended.max(well.0)).max().unwrap_or(0);
        if lasts > TOLD_WITHIN_MS && !others.iter().any(|other| is_news(other) || stands(other)) {
            found.add("resolved", format!("over and nobody is told so: {}", brief(&of.notice)));
        }
    }
}

fn reader(notice: &Value) -> [String; 3] {
    [text(notice, "parcel_id"), notice["journey"].to_string(), text(notice, "audience")]
}

fn text(record: &Value, field: &str) -> String {
    record[field].as_str().unwrap_or_default().to_owned()
}

fn brief(notice: &Value) -> String {
    let field = |name: &str| notice[name].to_string().replace('"', "");
    ["id", "parcel_id", "journey", "kind", "episode", "level", "audience", "at"].map(field).join(" ")
}
