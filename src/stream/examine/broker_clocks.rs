//! The brokers' clocks against this machine's, by what is written while we look: each record is stamped by the broker that leads its
//! partition.
//!
//! It takes topics that have the brokers' time, and somebody who writes. Where nothing is written nothing is said against a clock.

use std::collections::BTreeMap;
use std::time::Duration;

use super::cluster::{Cluster, Enough, Stamp};
use super::finding::Finding;
use super::inputs::Inputs;
use super::{ExamineError, Found};
use crate::stream::clock::Clock;
use crate::stream::departure::{Departure, shown};
use crate::stream::options::Options;
use crate::stream::stage::{NotifierStage, Stage, TrackerStage};
use crate::stream::topics::Topics;

/// How long records are waited for. Longer: every examination takes so long where nothing happens. Shorter: brokers that lead quiet
/// partitions are not compared.
const LISTEN: Duration = Duration::from_secs(1);

/// A broker: its id and address.
type Broker = (i32, String);

/// Compares the clock of every broker at whose partitions something is written in time.
pub fn look(
    options: &Options,
    clock: &Clock,
    cluster: &Cluster<'_>,
    topics: &Topics,
    began: &Inputs,
    found: Found<'_>,
) -> Result<(), ExamineError> {
    let now = Inputs::now(cluster, topics, clock)?;
    let is_written = now.ends != began.ends;
    let seen =
        if is_written || is_anybody_there(options, cluster)? { listen(clock, cluster, &now)? } else { BTreeMap::new() };
    let mut agree = Vec::new();
    for ((id, address), departure) in seen {
        if departure.by() <= options.clock_skew {
            agree.push(id);
        } else {
            found(finding(&format!("broker {id} at {address}"), departure, options.clock_skew));
        }
    }
    let text = match &agree[..] {
        [] => "no clock of a broker was seen: no record with the brokers' time was written while we looked".to_owned(),
        agree => format!("the clocks of the brokers {agree:?} agree with this machine's"),
    };
    found(Finding::ok("broker_clock", "brokers", text));
    Ok(())
}

/// Whether an instance runs, which is to be expected where something is written.
fn is_anybody_there(options: &Options, cluster: &Cluster<'_>) -> Result<bool, ExamineError> {
    for stage in [TrackerStage::NAME, NotifierStage::NAME] {
        if !cluster.members(&options.group_of(stage))?.is_empty() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The largest departure that each broker's stamps show from now on.
fn listen(clock: &Clock, cluster: &Cluster<'_>, now: &Inputs) -> Result<BTreeMap<Broker, Departure>, ExamineError> {
    let names: Vec<&str> = now.ends.keys().map(|(topic, _)| topic.as_str()).collect();
    let leaders = cluster.leaders(&names)?;
    let mut brokers: Vec<&Broker> = leaders.values().collect();
    brokers.sort_unstable();
    brokers.dedup();
    let ends = now.ends.iter().filter_map(|((topic, partition), end)| Some((topic.clone(), *partition, (*end)?)));
    let ends: Vec<(String, i32, i64)> = ends.collect();
    let mut seen = BTreeMap::new();
    cluster.read_from(&ends, (clock, LISTEN), |(topic, partition), stamp| {
        let leader = leaders.get(&(topic.to_owned(), partition));
        if let (Stamp::Brokers(stamped), Some(leader)) = (stamp, leader) {
            let departure = Departure::of(stamped, (now.asked, clock.now()));
            let most = seen.entry(leader.clone()).or_insert(departure);
            if departure.by() > most.by() {
                *most = departure;
            }
        }
        if seen.len() == brokers.len() { Enough::Yes } else { Enough::No }
    })?;
    Ok(seen)
}

fn finding(place: &str, departure: Departure, skew: Duration) -> Finding {
    let (by, meaning) = match departure {
        Departure::Ahead(by) => (
            format!("ahead of this machine's by {} at least", shown(by)),
            "what it stamps counts as later than it came, so that inputs led by other brokers are read behind it",
        ),
        Departure::None | Departure::Behind(_) => (
            format!("behind this machine's by {} at least", shown(departure.by())),
            "stream time is ahead of what it stamps, so that limits pass before scans that are in time",
        ),
    };
    Finding::warning(
        "broker_clock",
        place,
        format!(
            "expected a clock that differs by {} at most (runtime.clock_skew), found one that is {by}: {meaning}",
            shown(skew)
        ),
        "look at NTP on that broker and on this machine, and let it slew: whose clock is right, other brokers and instances show. \
         Until then a runtime.clock_skew above the difference keeps limits from passing early",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_says_which_clock_in_which_direction_and_by_how_much() {
        let found =
            finding("broker 2 at b:9092", Departure::Behind(Duration::from_millis(3_500)), Duration::from_secs(2));
        assert!(found.text.contains("behind this machine's by 3s 500ms at least"), "{}", found.text);
        let found = finding("broker 2 at b:9092", Departure::Ahead(Duration::from_mins(1)), Duration::from_secs(2));
        assert!(found.text.contains("ahead of this machine's by 1m at least"), "{}", found.text);
        assert_eq!(found.place, "broker 2 at b:9092");
    }
}
