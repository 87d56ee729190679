//! Which differences of topics matter, and how: the same judgement at a start and in an examination. Pure.

use super::finding::{Finding, Verdict};
use crate::stream::stage::{NotifierStage, Stage, TrackerStage};
use crate::topics;

/// What a difference weakens or breaks; none where the runtime does as well without. `prefix` stands before every topic's name.
pub fn weakens(finding: &topics::Finding, prefix: &str) -> Option<(Verdict, &'static str)> {
    match finding {
        topics::Finding::Missing(_) => Some((Verdict::Problem, "no instance starts without it")),
        topics::Finding::Waiting { .. } | topics::Finding::Unequal { .. } => {
            Some((Verdict::Problem, "the keys of topics that belong together would not meet"))
        }
        topics::Finding::Config { topic, key, .. } => of_setting(topic.strip_prefix(prefix).unwrap_or(topic), key),
        topics::Finding::Partitions { .. } | topics::Finding::Replication { .. } => None,
    }
}

/// What a topic's setting that is another means.
fn of_setting(topic: &str, key: &str) -> Option<(Verdict, &'static str)> {
    let is_state = [TrackerStage::STATE, NotifierStage::STATE].contains(&topic);
    let is_input = TrackerStage::INPUTS.contains(&topic) || NotifierStage::INPUTS.contains(&topic);
    match key {
        "cleanup.policy" | "retention.ms" | "retention.bytes" if is_state => {
            Some((Verdict::Problem, "the brokers may delete live state"))
        }
        "message.timestamp.type" if is_input => {
            Some((Verdict::Warning, "stream time is only as good as the producers' fastest clock"))
        }
        "message.timestamp.type" if topic == "instances.v1" => {
            Some((Verdict::Warning, "an instance whose clock is wrong does not notice it"))
        }
        _ => None,
    }
}

/// As something that was found.
pub fn finding(difference: &topics::Finding, prefix: &str, bootstrap: &str) -> Finding {
    let (verdict, meaning) = weakens(difference, prefix).unwrap_or((Verdict::Warning, "the cluster has it otherwise"));
    let remedy = difference.remedy(bootstrap).unwrap_or_else(|| "run `parcelwatch topics apply`".to_owned());
    let (place, text) = described(difference);
    Finding { verdict, check: "topics", place, text: format!("{text}: {meaning}"), remedy: Some(remedy) }
}

/// The topic or group, and what was expected and found of it.
fn described(difference: &topics::Finding) -> (String, String) {
    let place = match difference {
        topics::Finding::Missing(creation) => creation.topic.clone(),
        topics::Finding::Unequal { group, .. } => format!("group {group}"),
        topics::Finding::Waiting { topic, .. }
        | topics::Finding::Partitions { topic, .. }
        | topics::Finding::Replication { topic, .. }
        | topics::Finding::Config { topic, .. } => topic.clone(),
    };
    let text = match difference {
        topics::Finding::Missing(_) => "expected the topic to exist, found none".to_owned(),
        other => other.to_string().split_once(": ").map(|(_, text)| text.to_owned()).unwrap_or_default(),
    };
    (place, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn setting(topic: &str, key: &str) -> topics::Finding {
        let (topic, key) = (topic.to_owned(), key.to_owned());
        topics::Finding::Config { topic, key, found: Some("7".to_owned()), wanted: "-1".to_owned() }
    }

    #[test]
    fn state_that_brokers_may_delete_is_a_problem_and_a_shorter_history_of_conditions_is_not() {
        for (topic, key, verdict) in [
            ("x.tracker-state.v1", "retention.ms", Some(Verdict::Problem)),
            ("x.notifier-state.v1", "cleanup.policy", Some(Verdict::Problem)),
            ("x.scans.v1", "message.timestamp.type", Some(Verdict::Warning)),
            ("x.conditions.v1", "retention.ms", None),
        ] {
            let found = weakens(&setting(topic, key), "x.").map(|(verdict, _)| verdict);
            assert_eq!(found, verdict, "{topic} {key}");
        }
    }

    #[test]
    fn a_difference_says_what_to_do() {
        let found = finding(&setting("x.tracker-state.v1", "retention.ms"), "x.", "b:9092");
        assert_eq!(found.place, "x.tracker-state.v1");
        assert_eq!(found.text, "expected retention.ms=-1, found 7: the brokers may delete live state");
        assert!(found.remedy.expect("a command").contains("--add-config retention.ms=[-1]"));
    }
}
