//! What was told and is over: who is to hear that all is well again, and who that it was never true.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::condition_id;
use crate::model::{Audience, Change, Code, ConditionKind, NoticeId, RecipientKey};
use crate::track::parcel::{EndReason, Parcel};
use crate::track::step::Step;

/// Notices of ended conditions that wait to be resolved, at most; the oldest are dropped. More: a parcel that goes on and
/// off for weeks fills the state. Fewer: a `recovered` misses what its reader was told first.
const OVER_MAX: usize = 32;

/// A notice about a condition that is over. Part of saved state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::track) struct Over {
    pub id: NoticeId,
    pub kind: ConditionKind,
    pub audience: Audience,
    pub key: RecipientKey,
    /// It was never true.
    pub refuted: bool,
}

/// A condition is about to be removed: what was issued of it is to be resolved, if a scan ended it.
pub(super) fn ended(step: &mut Step<'_>, index: usize, change: Change) {
    let (parcel, open) = (&*step.parcel, &step.parcel.open[index]);
    let refuted = change == Change::Retracted;
    // Hubs are told in digests, from which what is withdrawn drops out.
    let people = open.told.iter().filter(|told| told.audience != Audience::HubOps);
    let over: Vec<Over> = people
        .map(|told| Over {
            id: condition_id(step.id, parcel.journey, open, told),
            kind: open.kind,
            audience: told.audience,
            key: told.key.clone(),
            refuted,
        })
        .collect();
    if over.is_empty() {
        return;
    }
    let telling = &mut step.parcel.telling;
    telling.over.extend(over);
    let surplus = telling.over.len().saturating_sub(OVER_MAX);
    telling.over.drain(..surplus);
    if step.scan_time.is_some() {
        telling.over_at = Some(step.at);
    }
}

/// Whether nobody is told that all is well, since it is not.
fn is_bad_end(parcel: &Parcel) -> bool {
    let ended_badly = parcel.ended.is_some_and(|ended| match ended.reason {
        EndReason::Scan(code) => matches!(code, Code::Lost | Code::Cancelled | Code::Returned),
        EndReason::Cancelled | EndReason::Expired => true,
    });
    ended_badly || parcel.stage.has(|code| code == Code::Returning)
}

/// Notices to be resolved together.
pub(super) type Readers = BTreeMap<(Audience, RecipientKey), Vec<Over>>;

/// Takes out what is to be told as never true.
pub(super) fn take_refuted(parcel: &mut Parcel) -> Readers {
    by_reader(parcel, |over| over.refuted)
}

/// Takes out what is to be told as over: of readers of whom no told condition stays open and for whom there is no other
/// news. What waits goes into the next one.
pub(super) fn take_recovered(parcel: &mut Parcel, news: &[(Audience, RecipientKey)]) -> Readers {
    if is_bad_end(parcel) {
        return Readers::new();
    }
    let standing: Vec<_> = parcel.open.iter().flat_map(|open| &open.told).cloned().collect();
    by_reader(parcel, |over| {
        let same = |audience: Audience, key: &RecipientKey| audience == over.audience && *key == over.key;
        !over.refuted
            && !standing.iter().any(|told| same(told.audience, &told.key))
            && !news.iter().any(|(audience, key)| same(*audience, key))
    })
}

fn by_reader(parcel: &mut Parcel, which: impl Fn(&Over) -> bool) -> Readers {
    let mut readers = Readers::new();
    for over in parcel.telling.over.extract_if(.., |over| which(over)) {
        readers.entry((over.audience, over.key.clone())).or_default().push(over);
    }
    readers
}
