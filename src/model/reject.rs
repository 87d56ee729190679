//! Why a record could not be used.

use std::borrow::Cow;
use std::fmt;

/// A record that could not be decoded: where in it, and what was expected and found. Never carries
/// the record's content beyond a code or field name, so it may be logged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reject {
    /// A bounded name for metrics: `utf8`, `json`, `missing`, `type`, `range`, `unknown_code`, ...
    pub reason: &'static str,
    /// The field, as a path (`recipient.phone`), or empty for the whole record.
    pub path: Cow<'static, str>,
    /// One sentence: expected this, found that.
    pub detail: Cow<'static, str>,
}

impl Reject {
    /// A reject at a field.
    pub fn at(
        reason: &'static str,
        path: impl Into<Cow<'static, str>>,
        detail: impl Into<Cow<'static, str>>,
    ) -> Reject {
        Reject { reason, path: path.into(), detail: detail.into() }
    }
}

impl fmt::Display for Reject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.is_empty() { write!(f, "{}", self.detail) } else { write!(f, "{}: {}", self.path, self.detail) }
    }
}

impl std::error::Error for Reject {}
