//! The tracker.

/// Limits, promises and who is told.
#[derive(Clone, Debug, Default)]
pub struct Rules;
