//! How the demonstration says things: times by the courier's clock, parcels by their last digits.

use chrono::FixedOffset;
use serde_json::Value;

use crate::model::{ConditionKind, RerouteOption, Timestamp, WorkOrder};

fn local(at: Timestamp, format: &str) -> String {
    // Where all hubs are.
    let offset = FixedOffset::east_opt(8 * 3600).expect("eight hours are less than a day");
    at.to_utc().with_timezone(&offset).format(format).to_string()
}

/// "08:42".
pub fn clock(at: Timestamp) -> String {
    local(at, "%H:%M")
}

/// "Mon 23 Nov, 08:42".
pub fn day_and_time(at: Timestamp) -> String {
    local(at, "%a %-d %b, %H:%M")
}

/// "…0017".
pub fn short(parcel: &str) -> String {
    let from = parcel.char_indices().rev().nth(3).map_or(0, |(at, _)| at);
    format!("…{}", &parcel[from..])
}

/// "never uploaded".
pub fn kind_name(kind: ConditionKind) -> String {
    kind.name().replace('_', " ")
}

/// "never uploaded", of a webhook's event.
pub fn notice_kind(event: &Value) -> Option<String> {
    event["type"].as_str()?.strip_prefix("parcelwatch.notice.").map(|kind| kind.replace('_', " "))
}

/// "locker LK-NKG".
pub fn described(order: &WorkOrder) -> String {
    let name = order.option.map(RerouteOption::name).or(order.condition.map(ConditionKind::name));
    let option = name.unwrap_or(&order.kind).replace('_', " ");
    match (&order.detail.place, order.detail.slot) {
        (Some(place), _) => format!("{option} {place}"),
        (None, Some(slot)) => format!("{option}, {}–{}", day_and_time(slot.from), clock(slot.to)),
        _ => option,
    }
}

/// A number or an address as it is shown where everybody may look: its owner recognises it, nobody else learns it.
pub fn masked(contact: &str) -> String {
    match contact.split_once('@') {
        Some((name, domain)) => {
            let first: String = name.chars().take(1).collect();
            let last: String = name.chars().skip(name.chars().count().saturating_sub(2)).collect();
            format!("{first}···{last}@{domain}")
        }
        None => {
            let (first, last) = (contact.get(..3).unwrap_or_default(), contact.len().saturating_sub(3));
            format!("{first}·····{}", contact.get(last..).unwrap_or_default())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contacts_are_masked() {
        assert_eq!(masked("+8613800000017"), "+86·····017");
        assert_eq!(masked("reader031@example.com"), "r···31@example.com");
    }
}
