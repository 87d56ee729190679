//! What an operator decides about notices that are held: the records of `controls.v1`.

use serde::{Deserialize, Serialize};

use super::{NoticeKind, Timestamp};

/// What becomes of what a storm holds. Part of saved state: append only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ControlAction {
    /// It is sent.
    Release,
    /// It is never sent.
    Discard,
}

impl ControlAction {
    /// Both.
    pub const ALL: [ControlAction; 2] = [ControlAction::Release, ControlAction::Discard];

    /// The name on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            ControlAction::Release => "release",
            ControlAction::Discard => "discard",
        }
    }
}

/// A record of `controls.v1`: an operator's decision about one kind. Each partition holds a copy of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Control {
    /// The same in every partition, so that one that is written twice is applied once.
    pub id: String,
    #[allow(missing_docs)]
    pub action: ControlAction,
    /// Of which kind of notices.
    pub kind: NoticeKind,
    /// Who decided, as they call themselves.
    pub by: String,
    /// When: as written, by the clock of the one who decided; as read, by the brokers', by which storms begin too.
    pub at: Timestamp,
}
