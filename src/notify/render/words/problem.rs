//! What is wrong with words, and where.

use std::fmt;

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// Its path within the folder of templates.
    pub file: String,
    /// Counts from 1; none where the whole file is meant.
    pub line: Option<usize>,
    /// One sentence: expected this, found that.
    pub message: String,
}

impl Problem {
    /// About a whole file.
    pub fn file(path: &str, message: impl Into<String>) -> Problem {
        Problem { file: path.to_owned(), line: None, message: message.into() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{line}: {}", self.file, self.message),
            None => write!(f, "{}: {}", self.file, self.message),
        }
    }
}
