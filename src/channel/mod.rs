//! Carries what was decided to the outside: mails, webhooks and texts.
//!
//! In comes a [`model::Attempt`](crate::model::Attempt), claimed and committed; out goes exactly one
//! [`model::Receipt`](crate::model::Receipt) for it, whatever happens (a full queue, a panic, a shutdown).
//!
//! ```text
//! start ─> queue of the channel ─> at most `concurrency` at once ─> gate ─> first byte ─> outcome ─> receipt
//!                                                       deadline, withdrawal ┘
//! ```
//!
//! What always holds:
//! - The [`Gate`] is asked immediately before the first byte, over a connection that stands: a late or withdrawn attempt sends nothing.
//! - An outcome is [`Outcome::Unknown`] exactly where the other side may have accepted what nobody confirmed;
//!   whatever failed earlier is a [`Outcome::Retry`], so that nobody is told twice without need.
//! - No address, URL, name or secret is in an outcome, a log line or debug output.

mod client;
mod content;
mod dispatcher;
mod email;
mod gate;
mod outcome;
mod owed;
mod secrets;
pub mod settings;
pub mod sms;
mod strangers;
mod trust;
mod webhook;

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

pub use dispatcher::{Depth, Dispatcher};
pub use email::Email;
pub use gate::{Gate, WallClock};
pub use outcome::{Outcome, Reason};
pub use owed::Report;
pub use secrets::{Secret, SecretError, Secrets};
pub use settings::{Problem, Settings};
pub use sms::Sms;
pub use webhook::Webhook;

use crate::model::{Attempt, Channel};

/// An attempt under way.
pub type Attempting<'a> = Pin<Box<dyn Future<Output = Outcome> + Send + 'a>>;

/// A way to send: what the dispatcher needs to know of a channel.
pub trait Transport: Send + Sync {
    /// Which channel it is.
    fn channel(&self) -> Channel;

    /// How much at once, and how long.
    fn limits(&self) -> Limits;

    /// Sends one message. Calls [`Gate::pass`] immediately before the first byte of the message, when the connection stands, and
    /// returns what the gate says where it is shut; ends within [`Limits::total_timeout`], or shortly after it is broken off. Over HTTP
    /// it is the content that asks (`content`).
    fn attempt<'a>(&'a self, attempt: &'a Attempt, gate: &'a Arc<Gate>) -> Attempting<'a>;
}

/// How much a channel does at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Attempts that may wait.
    pub queue: usize,
    /// Attempts that may run.
    pub concurrency: usize,
    /// From the start of an attempt to what is known of its outcome.
    pub total_timeout: Duration,
}

/// Whether a text is a mail address, with or without a name before it.
pub fn is_address(text: &str) -> bool {
    email::mailbox(text).is_some()
}

/// Makes the channels that the settings configure, in the order of [`Settings::configured`]. Reads certificates
/// and resolves the channels' own secrets once, to say at the start what would fail at the first mail; talks to
/// no server.
///
/// # Errors
/// Everything that is wrong with the settings, at once.
pub fn open(settings: &Settings, secrets: &Arc<Secrets>) -> Result<Vec<Arc<dyn Transport>>, Vec<Problem>> {
    let mut problems = settings.check();
    let mut transports: Vec<Arc<dyn Transport>> = Vec::new();
    for channel in settings.configured() {
        let opened: Result<Arc<dyn Transport>, Problem> = match channel {
            Channel::Email => Email::open(&settings.email, secrets).map(|email| Arc::new(email) as _),
            Channel::Webhook => Webhook::open(&settings.webhook, secrets).map(|webhook| Arc::new(webhook) as _),
            Channel::Sms => Sms::open(&settings.sms, secrets).map(|sms| Arc::new(sms) as _),
        };
        match opened {
            Ok(transport) => transports.push(transport),
            // Opening meets some of the problems again that checking has found.
            Err(problem) if problems.iter().any(|known| known.key == problem.key) => {}
            Err(problem) => problems.push(problem),
        }
    }
    if problems.is_empty() { Ok(transports) } else { Err(problems) }
}
