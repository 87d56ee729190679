//! The configuration of the pure core (`[limits]`, `[tell]`, `[notify]`, `[send]`, ...): a file and environment variables.
//!
//! Bytes: the file up to a zero, then a variable a line, without the beginning that all have.

use parcelwatch::document::Sections;
use parcelwatch::notify::{self, Policy};
use parcelwatch::track::{self, Rules};

use crate::bytes::Bytes;

/// Reads it; what is accepted is printed so that it says the same when it is read again.
pub fn run(data: &[u8]) {
    let mut bytes = Bytes(data);
    let Ok(file) = std::str::from_utf8(bytes.until(0)) else { return };
    let Ok(variables) = std::str::from_utf8(bytes.0) else { return };
    let variables: Vec<(String, String)> = variables
        .lines()
        .filter_map(|line| line.split_once('='))
        .map(|(name, value)| (format!("PARCELWATCH__{name}"), value.to_owned()))
        .collect();
    let Some(((rules, policy), printed)) = read(file, &variables) else { return };
    // A URL is printed without what may be secret in it, and so says something else.
    if !printed.contains("://") {
        let (again, _) = read(&printed, &[]).unwrap_or_else(|| panic!("printed and refused: {printed}"));
        assert_eq!((&again.0, &again.1), (&rules, &policy), "{printed}");
    }
}

fn read(file: &str, variables: &[(String, String)]) -> Option<((Rules, Policy), String)> {
    let reference = [track::REFERENCE, notify::REFERENCE].join("\n");
    let mut sections = Sections::new(&reference, Some(("f", file)), variables);
    let rules = sections.tables_of::<Rules>(track::REFERENCE);
    let policy = sections.tables_of::<Policy>(notify::REFERENCE);
    let printed = sections.print();
    let read = sections.finish(rules.zip(policy)).ok()?;
    Some((read, printed))
}
