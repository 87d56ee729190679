//! What can happen in the demonstration.

use serde::Serialize;

use crate::model::{ConditionChange, SmsProvider, Timestamp, WorkOrder};

/// Something happened.
#[derive(Clone, Debug, Serialize)]
pub struct Happening {
    /// Counts from 1.
    pub number: u64,
    /// By the demonstration's clock.
    pub at: Timestamp,
    #[allow(missing_docs)]
    #[serde(flatten)]
    pub what: What,
}

/// What happened.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum What {
    /// A text arrived on a phone.
    Text(Text),
    /// A mail arrived.
    Mail(Mail),
    /// A webhook arrived at a merchant's endpoint.
    Webhook(Hook),
    /// A condition changed.
    Condition(ConditionChange),
    /// A customer chose, and somebody has work.
    Choice(WorkOrder),
}

/// A text on a phone.
#[derive(Clone, Debug, Serialize)]
pub struct Text {
    /// Whose gateway carried it.
    pub provider: SmsProvider,
    /// The number.
    pub to: String,
    /// The provider's name for it, by which a reply finds its sender.
    pub id: String,
    #[allow(missing_docs)]
    pub body: String,
}

/// A mail in an inbox.
#[derive(Clone, Debug, Serialize)]
pub struct Mail {
    /// Whose inbox it is.
    pub reader: Reader,
    /// The address.
    pub to: String,
    #[allow(missing_docs)]
    pub subject: String,
    /// The part for people who read text.
    pub text: String,
}

/// Who reads a mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reader {
    /// Who waits for a parcel.
    Customer,
    /// A hub or customer service.
    Staff,
}

/// A webhook as its endpoint got it.
#[derive(Clone, Debug, Serialize)]
pub struct Hook {
    #[allow(missing_docs)]
    pub merchant: String,
    /// Whether the merchant's library found its signature good.
    pub verified: bool,
    #[allow(missing_docs)]
    pub id: String,
    /// Indented JSON.
    pub body: String,
}
