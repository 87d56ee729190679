//! A window's digest: what it says, and the notice that carries it.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::{Item, audience_of};
use crate::model::{ConditionKind, Level, NoticeId, NoticeKind, RecipientKey, Timestamp};
use crate::notify::policy::DigestPolicy;
use crate::notify::render::{Digest, DigestCount, DigestParcel};
use crate::notify::thread::{Body, Entry, Phase, SEPARATOR, Wait};

/// What a window's digest says: each parcel once per condition, at its worst level.
/// At most `list` of them are listed. For whom and of which window is for the caller to say.
pub(super) fn summary<'a>(items: impl Iterator<Item = &'a Item>, list: usize) -> Digest {
    let mut worst: BTreeMap<(&str, ConditionKind), Level> = BTreeMap::new();
    for item in items {
        let level = worst.entry((&item.parcel_id, item.kind)).or_insert(item.level);
        *level = item.level.max(*level);
    }
    let mut counted: BTreeMap<(Reverse<Level>, ConditionKind), u64> = BTreeMap::new();
    for ((_, kind), level) in &worst {
        *counted.entry((Reverse(*level), *kind)).or_default() += 1;
    }
    let counts =
        counted.into_iter().map(|((Reverse(level), kind), count)| DigestCount { kind, level, count }).collect();
    let total = worst.keys().map(|(parcel_id, _)| parcel_id).collect::<BTreeSet<_>>().len() as u64;
    let mut order: Vec<((&str, ConditionKind), Level)> = worst.into_iter().collect();
    // The worst first; within a level by kind and parcel, as they come.
    order.sort_by_key(|((_, kind), level)| (Reverse(*level), *kind));
    let more = order.len().saturating_sub(list) as u64;
    let listed = order.into_iter().take(list);
    let parcels = listed
        .map(|((parcel_id, kind), level)| DigestParcel { parcel_id: parcel_id.to_owned(), kind, level })
        .collect();
    let (from, to) = (Timestamp::MIN, Timestamp::MIN);
    Digest { hub: String::new(), merchant: None, from, to, total, counts, parcels, more }
}

/// The id of the digest of a window that ends so.
pub(super) fn notice_id(recipient: &RecipientKey, to: Timestamp) -> NoticeId {
    NoticeId::of(&["digest", recipient.as_str(), &to.to_string()])
}

/// The digest as a notice of its own, in a thread of its own.
pub fn entry(digest: &Digest, recipient: &RecipientKey, policy: &DigestPolicy) -> (String, Entry) {
    let window = digest.to.to_string();
    let body = Body(serde_json::to_string(digest).expect("a digest is JSON"));
    let entry = Entry {
        id: notice_id(recipient, digest.to),
        kind: NoticeKind::Digest,
        level: digest.counts.first().map_or(Level::Info, |count| count.level),
        episode: 0,
        audience: audience_of(recipient),
        merchant: digest.merchant.clone(),
        at: digest.to,
        expires: digest.to + policy.useful_for,
        date: None,
        resolves: Vec::new(),
        over: false,
        phase: Phase::Waiting { due: digest.to, wait: Wait::Decision },
        tried: Vec::new(),
        body: Some(body),
        counted: None,
    };
    // No parcel and no journey: the window tells one digest from the next.
    (format!("{recipient}{SEPARATOR}{SEPARATOR}{window}"), entry)
}
