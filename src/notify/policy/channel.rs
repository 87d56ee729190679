//! `[notify.email]`, `[notify.webhook]` and `[notify.sms]`: how a channel's attempts are repeated.

use std::time::Duration;

use serde::{Deserialize, Deserializer};

use super::{hours, value};

/// How long after an attempt's deadline and its channel's total timeout an outcome may still be on its way through
/// `receipts`. Smaller: attempts are repeated whose outcome is already written.
const OUTCOME_GRACE: Duration = Duration::from_secs(5);

/// How a channel's attempts are repeated.
#[derive(Clone, Debug, PartialEq)]
pub struct ChannelPolicy {
    /// How long an attempt can take from its first byte to its outcome. Its outcome counts as unknown only
    /// after the attempt's deadline, this, and 5 s: smaller than what the channel really allows, and
    /// attempts are repeated that are still under way.
    pub total_timeout: Duration,
    /// The wait after the first, second, ... failed attempt; the last one repeats until the notice expires.
    pub retries: Vec<Duration>,
    /// Up to this share of the wait is added, by notice and attempt, so that many do not come at once.
    pub jitter_percent: u8,
    /// After as many attempts of unknown outcome a notice is not repeated: its reader may have it as often.
    pub unknown_max: u32,
}

impl ChannelPolicy {
    /// How long after an attempt's deadline its outcome may still come; later it counts as unknown.
    pub fn outcome_within(&self) -> Duration {
        self.total_timeout + OUTCOME_GRACE
    }

    /// How long an attempt may ask, before its first byte, what became of an earlier one: half of its time, as the channel divides it. It is added
    /// to the claim's window: less, and what has to be looked up first never begins in time.
    pub fn look_up_within(&self) -> Duration {
        self.total_timeout / 2
    }

    /// The same for a clock that goes `rate` times as fast: what happens outside takes as long as ever.
    pub(super) fn scaled(self, rate: u32) -> ChannelPolicy {
        ChannelPolicy { total_timeout: self.outcome_within() * rate - OUTCOME_GRACE, ..self }
    }

    /// Long enough for greylisting (minutes) and a relay's night (hours). People see a repeated mail, even under one
    /// Message-ID, so it is repeated once.
    pub(super) fn email() -> ChannelPolicy {
        let retries = [1, 5, 15, 60, 120, 240, 480].map(|minutes| Duration::from_secs(minutes * 60)).to_vec();
        ChannelPolicy { total_timeout: Duration::from_secs(60), retries, jitter_percent: 20, unknown_max: 2 }
    }

    /// A text is worth less by the hour.
    fn sms() -> ChannelPolicy {
        let retries = [30, 2 * 60, 10 * 60, 30 * 60, 60 * 60].map(Duration::from_secs).to_vec();
        ChannelPolicy { total_timeout: Duration::from_secs(30), retries, jitter_percent: 20, unknown_max: 1 }
    }

    /// The specification of Standard Webhooks, after its immediate first attempt. Receivers know a repeat by its id.
    pub(super) fn webhook() -> ChannelPolicy {
        let soon = [5, 5 * 60, 30 * 60].map(Duration::from_secs);
        let retries = soon.into_iter().chain([2, 5, 10, 14, 20, 24].map(hours)).collect();
        ChannelPolicy { total_timeout: Duration::from_secs(30), retries, jitter_percent: 20, unknown_max: 10 }
    }
}

/// How texts are repeated, and what is made of their providers' reports.
#[derive(Clone, Debug, PartialEq)]
pub struct SmsPolicy {
    /// As for the other channels. Its `unknown_max` is for providers that cannot be asked what became of a text: people
    /// see a repeat, so what may have arrived is not sent again.
    pub attempts: ChannelPolicy,
    /// The same for Aliyun, which is asked before anything is repeated.
    pub unknown_max_aliyun: u32,
    /// How long after a text was taken its provider's report is awaited: one that says that it did not arrive sends the
    /// notice by the reader's next channel. Longer keeps contacts in state; shorter takes more texts for arrived. Providers give up
    /// only after their own time (`sms.twilio.validity`).
    pub report_within: Duration,
}

impl SmsPolicy {
    /// The same for a clock that goes `rate` times as fast.
    pub(super) fn scaled(self, rate: u32) -> SmsPolicy {
        SmsPolicy { attempts: self.attempts.scaled(rate), report_within: self.report_within * rate, ..self }
    }
}

impl Default for SmsPolicy {
    fn default() -> Self {
        SmsPolicy { attempts: ChannelPolicy::sms(), unknown_max_aliyun: 3, report_within: Duration::from_secs(45 * 60) }
    }
}

/// What a section names; the rest stays as it is by default, which differs by channel.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Named {
    #[serde(deserialize_with = "value::some_positive")]
    total_timeout: Option<Duration>,
    #[serde(deserialize_with = "value::some_durations")]
    retries: Option<Vec<Duration>>,
    #[serde(deserialize_with = "value::some_percent")]
    jitter_percent: Option<u8>,
    #[serde(deserialize_with = "value::some_count")]
    unknown_max: Option<u32>,
}

impl Named {
    fn over(self, default: ChannelPolicy) -> ChannelPolicy {
        ChannelPolicy {
            total_timeout: self.total_timeout.unwrap_or(default.total_timeout),
            retries: self.retries.unwrap_or(default.retries),
            jitter_percent: self.jitter_percent.unwrap_or(default.jitter_percent),
            unknown_max: self.unknown_max.unwrap_or(default.unknown_max),
        }
    }
}

pub(super) fn email<'de, D: Deserializer<'de>>(d: D) -> Result<ChannelPolicy, D::Error> {
    Ok(Named::deserialize(d)?.over(ChannelPolicy::email()))
}

/// What `[notify.sms]` names.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct NamedSms {
    #[serde(deserialize_with = "value::some_positive")]
    total_timeout: Option<Duration>,
    #[serde(deserialize_with = "value::some_durations")]
    retries: Option<Vec<Duration>>,
    #[serde(deserialize_with = "value::some_percent")]
    jitter_percent: Option<u8>,
    #[serde(deserialize_with = "value::some_count")]
    unknown_max: Option<u32>,
    #[serde(deserialize_with = "value::some_count")]
    unknown_max_aliyun: Option<u32>,
    #[serde(deserialize_with = "value::some_positive")]
    report_within: Option<Duration>,
}

pub(super) fn sms<'de, D: Deserializer<'de>>(d: D) -> Result<SmsPolicy, D::Error> {
    let NamedSms { total_timeout, retries, jitter_percent, unknown_max, unknown_max_aliyun, report_within } =
        NamedSms::deserialize(d)?;
    let default = SmsPolicy::default();
    Ok(SmsPolicy {
        attempts: Named { total_timeout, retries, jitter_percent, unknown_max }.over(default.attempts),
        unknown_max_aliyun: unknown_max_aliyun.unwrap_or(default.unknown_max_aliyun),
        report_within: report_within.unwrap_or(default.report_within),
    })
}

pub(super) fn webhook<'de, D: Deserializer<'de>>(d: D) -> Result<ChannelPolicy, D::Error> {
    Ok(Named::deserialize(d)?.over(ChannelPolicy::webhook()))
}
