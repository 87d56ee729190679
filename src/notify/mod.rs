//! The notifier: what one recipient is told, when and by which way. Pure.
//!
//! In come notices (issued and withdrawn), receipts (outcomes of attempts) and time; out go delivery
//! attempts, their cancellation, and a delivery record for every decision that sends nothing and for
//! every outcome. State is kept per *thread*: one recipient, parcel and journey.
//!
//! What always holds:
//! - An attempt is claimed (saved) before it is made, and only while the machine is open. A thread has
//!   at most one claim outstanding, so that every judgement sees the outcomes before it.
//! - Every notice that was read either has a timer or has ended: delivered, refused, shadowed,
//!   suppressed or expired.
//! - Whether somebody *was told* is derived from outcomes (delivered or unknown), never from decisions.
//!
//! A notice passes, at the instant of its decision: `judge` (is it worse or other?), then the gap
//! between two notices, then `route` (by which way?), then the sending mode; see `decide`.

mod decide;
mod describe;
mod digest;
mod inbox;
mod judge;
mod machine;
mod outcome;
mod policy;
mod reason;
pub mod render;
mod retry;
mod route;
mod scribe;
#[cfg(test)]
mod tests;
mod thread;
mod timers;
mod turn;

pub use machine::Notifier;
pub use policy::{ChannelPolicy, Contact, Contacts, DigestPolicy, Mode, NotifyPolicy, Policy, Sending};
pub use reason::{Hold, Suppression, Why, reasons};

use crate::model::{Notice, Receipt, RecipientKey};

/// The commented configuration of the notifier, equal to [`Policy::default`].
pub const REFERENCE: &str = include_str!("reference.toml");

/// A decoded record of `notices.v1` or `receipts.v1`.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// Somebody is to be told something, or no longer.
    Notice {
        /// The record's key: who.
        key: RecipientKey,
        #[allow(missing_docs)]
        notice: Notice,
    },
    /// What became of an attempt.
    Receipt(Box<Receipt>),
}
