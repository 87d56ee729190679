//! What the pure machines ask for. The runtime performs effects in one place: records in the
//! transaction, attempts after its commit.

use std::collections::BTreeMap;
use std::time::Duration;

use super::{
    Audience, Channel, Code, ConditionChange, ConditionKind, Decision, Delivery, Level, Notice, NoticeId, NoticeKind,
    OptChange, Preference, RecipientKey, RerouteOption, SmsProvider, Timestamp, WorkOrder,
};

/// One thing to be done. Saving state is no effect: a table knows what was touched.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// A record for `conditions.v1`.
    Condition(Box<ConditionChange>),
    /// A record for `notices.v1`.
    Notice {
        #[allow(missing_docs)]
        key: RecipientKey,
        #[allow(missing_docs)]
        notice: Notice,
    },
    /// A record for `deliveries.v1`.
    Delivery(Box<Delivery>),
    /// A record for `work-orders.v1`.
    WorkOrder(Box<WorkOrder>),
    /// A record for `preferences.v1`: a reply has changed them.
    Preference(Box<Preference>),
    /// To be attempted once the transaction that claimed it is committed.
    Attempt(Box<Attempt>),
    /// A claimed attempt of this notice, if it has not begun, must not begin.
    Cancel(NoticeId),
    /// To be counted once the transaction is committed.
    Count(Count),
}

/// Something that metrics count; labels are bounded by these types.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Count {
    /// A scan was read.
    Scan {
        #[allow(missing_docs)]
        code: Code,
        #[allow(missing_docs)]
        outcome: ScanOutcome,
    },
    /// A shipment was read.
    Shipment(ShipmentOutcome),
    /// A customer's choice, or what becomes of one, was read.
    Reroute {
        /// None where links were taken back.
        option: Option<RerouteOption>,
        #[allow(missing_docs)]
        outcome: RerouteOutcome,
    },
    /// A condition changed.
    Condition {
        #[allow(missing_docs)]
        kind: ConditionKind,
        #[allow(missing_docs)]
        change: super::Change,
        #[allow(missing_docs)]
        level: Level,
    },
    /// A limit took effect, this long after the instant at which it was due (stream time).
    TimerFired {
        #[allow(missing_docs)]
        lateness: Duration,
    },
    /// A malformed optional field of this input counts as absent.
    MalformedField {
        #[allow(missing_docs)]
        field: &'static str,
    },
    /// An `event_time` that cannot be was replaced: `future` or `no_zone`.
    CorrectedTime {
        #[allow(missing_docs)]
        hub: Option<String>,
        #[allow(missing_docs)]
        why: &'static str,
    },
    /// A shell has waited 24 h for its shipment.
    UnknownParcel {
        #[allow(missing_docs)]
        hub: Option<String>,
    },
    /// An accepted scan beyond the newest 128 was forgotten.
    ForgottenScan,
    /// A notice was issued or withdrawn by the tracker.
    Issued {
        #[allow(missing_docs)]
        kind: NoticeKind,
        #[allow(missing_docs)]
        audience: Audience,
    },
    /// The notifier decided about a notice; `reason` is bounded.
    Decided {
        #[allow(missing_docs)]
        kind: NoticeKind,
        #[allow(missing_docs)]
        audience: Audience,
        #[allow(missing_docs)]
        decision: Decision,
        #[allow(missing_docs)]
        reason: &'static str,
    },
    /// The notifier had nothing to do with a record.
    Ignored(Ignored),
    /// An attempt ended; `lag` is from the notice's logical instant to this outcome.
    Attempted {
        #[allow(missing_docs)]
        channel: Channel,
        #[allow(missing_docs)]
        outcome: super::DeliveryOutcome,
        #[allow(missing_docs)]
        lag: Duration,
    },
    /// A provider reported what became of a text.
    Reported {
        #[allow(missing_docs)]
        outcome: super::DeliveryOutcome,
    },
    /// Somebody wants no more by this channel, or again.
    Opted {
        #[allow(missing_docs)]
        channel: Channel,
        #[allow(missing_docs)]
        change: OptChange,
    },
}

/// What became of a scan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ScanOutcome {
    /// It was applied.
    Accepted,
    /// Seen before.
    Repeat,
    /// The parcel's journey had ended, or it belongs to an earlier one.
    Ended,
}

