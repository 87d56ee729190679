//! The difference between the topics that should be and those that are. Pure.
//!
//! Always holds: a plan creates what is missing and nothing else. A missing topic of a group gets the
//! partition count that the group has in the cluster, whatever the configuration says, because unequal counts
//! would tear records of one parcel apart.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::Group;
use super::finding::{Creation, Finding};
use super::overrides::Wanted;

/// A topic as the cluster has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Existing {
    pub partitions: i32,
    pub replication: i32,
    /// `None` where the cluster hides a value.
    pub configs: BTreeMap<String, Option<String>>,
}

/// What is missing and what differs, in the order of the definitions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Where the cluster is, for the commands that are shown.
    pub(super) bootstrap: String,
    /// How many brokers are in service.
    pub(super) brokers: usize,
    /// How many topics were looked at.
    pub(super) topics: usize,
    pub(super) findings: Vec<Finding>,
}

impl Plan {
    /// Compares; `existing` is by full name.
    pub(super) fn new(
        bootstrap: &str,
        brokers: usize,
        wanted: &[Wanted],
        existing: &BTreeMap<String, Existing>,
    ) -> Self {
        let counts = Counts::new(wanted, existing);
        let mut findings: Vec<Finding> = counts.unequal().collect();
        findings.extend(wanted.iter().flat_map(|wanted| match existing.get(&wanted.topic) {
            None => vec![counts.missing(wanted)],
            Some(existing) => differences(wanted, existing, &counts),
        }));
        Plan { bootstrap: bootstrap.to_owned(), brokers, topics: wanted.len(), findings }
    }

    /// Everything that is not as it should be.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// What applying creates.
    pub fn missing(&self) -> impl Iterator<Item = &Creation> {
        self.findings.iter().filter_map(|finding| match finding {
            Finding::Missing(creation) => Some(creation),
            _ => None,
        })
    }

    /// What applying leaves as it is, for a person to mend.
    pub fn differences(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| !matches!(finding, Finding::Missing(_)))
    }

    /// Nothing is missing and nothing differs.
    pub fn is_settled(&self) -> bool {
        self.findings.is_empty()
    }
}

/// The partition counts that each group has in the cluster.
struct Counts(BTreeMap<Group, BTreeMap<String, i32>>);

impl Counts {
    fn new(wanted: &[Wanted], existing: &BTreeMap<String, Existing>) -> Self {
        let mut counts: BTreeMap<Group, BTreeMap<String, i32>> = BTreeMap::new();
        for wanted in wanted {
            if let (Some(group), Some(existing)) = (wanted.group, existing.get(&wanted.topic)) {
                counts.entry(group).or_default().insert(wanted.topic.clone(), existing.partitions);
            }
        }
        Counts(counts)
    }

    fn distinct(&self, group: Group) -> BTreeSet<i32> {
        self.0.get(&group).into_iter().flat_map(BTreeMap::values).copied().collect()
    }

    fn is_unequal(&self, group: Option<Group>) -> bool {
        group.is_some_and(|group| self.distinct(group).len() > 1)
    }

    fn unequal(&self) -> impl Iterator<Item = Finding> {
        self.0
            .iter()
            .filter(|(group, _)| self.is_unequal(Some(**group)))
            .map(|(group, counts)| Finding::Unequal { group: *group, counts: counts.clone() })
    }

    fn missing(&self, wanted: &Wanted) -> Finding {
        let Wanted { topic, partitions, replication, configs, .. } = wanted.clone();
        let in_cluster = wanted.group.map(|group| (group, self.distinct(group)));
        let partitions = match in_cluster {
            Some((group, counts)) if counts.len() > 1 => return Finding::Waiting { topic, group },
            Some((_, counts)) => counts.first().copied().unwrap_or(partitions),
            None => partitions,
        };
        Finding::Missing(Creation { topic, partitions, replication, configs })
    }
}

