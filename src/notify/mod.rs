//! The notifier.

/// How notices are sent.
#[derive(Clone, Debug, Default)]
pub struct Policy;