impl ScanOutcome {
    /// Every outcome.
    pub const ALL: [ScanOutcome; 3] = [ScanOutcome::Accepted, ScanOutcome::Repeat, ScanOutcome::Ended];

    /// The label's value.
    pub const fn name(self) -> &'static str {
        match self {
            ScanOutcome::Accepted => "accepted",
            ScanOutcome::Repeat => "repeat",
            ScanOutcome::Ended => "ended",
        }
    }
}

/// What became of a shipment record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum ShipmentOutcome {
    Announced,
    Changed,
    NewJourney,
    Ignored,
}

impl ShipmentOutcome {
    /// Every outcome.
    pub const ALL: [ShipmentOutcome; 4] =
        [ShipmentOutcome::Announced, ShipmentOutcome::Changed, ShipmentOutcome::NewJourney, ShipmentOutcome::Ignored];

    /// The label's value.
    pub const fn name(self) -> &'static str {
        match self {
            ShipmentOutcome::Announced => "announced",
            ShipmentOutcome::Changed => "changed",
            ShipmentOutcome::NewJourney => "new_journey",
            ShipmentOutcome::Ignored => "ignored",
        }
    }
}

/// What became of a reroute record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RerouteOutcome {
    /// A choice stands and its work order was made.
    Requested,
    /// A choice is carried out.
    Accepted,
    /// A choice is not carried out, says who should.
    Refused,
    /// A choice was taken back.
    Cancelled,
    /// Links were taken back.
    Revoked,
    /// A recipient has what is said to be delivered.
    Confirmed,
    /// They do not, and a case was opened.
    Denied,
    /// A request came after its deadline.
    TooLate,
    /// A request was for what is not offered.
    NoLongerOffered,
    /// A request's second proof was wrong.
    WrongProof,
    /// A request was made on a page that was older than another choice.
    Superseded,
    /// Somebody accepted what was not chosen here, and that ended a condition.
    Applied,
    /// Read before.
    Repeat,
    /// An answer to no choice that waits for one.
    Unknown,
    /// Of no parcel in this journey, or of one about which too much was chosen.
    Ignored,
}

impl RerouteOutcome {
    /// Every outcome.
    pub const ALL: [RerouteOutcome; 15] = [
        RerouteOutcome::Requested,
        RerouteOutcome::Accepted,
        RerouteOutcome::Refused,
        RerouteOutcome::Cancelled,
        RerouteOutcome::Revoked,
        RerouteOutcome::Confirmed,
        RerouteOutcome::Denied,
        RerouteOutcome::TooLate,
        RerouteOutcome::NoLongerOffered,
        RerouteOutcome::WrongProof,
        RerouteOutcome::Superseded,
        RerouteOutcome::Applied,
        RerouteOutcome::Repeat,
        RerouteOutcome::Unknown,
        RerouteOutcome::Ignored,
    ];

    /// The label's value.
    pub const fn name(self) -> &'static str {
        match self {
            RerouteOutcome::Requested => "requested",
            RerouteOutcome::Accepted => "accepted",
            RerouteOutcome::Refused => "refused",
            RerouteOutcome::Cancelled => "cancelled",
            RerouteOutcome::Revoked => "revoked",
            RerouteOutcome::Confirmed => "confirmed",
            RerouteOutcome::Denied => "denied",
            RerouteOutcome::TooLate => "too_late",
            RerouteOutcome::NoLongerOffered => "no_longer_offered",
            RerouteOutcome::WrongProof => "wrong_proof",
            RerouteOutcome::Superseded => "superseded",
            RerouteOutcome::Applied => "applied",
            RerouteOutcome::Repeat => "repeat",
            RerouteOutcome::Unknown => "unknown",
            RerouteOutcome::Ignored => "ignored",
        }
    }
}

/// Why the notifier had nothing to do with a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ignored {
    /// A notice of this id was read before.
    RepeatedNotice,
    /// That attempt's outcome is known already, or the attempt was never made.
    RepeatedReceipt,
    /// A withdrawal or receipt of a notice that is not remembered.
    UnknownNotice,
    /// A provider's report that is no news: repeated, late, contradicting what stands, or of an attempt that is not the
    /// newest.
    IdleReport,
    /// A preference that says what is known; also one that we wrote ourselves.
    RepeatedPreference,
    /// A preference older than what is known.
    OldPreference,
    /// A reply that asks for what is so already.
    RepeatedReply,
    /// A preference or reply of a recipient who is no person.
    NoPerson,
    /// A control of a kind of which no storm is on.
    NoStorm,
    /// A control that was read before.
    RepeatedControl,
}

