//! What one reader can take of the state, however much there is to tell and however long nobody takes it.

use super::timeline::{Desk, START};
use super::*;
use crate::model::{Decision, Effect, Timestamp};

fn decided(desk: &Desk, decision: Decision, reason: &str) -> usize {
    let is_it = |effect: &&Effect| matches!(effect, Effect::Delivery(delivery) if delivery.decision == decision && delivery.reason.as_deref() == Some(reason));
    desk.log.iter().filter(is_it).count()
}

fn entries(desk: &Desk) -> usize {
    desk.machine.threads.iter().map(|(_, thread)| thread.entries.len()).sum()
}

#[test]
fn of_more_notices_than_a_thread_holds_the_oldest_gives_way_and_says_so() {
    let mut desk = Desk::new(&world());
    // Nothing is decided while it is closed, so nothing ends.
    desk.event("close");
    for n in 0..1000 {
        desk.event(&format!("n{n} = collection info"));
    }
    assert_eq!(entries(&desk), 64);
    assert_eq!(decided(&desk, Decision::Suppressed, "too many wait"), 1000 - 64);
    desk.event("open");
    desk.pass(START.next().next());
    let claimed: Vec<&Effect> = desk.log.iter().filter(|effect| matches!(effect, Effect::Attempt(_))).collect();
    let [Effect::Attempt(attempt)] = claimed[..] else { panic!("expected one attempt, found {claimed:?}") };
    assert_eq!(attempt.notice_id.as_str(), "n999", "the newest is told");
    desk.event("n999#1 delivered");
    assert_eq!(desk.machine.open_threads(), 0);
}

#[test]
fn a_notice_is_not_attempted_for_ever() {
    let world = changed(|policy| policy.notify.webhook.retries = vec![Duration::from_millis(1)]);
    let mut desk = Desk::new(&world);
    desk.event("a = stalled warn to=merchant expires=24h");
    let mut attempts = 0;
    let mut at = START;
    let end = START + Duration::from_secs(24 * 3600 + 60);
    while at < end && decided(&desk, Decision::Expired, "no longer of use") == 0 {
        // A dead endpoint refuses each attempt as soon as it is made.
        at = Timestamp::from_millis(at.as_millis() + 100);
        desk.pass(at);
        let made = desk.log.iter().filter(|effect| matches!(effect, Effect::Attempt(_))).count();
        if made > attempts {
            attempts = made;
            desk.event(&format!("a#{attempts} retry"));
        } else {
            at = at.max(desk.machine.poll_timeout().unwrap_or(end));
        }
    }
    assert_eq!(attempts, 256);
    assert_eq!(decided(&desk, Decision::Expired, "no longer of use"), 1);
}
