//! The running instances: who owns what, two of one name, and what each says of its clock.

use std::collections::BTreeMap;
use std::time::Duration;

use super::cluster::Cluster;
use super::finding::{Finding, Verdict};
use super::{ExamineError, Found, Patient, rounded};
use crate::decode;
use crate::model::Timestamp;
use crate::stream::announce::SAID_EVERY;
use crate::stream::brokers::{Brokers, Reader};
use crate::stream::instances::{Names, Spoken};
use crate::stream::kafka::Kafka;
use crate::stream::stage::{NotifierStage, Stage, TrackerStage};
use crate::stream::topics::Topics;
use crate::web;

const TOPIC: &str = "instances.v1";

/// The announcements are some records; brokers that take longer are not well.
const READ_WITHIN: Duration = Duration::from_secs(30);

const STEP: Duration = Duration::from_millis(100);

/// One that has said nothing for so long has ended: it would have said again that it is there. Longer: doctor complains of what was
/// mended. Shorter: what is repeated a little late counts as its end.
const GONE_AFTER: Duration = SAID_EVERY.saturating_mul(3);

/// Looks at the announcements, the groups and the instances themselves.
pub fn look(
    patient: &Patient<'_>,
    cluster: &Cluster<'_>,
    topics: &Topics,
    found: Found<'_>,
) -> Result<(), ExamineError> {
    let now = patient.clock.now();
    let names = announced(patient, cluster, topics)?;
    for (name, spoken) in names.iter() {
        found(twins(name, spoken, now));
    }
    let mut members = 0;
    for stage in [TrackerStage::NAME, NotifierStage::NAME] {
        let group = patient.options.group_of(stage);
        let all = cluster.members(&group)?;
        members += all.len();
        let text = match all.len() {
            0 => "no member: no instance runs, or the group's protocol does not tell".to_owned(),
            n => format!(
                "{n} members: {}",
                all.iter().map(|m| format!("{} at {}", m.client, m.host)).collect::<Vec<_>>().join(", ")
            ),
        };
        found(Finding::ok("group", group, text));
        if !all.is_empty() {
            owners(stage, topics.partitions(state_of(stage)), &names, found);
        }
    }
    if members > 0 { clocks(patient, &names, found) } else { Ok(()) }
}

fn state_of(stage: &str) -> &'static str {
    if stage == TrackerStage::NAME { TrackerStage::STATE } else { NotifierStage::STATE }
}

/// Everything that was announced, by name.
fn announced(patient: &Patient<'_>, cluster: &Cluster<'_>, topics: &Topics) -> Result<Names, ExamineError> {
    let topic = topics.name(TOPIC);
    let places: Vec<(String, i32)> = (0..topics.partitions(TOPIC)).map(|n| (topic.to_owned(), n)).collect();
    let (begins, ends) = (cluster.beginnings(&places)?, cluster.ends(&places)?);
    let span =
        |place: &(String, i32)| Some((begins.get(place).copied().flatten()?, ends.get(place).copied().flatten()?));
    let mut names = Names::default();
    for place in &places {
        // An empty topic needs no reader, and none is made: it would ask for a coordinator, which may be the first to ask.
        let Some((begin, end)) = span(place).filter(|(begin, end)| begin < end) else { continue };
        let kafka = Kafka::new(patient.options.clone(), patient.clock.clone());
        let reader = kafka.reader(&patient.options.group_of("inspect"), &[topic.to_owned()])?;
        reader.assign([((topic, place.1), begin)])?;
        let until = patient.clock.boot() + READ_WITHIN;
        while patient.clock.boot() < until
            && reader.positions()?.of((topic, place.1)).is_none_or(|position| position < end)
        {
            // An error passes, or the time does.
            let _ = reader.poll(STEP, |record| names.hear(decode::announcement(record.key, record.value)));
        }
    }
    Ok(names)
}

/// Whether two instances have run under a name at the same time.
fn twins(name: &str, spoken: &Spoken, now: Timestamp) -> Finding {
    let last = &spoken.last;
    let Some(at) = spoken.overlap else {
        let owned: Vec<String> = last.partitions.iter().map(|(stage, owned)| format!("{stage} {owned:?}")).collect();
        let owned = if owned.is_empty() { "nothing".to_owned() } else { owned.join(", ") };
        let ago = rounded(now.since(last.at));
        return Finding::ok("instance", name, format!("owns {owned}, said {ago} ago at {}", last.address));
    };
    // The older one stops by itself; until it has, each keeps the other from going on.
    let is_over = spoken.has_made_way || now.since(at) > GONE_AFTER;
    let verdict = if is_over { Verdict::Warning } else { Verdict::Problem };
    let remedy = "give every instance a name of its own (runtime.instance), or stop all but one: of two, the one that started \
                  earlier stops by itself";
    let text = format!(
        "two instances have run under this name at the same time, until {at} at least; the newer is at {}",
        last.address
    );
    Finding { verdict, ..Finding::warning("twins", name, text, remedy) }
}

