//! When a failed attempt is repeated: the channel's schedule, lengthened by a share that depends on the
//! notice and the attempt alone, and by what the other side asks for.

use std::time::Duration;

use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::policy::ChannelPolicy;
use crate::model::NoticeId;

/// The wait after attempt `attempt` (from 1) of a notice; never shorter than `asked` (`Retry-After`).
pub fn wait(policy: &ChannelPolicy, id: &NoticeId, attempt: u32, asked: Option<Duration>) -> Duration {
    let step = (attempt.max(1) as usize - 1).min(policy.retries.len().saturating_sub(1));
    let wait = policy.retries.get(step).copied().unwrap_or(Duration::from_secs(3600));
    // In thousandths, so that no two of many failing notices meet at the same millisecond.
    let dice = xxh3_64_with_seed(id.as_str().as_bytes(), u64::from(attempt)) % 1001;
    let share = dice * u64::from(policy.jitter_percent) / 100;
    let jitter = Duration::from_millis((wait.as_millis() as u64).saturating_mul(share) / 1000);
    wait.saturating_add(jitter).max(asked.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notify::NotifyPolicy;

    const fn s(secs: u64) -> Duration {
        Duration::from_secs(secs)
    }

    #[test]
    fn webhooks_follow_the_schedule_of_standard_webhooks_and_at_most_a_fifth_more() {
        let policy = NotifyPolicy::default().webhook;
        let id = NoticeId::of(&["1"]);
        let h = 3600;
        let schedule = [5, 300, 1800, 2 * h, 5 * h, 10 * h, 14 * h, 20 * h, 24 * h, 24 * h, 24 * h];
        for (attempt, secs) in (1..).zip(schedule) {
            let wait = wait(&policy, &id, attempt, None);
            assert!((s(secs)..=s(secs) * 6 / 5).contains(&wait), "attempt {attempt}: {wait:?}");
        }
    }

    #[test]
    fn retry_after_is_honoured_and_never_shortens_the_wait() {
        let policy = ChannelPolicy { jitter_percent: 0, ..NotifyPolicy::default().webhook };
        let id = NoticeId::of(&["1"]);
        assert_eq!(wait(&policy, &id, 1, Some(s(120))), s(120));
        assert_eq!(wait(&policy, &id, 2, Some(s(120))), s(300));
        assert_eq!(wait(&policy, &id, 1, Some(Duration::MAX)), Duration::MAX);
    }

    #[test]
    fn the_jitter_differs_by_notice_and_attempt_and_is_always_the_same() {
        let policy = NotifyPolicy::default().webhook;
        let of = |id: &str, attempt| wait(&policy, &NoticeId::of(&[id]), attempt, None);
        assert_eq!(of("1", 3), of("1", 3));
        assert_ne!(of("1", 3), of("2", 3));
    }
}
