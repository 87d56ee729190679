//! What became of notices, against what arrived at the channels' other ends.
//!
//! - *delivered_once*: a notice arrives again only after an attempt that had arrived was declared unknown; such repeats are counted.
//! - *begun_once*: no attempt begins twice; what begins before its claim is committed does where that is aborted.
//! - *deadline*: no attempt begins past its deadline.
//! - *last_word*: every notice ends delivered, refused, suppressed with a reason, expired, or unknown for good: as often as a channel may repeat it.
//!   So does every digest that is the reason of a notice's end.
//! - *outcome_known*: what is said to be delivered has arrived.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{Evidence, Violations, Written};

/// Checks them all.
pub fn check(evidence: &Evidence, found: &mut Violations) {
    let mut by_notice = BTreeMap::<String, Vec<Value>>::new();
    for delivery in evidence.deliveries.iter().map(Written::json) {
        by_notice.entry(delivery["notice_id"].as_str().unwrap_or_default().to_owned()).or_default().push(delivery);
    }
    let mut attempts = BTreeSet::new();
    for (_, begun) in &evidence.ends.begun {
        if !attempts.insert((&begun.notice_id, begun.attempt)) {
            found.add("begun_once", format!("{begun:?}"));
        }
        if begun.clock > begun.deadline {
            found.add("deadline", format!("{begun:?}"));
        }
    }
    once(evidence, &by_notice, found);
    if let Some(notice) = without_last_word(evidence) {
        found.add("last_word", format!("nothing final is known of {notice}"));
    }
    for (id, deliveries) in &by_notice {
        let said: BTreeSet<u64> = deliveries
            .iter()
            .filter(|delivery| delivery["outcome"] == "delivered")
            .filter_map(|delivery| delivery["attempt"].as_u64())
            .collect();
        let arrived: BTreeSet<u64> =
            evidence.ends.arrived.get(id).into_iter().flatten().map(|attempt| u64::from(*attempt)).collect();
        if !said.is_subset(&arrived) {
            found.add("outcome_known", format!("{id}: said to be delivered {said:?}, arrived {arrived:?}"));
        }
    }
}

/// How often something arrived again, as *outcome unknown* allows.
pub fn repeats(evidence: &Evidence) -> usize {
    evidence.ends.arrived.values().map(|attempts| attempts.len() - 1).sum()
}

fn once(evidence: &Evidence, by_notice: &BTreeMap<String, Vec<Value>>, found: &mut Violations) {
    for (id, arrived) in evidence.ends.arrived.iter().filter(|(_, arrived)| arrived.len() > 1) {
        let unknown: BTreeSet<u64> = by_notice
            .get(id)
            .into_iter()
            .flatten()
            .filter(|delivery| delivery["outcome"] == "unknown")
            .filter_map(|delivery| delivery["attempt"].as_u64())
            .collect();
        let (_, earlier) = arrived.split_last().expect("more than one");
        if let Some(attempt) = earlier.iter().find(|attempt| !unknown.contains(&u64::from(**attempt))) {
            found.add("delivered_once", format!("{id} arrived {arrived:?}, attempt {attempt} was never unknown"));
        }
    }
}

/// Of so many attempts of unknown outcome by a channel the last is the end: a text is never repeated, a mail once, a webhook for
/// long (`unknown_max` of `notify.sms`, `notify.email` and `notify.webhook`, as they stand by default).
fn unknown_max(channel: &str) -> usize {
    match channel {
        "sms" => 1,
        "email" => 2,
        "webhook" => 10,
        other => panic!("expected a channel, found {other:?}"),
    }
}

/// A notice of before the end of which nothing final is known.
pub fn without_last_word(evidence: &Evidence) -> Option<String> {
    let is_last = |delivery: &Value| {
        let decided = matches!(delivery["decision"].as_str(), Some("suppressed" | "expired" | "shadow"));
        decided && delivery["reason"].is_string()
            || matches!(delivery["outcome"].as_str(), Some("delivered" | "refused"))
    };
    let (mut digests, mut known, mut unknown) = (
        BTreeMap::<String, String>::new(),
        BTreeSet::<String>::new(),
        BTreeMap::<(String, String), BTreeSet<u64>>::new(),
    );
    for delivery in evidence.deliveries.iter().map(Written::json) {
        let Some(id) = delivery["notice_id"].as_str() else { continue };
        if let Some(digest) = delivery["digest"].as_str() {
            digests.insert(id.to_owned(), digest.to_owned());
        }
        if is_last(&delivery) {
            known.insert(id.to_owned());
        } else if let (Some("unknown"), Some(channel)) = (delivery["outcome"].as_str(), delivery["channel"].as_str()) {
            let attempts = unknown.entry((id.to_owned(), channel.to_owned())).or_default();
            attempts.extend(delivery["attempt"].as_u64());
            if attempts.len() >= unknown_max(channel) {
                known.insert(id.to_owned());
            }
        }
    }
    let early = evidence.notices.iter().filter(|notice| notice.time <= evidence.until).map(Written::json);
    let mut owed = early.filter(|notice| notice["change"] == "issued");
    let is_known = |notice: &Value| {
        let id = notice["id"].as_str().unwrap_or_default();
        // A digest is a notice of its own.
        known.contains(id) && digests.get(id).is_none_or(|digest| known.contains(digest))
    };
    owed.find(|notice| !is_known(notice)).map(|notice| notice.to_string())
}
