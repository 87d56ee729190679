//! "Only what is worse or other" (rules.md, "Who is told"): whether a notice is news to its reader,
//! judged on what left, within one thread.
//!
//! Kinds fall into groups. Within a group a reader is told the first notice and then only worse ones;
//! a `recovered` that was told begins the group anew, a `corrected` takes back the notices that it
//! names. A changed date, an attempt and a collection are news of their own.

use std::time::Duration;

use super::reason::{Suppression, Why};
use super::thread::{End, Entry, Phase, Thread};
use crate::model::{Audience, ConditionKind, Level, NoticeKind};

/// Kinds among which one can be worse than another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Group {
    Lateness,
    /// A condition that is compared with itself alone.
    Own(ConditionKind),
    /// Each is news: a delivery attempt, a collection, a digest, what became of a choice.
    News(NoticeKind),
    /// `recovered`, `corrected`: judged by what they resolve.
    Resolution,
}

fn group(kind: NoticeKind) -> Group {
    use ConditionKind::*;
    match kind {
        NoticeKind::Condition(NeverUploaded | Stalled | Delayed | ThoroughlyDelayed) => Group::Lateness,
        NoticeKind::Condition(AttemptFailed) | NoticeKind::Collection | NoticeKind::Digest | NoticeKind::Choice => {
            Group::News(kind)
        }
        NoticeKind::Condition(own) => Group::Own(own),
        NoticeKind::Recovered | NoticeKind::Corrected => Group::Resolution,
    }
}

/// How bad a notice is within its group: by level, at equal levels in the order in which rules.md names the kinds
/// (a broken promise is worse than a stall of the same level).
fn rank(entry: &Entry) -> (Level, u8) {
    use ConditionKind::*;
    let order = match entry.kind.condition() {
        Some(NeverUploaded) => 0,
        Some(Stalled) => 1,
        Some(Delayed) => 2,
        Some(ThoroughlyDelayed) => 3,
        _ => 0,
    };
    (entry.level, order)
}

/// Exempt from the gap between two notices and from quiet hours: attempts, collections and what became of a choice cannot wait.
pub fn is_urgent(kind: NoticeKind) -> bool {
    matches!(group(kind), Group::News(_))
}

/// Whether the gap applies to this reader at all.
pub fn is_person(audience: Audience) -> bool {
    matches!(audience, Audience::Recipient | Audience::Sender)
}

/// Whether entry `i` is to be told, and why, or why not. Looks only at what left; the gap, the contact and the
/// sending mode come after.
pub fn judge(thread: &Thread, i: usize, changed_by: Duration) -> Result<Why, Suppression> {
    let entry = &thread.entries[i];
    if superseded(thread, i, changed_by) {
        return Err(Suppression::Superseded);
    }
    if entry.told_at().is_some() {
        return Ok(Why::Repeat);
    }
    match (entry.kind, group(entry.kind)) {
        (NoticeKind::Recovered, _) => recovered(thread, i, changed_by),
        (NoticeKind::Corrected, _) => corrected(thread, i),
        (NoticeKind::Collection, _) => Ok(Why::Collection),
        (NoticeKind::Digest, _) => Ok(Why::Digest),
        (NoticeKind::Choice, _) => Ok(Why::Choice),
        (_, Group::News(_)) if told(thread).any(|known| known.same_opening(entry)) => Err(Suppression::NotWorse),
        (_, Group::News(_)) => Ok(Why::Attempt),
        (_, group) => worse(thread, entry, group, changed_by),
    }
}

/// Another notice of its group, waiting, stands in its place: a worse one, or an equal one that is newer. What may have
/// been told already (its outcome is unknown) gives way only to what is news beside it, and also to such a
/// one that was told later. Of two that say that all is well the newer speaks.
fn superseded(thread: &Thread, i: usize, changed_by: Duration) -> bool {
    let entry = &thread.entries[i];
    let told = entry.told_at();
    thread.entries.iter().enumerate().any(|(j, other)| {
        let stands = !other.over && (other.is_waiting() || told.is_some_and(|first| other.told_at() > Some(first)));
        let stronger = match group(entry.kind) {
            Group::Resolution => entry.kind == NoticeKind::Recovered && other.kind == entry.kind && j > i,
            of if of != group(other.kind) => false,
            of => {
                let is_news = || matches!(of, Group::News(_)) || date_changed(thread, other, changed_by);
                rank(other) > rank(entry) || rank(other) == rank(entry) && j > i && (told.is_none() || is_news())
            }
        };
        j != i && stands && stronger
    })
}

fn worse(thread: &Thread, entry: &Entry, of: Group, changed_by: Duration) -> Result<Why, Suppression> {
    // A parcel that waits for collection again is another matter than the time before.
    let comparable = |known: &&Entry| of != Group::Own(ConditionKind::Uncollected) || known.same_opening(entry);
    let Some(worst) = known(thread, of).filter(comparable).map(rank).max() else { return Ok(Why::First) };
    if rank(entry) > worst {
        Ok(Why::Worse)
    } else if of == Group::Lateness && date_changed(thread, entry, changed_by) {
        Ok(Why::ChangedDate)
    } else {
        Err(Suppression::NotWorse)
    }
}

