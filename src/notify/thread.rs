//! A thread: what one recipient is told about one journey of one parcel. The saved state.
//!
//! What always holds: at most one entry is claimed; an entry that has ended keeps no body, so that
//! contacts leave the state with the decision; timers follow from the fields and are not stored.

mod bound;
mod saved;

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

pub use self::bound::GivesWay;
use super::judge;
use super::reason::Suppression;
use super::render::Content;
use super::route::provider_number;
use crate::model::{
    Audience, Channel, DeliveryOutcome, Issued, Level, NoticeId, NoticeKind, RecipientKey, SmsProvider, Timestamp,
};

/// Separates the parts of a key: in no parcel id, since those are printable.
pub const SEPARATOR: char = '\u{1f}';

/// The table key of a thread.
pub fn thread_key(recipient: &RecipientKey, parcel_id: &str, journey: u32) -> String {
    format!("{recipient}{SEPARATOR}{parcel_id}{SEPARATOR}{journey}")
}

/// Recipient and parcel of a table key.
pub fn split_key(key: &str) -> (RecipientKey, &str) {
    let mut parts = key.rsplitn(3, SEPARATOR).skip(1);
    let parcel_id = parts.next().unwrap_or_default();
    (RecipientKey::from_text(parts.next().unwrap_or_default()), parcel_id)
}

/// All notices to one recipient about one journey of a parcel, in order of arrival. How it is saved: see `saved`.
#[derive(Clone, Debug, Default)]
pub struct Thread {
    #[allow(missing_docs)]
    pub entries: Vec<Entry>,
    /// The time of the last record or limit that changed it.
    pub touched: Timestamp,
}

/// A notice and what became of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Entry {
    #[allow(missing_docs)]
    pub id: NoticeId,
    #[allow(missing_docs)]
    pub kind: NoticeKind,
    #[allow(missing_docs)]
    pub level: Level,
    #[allow(missing_docs)]
    pub episode: u32,
    #[allow(missing_docs)]
    pub audience: Audience,
    /// Whose setting of `send` covers it.
    pub merchant: Option<String>,
    /// The logical instant of what it tells.
    pub at: Timestamp,
    #[allow(missing_docs)]
    pub expires: Timestamp,
    /// The date that it names and that date's day in the reader's zone.
    pub date: Option<(Timestamp, i32)>,
    /// What a `recovered` or `corrected` resolves.
    pub resolves: Vec<NoticeId>,
    /// What it tells holds no longer.
    pub over: bool,
    /// Where it stands.
    pub phase: Phase,
    /// One for each claim, the first first.
    pub tried: Vec<Tried>,
    /// The whole notice as JSON until it ends.
    pub body: Option<Body>,
    /// When it counts for a storm, if that is not its first attempt: it began to wait for the end of quiet hours then.
    /// `Timestamp::MIN`: it does not count. Saved behind the thread: older versions know an entry without it.
    #[serde(skip)]
    pub counted: Option<Timestamp>,
}

/// Where a notice stands. Part of the saved state: append only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Phase {
    /// To be decided once time is later than `due`.
    Waiting {
        #[allow(missing_docs)]
        due: Timestamp,
        #[allow(missing_docs)]
        wait: Wait,
    },
    /// An attempt was claimed; nobody knows its outcome yet.
    Claimed {
        /// Once time is later, the outcome counts as unknown.
        unknown_at: Timestamp,
    },
    /// Nothing more happens to it.
    Ended(End),
    /// A text left, or may have; its provider's report is awaited.
    Reporting {
        /// Once time is later, it ends as it stands.
        until: Timestamp,
    },
}

/// What a notice waits for. Part of the saved state: append only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Wait {
    /// Its first decision.
    Decision,
    /// The end of the gap after another notice.
    Gap,
    /// The next attempt after a failed one or one of unknown outcome.
    Retry,
    /// The end of the reader's quiet hours.
    Quiet,
    /// The reader's next channel, after one refused it.
    Onward,
    /// An operator's decision about a storm of its kind; it is never due before that.
    Storm,
    /// Whatever it waits for since an operator released it: no storm holds it again.
    Released,
}

/// How a notice ended. Whether it was told is another question: see [`Entry::told_at`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum End {
    Delivered,
    Refused,
    Shadow,
    Suppressed(Suppression),
    Expired,
    /// Of several attempts nobody can say whether they arrived, and it is not repeated again.
    Unknown,
}

/// A claim and its outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tried {
    #[allow(missing_docs)]
    pub channel: Channel,
    /// When it was claimed.
    pub at: Timestamp,
    /// A webhook's endpoint, as `route::endpoint` hashes it; a text's provider, as `route::provider_number` counts; 0 for
    /// a mail.
    pub endpoint: u64,
    /// None while it is awaited.
    pub outcome: Option<DeliveryOutcome>,
}

impl Tried {
    /// Whether it reached its reader, or may have.
    fn left(&self) -> bool {
        matches!(self.outcome, Some(DeliveryOutcome::Delivered | DeliveryOutcome::Unknown))
    }

    /// Whether it is still to be told how it ended.
    pub fn is_open(&self) -> bool {
        matches!(self.outcome, None | Some(DeliveryOutcome::Unknown))
    }