/// Whether every partition has one owner.
fn owners(stage: &str, count: i32, names: &Names, found: Found<'_>) {
    let mut by_partition = BTreeMap::<i32, Vec<&str>>::new();
    for (name, spoken) in names.iter() {
        for partition in spoken.last.partitions.get(stage).into_iter().flatten() {
            by_partition.entry(*partition).or_default().push(name);
        }
    }
    let nobody: Vec<i32> = (0..count).filter(|partition| !by_partition.contains_key(partition)).collect();
    if !nobody.is_empty() {
        found(Finding::warning(
            "owners",
            stage,
            format!("nobody has announced to own the partitions {nobody:?}"),
            "an instance restores them, or a rebalance is under way: ask again in a minute, and look at /readyz and the instances' logs",
        ));
    }
    // The last of several that announced one is its owner; an instance that was killed never says that it left.
}

/// What the running instances say of their clocks.
fn clocks(patient: &Patient<'_>, names: &Names, found: Found<'_>) -> Result<(), ExamineError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let skew = patient.options.clock_skew.as_secs_f64();
    for (name, spoken) in names.iter().filter(|(_, spoken)| !spoken.last.partitions.is_empty()) {
        let address = &spoken.last.address;
        let asked = runtime.block_on(web::metrics_of(address, patient.admin_token.as_deref()));
        match asked.as_deref().map(departure) {
            Ok(Some(departure)) if departure > skew => found(Finding::problem(
                "clock",
                name,
                format!(
                    "the system's clock departs by {departure} s from where it should be since the instance started, and \
                         stream time stands still"
                ),
                "somebody or NTP has set it: if it is right now, restart the instance, else mend the clock",
            )),
            Ok(Some(_)) => found(Finding::ok("clock", name, "the system's clock is where it should be")),
            Ok(None) => found(Finding::warning(
                "clock",
                name,
                format!("expected metrics at {address}, found others"),
                "is it of another version?",
            )),
            Err(error) => found(Finding::warning(
                "reached",
                name,
                format!("its admin listener at {address} was not reached: {error}"),
                "look whether it runs, and whether listen.admin and listen.advertise let other machines reach it: questions about \
                 parcels are passed on there",
            )),
        }
    }
    Ok(())
}

fn departure(metrics: &str) -> Option<f64> {
    let value = metrics.lines().find_map(|line| line.strip_prefix("parcelwatch_clock_departure_seconds "))?;
    value.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Announcement;

    #[test]
    fn two_of_one_name_are_a_problem_until_the_older_has_made_way_or_fallen_silent() {
        let at = Timestamp::from_millis(1_795_132_800_000);
        let word = |incarnation: &str, leaves| Announcement {
            instance: "one".to_owned(),
            address: format!("http://{incarnation}"),
            partitions: BTreeMap::new(),
            at,
            incarnation: incarnation.to_owned(),
            leaves,
        };
        for (last, later, verdict) in [
            (word("A", false), Duration::ZERO, Verdict::Problem),
            (word("A", false), GONE_AFTER, Verdict::Problem),
            (word("A", false), GONE_AFTER + STEP, Verdict::Warning),
            (word("A", true), Duration::ZERO, Verdict::Warning),
            (word("B", false), Duration::ZERO, Verdict::Ok),
        ] {
            let mut names = Names::default();
            for word in [word("A", false), word("B", false), last.clone()] {
                names.hear(Some(("one".to_owned(), Some(word))));
            }
            let (name, spoken) = names.iter().next().expect("a name");
            assert_eq!(twins(name, spoken, at + later).verdict, verdict, "{last:?} {later:?}");
        }
    }

    #[test]
    fn the_departure_of_a_clock_is_read_from_the_metrics() {
        let text = "# HELP parcelwatch_clock_departure_seconds x\nparcelwatch_clock_departure_seconds 4.5\n";
        assert_eq!(departure(text), Some(4.5));
        assert_eq!(departure("other 1\n"), None);
    }
}
