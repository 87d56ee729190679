//! Everything that is wrong with a configuration, all at once, each with its place.

use std::fmt;

use super::Place;

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// Where it was said.
    pub place: Place,
    /// The key, as a dotted path; empty where the whole file is meant.
    pub key: String,
    /// One sentence: expected this, found that. Never carries a secret.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.place)?;
        if !self.key.is_empty() {
            write!(f, "{}: ", self.key)?;
        }
        f.write_str(&self.message)
    }
}

/// Why a configuration cannot be used. Never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Errors(Vec<Problem>);

impl Errors {
    /// The problems in the order of their places, each once; none where there is no problem.
    pub(crate) fn of(mut problems: Vec<Problem>) -> Option<Errors> {
        problems.sort();
        problems.dedup();
        (!problems.is_empty()).then_some(Errors(problems))
    }

    /// A single problem that hides the others.
    pub fn one(problem: Problem) -> Errors {
        Errors(vec![problem])
    }

    /// Every problem.
    pub fn problems(&self) -> &[Problem] {
        &self.0
    }
}

impl fmt::Display for Errors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.len() {
            1 => f.write_str("1 error in the configuration")?,
            n => write!(f, "{n} errors in the configuration")?,
        }
        self.0.iter().try_for_each(|problem| write!(f, "\n  {problem}"))
    }
}

impl std::error::Error for Errors {}
