//! What an attempt's outcome does to its notice. Applied once to each attempt; an outcome that was declared
//! unknown can still be told better.

use std::time::Duration;

use super::policy::NotifyPolicy;
use super::reason::Suppression;
use super::retry;
use super::thread::{End, Entry, Phase, Tried, Wait};
use crate::model::{Channel, DeliveryOutcome, Receipt, ReportedOutcome, Timestamp};

/// How an attempt ended, as the record of it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Applied {
    #[allow(missing_docs)]
    pub channel: Channel,
    #[allow(missing_docs)]
    pub outcome: DeliveryOutcome,
    /// The endpoint to which it went; 0 for a mail.
    pub endpoint: u64,
    /// A withdrawal that came while it was under way ends the notice now.
    pub withdrawn: bool,
}

/// Applies a reported outcome; none if that attempt was never made or its outcome is known.
pub fn report(entry: &mut Entry, receipt: &Receipt, now: Timestamp, policy: &NotifyPolicy) -> Option<Applied> {
    let outcome = match receipt.outcome {
        ReportedOutcome::Delivered => DeliveryOutcome::Delivered,
        ReportedOutcome::Retry => DeliveryOutcome::Retry,
        ReportedOutcome::Refused => DeliveryOutcome::Refused,
        ReportedOutcome::Unknown => DeliveryOutcome::Unknown,
    };
    let asked = receipt.retry_after_ms.map(Duration::from_millis);
    apply(entry, receipt.attempt, outcome, asked, now, policy)
}

/// Declares the outstanding attempt's outcome unknown: nothing was heard of it for too long.
pub fn give_up(entry: &mut Entry, now: Timestamp, policy: &NotifyPolicy) -> Option<Applied> {
    let attempt = u32::try_from(entry.tried.len()).ok()?;
    apply(entry, attempt, DeliveryOutcome::Unknown, None, now, policy)
}

fn apply(
    entry: &mut Entry,
    attempt: u32,
    outcome: DeliveryOutcome,
    asked: Option<Duration>,
    now: Timestamp,
    policy: &NotifyPolicy,
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
    let (channel, endpoint) = (tried.channel, tried.endpoint);
    // While a later attempt is under way, an earlier one's outcome changes what was told and nothing else.
    let withdrawn = (is_newest || !entry.is_claimed()) && settle(entry, attempt, channel, outcome, asked, now, policy);
    Some(Applied { channel, outcome, endpoint, withdrawn })
}

/// Where the notice stands now that no attempt is under way; true if a withdrawal ends it.
fn settle(
    entry: &mut Entry,
    attempt: u32,
    channel: Channel,
    outcome: DeliveryOutcome,
    asked: Option<Duration>,
    now: Timestamp,
    policy: &NotifyPolicy,
) -> bool {
    let delivered = entry.tried.iter().any(|tried| tried.outcome == Some(DeliveryOutcome::Delivered));
    let unknown = |tried: &&Tried| tried.outcome == Some(DeliveryOutcome::Unknown);
    let unknowns = entry.tried.iter().filter(unknown).count() as u32;
    match (outcome, entry.phase) {
        _ if delivered => entry.end(End::Delivered),
        (DeliveryOutcome::Refused, Phase::Ended(End::Unknown)) => entry.end(End::Refused),
        // It ended otherwise before this late outcome.
        (_, Phase::Ended(_)) => {}
        // Also what a withdrawal stopped before it began: channels report that as refused.
        _ if entry.over => {
            entry.end(End::Suppressed(Suppression::Withdrawn));
            return true;
        }
        (DeliveryOutcome::Refused, _) => entry.end(End::Refused),
        (DeliveryOutcome::Unknown, _) if unknowns >= policy.channel(channel).unknown_max => entry.end(End::Unknown),
        (_, phase) => {
            let due = now + retry::wait(policy.channel(channel), &entry.id, attempt, asked);
            // A late failure never brings the repeat forward; what the other side asks for still holds.
            let due = match phase {
                Phase::Waiting { due: planned, .. } => planned.max(if asked.is_some() { due } else { planned }),
                _ => due,
            };
            entry.phase = Phase::Waiting { due, wait: Wait::Retry };
        }
    }
    false
}
