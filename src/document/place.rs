//! Where a value of the configuration was said, so that an error can point at it.

use std::fmt;
use std::sync::Arc;

/// The source of one key or value. Ordered as problems are listed: the file from top to bottom, then
/// the environment.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// Nobody said it: the commented default holds.
    Default,
    /// A position in the configuration file.
    File {
        /// The file's name as it was given.
        name: Arc<str>,
        /// Counts from 1.
        line: usize,
        /// Counts characters from 1.
        column: usize,
    },
    /// An environment variable, by name.
    Environment(Arc<str>),
}

impl Place {
    /// The place of a byte offset in a file's text.
    pub(crate) fn at(name: &Arc<str>, text: &str, offset: usize) -> Place {
        let before = text.get(..offset).unwrap_or(text);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        Place::File {
            name: name.clone(),
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Default => f.write_str("default"),
            Place::File { name, line, column } => write!(f, "{name}:{line}:{column}"),
            Place::Environment(name) => f.write_str(name),
        }
    }
}
