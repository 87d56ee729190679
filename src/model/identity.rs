//! Identities that are functions of content, so that a repeat is recognised everywhere.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// A notice's identity: the `webhook-id`, the mail's `Message-ID` and the key of its deliveries.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct NoticeId(String);

impl NoticeId {
    /// The identity of what the parts say; equal parts give equal ids, and no part can run into the
    /// next. 128 bits of SHA-256.
    pub fn of(parts: &[&str]) -> NoticeId {
        let mut hash = Sha256::new();
        for part in parts {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part.as_bytes());
        }
        NoticeId(format!("ntc_{}", hex::encode(&hash.finalize()[..16])))
    }

    /// An id as it was read from a record.
    pub fn from_text(text: impl Into<String>) -> NoticeId {
        NoticeId(text.into())
    }

    /// The id's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for NoticeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_do_not_run_into_each_other() {
        assert_eq!(NoticeId::of(&["P1", "stalled"]), NoticeId::of(&["P1", "stalled"]));
        assert_ne!(NoticeId::of(&["P1", "stalled"]), NoticeId::of(&["P1s", "talled"]));
        assert_ne!(NoticeId::of(&["a", ""]), NoticeId::of(&["a"]));
    }
}
