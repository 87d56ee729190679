//! The notifier: what one recipient is told, when and by which way. Pure.
//!
//! In come notices (issued and withdrawn), receipts (outcomes of attempts, providers' reports, replies), preferences,
//! operators' decisions and time; out go delivery attempts, their cancellation, a delivery record for every decision that sends nothing and for
//! every outcome, and the preferences that replies change. State is kept per *thread*: one recipient, parcel and
//! journey.
//!
//! What always holds:
//! - An attempt is claimed (saved) before it is made, and only while the machine is open. A thread has
//!   at most one claim outstanding, so that every judgement sees the outcomes before it.
//! - Every notice that was read either has a timer or has ended: delivered, refused, shadowed,
//!   suppressed or expired.
//! - Nothing is claimed on a channel that its reader has opted out of, nor, but for what is urgent, in quiet hours.
//! - Whether somebody *was told* is derived from outcomes (delivered or unknown), never from decisions.
//!
//! A notice passes, at the instant of its decision: `judge` (is it worse or other?), then the gap
//! between two notices, then `route` (by which way?), then the storm breaker, then quiet hours, then the sending mode; see
//! `decide`. What its channel refuses goes on by the reader's next one.

mod decide;
mod describe;
mod digest;
mod inbox;
mod judge;
mod machine;
mod outcome;
mod policy;
mod preference;
mod quiet;
mod reason;
pub mod render;
mod retry;
mod route;
mod scribe;
mod storm;
#[cfg(test)]
mod tests;
mod thread;
mod timers;
mod turn;

pub use machine::Notifier;
pub use policy::{
    ChannelPolicy, Contact, Contacts, DigestPolicy, Mode, NotifyPolicy, Policy, Sending, SmsPolicy, hub_name,
};
pub use reason::{Hold, Suppression, Why, reasons};
pub use storm::Storm;

use crate::model::{Control, Notice, Preference, Receipt, RecipientKey, Reply};

/// The commented configuration of the notifier, equal to [`Policy::default`].
pub const REFERENCE: &str = include_str!("reference.toml");

/// A decoded record of `preferences.v1`, `notices.v1`, `receipts.v1` or `controls.v1`.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// Somebody is to be told something, or no longer.
    Notice {
        /// The record's key: who.
        key: RecipientKey,
        #[allow(missing_docs)]
        notice: Notice,
    },
    /// What became of an attempt, as our channel or its provider says.
    Receipt(Box<Receipt>),
    /// A person's reply.
    Reply(Reply),
    /// How somebody wants to be told; it replaces what was known.
    Preference {
        /// The record's key: who.
        key: RecipientKey,
        /// None: what was known is forgotten.
        preference: Option<Box<Preference>>,
        /// Optional fields that count as absent.
        malformed: Vec<&'static str>,
    },
    /// What an operator decides about a storm.
    Control(Control),
}
