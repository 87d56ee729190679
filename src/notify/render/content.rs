//! What is to be said: a notice, or a digest.

use serde::{Deserialize, Serialize};

use crate::model::{ConditionKind, Issued, Level, NoticeKind, Recipient, Timestamp};

/// What is to be said, as it is kept in state.
#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    /// About one parcel.
    Notice(Box<Issued>),
    /// About a hub's or merchant's parcels.
    Digest(Box<Digest>),
}

impl Content {
    /// Reads what was saved; none where it cannot be read.
    pub fn read(kind: NoticeKind, json: &str) -> Option<Content> {
        match kind {
            NoticeKind::Digest => serde_json::from_str(json).ok().map(Content::Digest),
            _ => serde_json::from_str(json).ok().map(Content::Notice),
        }
    }

    /// The contacts that the notice itself carries.
    pub fn person(&self) -> Option<&Recipient> {
        match self {
            Content::Notice(issued) => issued.recipient.as_ref(),
            Content::Digest(_) => None,
        }
    }
}

/// What a hub or merchant is told of one window.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Digest {
    /// Whose parcels they are; empty where they are a merchant's.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub hub: String,
    /// The merchant whose parcels they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub merchant: Option<String>,
    /// The window: from this instant
    pub from: Timestamp,
    /// to before this one.
    pub to: Timestamp,
    /// How many parcels.
    pub total: u64,
    /// The worst level first.
    pub counts: Vec<DigestCount>,
    /// The worst first; not all of them.
    pub parcels: Vec<DigestParcel>,
    /// How many are not in `parcels`.
    pub more: u64,
}

impl Digest {
    /// Whose parcels they are: the hub's code or the merchant's name.
    pub fn subject(&self) -> &str {
        self.merchant.as_deref().unwrap_or(&self.hub)
    }
}

/// How many parcels have a condition at a level.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct DigestCount {
    pub kind: ConditionKind,
    pub level: Level,
    pub count: u64,
}

/// A parcel in a digest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct DigestParcel {
    pub parcel_id: String,
    pub kind: ConditionKind,
    pub level: Level,
}
