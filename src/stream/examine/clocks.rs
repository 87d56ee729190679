//! The clocks: this machine's against the time since its boot, the brokers' against this machine's, and whose time records have.

use super::cluster::Cluster;
use super::finding::Finding;
use super::{ExamineError, Found, rounded};
use crate::stream::clock::Clock;
use crate::stream::options::Options;
use crate::stream::stage::{NotifierStage, Stage, TrackerStage};
use crate::stream::topics::Topics;

/// Looks at the clocks as far as they show from here. How far an instance's own departs, it says itself (`instances`).
pub fn look(
    options: &Options,
    clock: &Clock,
    cluster: &Cluster<'_>,
    topics: &Topics,
    found: Found<'_>,
) -> Result<(), ExamineError> {
    let mut is_fine = true;
    if clock.departure() > options.clock_skew {
        is_fine = false;
        found(Finding::warning(
            "clock",
            "this machine",
            format!("the system's clock was set by {} while we looked", rounded(clock.departure())),
            "let NTP slew the clock and not step it; instances on this machine let stream time stand still until they are restarted",
        ));
    }
    for name in TrackerStage::INPUTS.iter().chain(NotifierStage::INPUTS) {
        let topic = topics.name(name);
        let places: Vec<(String, i32)> = (0..topics.partitions(name)).map(|n| (topic.to_owned(), n)).collect();
        let later = clock.now() + options.clock_skew;
        let told = cluster.at_time(&places, later.as_millis() + 1)?;
        let mut ahead: Vec<i32> = told.iter().filter(|(_, at)| at.is_some()).map(|((_, n), _)| *n).collect();
        if ahead.is_empty() {
            continue;
        }
        is_fine = false;
        ahead.sort_unstable();
        found(Finding::warning(
            "clock",
            topic,
            format!(
                "partitions {ahead:?} hold records of a time that is later than {later}, which is this machine's time"
            ),
            "where the topic has the brokers' time, their clocks are ahead of this machine's or this one is behind: look at NTP \
             on both. Where it has its producers', set message.timestamp.type=LogAppendTime",
        ));
    }
    if is_fine {
        found(Finding::ok("clock", "this machine", "no record is later than this machine's clock, which runs evenly"));
    }
    Ok(())
}
