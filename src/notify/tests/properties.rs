//! What holds for every history: restarts and aborts change nothing, nothing is attempted twice without
//! need, nobody is pestered, and everything ends and is forgotten.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use proptest::prelude::*;

use super::timeline::{Desk, START, issued, receipt, say};
use super::*;
use crate::model::{Audience, DeliveryOutcome, Effect, Notice, NoticeId, Timestamp};
use crate::notify::Input;

/// Something that happens, before it is known which attempts there are.
#[derive(Clone, Debug)]
enum Happening {
    Issue { kind: usize, level: usize, audience: usize, episode: u32, parcel: u8, resolves: Vec<u8> },
    Again(u8),
    Withdraw(u8),
    Outcome { attempt: u8, outcome: usize },
    Open(bool),
}

/// The same, so that another machine can be handed it.
#[derive(Clone, Debug)]
enum Event {
    Input(Input),
    Open(bool),
    /// Time passes.
    Nothing,
}

const KINDS: [&str; 9] = [
    "never_uploaded",
    "stalled",
    "delayed",
    "damaged",
    "attempt_failed",
    "uncollected",
    "collection",
    "recovered",
    "corrected",
];
const LEVELS: [&str; 4] = ["info", "warn", "major", "critical"];
const AUDIENCES: [&str; 3] = ["recipient", "merchant", "hub_ops"];
const OUTCOMES: [&str; 5] = ["delivered", "retry", "refused", "unknown", "gone"];

fn happening() -> impl Strategy<Value = Happening> {
    let issue = (0..KINDS.len(), 0..4usize, 0..3usize, 1..3u32, 0..2u8, prop::collection::vec(any::<u8>(), 0..3));
    prop_oneof![
        6 => issue.prop_map(|(kind, level, audience, episode, parcel, resolves)| {
            Happening::Issue { kind, level, audience, episode, parcel, resolves }
        }),
        1 => any::<u8>().prop_map(Happening::Again),
        2 => any::<u8>().prop_map(Happening::Withdraw),
        6 => (any::<u8>(), 0..OUTCOMES.len()).prop_map(|(attempt, outcome)| Happening::Outcome { attempt, outcome }),
        1 => prop::bool::weighted(0.7).prop_map(Happening::Open),
    ]
}

/// Happenings with the milliseconds before each: none, seconds or hours.
fn history() -> impl Strategy<Value = Vec<(u64, Happening)>> {
    let wait = prop_oneof![2 => Just(0), 4 => 0..20_000u64, 2 => 0..7_200_000u64, 1 => 0..36_000_000u64];
    prop::collection::vec((wait, happening()), 1..60)
}

/// What happened, when, and every effect with the time at which it came.
struct Run {
    events: Vec<(Timestamp, Event)>,
    effects: Vec<(Timestamp, Effect)>,
    desk: Desk,
}

/// Runs a history; outcomes are told of attempts that were really claimed.
fn run(history: &[(u64, Happening)]) -> Run {
    let mut run = Run { events: Vec::new(), effects: Vec::new(), desk: Desk::new(&world()) };
    let (mut at, mut notices) = (START, Vec::<(RecipientKey, Notice)>::new());
    for (n, (wait, happening)) in history.iter().enumerate() {
        at = at + Duration::from_millis(*wait);
        advance(&mut run.desk, at, &mut run.effects);
        let event = event(at, n, happening, &mut notices, &run.effects).unwrap_or(Event::Nothing);
        apply(&mut run.desk, &event, &mut run.effects);
        run.events.push((at, event));
        run.desk.machine.committed();
    }
    run
}

/// What can happen of what is proposed: a withdrawal needs a notice, an outcome an attempt.
fn event(
    at: Timestamp,
    n: usize,
    happening: &Happening,
    notices: &mut Vec<(RecipientKey, Notice)>,
    effects: &[(Timestamp, Effect)],
) -> Option<Event> {
    let pick = |from: u8| notices.get(from as usize % notices.len().max(1)).cloned();
    Some(match happening {
        Happening::Issue { kind, level, audience, episode, parcel, resolves } => {
            let ids = resolves.iter().filter_map(|from| pick(*from)).map(|(_, notice)| notice.id().to_string());
            let words = [
                format!("episode={episode}"),
                format!("parcel=SF{parcel}"),
                format!("to={}", AUDIENCES[*audience]),
                format!("promise={}h", 10 + n),
                format!("resolves={}", ids.collect::<Vec<_>>().join(",")),
            ];
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            let (key, issued) = issued(at, &format!("n{n}"), KINDS[*kind], LEVELS[*level], &words);
            let notice = Notice::Issued(Box::new(issued));
            notices.push((key.clone(), notice.clone()));
            Event::Input(Input::Notice { key, notice })
        }
        Happening::Again(from) => {
            let (key, notice) = pick(*from)?;
            Event::Input(Input::Notice { key, notice })
        }
        Happening::Withdraw(from) => {
            let (key, notice) = pick(*from)?;
            let id = notice.id().clone();
            Event::Input(Input::Notice { key, notice: Notice::Withdrawn { id } })
        }
        Happening::Outcome { attempt, outcome } => {
            // Of one of the newest attempts, or nothing would come to its end.
            let claimed: Vec<_> = attempts(effects).map(|(_, attempt)| attempt).collect();
            let claimed = claimed[claimed.len().checked_sub(1 + *attempt as usize % 3)?];
            let name = format!("{}#{}", claimed.notice_id, claimed.attempt);
            let mut receipt = receipt(at, &name, OUTCOMES[*outcome], None);
            receipt.recipient_key = claimed.recipient_key.clone();
            receipt.channel = claimed.channel();
            Event::Input(Input::Receipt(Box::new(receipt)))
        }
        Happening::Open(open) => Event::Open(*open),
    })
}

