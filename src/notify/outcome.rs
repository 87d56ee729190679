//! What an attempt's outcome does to its notice. Applied once to each attempt; an outcome that was declared
//! unknown can still be told better, and a text that was taken can still be reported as not delivered.

use std::time::Duration;

use super::policy::NotifyPolicy;
use super::reason::Suppression;
use super::retry;
use super::thread::{End, Entry, Phase, Tried, Wait};
use crate::model::{Channel, DeliveryOutcome, Receipt, ReportedOutcome, SmsProvider, Timestamp};

/// Attempts of a notice. More: a schedule of seconds fills the state with them while a channel is dead for days. Fewer: a schedule
/// of minutes ends before its notice expires; ours come to some fifty.
pub const ATTEMPTS_MAX: usize = 256;

/// How an attempt ended, as the record of it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Applied {
    #[allow(missing_docs)]
    pub channel: Channel,
    #[allow(missing_docs)]
    pub outcome: DeliveryOutcome,
    /// Who carried a text.
    pub provider: Option<SmsProvider>,
    /// Why the notice ends now otherwise than by this outcome: a withdrawal or an opt-out came while it was under way.
    pub ended: Option<Suppression>,
}

/// Who says how an attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum By {
    Channel,
    Provider,
}

/// What an outcome is judged by.
pub struct Circumstances<'a> {
    #[allow(missing_docs)]
    pub now: Timestamp,
    #[allow(missing_docs)]
    pub policy: &'a NotifyPolicy,
    /// Whether there is another way to the reader now that a channel has refused the notice, and why not.
    pub onward: &'a dyn Fn(&Entry) -> Result<(), Suppression>,
}

/// Applies an outcome that the channel reports; none if that attempt was never made or its outcome is known.
pub fn report(entry: &mut Entry, receipt: &Receipt, at: &Circumstances<'_>) -> Option<Applied> {
    let asked = receipt.retry_after_ms.map(Duration::from_millis);
    apply(entry, receipt.attempt, outcome(receipt), asked, at)
}

/// Declares the outstanding attempt's outcome unknown: nothing was heard of it for too long.
pub fn give_up(entry: &mut Entry, at: &Circumstances<'_>) -> Option<Applied> {
    let attempt = u32::try_from(entry.tried.len()).ok()?;
    apply(entry, attempt, DeliveryOutcome::Unknown, None, at)
}

/// Applies what a text's provider reports of the newest attempt, or of one that a look-up found, while something hangs on it; none
/// if it is no news.
/// It may come before the channel's own outcome.
pub fn provider(entry: &mut Entry, receipt: &Receipt, at: &Circumstances<'_>) -> Option<Applied> {
    let outcome = Some(outcome(receipt))
        .filter(|outcome| matches!(outcome, DeliveryOutcome::Delivered | DeliveryOutcome::Refused))?;
    let (phase, newest) = (entry.phase, *entry.tried.last()?);
    let named = (receipt.attempt as usize).checked_sub(1)?;
    let tried = *entry.tried.get(named).filter(|tried| tried.channel == receipt.channel)?;
    // A look-up found what an earlier attempt had sent: the text that is reported of bears that one's name.
    let is_found = tried.outcome == Some(DeliveryOutcome::Unknown)
        && newest.outcome == Some(DeliveryOutcome::Delivered)
        && matches!(phase, Phase::Reporting { .. })
        && [tried.provider(), newest.provider()] == [Some(SmsProvider::Aliyun); 2];
    let is_newest = named + 1 == entry.tried.len();
    let hangs = tried.channel == Channel::Sms
        && match tried.outcome {
            _ if !is_newest => is_found,
            None => true,
            Some(DeliveryOutcome::Unknown) => !matches!(phase, Phase::Ended(_)),
            Some(DeliveryOutcome::Delivered) => matches!(phase, Phase::Reporting { .. }),
            Some(_) => false,
        };
    if !hangs {
        return None;
    }
    for tried in entry.tried.iter_mut().skip(named).filter(|tried| tried.channel == Channel::Sms) {
        tried.outcome = Some(outcome);
    }
    let applied = applied(&tried, outcome);
    let newest = u32::try_from(entry.tried.len()).ok()?;
    let ended = settle(entry, newest, (outcome, By::Provider), None, at);
    Some(Applied { ended, ..applied })
}

fn outcome(receipt: &Receipt) -> DeliveryOutcome {
    match receipt.outcome {
        ReportedOutcome::Delivered => DeliveryOutcome::Delivered,
        ReportedOutcome::Retry => DeliveryOutcome::Retry,
        ReportedOutcome::Refused => DeliveryOutcome::Refused,
        ReportedOutcome::Unknown => DeliveryOutcome::Unknown,
    }
}

