//! What was looked at and what it comes to.

use serde::Serialize;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// As it should be.
    Ok,
    /// It goes on, but a promise is weaker than it reads, or somebody should look.
    Warning,
    /// An instance stops, or does not start, until somebody acts.
    Problem,
}

impl Verdict {
    /// As it is printed.
    pub const fn name(self) -> &'static str {
        match self {
            Verdict::Ok => "ok",
            Verdict::Warning => "warning",
            Verdict::Problem => "problem",
        }
    }
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    #[allow(missing_docs)]
    pub verdict: Verdict,
    /// What was looked for; stable, for programs.
    pub check: &'static str,
    /// A topic, a partition, an instance.
    pub place: String,
    /// What was expected and found.
    pub text: String,
    /// What a person would do about it; none where nothing is to be done, or where the text says it.
    pub remedy: Option<String>,
}

impl Finding {
    /// As it should be.
    pub fn ok(check: &'static str, place: impl Into<String>, text: impl Into<String>) -> Finding {
        Finding { verdict: Verdict::Ok, check, place: place.into(), text: text.into(), remedy: None }
    }

    /// Somebody should look.
    pub fn warning(check: &'static str, place: impl Into<String>, text: impl Into<String>, remedy: &str) -> Finding {
        Finding { verdict: Verdict::Warning, remedy: Some(remedy.to_owned()), ..Finding::ok(check, place, text) }
    }

    /// Somebody has to act.
    pub fn problem(check: &'static str, place: impl Into<String>, text: impl Into<String>, remedy: &str) -> Finding {
        Finding { verdict: Verdict::Problem, ..Finding::warning(check, place, text, remedy) }
    }

    /// An error of the runtime's, whose text says what to do.
    pub fn error(check: &'static str, place: impl Into<String>, error: &dyn std::error::Error) -> Finding {
        Finding { verdict: Verdict::Problem, ..Finding::ok(check, place, error.to_string()) }
    }
}
