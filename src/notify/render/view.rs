//! What templates may say: the facts of a notice as texts for one reader. A fact that is unknown, or
//! not for this reader, is none.

use serde::Serialize;

use super::content::Digest;
use super::text::line;
use super::{Locale, Reader, when, words};
use crate::model::{Audience, Eta, Issued, NoticeKind, Timestamp};
use crate::notify::policy::NotifyPolicy;

/// What a template is filled with.
#[derive(Serialize)]
#[serde(untagged)]
pub enum View {
    Notice(Box<NoticeView>),
    Digest(DigestView),
}

/// A notice for one reader.
#[derive(Serialize)]
pub struct NoticeView {
    /// "your parcel …0017", within a sentence and at its beginning.
    parcel: String,
    #[serde(rename = "Parcel")]
    parcel_first: String,
    /// The whole id, for a list of facts and never within a sentence; none for recipients.
    parcel_id: Option<String>,
    condition: Option<&'static str>,
    level: &'static str,
    at: String,
    /// The code of the last scan, to choose words by, and its label.
    stage: Option<&'static str>,
    stage_label: Option<&'static str>,
    hub: Option<String>,
    last_scan: Option<String>,
    promise: Option<String>,
    eta: Option<String>,
    due: Option<String>,
    reason: Option<String>,
    place: Option<String>,
    pickup_code: Option<String>,
    free_until: Option<String>,
    /// Names of the conditions that are over, to choose words by, and their labels.
    ended: Vec<&'static str>,
    ended_labels: String,
    options: Option<String>,
    offer_until: Option<String>,
    merchant: Option<String>,
    help: Option<String>,
}

/// A digest.
#[derive(Serialize)]
pub struct DigestView {
    hub: String,
    window: String,
    total: u64,
    counts: Vec<DigestRow>,
    parcels: Vec<DigestRow>,
    more: u64,
}

#[derive(Serialize)]
struct DigestRow {
    parcel_id: String,
    condition: &'static str,
    level: &'static str,
    count: u64,
}

/// What a reader may be told of a notice.
pub fn notice(issued: &Issued, reader: &Reader, policy: &NotifyPolicy) -> NoticeView {
    let facts = &issued.facts;
    let locale = reader.locale;
    let is_own = matches!(reader.audience, Audience::Recipient | Audience::Sender);
    let moment = |at: Option<Timestamp>| at.map(|at| when::moment(at, reader));
    let (parcel_first, parcel) = parcel(&issued.parcel_id, reader);
    NoticeView {
        parcel,
        parcel_first,
        parcel_id: (!is_own).then(|| line(&issued.parcel_id)),
        condition: issued.kind.condition().map(|kind| words::condition(locale, kind)),
        level: words::level(locale, issued.level),
        at: when::moment(issued.at, reader),
        stage: facts.stage.map(|code| code.name()),
        stage_label: facts.stage.map(|code| words::stage(locale, code)),
        hub: facts.hub.as_deref().and_then(|code| hub(code, is_own, policy)),
        last_scan: moment(facts.last_scan),
        // "Still promised" is said of what is to come.
        promise: moment(facts.promise.filter(|promise| issued.kind != NoticeKind::Corrected || *promise > issued.at)),
        eta: facts.eta.map(|Eta { from, to }| when::window(Eta { from: from.min(to), to }, reader)),
        due: moment(facts.due),
        reason: facts.reason.as_deref().and_then(|word| match words::reason(locale, word) {
            Some(clause) => Some(clause.to_owned()),
            // A word of the hubs' that we do not know is jargon to a recipient.
            None => (!is_own).then(|| line(word)).filter(|word| !word.is_empty()),
        }),
        place: place(issued, locale),
        pickup_code: facts.pickup_code.as_deref().map(line).filter(|_| is_own),
        // Nobody can collect by a day that is past.
        free_until: moment(facts.free_until.filter(|until| !is_own || *until > issued.at)),
        ended: facts.ended.iter().map(|kind| kind.name()).collect(),
        ended_labels: facts.ended.iter().map(|kind| words::condition(locale, *kind)).collect::<Vec<_>>().join(", "),
        options: options(issued, locale),
        offer_until: moment(issued.offer_until),
        merchant: issued.merchant.as_deref().map(line).filter(|_| !is_own),
        help: Some(line(&policy.help)).filter(|help| !help.is_empty()),
    }
}

/// What a hub is told.
pub fn digest(digest: &Digest, reader: &Reader) -> DigestView {
    let locale = reader.locale;
    DigestView {
        hub: line(digest.subject()),
        window: when::window(Eta { from: digest.from, to: digest.to }, reader),
        total: digest.total,
        counts: digest
            .counts
            .iter()
            .map(|row| DigestRow {
                parcel_id: String::new(),
                condition: words::condition(locale, row.kind),
                level: words::level(locale, row.level),
                count: row.count,
            })
            .collect(),
        parcels: digest
            .parcels
            .iter()
            .map(|row| DigestRow {
                parcel_id: line(&row.parcel_id),
                condition: words::condition(locale, row.kind),
                level: words::level(locale, row.level),
                count: 1,
            })
            .collect(),
        more: digest.more,
    }
}

/// The parcel at the beginning of a sentence and within one.
fn parcel(id: &str, reader: &Reader) -> (String, String) {
    let count = id.chars().count();
    let tail: String = line(id).chars().skip(count.saturating_sub(4)).collect();
    let (first, within) = match (reader.locale, reader.audience) {
        (Locale::En, Audience::Recipient) => (format!("Your parcel …{tail}"), format!("your parcel …{tail}")),
        (Locale::En, Audience::Sender) => {
            (format!("The parcel you sent (…{tail})"), format!("the parcel you sent (…{tail})"))
        }
        (Locale::En, _) => (format!("Parcel …{tail}"), format!("parcel …{tail}")),
        (Locale::ZhCn, Audience::Recipient) => (format!("您的快件（尾号{tail}）"), format!("您的快件（尾号{tail}）")),
        (Locale::ZhCn, Audience::Sender) => {
            (format!("您寄出的快件（尾号{tail}）"), format!("您寄出的快件（尾号{tail}）"))
        }
        (Locale::ZhCn, _) => (format!("快件（尾号{tail}）"), format!("快件（尾号{tail}）")),
    };
    (first, within)
}

/// A hub by its name; by its code only to those who work with hubs.
fn hub(code: &str, is_own: bool, policy: &NotifyPolicy) -> Option<String> {
    match (policy.hub_names.get(code), is_own) {
        (Some(name), true) => Some(line(name)),
        (Some(name), false) => Some(line(&format!("{name} ({code})"))),
        (None, true) => None,
        (None, false) => Some(line(code)),
    }
}

fn place(issued: &Issued, locale: Locale) -> Option<String> {
    let kind = issued.facts.place_kind.as_deref().and_then(|kind| words::place_kind(locale, kind));
    let place = issued.facts.place.as_deref().map(line).filter(|place| !place.is_empty());
    match (kind, place) {
        (Some(kind), Some(place)) => Some(format!("{kind} {place}")),
        (Some(kind), None) => Some(kind.to_owned()),
        (None, place) => place,
    }
}

fn options(issued: &Issued, locale: Locale) -> Option<String> {
    // After the end of a matter there is nothing left to choose.
    if matches!(issued.kind, NoticeKind::Recovered | NoticeKind::Corrected) {
        return None;
    }
    let options: Vec<&str> = issued.options.iter().filter_map(|option| words::option(locale, option)).collect();
    Some(words::alternatives(locale, &options)).filter(|text| !text.is_empty())
}