fn advance(desk: &mut Desk, to: Timestamp, effects: &mut Vec<(Timestamp, Effect)>) {
    while let Some(limit) = desk.machine.poll_timeout().filter(|limit| *limit < to) {
        desk.pass(limit.next().max(desk.now).min(to));
        effects.extend(desk.log.drain(..).map(|effect| (desk.now, effect)));
    }
    desk.pass(to);
    effects.extend(desk.log.drain(..).map(|effect| (to, effect)));
}

fn apply(desk: &mut Desk, event: &Event, effects: &mut Vec<(Timestamp, Effect)>) {
    match event {
        Event::Input(input) => desk.handle(input.clone()),
        Event::Open(open) => desk.machine.set_open(*open),
        Event::Nothing => {}
    }
    effects.extend(desk.log.drain(..).map(|effect| (desk.now, effect)));
}

fn attempts(effects: &[(Timestamp, Effect)]) -> impl Iterator<Item = (Timestamp, &crate::model::Attempt)> {
    effects.iter().filter_map(|(at, effect)| match effect {
        Effect::Attempt(attempt) => Some((*at, &**attempt)),
        _ => None,
    })
}

/// Everything that is still under way comes to its end, with no outcome heard.
fn settle(run: &mut Run) {
    run.desk.machine.set_open(true);
    advance(&mut run.desk, START + Duration::from_secs(120 * 24 * 3600), &mut run.effects);
    run.desk.machine.committed();
}

