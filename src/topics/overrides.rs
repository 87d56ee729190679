//! What a cluster wants otherwise than the definitions say. Pure.

use std::collections::BTreeMap;

use super::{Definition, Error, Group, definitions};

/// Departures from the definitions, from the configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Overrides {
    /// Replication factor of every topic.
    pub replication: Option<i32>,
    /// Partition counts, by a group's name (`parcels`, `recipients`) or by a topic's name without prefix. A
    /// topic's own count wins, as long as its group stays equal.
    pub partitions: BTreeMap<String, i32>,
}

/// What a topic should be in one cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wanted {
    /// With prefix.
    pub topic: String,
    pub group: Option<Group>,
    pub partitions: i32,
    pub replication: i32,
    pub configs: BTreeMap<String, String>,
}

impl Overrides {
    /// Whether there is such a set of topics.
    ///
    /// # Errors
    /// If a name is unknown, a count is too low, or topics of a group would become unequal.
    pub fn check(&self) -> Result<(), Error> {
        self.resolve(definitions(), "").map(drop)
    }

    /// The definitions with prefix and overrides applied.
    pub(super) fn resolve(&self, definitions: &[Definition], prefix: &str) -> Result<Vec<Wanted>, Error> {
        self.check_names(definitions)?;
        let wanted: Vec<Wanted> = definitions.iter().map(|definition| self.wanted(definition, prefix)).collect();
        for topic in &wanted {
            at_least_one("a replication factor", topic.replication)?;
            at_least_one(&format!("a partition count of {}", topic.topic), topic.partitions)?;
        }
        Group::ALL.into_iter().try_for_each(|group| check_equal(group, &wanted))?;
        Ok(wanted)
    }

    fn wanted(&self, definition: &Definition, prefix: &str) -> Wanted {
        let of_group = || definition.group.and_then(|group| self.partitions.get(group.name()));
        let partitions = self.partitions.get(&definition.name).or_else(of_group);
        let replication = self.replication.unwrap_or(definition.replication);
        let configs = definition.configs.iter().map(|(key, value)| (key.clone(), adapted(key, value, replication)));
        Wanted {
            topic: format!("{prefix}{}", definition.name),
            group: definition.group,
            partitions: partitions.copied().unwrap_or(definition.partitions),
            replication,
            configs: configs.collect(),
        }
    }

    fn check_names(&self, definitions: &[Definition]) -> Result<(), Error> {
        let mut known: Vec<&str> = Group::ALL.map(Group::name).into();
        known.extend(definitions.iter().map(|definition| definition.name.as_str()));
        match self.partitions.keys().find(|name| !known.contains(&name.as_str())) {
            Some(found) => Err(Error::UnknownOverride { found: found.clone(), known: known.join(", ") }),
            None => Ok(()),
        }
    }
}

/// With fewer replicas than defined, as many in-sync ones as defined may never exist, and nothing could be
/// written: one replica may be missing, as in the definition, but at least one must be there.
fn adapted(key: &str, value: &str, replication: i32) -> String {
    match value.parse::<i32>() {
        Ok(in_sync) if key == "min.insync.replicas" => in_sync.min(replication - 1).max(1).to_string(),
        _ => value.to_owned(),
    }
}

fn at_least_one(what: &str, found: i32) -> Result<(), Error> {
    if found < 1 { Err(Error::TooFew { what: what.to_owned(), found }) } else { Ok(()) }
}

fn check_equal(group: Group, wanted: &[Wanted]) -> Result<(), Error> {
    let members: Vec<&Wanted> = wanted.iter().filter(|topic| topic.group == Some(group)).collect();
    if members.windows(2).all(|pair| pair[0].partitions == pair[1].partitions) {
        return Ok(());
    }
    let counts: Vec<String> = members.iter().map(|topic| format!("{} {}", topic.topic, topic.partitions)).collect();
    Err(Error::UnequalOverrides { group, counts: counts.join(", ") })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::topics::definitions;

    fn resolve(replication: Option<i32>, partitions: &[(&str, i32)]) -> Result<Vec<Wanted>, Error> {
        let partitions = partitions.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect();
        Overrides { replication, partitions }.resolve(definitions(), "p.")
    }

    #[test]
    fn a_groups_count_holds_for_all_of_its_topics_and_no_other() {
        for topic in resolve(None, &[("parcels", 24)]).unwrap() {
            match topic.group {
                Some(Group::Parcels) => assert_eq!(topic.partitions, 24, "{}", topic.topic),
                _ => assert_ne!(topic.partitions, 24, "{}", topic.topic),
            }
            assert!(topic.topic.starts_with("p."));
        }
    }

    #[test]
    fn fewer_replicas_demand_fewer_in_sync() {
        for (replication, in_sync) in [(None, "2"), (Some(5), "2"), (Some(3), "2"), (Some(2), "1"), (Some(1), "1")] {
            let wanted = resolve(replication, &[]).unwrap();
            assert!(wanted.iter().all(|topic| topic.configs["min.insync.replicas"] == in_sync), "{replication:?}");
        }
    }

    #[test]
    fn what_cannot_be_is_refused_with_what_was_found() {
        for (replication, partitions, message) in [
            (None, ("scans.v2", 1), "found \"scans.v2\""),
            (None, ("scans.v1", 6), "p.scans.v1 6"),
            (None, ("deliveries.v1", 0), "p.deliveries.v1 of at least 1, found 0"),
            (Some(0), ("parcels", 1), "a replication factor of at least 1, found 0"),
        ] {
            let error = resolve(replication, &[partitions]).unwrap_err().to_string();
            assert!(error.contains(message), "{error}");
        }
    }
}
