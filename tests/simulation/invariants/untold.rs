//! What was not told, by an independent reading of what was issued and what left (`tests/reference/untold.py`).
//!
//! - *rightly_untold*: whatever was suppressed was so for a reason that holds; what left was news to its reader; a correction goes to whom a mistake
//!   reached, and to nobody else; whatever else is true for long enough while nothing goes wrong is sent.

use std::collections::BTreeMap;

use serde_json::json;

use super::notices::TOLD_WITHIN_MS;
use super::{Evidence, Violations, Written};
use crate::oracle::Oracle;

/// Asks for the reading; gives how many notices were suppressed, by what they are and why.
pub fn check(evidence: &Evidence, oracle: &mut Oracle, found: &mut Violations) -> BTreeMap<String, u64> {
    let text = |record: &Written| String::from_utf8_lossy(&record.value).into_owned();
    let notices = in_order(&evidence.notices).into_iter().map(|record| json!([record.key, record.read, text(record)]));
    let deliveries = in_order(&evidence.deliveries).into_iter().map(|record| json!([record.time, text(record)]));
    let opted: Vec<(&str, i64)> =
        evidence.preferences.iter().map(|record| (record.key.as_str(), record.read)).collect();
    let reading = oracle.untold(&json!({
        "do": "untold", "notices": notices.collect::<Vec<_>>(), "deliveries": deliveries.collect::<Vec<_>>(), "opted": opted,
        "until": evidence.until, "within": TOLD_WITHIN_MS, "well": evidence.well,
    }));
    reading.wrong.into_iter().for_each(|wrong| found.add("rightly_untold", wrong));
    reading.suppressed
}

/// As they stand in their partitions.
fn in_order(records: &[Written]) -> Vec<&Written> {
    let mut records: Vec<&Written> = records.iter().collect();
    records.sort_by_key(|record| (record.partition, record.offset));
    records
}