    /// Who carried a text.
    pub fn provider(&self) -> Option<SmsProvider> {
        let is_its = |provider: &SmsProvider| provider_number(*provider) == self.endpoint;
        SmsProvider::ALL.into_iter().find(|provider| self.channel == Channel::Sms && is_its(provider))
    }
}

/// A notice as JSON text: the saved form knows no skipped fields.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Body(pub String);

impl fmt::Debug for Body {
    /// It holds contacts: not for logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Body(..)")
    }
}

impl Entry {
    /// An entry for a notice that was just read.
    pub fn new(notice: &Issued, body: Body, date: Option<(Timestamp, i32)>, now: Timestamp) -> Entry {
        Entry {
            id: notice.id.clone(),
            kind: notice.kind,
            level: notice.level,
            episode: notice.episode,
            audience: notice.audience,
            merchant: notice.merchant.clone(),
            at: notice.at,
            expires: notice.expires,
            date,
            resolves: notice.resolves.clone(),
            over: false,
            phase: Phase::Waiting { due: now, wait: Wait::Decision },
            tried: Vec::new(),
            body: Some(body),
            counted: None,
        }
    }

    /// When it left, if it did: the claim of its first attempt that was delivered or whose outcome is
    /// unknown. What was shadowed, suppressed, held, expired or withdrawn before told nobody.
    pub fn told_at(&self) -> Option<Timestamp> {
        self.tried.iter().find(|tried| tried.left()).map(|tried| tried.at)
    }

    /// When its reader may have heard of it last: a repeat after an unknown outcome can be the one that arrived.
    pub fn heard_at(&self) -> Option<Timestamp> {
        self.tried.iter().rfind(|tried| tried.left()).map(|tried| tried.at)
    }

    /// Whether it waits to be decided or attempted.
    pub fn is_waiting(&self) -> bool {
        matches!(self.phase, Phase::Waiting { .. })
    }

    /// What it waits for, if it does.
    pub fn waits_for(&self) -> Option<Wait> {
        match self.phase {
            Phase::Waiting { wait, .. } => Some(wait),
            _ => None,
        }
    }

    /// Whether an outcome is awaited.
    pub fn is_claimed(&self) -> bool {
        matches!(self.phase, Phase::Claimed { .. })
    }

    /// Whether both tell of the same opening of a condition, at whatever level or revision.
    pub fn same_opening(&self, other: &Entry) -> bool {
        self.kind.condition().is_some() && self.kind == other.kind && self.episode == other.episode
    }

    /// Whether this channel will not take it.
    pub fn was_refused_by(&self, channel: Channel) -> bool {
        self.tried.iter().any(|tried| tried.channel == channel && tried.outcome == Some(DeliveryOutcome::Refused))
    }

    /// How it ends if nothing more is heard of its attempts.
    pub fn end_as_it_stands(&mut self) {
        let delivered = self.tried.iter().any(|tried| tried.outcome == Some(DeliveryOutcome::Delivered));
        self.end(if delivered { End::Delivered } else { End::Unknown });
    }

    /// What it says; none once it has ended.
    pub fn content(&self) -> Option<Content> {
        Content::read(self.kind, &self.body.as_ref()?.0)
    }

    /// Ends it.
    pub fn end(&mut self, end: End) {
        self.phase = Phase::Ended(end);
        self.body = None;
    }
}

impl Thread {
    /// The entry of a notice.
    pub fn position(&self, id: &NoticeId) -> Option<usize> {
        self.entries.iter().position(|entry| entry.id == *id)
    }

    /// The next instant at which something happens by itself, be the machine open or not: expiry, an
    /// unknown outcome, no report, and when all has ended, forgetting.
    pub fn limit(&self, remember: Duration) -> Timestamp {
        let of = |entry: &Entry| match entry.phase {
            Phase::Waiting { .. } => Some(entry.expires),
            Phase::Claimed { unknown_at } => Some(unknown_at),
            Phase::Reporting { until } => Some(until),
            Phase::Ended(_) => None,
        };
        // A limit that had passed when a record made it takes effect at that record's time.
        self.entries.iter().filter_map(of).min().map_or(self.touched + remember, |limit| limit.max(self.touched))
    }

    /// The next instant at which something is to be decided, if nothing is claimed.
    pub fn due(&self) -> Option<Timestamp> {
        let of = |(i, entry): (usize, &Entry)| match entry.phase {
            Phase::Waiting { due, .. } if !judge::waits(self, i) => Some(due),
            _ => None,
        };
        if self.entries.iter().any(Entry::is_claimed) {
            return None;
        }
        self.entries.iter().enumerate().filter_map(of).min().map(|due| due.max(self.touched))
    }

    /// Whether everything has ended.
    pub fn is_quiet(&self) -> bool {
        self.entries.iter().all(|entry| matches!(entry.phase, Phase::Ended(_)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_split_as_it_was_made() {
        let recipient = RecipientKey::merchant("odd\u{1f}name");
        let key = thread_key(&recipient, "SF1", 2);
        assert_eq!(split_key(&key), (recipient, "SF1"));
    }

    #[test]
    fn a_body_is_not_in_debug_output() {
        assert_eq!(format!("{:?}", Body("wf@example.com".to_owned())), "Body(..)");
    }
}
