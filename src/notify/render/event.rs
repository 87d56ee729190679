//! The body of a webhook: a CloudEvent 1.0 in JSON.
//!
//! It holds facts and no contacts, nor the code with which a parcel is collected. It depends on the notice and
//! `notify.source` alone, and stays under 20 kB (Standard Webhooks) because every text in it is cut.

use serde::Serialize;
use serde_json::{Value, json};

use super::content::Content;
use crate::model::{Facts, Issued, Timestamp};
use crate::notify::policy::NotifyPolicy;

/// Texts of the hubs (reasons, places) are cut to as many characters: a quarter of a kilobyte of Chinese.
const TEXT_MAX: usize = 80;
/// Lists of the notice are cut to as many items.
const LIST_MAX: usize = 32;

#[derive(Serialize)]
struct Event<'a> {
    specversion: &'static str,
    id: &'a str,
    source: &'a str,
    #[serde(rename = "type")]
    kind: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<&'a str>,
    time: Timestamp,
    datacontenttype: &'static str,
    data: Value,
}

/// The event; none where it cannot be written, which no content brings about.
pub fn event(id: &str, content: &Content, policy: &NotifyPolicy) -> Option<String> {
    let (subject, time, kind, data) = match content {
        Content::Notice(issued) => (Some(&*issued.parcel_id), issued.at, issued.kind.name(), notice(issued)),
        Content::Digest(digest) => (None, digest.to, "digest", json!(digest)),
    };
    let event = Event {
        specversion: "1.0",
        id,
        source: &policy.source,
        kind: format!("parcelwatch.notice.{kind}"),
        subject,
        time,
        datacontenttype: "application/json",
        data,
    };
    serde_json::to_string(&event).ok()
}

fn notice(issued: &Issued) -> Value {
    let mut data = json!({
        "parcel_id": issued.parcel_id,
        "journey": issued.journey,
        "kind": issued.kind,
        "level": issued.level,
        "severity": issued.severity,
        "episode": issued.episode,
        "revision": issued.revision,
        "audience": issued.audience,
        "at": issued.at,
        "expires": issued.expires,
        "facts": facts(&issued.facts),
    });
    if let Some(merchant) = &issued.merchant {
        data["merchant"] = json!(cut(merchant));
    }
    if !issued.options.is_empty() {
        data["options"] = issued.options.iter().take(LIST_MAX).map(|option| cut(option)).collect();
        data["offer_until"] = json!(issued.offer_until);
    }
    if !issued.resolves.is_empty() {
        data["resolves"] = issued.resolves.iter().take(LIST_MAX).map(|id| cut(id.as_str())).collect();
    }
    data
}

/// The facts without the code of collection, which is the recipient's alone.
fn facts(facts: &Facts) -> Facts {
    let cut = |text: &Option<String>| text.as_deref().map(cut);
    Facts {
        hub: cut(&facts.hub),
        reason: cut(&facts.reason),
        place: cut(&facts.place),
        place_kind: cut(&facts.place_kind),
        pickup_code: None,
        ended: facts.ended.iter().copied().take(LIST_MAX).collect(),
        ..facts.clone()
    }
}

fn cut(text: &str) -> String {
    text.chars().take(TEXT_MAX).collect()
}