fn differences(wanted: &Wanted, existing: &Existing, counts: &Counts) -> Vec<Finding> {
    let topic = || wanted.topic.clone();
    let mut findings = Vec::new();
    // Unequal groups are reported as a whole: the wanted count of one topic would mislead.
    if existing.partitions != wanted.partitions && !counts.is_unequal(wanted.group) {
        let (found, wanted_count) = (existing.partitions, wanted.partitions);
        findings.push(Finding::Partitions { topic: topic(), group: wanted.group, found, wanted: wanted_count });
    }
    if existing.replication != wanted.replication {
        let (found, wanted) = (existing.replication, wanted.replication);
        findings.push(Finding::Replication { topic: topic(), found, wanted });
    }
    for (key, value) in &wanted.configs {
        let found = existing.configs.get(key).cloned().flatten();
        if found.as_ref() != Some(value) {
            findings.push(Finding::Config { topic: topic(), key: key.clone(), found, wanted: value.clone() });
        }
    }
    findings
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_settled() {
            return writeln!(f, "nothing to do: {} topics are as they should be", self.topics);
        }
        for finding in &self.findings {
            writeln!(f, "{finding}")?;
            for line in finding.remedy(&self.bootstrap).iter().flat_map(|remedy| remedy.lines()) {
                writeln!(f, "        {line}")?;
            }
        }
        let (missing, differences) = (self.missing().count(), self.differences().count());
        writeln!(f, "{missing} to create, {differences} to be mended by hand, of {} topics", self.topics)?;
        let most = self.missing().map(|creation| creation.replication).max().unwrap_or(0);
        if usize::try_from(most).is_ok_and(|most| most > self.brokers) {
            writeln!(
                f,
                "replication {most} needs as many brokers, found {}: lower it in the configuration",
                self.brokers
            )?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::topics::{Overrides, definitions};

    fn wanted() -> Vec<Wanted> {
        Overrides::default().resolve(definitions(), "p.").unwrap()
    }

    /// A cluster that has every topic as it should be.
    fn settled() -> BTreeMap<String, Existing> {
        let existing = |wanted: Wanted| Existing {
            partitions: wanted.partitions,
            replication: wanted.replication,
            configs: wanted.configs.into_iter().map(|(key, value)| (key, Some(value))).collect(),
        };
        wanted().into_iter().map(|wanted| (wanted.topic.clone(), existing(wanted))).collect()
    }

    fn plan(existing: &BTreeMap<String, Existing>) -> Plan {
        Plan::new("b:9092", 3, &wanted(), existing)
    }

    #[test]
    fn an_empty_cluster_misses_everything_and_a_settled_one_nothing() {
        let empty = plan(&BTreeMap::new());
        assert_eq!(empty.missing().count(), definitions().len());
        assert_eq!(empty.differences().count(), 0);
        assert!(empty.to_string().contains("create  p.scans.v1: 12 partitions, replication 3, cleanup.policy=delete"));

        let settled = plan(&settled());
        assert!(settled.is_settled());
        assert_eq!(
            settled.to_string(),
            format!("nothing to do: {} topics are as they should be\n", definitions().len())
        );
    }

    #[test]
    fn foreign_topics_and_configs_are_nobodys_business() {
        let mut existing = settled();
        let scans = existing["p.scans.v1"].clone();
        existing.get_mut("p.scans.v1").unwrap().configs.insert("compression.type".into(), Some("zstd".into()));
        existing.insert("orders".into(), scans);
        assert!(plan(&existing).is_settled());
    }

    #[test]
    fn each_difference_is_shown_with_what_would_mend_it() {
        let mut existing = settled();
        let scans = existing.get_mut("p.scans.v1").unwrap();
        scans.configs.insert("retention.ms".into(), Some("1000".into()));
        scans.replication = 2;
        existing.get_mut("p.deliveries.v1").unwrap().partitions = 6;
        existing.get_mut("p.rejects.v1").unwrap().partitions = 99;
        existing.get_mut("p.instances.v1").unwrap().configs.insert("cleanup.policy".into(), None);
        let plan = plan(&existing);
        assert_eq!(plan.missing().count(), 0);
        assert_eq!(plan.differences().count(), 5);
        let text = plan.to_string();
        for expected in [
            "differs p.scans.v1: expected retention.ms=1209600000, found 1000",
            "--alter --entity-type topics --entity-name p.scans.v1 --add-config retention.ms=[1209600000]",
            "differs p.scans.v1: expected replication 3, found 2",
            "kafka-topics.sh --bootstrap-server b:9092 --alter --topic p.deliveries.v1 --partitions 12",
            "a topic cannot shrink: set its partitions to 99",
            "expected cleanup.policy=compact, found a value that the cluster does not show",
            "0 to create, 5 to be mended by hand, of 15 topics",
        ] {
            assert!(text.contains(expected), "expected {expected:?} in\n{text}");
        }
    }

    #[test]
    fn missing_topics_follow_the_count_that_their_group_has() {
        let mut existing = settled();
        existing.retain(|topic, _| topic == "p.scans.v1");
        existing.get_mut("p.scans.v1").unwrap().partitions = 24;
        let plan = plan(&existing);
        let count = |topic: &str| plan.missing().find(|creation| creation.topic == topic).unwrap().partitions;
        assert_eq!(count("p.shipments.v1"), 24);
        assert_eq!(count("p.tracker-state.v1"), 24);
        assert_eq!(count("p.notices.v1"), 12, "another group");
        assert!(plan.to_string().contains("set the partitions of parcels to 24"));
    }

    #[test]
    fn nothing_is_created_in_a_group_whose_counts_are_unequal() {
        let mut existing = settled();
        existing.get_mut("p.scans.v1").unwrap().partitions = 24;
        existing.remove("p.tracker-state.v1");
        existing.remove("p.notices.v1");
        let plan = plan(&existing);
        let missing: Vec<&str> = plan.missing().map(|creation| creation.topic.as_str()).collect();
        assert_eq!(missing, ["p.notices.v1"]);
        let text = plan.to_string();
        assert!(text.contains("group parcels: expected equal partition counts, found p.reroutes.v1 12, p.scans.v1 24"));
        assert!(text.contains("waits   p.tracker-state.v1"), "{text}");
    }

    #[test]
    fn more_replicas_than_brokers_are_pointed_out_before_the_cluster_refuses() {
        let text = Plan::new("b:9092", 1, &wanted(), &BTreeMap::new()).to_string();
        assert!(text.contains("replication 3 needs as many brokers, found 1"), "{text}");
    }
}
