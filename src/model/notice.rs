//! Somebody is to be told something, or no longer: the records of `notices.v1`.

use std::borrow::Cow;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::{Chosen, Code, ConditionKind, Level, NoticeId, Offered, Recipient, Timestamp};

/// What a notice is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NoticeKind {
    /// A condition, on the wire by its bare name.
    Condition(ConditionKind),
    /// The parcel waits to be collected.
    Collection,
    /// What was told is over.
    Recovered,
    /// What was told was never true.
    Corrected,
    /// Several conditions of one hub or merchant.
    Digest,
    /// What became of a customer's choice.
    Choice,
}

impl NoticeKind {
    /// The name on the wire, in metrics, templates and the configuration.
    pub const fn name(self) -> &'static str {
        match self {
            NoticeKind::Condition(kind) => kind.name(),
            NoticeKind::Collection => "collection",
            NoticeKind::Recovered => "recovered",
            NoticeKind::Corrected => "corrected",
            NoticeKind::Digest => "digest",
            NoticeKind::Choice => "choice",
        }
    }

    /// The condition that it tells, if it is one.
    pub const fn condition(self) -> Option<ConditionKind> {
        match self {
            NoticeKind::Condition(kind) => Some(kind),
            _ => None,
        }
    }

    /// The kind of this name.
    pub fn from_name(name: &str) -> Option<NoticeKind> {
        NoticeKind::all().find(|kind| kind.name() == name)
    }

    /// Every kind of notice.
    pub fn all() -> impl Iterator<Item = NoticeKind> {
        let others = [
            NoticeKind::Collection,
            NoticeKind::Recovered,
            NoticeKind::Corrected,
            NoticeKind::Digest,
            NoticeKind::Choice,
        ];
        ConditionKind::ALL.into_iter().map(NoticeKind::Condition).chain(others)
    }
}

impl Serialize for NoticeKind {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for NoticeKind {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<NoticeKind, D::Error> {
        let name = Cow::<'de, str>::deserialize(d)?;
        NoticeKind::from_name(&name)
            .ok_or_else(|| de::Error::custom(format!("expected a kind of notice, found {name:?}")))
    }
}

/// To whom a notice speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum Audience {
    Recipient,
    Merchant,
    Sender,
    HubOps,
    CustomerService,
}

impl Audience {
    /// Every audience.
    pub const ALL: [Audience; 5] =
        [Audience::Recipient, Audience::Merchant, Audience::Sender, Audience::HubOps, Audience::CustomerService];

    /// The name on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Audience::Recipient => "recipient",
            Audience::Merchant => "merchant",
            Audience::Sender => "sender",
            Audience::HubOps => "hub_ops",
            Audience::CustomerService => "customer_service",
        }
    }
}

/// A window in which the parcel is expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Eta {
    pub from: Timestamp,
    pub to: Timestamp,
}

/// What a text may say. Everything is optional: what we do not know, we do not say.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Facts {
    /// The code of the last scan.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stage: Option<Code>,
    /// The awaited milestone's hub, else the last scan's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hub: Option<String>,
    /// `event_time` of the last scan.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_scan: Option<Timestamp>,
    /// The promise in force.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub promise: Option<Timestamp>,
    /// When it is expected.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub eta: Option<Eta>,
    /// The hub's word for why, `weather` say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// When the awaited scan was due, without grace (`overdue_scan`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due: Option<Timestamp>,
    /// Where it waits: the facility's id, its kind, code and last free day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    #[allow(missing_docs)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place_kind: Option<String>,
    #[allow(missing_docs)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pickup_code: Option<String>,
    #[allow(missing_docs)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub free_until: Option<Timestamp>,
    /// The place's name and opening hours, for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place_name: Option<String>,
    #[allow(missing_docs)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hours: Option<String>,
    /// After a failed attempt: when it is tried again unless something else is chosen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slot: Option<Eta>,
    /// For `choice`: what was chosen and where that stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub choice: Option<Chosen>,
    /// For `recovered` and `corrected`: what is over.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ended: Vec<ConditionKind>,
}

/// A notice to be sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Issued {
    /// Function of content (runtime.md, "Identities").
    pub id: NoticeId,
    #[allow(missing_docs)]
    pub parcel_id: String,
    #[allow(missing_docs)]
    pub journey: u32,
    #[allow(missing_docs)]
    pub kind: NoticeKind,
    /// The condition's episode; 0 where there is none.
    pub episode: u32,
    #[allow(missing_docs)]
    pub level: Level,
    /// Counts re-notices of the same condition and level, from 1.
    pub revision: u32,
    #[allow(missing_docs)]
    pub audience: Audience,
    /// Contacts of a recipient or sender; the other audiences' are looked up when it is sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recipient: Option<Recipient>,
    #[allow(missing_docs)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub merchant: Option<String>,
    /// How loud it is; the level, unless configuration says otherwise.
    pub severity: Level,
    /// The logical instant of what it tells.
    pub at: Timestamp,
    /// After this it is of no use and is not sent.
    pub expires: Timestamp,
    #[allow(missing_docs)]
    #[serde(default)]
    pub facts: Facts,
    /// What the recipient may choose.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<String>,
    /// The same with fees.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub offers: Vec<Offered>,
    #[allow(missing_docs)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offer_until: Option<Timestamp>,
    /// The last day of the link that it carries, as `reroute::Links` counts days; none: it carries none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link_day: Option<u16>,
    /// The notices that a `recovered` or `corrected` resolves.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resolves: Vec<NoticeId>,
}

/// A record of `notices.v1`, keyed by recipient key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "change", rename_all = "snake_case")]
pub enum Notice {
    /// Somebody is to be told.
    Issued(Box<Issued>),
    /// Its reason has gone.
    Withdrawn {
        /// The notice that was issued before under the same key.
        id: NoticeId,
    },
}

impl Notice {
    /// The notice's id.
    pub fn id(&self) -> &NoticeId {
        match self {
            Notice::Issued(issued) => &issued.id,
            Notice::Withdrawn { id } => id,
        }
    }
}
