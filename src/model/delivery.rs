//! What became of a notice: the records of `deliveries.v1` (for people and audits) and
//! `receipts.v1` (outcomes, read back by whoever owns the recipient).

use serde::{Deserialize, Serialize};

use super::{NoticeId, RecipientKey, Timestamp};

/// A way to reach somebody. Part of saved state: append only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum Channel {
    Email,
    Webhook,
    Sms,
}

impl Channel {
    /// Every channel.
    pub const ALL: [Channel; 3] = [Channel::Email, Channel::Webhook, Channel::Sms];

    /// The name on the wire, in metrics and in the configuration.
    pub const fn name(self) -> &'static str {
        match self {
            Channel::Email => "email",
            Channel::Webhook => "webhook",
            Channel::Sms => "sms",
        }
    }
}

/// Who carries texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum SmsProvider {
    Twilio,
    /// Texts from approved templates only.
    Aliyun,
}

impl SmsProvider {
    /// Every provider.
    pub const ALL: [SmsProvider; 2] = [SmsProvider::Twilio, SmsProvider::Aliyun];

    /// The name in records, metrics and the configuration.
    pub const fn name(self) -> &'static str {
        match self {
            SmsProvider::Twilio => "twilio",
            SmsProvider::Aliyun => "aliyun",
        }
    }
}

/// What was decided about a notice; all but `sent` carry a reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum Decision {
    Sent,
    Shadow,
    Suppressed,
    Held,
    Expired,
}

impl Decision {
    /// Every decision.
    pub const ALL: [Decision; 5] =
        [Decision::Sent, Decision::Shadow, Decision::Suppressed, Decision::Held, Decision::Expired];

    /// The name on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Decision::Sent => "sent",
            Decision::Shadow => "shadow",
            Decision::Suppressed => "suppressed",
            Decision::Held => "held",
            Decision::Expired => "expired",
        }
    }
}

/// How an attempt ended, as far as we know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryOutcome {
    /// The channel took it.
    Delivered,
    /// Not this time; it is tried again.
    Retry,
    /// Never.
    Refused,
    /// Nobody can say whether it arrived.
    Unknown,
}

impl DeliveryOutcome {
    /// Every outcome.
    pub const ALL: [DeliveryOutcome; 4] =
        [DeliveryOutcome::Delivered, DeliveryOutcome::Retry, DeliveryOutcome::Refused, DeliveryOutcome::Unknown];

    /// The name on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            DeliveryOutcome::Delivered => "delivered",
            DeliveryOutcome::Retry => "retry",
            DeliveryOutcome::Refused => "refused",
            DeliveryOutcome::Unknown => "unknown",
        }
    }
}

/// A record of `deliveries.v1`, keyed by recipient key: one for each decision that sends nothing
/// and one for each outcome of an attempt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    #[allow(missing_docs)]
    pub notice_id: NoticeId,
    #[allow(missing_docs)]
    pub recipient_key: RecipientKey,
    #[allow(missing_docs)]
    pub parcel_id: String,
    /// None where it was decided before a channel was chosen.
    pub channel: Option<Channel>,
    /// The relay or endpoint class; never an address.
    pub provider: Option<String>,
    /// Counts from 1; 0 where nothing was attempted.
    pub attempt: u32,
    #[allow(missing_docs)]
    pub decision: Decision,
    /// None where nothing was attempted.
    pub outcome: Option<DeliveryOutcome>,
    #[allow(missing_docs)]
    pub reason: Option<String>,
    /// The provider's name for the message.
    pub provider_id: Option<String>,
    /// The digest that tells it instead: a notice of its own, with deliveries of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<NoticeId>,
    #[allow(missing_docs)]
    pub at: Timestamp,
    /// How long the attempt took, in milliseconds.
    pub took_ms: Option<u64>,
}

/// What an attempt reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum ReportedOutcome {
    Delivered,
    Retry,
    Refused,
    /// The channel cannot tell (a connection lost after the body went out).
    Unknown,
}

/// Where a receipt comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReceiptKind {
    /// Our own attempt.
    Outcome,
    /// A provider's delivery report.
    Provider,
    /// A person's reply.
    Reply,
}

/// A record of `receipts.v1`, keyed by recipient key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    #[allow(missing_docs)]
    pub recipient_key: RecipientKey,
    #[allow(missing_docs)]
    pub kind: ReceiptKind,
    #[allow(missing_docs)]
    pub notice_id: NoticeId,
    #[allow(missing_docs)]
    pub channel: Channel,
    /// Which attempt, from 1.
    pub attempt: u32,
    #[allow(missing_docs)]
    pub outcome: ReportedOutcome,
    #[serde(default)]
    #[allow(missing_docs)]
    pub reason: Option<String>,
    #[serde(default)]
    #[allow(missing_docs)]
    pub provider_id: Option<String>,
    /// `Retry-After`, in milliseconds, where the other side named it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<u64>,
    /// The endpoint is gone for good (410): nothing more is sent to it until its owner renews it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub endpoint_gone: bool,
    /// The provider says that this person wants no more texts.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub opted_out: bool,
    #[allow(missing_docs)]
    pub at: Timestamp,
    #[serde(default)]
    #[allow(missing_docs)]
    pub took_ms: Option<u64>,
}

impl Receipt {
    /// A receipt that says no more than this.
    pub fn new(
        kind: ReceiptKind,
        recipient_key: RecipientKey,
        notice_id: NoticeId,
        channel: Channel,
        attempt: u32,
        outcome: ReportedOutcome,
        at: Timestamp,
    ) -> Receipt {
        Receipt {
            recipient_key,
            kind,
            notice_id,
            channel,
            attempt,
            outcome,
            reason: None,
            provider_id: None,
            retry_after_ms: None,
            endpoint_gone: false,
            opted_out: false,
            at,
            took_ms: None,
        }
    }
}
