//! Whether what is written can be read by older versions, and what is not judged for that. Pure.

use super::finding::Finding;
use crate::model::StateVersion;

/// What is in force.
pub fn finding(version: StateVersion) -> Finding {
    let (check, place, name) = ("state_version", "runtime.state_version", version.name());
    match version.lacks() {
        None => Finding::ok(check, place, format!("saved state may be of version {name}, the newest")),
        Some(lacks) => Finding::warning(
            check,
            place,
            format!("saved state stays readable for versions that know state version {name}: {lacks} are not opened"),
            "once every instance runs this version and nobody wants to go back, set runtime.state_version = \"newest\" for every \
             instance",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stream::examine::Verdict;

    #[test]
    fn an_older_version_in_force_is_said_with_what_it_costs_and_the_newest_is_as_it_should_be() {
        let older = finding(StateVersion::V1);
        assert_eq!(older.verdict, Verdict::Warning);
        assert!(older.text.contains("state version 1") && older.text.contains("skipped_scan"), "{}", older.text);
        assert_eq!(finding(StateVersion::NEWEST).verdict, Verdict::Ok);
    }
}
