//! What is held, in words.

use std::collections::BTreeSet;
use std::fmt::Write;

use crate::model::{ControlAction, NoticeKind, Timestamp};
use crate::web::{HeldStorm, Storms};

/// A table: a line for each kind.
pub(super) fn list(found: &Storms) -> String {
    let mut out = String::new();
    let kinds: BTreeSet<NoticeKind> = found.storms.iter().map(|storm| storm.kind).collect();
    if kinds.is_empty() {
        out.push_str("nothing is held\n");
    } else {
        let _ = writeln!(out, "{:20} {:>10} {:>12}  since", "kind", "held", "partitions");
    }
    for kind in kinds {
        let Sum { held, partitions, since } = Sum::of(found, kind);
        let since = since.map_or_else(|| "decided, being carried out".to_owned(), |since| since.to_string());
        let of = format!("{partitions} of {}", found.partitions);
        let _ = writeln!(out, "{:20} {held:>10} {of:>12}  {since}", kind.name());
    }
    out + &silence(found)
}

/// What is about to happen.
pub(super) fn announce(found: &Storms, kinds: &[NoticeKind], action: ControlAction) -> String {
    let mut out = String::new();
    for kind in kinds {
        let Sum { held, partitions, since } = Sum::of(found, *kind);
        let since = since.map_or_else(String::new, |since| format!(" since {since}"));
        let _ = writeln!(
            out,
            "{}: {held} notices are held{since}, in {partitions} of {} partitions",
            kind.name(),
            found.partitions
        );
    }
    out += match action {
        ControlAction::Release => {
            "They will be sent now, as fast as the channels take them. What quiet hours keep waits for their end.\n"
        }
        ControlAction::Discard => "They will never be sent. That cannot be undone.\n",
    };
    out += "New notices of the kind are counted anew.\n";
    out + &silence(found)
}

/// The action as a person is asked about it.
pub(super) fn verb(action: ControlAction) -> &'static str {
    match action {
        ControlAction::Release => "Release",
        ControlAction::Discard => "Discard",
    }
}

/// In how many partitions what was held before is still held. A storm that has begun since then is another one.
pub(super) fn left(before: &Storms, now: &Storms, kinds: &[NoticeKind]) -> usize {
    let is_left = |storm: &&HeldStorm| {
        let same = |other: &&HeldStorm| other.partition == storm.partition && other.kind == storm.kind;
        let is_silent = !now.answered.contains(&storm.partition);
        is_silent
            || now.storms.iter().find(same).is_some_and(|other| other.since.is_none() || other.since == storm.since)
    };
    before.storms.iter().filter(|storm| kinds.contains(&storm.kind)).filter(is_left).count()
}

fn silence(found: &Storms) -> String {
    match found.silent() {
        0 => String::new(),
        silent => format!(
            "{silent} of {} partitions did not answer (restoring, or their instance is out of reach): what they hold is not counted\n",
            found.partitions
        ),
    }
}

/// A kind over all partitions.
struct Sum {
    held: u64,
    partitions: usize,
    /// The earliest; none where everything is decided.
    since: Option<Timestamp>,
}

impl Sum {
    fn of(found: &Storms, kind: NoticeKind) -> Sum {
        let storms = || found.storms.iter().filter(move |storm| storm.kind == kind);
        Sum {
            held: storms().map(|storm| storm.held).sum(),
            partitions: storms().count(),
            since: storms().filter_map(|storm| storm.since).min(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::NoticeKind::{Collection, Recovered};

    fn storm(partition: i32, kind: NoticeKind, since: Option<i64>, held: u64) -> HeldStorm {
        let since = since.map(|secs| Timestamp::from_millis(1_795_305_600_000 + secs * 1000));
        HeldStorm { partition, kind, since, held }
    }

    fn found(storms: Vec<HeldStorm>, answered: &[i32]) -> Storms {
        Storms { partitions: 3, answered: answered.iter().copied().collect(), storms, ..Storms::default() }
    }

    #[test]
    fn kinds_are_summed_and_silence_is_named() {
        let storms =
            vec![storm(0, Collection, Some(5), 40), storm(2, Collection, Some(1), 2), storm(2, Recovered, None, 7)];
        assert_eq!(
            list(&found(storms, &[0, 2])),
            "kind                       held   partitions  since\n\
             collection                   42       2 of 3  2026-11-22T00:00:01.000Z\n\
             recovered                     7       1 of 3  decided, being carried out\n\
             1 of 3 partitions did not answer (restoring, or their instance is out of reach): what they hold is not counted\n"
        );
        assert_eq!(list(&found(Vec::new(), &[0, 1, 2])), "nothing is held\n");
    }

    #[test]
    fn an_operator_is_told_how_many_and_what_becomes_of_them() {
        let storms = found(vec![storm(0, Collection, Some(5), 40)], &[0, 1, 2]);
        let text = announce(&storms, &[Collection], ControlAction::Discard);
        assert!(text.contains("40 notices are held since 2026-11-22T00:00:05.000Z, in 1 of 3 partitions"), "{text}");
        assert!(text.contains("never be sent") && !text.contains("did not answer"), "{text}");
    }

    #[test]
    fn a_decision_is_carried_out_when_nothing_of_the_old_storm_is_left() {
        let all = &[0, 1, 2];
        let before = found(vec![storm(0, Collection, Some(5), 40), storm(1, Recovered, Some(5), 40)], all);
        for (now, expected) in [
            (found(vec![storm(0, Collection, Some(5), 40)], all), 1),
            (found(vec![storm(0, Collection, None, 10)], all), 1),
            (found(vec![storm(0, Collection, Some(9), 3)], all), 0),
            (found(Vec::new(), all), 0),
            (found(Vec::new(), &[1, 2]), 1),
        ] {
            assert_eq!(left(&before, &now, &[Collection]), expected, "{now:?}");
        }
    }
}
