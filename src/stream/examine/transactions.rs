//! Transactions of somebody upstream that hold an input back. Nothing behind the first record of an open one is shown to those who
//! read what is committed: the partition reads no further, its stream time stands still, and its limits do not pass.
//!
//! What can be told from here is where each input ends with and without what open transactions wrote. Between the two lies what waits;
//! the record at the committed end is the first of the oldest open transaction, so its time says for how long that has been open.

use std::time::Duration;

use super::cluster::Cluster;
use super::finding::Finding;
use super::inputs::Inputs;
use super::{ExamineError, Found, rounded};
use crate::model::Timestamp;
use crate::stream::clock::Clock;
use crate::stream::options::Options;
use crate::stream::topics::Topics;

/// Transactions live for moments, and a producer's are ended by the brokers after a minute unless it asks for more
/// (`transaction.timeout.ms`). Shorter: every large batch is complained of. Longer: the partition has long been silent.
const LONG: Duration = Duration::from_mins(1);

/// No producer may ask for more (`transaction.max.timeout.ms`, as brokers come): what is still open then is not ended by itself.
const HANGING: Duration = Duration::from_mins(15);

/// How an open transaction is to be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Open {
    /// As most are.
    Briefly,
    /// The brokers may yet end it.
    Long(Duration),
    /// They will not.
    Hanging(Duration),
}

impl Open {
    fn since(began: Timestamp, now: Timestamp) -> Open {
        match now.since(began) {
            age if age > HANGING => Open::Hanging(age),
            age if age > LONG => Open::Long(age),
            _ => Open::Briefly,
        }
    }
}

/// Looks whether an input is held back where it was when the examination `began`, and for how long.
pub fn look(
    options: &Options,
    clock: &Clock,
    cluster: &Cluster<'_>,
    topics: &Topics,
    began: &Inputs,
    found: Found<'_>,
) -> Result<(), ExamineError> {
    let now = Inputs::now(cluster, topics, clock)?;
    let mut held = now.held_back();
    held.retain(|(place, stable, _)| began.stable.get(place).copied().flatten() == Some(*stable));
    let firsts: Vec<(String, i32, i64)> = held.iter().map(|((t, n), stable, _)| (t.clone(), *n, *stable)).collect();
    let times = cluster.times_of(&firsts, clock)?;
    let mut is_fine = true;
    for (place, stable, end) in held {
        let Some(began) = times.get(&place) else { continue };
        if let Some(finding) = finding(options, &place, (stable, end), *began, now.asked) {
            is_fine = false;
            found(finding);
        }
    }
    if is_fine {
        found(Finding::ok("open_transaction", "inputs", "no transaction of somebody upstream holds an input back"));
    }
    Ok(())
}

fn finding(
    options: &Options,
    (topic, partition): &(String, i32),
    (stable, end): (i64, i64),
    began: Timestamp,
    now: Timestamp,
) -> Option<Finding> {
    let (age, how) = match Open::since(began, now) {
        Open::Briefly => return None,
        Open::Long(age) => (age, "the brokers end it when its producer's transaction.timeout.ms is over"),
        Open::Hanging(age) => (age, "brokers allow none to be open for so long (transaction.max.timeout.ms): it hangs"),
    };
    let text = format!(
        "expected the input to be readable to its end, found a transaction that has been open for {} (since {began}) and holds {} \
         offsets from {stable} on back: nothing behind it is read, and no limit of the partition passes; {how}",
        rounded(age),
        end - stable,
    );
    let bootstrap = options.client.get("bootstrap.servers").unwrap_or("HOST:9092");
    let remedy = format!(
        "end the producer that left it open, or start it again under its transactional.id. Where that is gone for good:\n\
         kafka-transactions.sh --bootstrap-server {bootstrap} abort --topic {topic} --partition {partition} --start-offset {stable}"
    );
    let place = format!("{topic} {partition}");
    Some(match Open::since(began, now) {
        Open::Hanging(_) => Finding::problem("open_transaction", place, text, &remedy),
        Open::Long(_) | Open::Briefly => Finding::warning("open_transaction", place, text, &remedy),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stream::examine::Verdict;

    #[test]
    fn a_transaction_that_is_open_for_long_is_a_warning_and_one_that_nobody_ends_a_problem() {
        let now = Timestamp::parse("2026-11-22T09:00:00Z").unwrap();
        let second = Duration::from_secs(1);
        for (age, verdict) in [
            (Duration::ZERO, None),
            (60 * second, None),
            (61 * second, Some(Verdict::Warning)),
            (900 * second, Some(Verdict::Warning)),
            (901 * second, Some(Verdict::Problem)),
        ] {
            let place = ("scans.v1".to_owned(), 3);
            let found = finding(&Options::of_a_test(), &place, (17, 40), now - age, now);
            assert_eq!(found.as_ref().map(|found| found.verdict), verdict, "{age:?}");
            let Some(found) = found else { continue };
            assert_eq!((found.check, &*found.place), ("open_transaction", "scans.v1 3"));
            assert!(found.text.contains("holds 23 offsets from 17 on back"), "{}", found.text);
            let remedy = found.remedy.expect("what to do");
            assert!(remedy.ends_with("abort --topic scans.v1 --partition 3 --start-offset 17"), "{remedy}");
        }
    }

    #[test]
    fn a_clock_that_is_ahead_makes_no_transaction_old() {
        let now = Timestamp::parse("2026-11-22T09:00:00Z").unwrap();
        assert_eq!(Open::since(now + HANGING * 2, now), Open::Briefly);
    }
}
