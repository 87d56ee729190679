//! The body of a webhook: a CloudEvent 1.0 in JSON.
//!
//! It holds facts and no contacts, nor the code with which a parcel is collected, nor a link that could choose. It depends on the notice and
//! `notify.source` alone, and stays under 20 kB (Standard Webhooks) because every text in it is cut.

use serde::Serialize;
use serde_json::{Value, json};

use super::content::{Content, Digest, DigestParcel};
use super::text::line;
use crate::model::{Chosen, Facts, Fee, Issued, Offered, Timestamp};
use crate::notify::policy::NotifyPolicy;

/// Lists of a notice are cut to as many items. Larger: with the longest texts a body outgrows 20 kB.
const LIST_MAX: usize = 16;
/// A digest lists parcels up to as many bytes of JSON; with all its counts it stays below 20 kB.
const PARCELS_MAX_BYTES: usize = 12_000;

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
        Content::Digest(digest) => (None, digest.to, "digest", json!(bounded(digest))),
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
        data["merchant"] = json!(line(merchant));
    }
    if !issued.options.is_empty() {
        data["options"] = issued.options.iter().take(LIST_MAX).map(|option| line(option)).collect();
    }
    if !issued.offers.is_empty() {
        data["offers"] = issued.offers.iter().take(LIST_MAX).map(offered).collect();
    }
    if !(issued.options.is_empty() && issued.offers.is_empty()) {
        data["offer_until"] = json!(issued.offer_until);
    }
    if !issued.resolves.is_empty() {
        data["resolves"] = issued.resolves.iter().take(LIST_MAX).map(|id| line(id.as_str())).collect();
    }
    data
}

/// An option with its fee, which is never left out. The link is the reader's alone and is not here.
fn offered(offer: &Offered) -> Value {
    json!({"option": offer.option, "fee": fee(&offer.fee)})
}

fn fee(fee: &Fee) -> Fee {
    Fee { amount: line(&fee.amount), currency: line(&fee.currency) }
}

/// The facts without the code of collection, which is the recipient's alone.
fn facts(facts: &Facts) -> Facts {
    let cut = |text: &Option<String>| text.as_deref().map(line);
    Facts {
        hub: cut(&facts.hub),
        reason: cut(&facts.reason),
        place: cut(&facts.place),
        place_kind: cut(&facts.place_kind),
        place_name: cut(&facts.place_name),
        hours: cut(&facts.hours),
        pickup_code: None,
        choice: facts.choice.as_ref().map(|chosen| Chosen {
            id: line(&chosen.id),
            place: cut(&chosen.place),
            place_name: cut(&chosen.place_name),
            fee: chosen.fee.as_ref().map(fee),
            reason: cut(&chosen.reason),
            ..chosen.clone()
        }),
        ended: facts.ended.iter().copied().take(LIST_MAX).collect(),
        ..facts.clone()
    }
}

/// A digest whose list is not too long.
fn bounded(digest: &Digest) -> Digest {
    let mut bytes = 0;
    let fits = |parcel: &&DigestParcel| {
        bytes += serde_json::to_string(parcel).map_or(PARCELS_MAX_BYTES, |json| json.len() + 1);
        bytes <= PARCELS_MAX_BYTES
    };
    let parcels: Vec<DigestParcel> = digest.parcels.iter().take_while(fits).cloned().collect();
    let more = digest.more.saturating_add((digest.parcels.len() - parcels.len()) as u64);
    let merchant = digest.merchant.as_deref().map(line);
    Digest { hub: line(&digest.hub), merchant, parcels, more, ..digest.clone() }
}
