//! Versions of saved state: what an instance may write while older ones may still take its partitions back.

use serde::Deserialize;

use super::ConditionKind;

/// What saved state may hold. Each has a fixture of its own (`tests/fixtures/state`). Ordered: a later one holds more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(try_from = "String")]
pub enum StateVersion {
    /// The first release's.
    V1,
    /// With `skipped_scan`, `uploaded_late`, `misrouted`, `looping`, `suspect_signature`, `unconsented_drop` and `customs_held`.
    V2,
}

impl StateVersion {
    /// Every version.
    pub const ALL: [StateVersion; 2] = [StateVersion::V1, StateVersion::V2];

    /// The one that this program writes unless it is told otherwise.
    pub const NEWEST: StateVersion = StateVersion::V2;

    /// The name in the configuration and in what is said of it.
    pub const fn name(self) -> &'static str {
        match self {
            StateVersion::V1 => "1",
            StateVersion::V2 => "2",
        }
    }

    /// Whether a condition of this kind can be open in it.
    pub fn holds(self, kind: ConditionKind) -> bool {
        kind.since() <= self
    }

    /// The conditions that it cannot hold, in words; none where it holds all.
    pub fn lacks(self) -> Option<String> {
        let names: Vec<&str> = self.leaves_out().map(ConditionKind::name).collect();
        (!names.is_empty()).then(|| names.join(", "))
    }

    /// The conditions that it cannot hold.
    pub fn leaves_out(self) -> impl Iterator<Item = ConditionKind> {
        ConditionKind::ALL.into_iter().filter(move |kind| !self.holds(*kind))
    }
}

impl TryFrom<String> for StateVersion {
    type Error = String;

    fn try_from(text: String) -> Result<StateVersion, String> {
        let named = StateVersion::ALL.into_iter().find(|version| version.name() == text);
        let newest = (text == "newest").then_some(StateVersion::NEWEST);
        named.or(newest).ok_or_else(|| {
            let names: Vec<String> = StateVersion::ALL.map(|version| format!("{:?}", version.name())).into();
            format!("expected \"newest\" or a version of saved state ({}), found {text:?}", names.join(", "))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_holds_every_condition_and_each_older_one_fewer() {
        assert_eq!(StateVersion::NEWEST.leaves_out().count(), 0);
        assert_eq!(StateVersion::ALL.last(), Some(&StateVersion::NEWEST));
        assert!(StateVersion::ALL.windows(2).all(|two| two[0].leaves_out().count() > two[1].leaves_out().count()));
    }

    #[test]
    fn a_version_is_named_by_its_number_or_as_the_newest() {
        let read = |text: &str| StateVersion::try_from(text.to_owned());
        assert_eq!(read("1"), Ok(StateVersion::V1));
        assert_eq!(read("newest"), Ok(StateVersion::NEWEST));
        assert_eq!(
            read("3").unwrap_err(),
            "expected \"newest\" or a version of saved state (\"1\", \"2\"), found \"3\""
        );
    }
}
