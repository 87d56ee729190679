//! The body of a webhook: facts and no contacts, fees and no link, never too large.

use super::super::content::{Digest, DigestCount, DigestParcel};
use super::*;
use crate::model::{Chosen, ConditionKind, Fee, NoticeId, Offered, RerouteChange, RerouteOption, Timestamp};

fn event(issued: &Issued) -> String {
    match made(issued, Locale::En, Channel::Webhook, SmsProvider::Twilio, &world(Locale::En)) {
        Some(Message::Json(json)) => json,
        other => panic!("expected an event, found {other:?}"),
    }
}

#[test]
fn a_webhook_carries_a_cloud_event_with_facts_and_no_contact() {
    let json = event(&full("stalled", Audience::Merchant, Locale::En));
    let event: serde_json::Value = serde_json::from_str(&json).unwrap();
    for (attribute, value) in [
        ("specversion", "1.0"),
        ("id", "ntc_sample"),
        ("source", "parcelwatch"),
        ("type", "parcelwatch.notice.stalled"),
        ("subject", "SF1024000000017"),
        ("time", "2026-11-24T13:40:00.001Z"),
        ("datacontenttype", "application/json"),
    ] {
        assert_eq!(event[attribute], value, "{attribute}");
    }
    assert_eq!(event["data"]["kind"], "stalled");
    assert_eq!(event["data"]["facts"]["hub"], "HGH01");
    for secret in ["wf@example.com", "13800000000", "王芳", "8-4-2017"] {
        assert!(!json.contains(secret), "{secret} in {json}");
    }
}

#[test]
fn a_webhook_carries_what_is_offered_at_what_fee_and_until_when_and_no_link() {
    let json = event(&full("delayed", Audience::Merchant, Locale::En));
    let data = &serde_json::from_str::<serde_json::Value>(&json).unwrap()["data"];
    assert_eq!(data["options"][2], "address");
    assert_eq!(
        data["offers"][2],
        serde_json::json!({"option": "address", "fee": {"amount": "8.00", "currency": "CNY"}})
    );
    assert_eq!(data["offer_until"], "2026-11-25T00:00:00.000Z");
    assert!(!json.contains("pw.example") && !json.contains("link"), "{json}");
}

#[test]
fn a_webhook_never_carries_the_code_of_collection() {
    let json = event(&full("collection", Audience::Merchant, Locale::En));
    assert!(json.contains("LK-0310") && !json.contains("8-4-2017"), "{json}");
}

#[test]
fn a_webhook_stays_below_twenty_kilobytes_whatever_the_hubs_write() {
    let mut issued = full("recovered", Audience::Merchant, Locale::En);
    // A control character takes six bytes in JSON, the most that one can take.
    let long = "\u{1}".repeat(100_000);
    issued.parcel_id = "𝄞".repeat(64);
    issued.merchant = Some(long.clone());
    issued.facts.hub = Some(long.clone());
    issued.facts.reason = Some(long.clone());
    issued.facts.place = Some(long.clone());
    issued.facts.place_kind = Some(long.clone());
    issued.facts.ended = vec![ConditionKind::ThoroughlyDelayed; 1000];
    issued.options = vec!["\u{1}".repeat(1000); 1000];
    let fee = Fee { amount: long.clone(), currency: long.clone() };
    issued.offers = vec![Offered { option: RerouteOption::SafePlace, fee: fee.clone() }; 1000];
    issued.facts.choice = Some(Chosen {
        id: long.clone(),
        option: RerouteOption::SafePlace,
        change: RerouteChange::Requested,
        place: Some(long.clone()),
        place_name: Some(long.clone()),
        slot: None,
        fee: Some(fee),
        reason: Some(long.clone()),
    });
    issued.facts.place_name = Some(long.clone());
    issued.facts.hours = Some(long.clone());
    issued.resolves = vec![NoticeId::from_text("n".repeat(256)); 1000];
    let size = event(&issued).len();
    assert!(size < 20_000, "{size} bytes");
}

#[test]
fn the_longest_digest_stays_below_twenty_kilobytes() {
    let parcel =
        DigestParcel { parcel_id: "𝄞".repeat(64), kind: ConditionKind::ThoroughlyDelayed, level: Level::Critical };
    let count = DigestCount { kind: ConditionKind::ThoroughlyDelayed, level: Level::Critical, count: u64::MAX };
    let digest = Digest {
        hub: "\u{1}".repeat(100_000),
        merchant: Some("\u{1}".repeat(100_000)),
        from: Timestamp::LAST,
        to: Timestamp::LAST,
        total: u64::MAX,
        counts: vec![count; ConditionKind::ALL.len() * 4],
        parcels: vec![parcel; 100],
        more: u64::MAX,
    };
    let size = super::super::event::event("ntc_1", &Content::Digest(Box::new(digest)), &NotifyPolicy::default())
        .unwrap()
        .len();
    assert!(size < 20_000, "{size} bytes");
}
