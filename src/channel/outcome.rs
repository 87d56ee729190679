//! How an attempt ended.

use std::borrow::Cow;
use std::time::Duration;

/// Why, in a few words of ours and numbers of the other side's: never its text, which likes to repeat addresses.
pub type Reason = Cow<'static, str>;

/// What is known about an attempt after it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The other side took it.
    Delivered {
        /// Its name for the message, where it says one.
        provider_id: Option<String>,
    },
    /// It did not take it this time, certainly: another attempt tells nobody twice.
    Retry {
        /// How long it asks to be left alone; absent: the schedule of retries says.
        after: Option<Duration>,
        #[allow(missing_docs)]
        reason: Reason,
    },
    /// It will never take it.
    Refused {
        #[allow(missing_docs)]
        reason: Reason,
        /// Nor anything else: the endpoint is to be left alone until its owner renews it.
        endpoint_gone: bool,
        /// The recipient wants nothing more by this channel, as the provider knows.
        opted_out: bool,
    },
    /// It may have taken it.
    Unknown {
        /// As for a retry.
        after: Option<Duration>,
        #[allow(missing_docs)]
        reason: Reason,
    },
}

impl Outcome {
    /// A retry by the schedule.
    pub fn retry(reason: impl Into<Reason>) -> Outcome {
        Outcome::Retry { after: None, reason: reason.into() }
    }

    /// A refusal of this message only.
    pub fn refused(reason: impl Into<Reason>) -> Outcome {
        Outcome::Refused { reason: reason.into(), endpoint_gone: false, opted_out: false }
    }

    /// Its reason has gone before its first byte.
    pub fn withdrawn() -> Outcome {
        Outcome::refused("withdrawn")
    }

    /// Nobody can say.
    pub fn unknown(reason: impl Into<Reason>) -> Outcome {
        Outcome::Unknown { after: None, reason: reason.into() }
    }
}