fn told(effects: &[(Timestamp, Effect)]) -> String {
    effects.iter().filter_map(|(at, effect)| say(effect).map(|said| format!("{at} {said}\n"))).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn a_restart_anywhere_gives_the_same_effects(history in history(), at in any::<prop::sample::Index>()) {
        let once = run(&history);
                let restart = at.index(once.events.len());
        let (mut desk, mut effects, mut open) = (Desk::new(&world()), Vec::new(), true);
        for (n, (at, event)) in once.events.iter().enumerate() {
            if n == restart {
                desk.machine = restored(&mut desk.machine, &desk.world);
                desk.machine.set_open(open);
            }
            advance(&mut desk, *at, &mut effects);
            apply(&mut desk, event, &mut effects);
            desk.machine.committed();
            if let Event::Open(now) = event {
                open = *now;
            }
        }
        prop_assert_eq!(told(&effects), told(&once.effects));
        prop_assert_eq!(effects, once.effects);
    }

    #[test]
    fn an_abort_puts_everything_back(history in history(), from in any::<prop::sample::Index>(), length in 1..10usize) {
        let once = run(&history);
                let from = from.index(once.events.len());
        let to = (from + length).min(once.events.len());
        let (mut desk, mut effects, mut open) = (Desk::new(&world()), Vec::new(), true);
        let play = |desk: &mut Desk, range: std::ops::Range<usize>, commit: bool, open: &mut bool| {
            let mut effects = Vec::new();
            for (at, event) in &once.events[range] {
                advance(desk, *at, &mut effects);
                apply(desk, event, &mut effects);
                if commit {
                    desk.machine.committed();
                }
                if let Event::Open(now) = event {
                    *open = *now;
                }
            }
            effects
        };
        effects.extend(play(&mut desk, 0..from, true, &mut open));
        let (now, was_open) = (desk.now, open);
        let lost = play(&mut desk, from..to, false, &mut open);
        desk.machine.aborted(&desk.world);
        desk.machine.set_open(was_open);
        desk.now = now;
        open = was_open;
        let again = play(&mut desk, from..to, false, &mut open);
        prop_assert_eq!(told(&lost), told(&again));
        desk.machine.committed();
        effects.extend(again);
        effects.extend(play(&mut desk, to..once.events.len(), true, &mut open));
        prop_assert_eq!(told(&effects), told(&once.effects));
    }

    #[test]
    fn nothing_is_attempted_twice_without_need(history in history()) {
        let mut run = run(&history);
        settle(&mut run);
        let mut claimed: BTreeMap<(NoticeId, u32), Option<DeliveryOutcome>> = BTreeMap::new();
        let mut outstanding: HashMap<String, u32> = HashMap::new();
        for (at, effect) in &run.effects {
            match effect {
                Effect::Attempt(attempt) => {
                    prop_assert!(attempt.deadline >= *at, "a deadline that has passed");
                    if attempt.attempt > 1 {
                        let before = claimed.get(&(attempt.notice_id.clone(), attempt.attempt - 1)).copied().flatten();
                        let is_needed = matches!(before, Some(DeliveryOutcome::Retry | DeliveryOutcome::Unknown));
                        prop_assert!(is_needed, "{} again after {before:?}", attempt.notice_id);
                    }
                    let key = (attempt.notice_id.clone(), attempt.attempt);
                    prop_assert_eq!(claimed.insert(key, None), None, "claimed twice");
                }
                Effect::Delivery(delivery) if delivery.outcome.is_some() => {
                    let key = (delivery.notice_id.clone(), delivery.attempt);
                    let before = claimed.insert(key, delivery.outcome);
                    let is_new = matches!(before, Some(None | Some(DeliveryOutcome::Unknown)));
                    prop_assert!(is_new, "an outcome was applied twice: {before:?}");
                }
                _ => {}
            }
            // By parcel and reader, the claims whose outcome is awaited.
            outstanding.clear();
            for ((id, _), _) in claimed.iter().filter(|(_, outcome)| outcome.is_none()) {
                if let Some(thread) = thread_of(&run.events, id) {
                    *outstanding.entry(thread).or_default() += 1;
                }
            }
            prop_assert!(outstanding.values().all(|claims| *claims == 1), "two claims at once: {outstanding:?}");
        }
    }

    #[test]
    fn people_are_told_one_thing_per_parcel_within_the_gap(history in history()) {
        let mut run = run(&history);
        settle(&mut run);
        let mut outcomes = HashMap::new();
        for (_, effect) in &run.effects {
            if let Effect::Delivery(delivery) = effect
                && let Some(outcome) = delivery.outcome
            {
                outcomes.insert((delivery.notice_id.clone(), delivery.attempt), outcome);
            }
        }
        let mut told: BTreeMap<String, BTreeMap<NoticeId, Timestamp>> = BTreeMap::new();
        for (at, attempt) in attempts(&run.effects) {
            let left = matches!(
                outcomes.get(&(attempt.notice_id.clone(), attempt.attempt)),
                Some(DeliveryOutcome::Delivered | DeliveryOutcome::Unknown)
            );
            let notice = run.events.iter().find_map(|(_, event)| match event {
                Event::Input(Input::Notice { notice: Notice::Issued(issued), .. }) if issued.id == attempt.notice_id => {
                    Some(issued)
                }
                _ => None,
            });
            let Some(notice) = notice.filter(|notice| left && notice.audience == Audience::Recipient) else { continue };
            if !super::super::judge::is_urgent(notice.kind) {
                told.entry(notice.parcel_id.clone()).or_default().entry(notice.id.clone()).or_insert(at);
            }
        }
        for told in told.values() {
            let mut times: Vec<Timestamp> = told.values().copied().collect();
            times.sort();
            let gap = Duration::from_secs(4 * 3600);
            prop_assert!(times.windows(2).all(|pair| pair[1].since(pair[0]) >= gap), "{told:?}");
        }
    }

    #[test]
    fn everything_ends_with_a_record_and_is_forgotten(history in history()) {
        let mut run = run(&history);
        settle(&mut run);
        prop_assert_eq!(sizes(run.desk.machine.tables())[..2].to_vec(), vec![0, 0], "something is left");
        prop_assert_eq!(run.desk.machine.poll_timeout(), None);
        for (_, event) in &run.events {
            let Event::Input(Input::Notice { notice: Notice::Issued(issued), .. }) = event else { continue };
            let has_ended = run.effects.iter().any(|(_, effect)| match effect {
                Effect::Delivery(delivery) if delivery.notice_id == issued.id => {
                    use crate::model::Decision::{Expired, Held, Suppressed};
                    let ends = matches!(delivery.decision, Expired | Suppressed);
                    let goes_into_digest = delivery.decision == Held && issued.audience == Audience::HubOps;
                    let is_final = matches!(delivery.outcome, Some(outcome) if outcome != DeliveryOutcome::Retry);
                    ends || goes_into_digest || is_final
                }
                _ => false,
            });
            prop_assert!(has_ended, "{} never ended:\n{}", issued.id, told(&run.effects));
        }
    }
}

/// Reader and parcel of a notice.
fn thread_of(events: &[(Timestamp, Event)], id: &NoticeId) -> Option<String> {
    events.iter().find_map(|(_, event)| match event {
        Event::Input(Input::Notice { key, notice: Notice::Issued(issued) }) if issued.id == *id => {
            Some(format!("{key} {}", issued.parcel_id))
        }
        _ => None,
    })
}