fn applied(tried: &Tried, outcome: DeliveryOutcome) -> Applied {
    Applied { channel: tried.channel, outcome, provider: tried.provider(), ended: None }
}

fn apply(
    entry: &mut Entry,
    attempt: u32,
    outcome: DeliveryOutcome,
    asked: Option<Duration>,
    at: &Circumstances<'_>,
) -> Option<Applied> {
    let is_newest = attempt as usize == entry.tried.len();
    let tried = entry.tried.get_mut((attempt as usize).checked_sub(1)?)?;
    let is_news = match tried.outcome {
        None => true,
        Some(DeliveryOutcome::Unknown) => outcome != DeliveryOutcome::Unknown,
        Some(_) => false,
    };
    if !is_news {
        return None;
    }
    tried.outcome = Some(outcome);
    let applied = applied(tried, outcome);
    // While a later attempt is under way or its report awaited, an earlier one's outcome changes what was told and
    // nothing else.
    let stands = entry.is_claimed() || matches!(entry.phase, Phase::Reporting { .. });
    let settles = is_newest || !stands;
    let ended = if settles { settle(entry, attempt, (outcome, By::Channel), asked, at) } else { None };
    Some(Applied { ended, ..applied })
}

/// Where the notice stands now that no attempt is under way; why, if it ends otherwise than by the outcome.
fn settle(
    entry: &mut Entry,
    attempt: u32,
    (outcome, by): (DeliveryOutcome, By),
    asked: Option<Duration>,
    at: &Circumstances<'_>,
) -> Option<Suppression> {
    let delivered = entry.tried.iter().any(|tried| tried.outcome == Some(DeliveryOutcome::Delivered));
    let tried = entry.tried[attempt as usize - 1];
    // Of what was carried by post or by its reader's own endpoint nobody reports.
    let is_reported = tried.channel == Channel::Sms && by == By::Channel && attempt as usize == entry.tried.len();
    let reporting = Phase::Reporting { until: at.now + at.policy.sms.report_within };
    match (outcome, entry.phase) {
        // It ended otherwise before this late outcome.
        (DeliveryOutcome::Retry | DeliveryOutcome::Unknown, Phase::Ended(_)) => {}
        (DeliveryOutcome::Delivered, Phase::Ended(_)) => entry.end(End::Delivered),
        (DeliveryOutcome::Refused, Phase::Ended(End::Unknown)) if !delivered => entry.end(End::Refused),
        (DeliveryOutcome::Refused, Phase::Ended(_)) => {}
        (DeliveryOutcome::Delivered, _) if is_reported => entry.phase = reporting,
        _ if delivered => entry.end(End::Delivered),
        // Also what a withdrawal stopped before it began: channels report that as refused.
        _ if entry.over => return end_suppressed(entry, Suppression::Withdrawn),
        (DeliveryOutcome::Refused, _) => match (at.onward)(entry) {
            Ok(()) => entry.phase = Phase::Waiting { due: at.now, wait: Wait::Onward },
            Err(Suppression::OptedOut) => return end_suppressed(entry, Suppression::OptedOut),
            Err(_) => entry.end(End::Refused),
        },
        (DeliveryOutcome::Unknown, _) if is_doubtful(entry, &tried, at.policy) => {
            if is_reported {
                entry.phase = reporting;
            } else {
                entry.end(End::Unknown);
            }
        }
        (_, phase) => {
            let before = entry.tried.iter().take(attempt as usize).filter(|other| other.channel == tried.channel);
            let wait = retry::wait(at.policy.channel(tried.channel), &entry.id, before.count() as u32, asked);
            let due = at.now + wait;
            if entry.tried.len() >= ATTEMPTS_MAX {
                // It expires.
                entry.phase = Phase::Waiting { due: entry.expires, wait: Wait::Retry };
                return None;
            }
            // A late failure never brings the repeat forward; what the other side asks for still holds.
            let due = match phase {
                Phase::Waiting { due: planned, .. } => planned.max(if asked.is_some() { due } else { planned }),
                _ => due,
            };
            entry.phase = Phase::Waiting { due, wait: Wait::Retry };
        }
    }
    None
}

fn end_suppressed(entry: &mut Entry, suppression: Suppression) -> Option<Suppression> {
    entry.end(End::Suppressed(suppression));
    Some(suppression)
}

/// Whether its reader may have it so often by this channel that it is not repeated.
fn is_doubtful(entry: &Entry, tried: &Tried, policy: &NotifyPolicy) -> bool {
    let is_unknown = |other: &&Tried| other.channel == tried.channel && other.outcome == Some(DeliveryOutcome::Unknown);
    entry.tried.iter().filter(is_unknown).count() as u32 >= policy.unknown_max(tried.channel, tried.provider())
}