/// Whether the notice names another date than the last one that named any: another day of the reader's, or
/// further away by `changed_by`.
fn date_changed(thread: &Thread, entry: &Entry, changed_by: Duration) -> bool {
    let Some((date, day)) = entry.date else { return false };
    let last = told(thread).filter(|known| known.date.is_some()).max_by_key(|known| known.told_at());
    last.and_then(|known| known.date)
        .is_some_and(|(told, told_day)| day != told_day || date.max(told).since(date.min(told)) >= changed_by)
}

/// All is well again, to a reader who was told otherwise, and only if nothing else stands or is to be told.
fn recovered(thread: &Thread, i: usize, changed_by: Duration) -> Result<Why, Suppression> {
    let entry = &thread.entries[i];
    let resolved = || thread.entries.iter().filter(|other| entry.resolves.contains(&other.id));
    // Judged by group: a notice that was not told because its reader knew as much already is resolved too.
    if !resolved().any(|other| known(thread, group(other.kind)).next().is_some()) {
        return Err(Suppression::NothingTold);
    }
    let ends = |other: &Entry| other.kind.condition().is_some_and(|kind| !kind.is_instant());
    let others = || thread.entries.iter().enumerate().filter(|(_, other)| ends(other) && !other.over);
    let known_to_reader = |other: &Entry| {
        other.told_at().is_some() || other.phase == Phase::Ended(End::Suppressed(Suppression::NotWorse))
    };
    let newer = |j: usize, other: &Entry| j > i && known(thread, group(other.kind)).next().is_some();
    if others().any(|(j, other)| known_to_reader(other) || newer(j, other)) {
        return Err(Suppression::StillOpen);
    }
    let news = |(j, other): (usize, &Entry)| {
        other.is_waiting() && group(other.kind) != Group::Resolution && judge(thread, j, changed_by).is_ok()
    };
    if thread.entries.iter().enumerate().any(news) { Err(Suppression::OtherNews) } else { Ok(Why::Recovered) }
}

/// What was told was never true, to a reader who was told just that.
fn corrected(thread: &Thread, i: usize) -> Result<Why, Suppression> {
    let entry = &thread.entries[i];
    if told(thread).any(|known| takes_back(thread, entry, known)) {
        Ok(Why::Corrected)
    } else {
        Err(Suppression::NothingTold)
    }
}

/// Whether a `corrected` waits, however long it has been due: something still stands of which its reader would know nothing any more, since it
/// was not told as being no worse than what is taken back.
pub fn waits(thread: &Thread, i: usize) -> bool {
    let entry = &thread.entries[i];
    if entry.kind != NoticeKind::Corrected || entry.told_at().is_some() {
        return false;
    }
    let is_untold = |other: &&Entry| !other.over && other.phase == Phase::Ended(End::Suppressed(Suppression::NotWorse));
    let mut covered = thread.entries.iter().filter(is_untold);
    let mistaken = |of: Group| told(thread).any(|known| group(known.kind) == of && takes_back(thread, entry, known));
    let is_known = |other: &Entry| known(thread, group(other.kind)).any(|known| rank(known) >= rank(other));
    covered.any(|other| mistaken(group(other.kind)) && !is_known(other))
}

/// How bad a notice is when one of several is to be told; a `corrected` is as bad as what it takes back.
pub fn gravity(thread: &Thread, i: usize) -> Level {
    let entry = &thread.entries[i];
    let mistaken = told(thread).filter(|known| takes_back(thread, entry, known)).map(|known| known.level);
    mistaken.chain([entry.level]).max().unwrap_or(entry.level)
}

/// What left, whenever.
fn told(thread: &Thread) -> impl Iterator<Item = &Entry> {
    thread.entries.iter().filter(|entry| entry.told_at().is_some())
}

/// What the reader was told of a group, has not been told to be over or wrong, and is not about to be told to be wrong.
fn known(thread: &Thread, of: Group) -> impl Iterator<Item = &Entry> {
    let waits = |entry: &&Entry| entry.kind == NoticeKind::Corrected && entry.is_waiting();
    let undone = move |entry: &Entry| {
        told(thread).any(|later| undone(thread, entry, later))
            || thread.entries.iter().filter(waits).any(|correction| takes_back(thread, correction, entry))
    };
    told(thread).filter(move |entry| group(entry.kind) == of && !undone(entry))
}

/// Whether `later`, which was told, makes `entry`, which was told before, as if untold.
fn undone(thread: &Thread, entry: &Entry, later: &Entry) -> bool {
    let resets = || {
        let mut resolved = thread.entries.iter().filter(|other| later.resolves.contains(&other.id));
        resolved.any(|other| group(other.kind) == group(entry.kind))
    };
    entry.told_at() <= later.told_at()
        && match later.kind {
            NoticeKind::Recovered => resets(),
            NoticeKind::Corrected => takes_back(thread, later, entry),
            _ => false,
        }
}

/// Whether a `corrected` speaks of this notice: of it by name, or of the same opening at another level.
fn takes_back(thread: &Thread, corrected: &Entry, entry: &Entry) -> bool {
    corrected
        .resolves
        .iter()
        .any(|id| *id == entry.id || thread.position(id).is_some_and(|j| thread.entries[j].same_opening(entry)))
}
