//! Files of words that a user lays over ours.
//!
//! Bytes: which file (2), its text.

use std::collections::BTreeMap;

use parcelwatch::notify::render::{FILES, Words};

use crate::bytes::Bytes;

/// Reads them: every problem names the file.
pub fn run(data: &[u8]) {
    let mut bytes = Bytes(data);
    let (path, _) = FILES[usize::from(bytes.short()) % FILES.len()];
    let Ok(text) = std::str::from_utf8(bytes.0) else { return };
    if let Err(problems) = Words::with(&BTreeMap::from([(path.to_owned(), text.to_owned())])) {
        assert!(!problems.is_empty());
        for problem in problems {
            assert!(problem.line.is_none_or(|line| line >= 1), "{problem}");
        }
    }
}