impl Ignored {
    /// Every reason.
    pub const ALL: [Ignored; 10] = [
        Ignored::RepeatedNotice,
        Ignored::RepeatedReceipt,
        Ignored::UnknownNotice,
        Ignored::IdleReport,
        Ignored::RepeatedPreference,
        Ignored::OldPreference,
        Ignored::RepeatedReply,
        Ignored::NoPerson,
        Ignored::NoStorm,
        Ignored::RepeatedControl,
    ];

    /// The label's value.
    pub const fn name(self) -> &'static str {
        match self {
            Ignored::RepeatedNotice => "repeated notice",
            Ignored::RepeatedReceipt => "repeated receipt",
            Ignored::UnknownNotice => "unknown notice",
            Ignored::IdleReport => "idle report",
            Ignored::RepeatedPreference => "repeated preference",
            Ignored::OldPreference => "old preference",
            Ignored::RepeatedReply => "repeated reply",
            Ignored::NoPerson => "no person",
            Ignored::NoStorm => "no storm",
            Ignored::RepeatedControl => "repeated control",
        }
    }
}

/// A claimed delivery attempt.
#[derive(Clone, Debug, PartialEq)]
pub struct Attempt {
    #[allow(missing_docs)]
    pub notice_id: NoticeId,
    #[allow(missing_docs)]
    pub recipient_key: RecipientKey,
    /// Counts from 1.
    pub attempt: u32,
    /// When the earliest of those earlier attempts by this channel was made of which nobody knows what became: a provider
    /// that can be asked is asked first. None: there is no such.
    pub unknown_since: Option<Timestamp>,
    /// Checked (by the wall clock) immediately before the first byte goes out.
    pub deadline: Timestamp,
    #[allow(missing_docs)]
    pub destination: Destination,
    #[allow(missing_docs)]
    pub message: Message,
}

impl Attempt {
    /// The channel of the destination.
    pub fn channel(&self) -> Channel {
        match self.destination {
            Destination::Email { .. } => Channel::Email,
            Destination::Webhook { .. } => Channel::Webhook,
            Destination::Sms { .. } => Channel::Sms,
        }
    }
}

/// Where an attempt goes.
#[derive(Clone, PartialEq)]
pub enum Destination {
    /// A mail address, with the person's name where known.
    Email {
        #[allow(missing_docs)]
        address: String,
        #[allow(missing_docs)]
        name: Option<String>,
    },
    /// An endpoint with the names of its secrets.
    Webhook {
        #[allow(missing_docs)]
        url: String,
        #[allow(missing_docs)]
        secrets: Vec<String>,
    },
    /// A phone.
    Sms {
        #[allow(missing_docs)]
        provider: SmsProvider,
        /// E.164.
        phone: String,
    },
}

impl std::fmt::Debug for Destination {
    /// The channel only: an address is not for logs.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Destination::Email { .. } => "Email(..)",
            Destination::Webhook { .. } => "Webhook(..)",
            Destination::Sms { .. } => "Sms(..)",
        })
    }
}

/// What is sent: texts for a mail, a CloudEvent for a webhook, a text for a phone.
#[derive(Clone, PartialEq)]
pub enum Message {
    /// A mail.
    Mail {
        #[allow(missing_docs)]
        subject: String,
        #[allow(missing_docs)]
        text: String,
        #[allow(missing_docs)]
        html: String,
        /// Where one click ends mails to this person (RFC 8058); none where it is nobody's to click.
        unsubscribe: Option<String>,
    },
    /// The exact bytes that are signed and sent.
    Json(String),
    /// A text message.
    Text {
        /// As its reader sees it.
        text: String,
        /// For a provider that sends approved templates only.
        template: Option<SmsTemplate>,
    },
}

/// An approved template and what it is filled with.
#[derive(Clone, PartialEq, Eq)]
pub struct SmsTemplate {
    /// The provider's name for it.
    pub code: String,
    #[allow(missing_docs)]
    pub parameters: BTreeMap<String, String>,
}

impl std::fmt::Debug for Message {
    /// Texts name people: they are not for logs.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Message::Mail { .. } => "Mail(..)",
            Message::Json(_) => "Json(..)",
            Message::Text { .. } => "Text(..)",
        })
    }
}
