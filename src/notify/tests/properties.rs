//! What holds for every history: restarts and aborts change nothing, nothing is attempted twice without
//! need, nobody is pestered or told against its wish, and everything ends and is forgotten.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use proptest::prelude::*;

use super::timeline::{Desk, START, control, issued, preference, receipt, reply, say};
use super::*;
use crate::model::{
    Audience, Channel, DeliveryOutcome, Effect, Issued, Notice, NoticeId, Preference, Receipt, ReceiptKind, Timestamp,
};
use crate::notify::Input;

/// Something that happens, before it is known which attempts there are.
#[derive(Clone, Debug)]
enum Happening {
    Issue { kind: usize, level: usize, audience: usize, episode: u32, parcel: u8, phone: usize, resolves: Vec<u8> },
    Again(u8),
    Withdraw(u8),
    Outcome { attempt: u8, outcome: usize },
    Report { attempt: u8, outcome: usize },
    Reply { channel: usize, change: usize },
    Prefer { out: usize, order: usize, quiet: usize, ago: u64 },
    Forget,
    Control { release: bool, kind: usize },
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
const OUTCOMES: [&str; 6] = ["delivered", "retry", "refused", "unknown", "gone", "opted-out"];
const PHONES: [&str; 3] = ["", "phone=+447700900123", "phone=+8613800000000"];
const OUT: [&str; 4] = ["", "sms", "email", "sms,email"];
const ORDERS: [&str; 3] = ["order=sms,email", "order=email", "order=webhook"];
const QUIET: [&str; 3] = ["quiet=21:00-08:00", "quiet=08:00-21:30", "quiet=12:00-12:01"];

fn happening() -> impl Strategy<Value = Happening> {
    let resolves = prop::collection::vec(any::<u8>(), 0..3);
    let issue = (0..KINDS.len(), 0..4usize, 0..3usize, 1..3u32, 0..2u8, 0..PHONES.len(), resolves);
    let prefer = (0..OUT.len(), 0..ORDERS.len(), 0..QUIET.len(), 0..3u64);
    prop_oneof![
        6 => issue.prop_map(|(kind, level, audience, episode, parcel, phone, resolves)| {
            Happening::Issue { kind, level, audience, episode, parcel, phone, resolves }
        }),
        3 => (any::<u8>(), 0..OUTCOMES.len()).prop_map(|(attempt, outcome)| Happening::Report { attempt, outcome }),
        1 => (0..2usize, 0..2usize).prop_map(|(channel, change)| Happening::Reply { channel, change }),
        1 => prefer.prop_map(|(out, order, quiet, ago)| Happening::Prefer { out, order, quiet, ago }),
        1 => Just(Happening::Forget),
        2 => (any::<bool>(), 0..KINDS.len()).prop_map(|(release, kind)| Happening::Control { release, kind }),
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

/// So much in a few minutes that storms begin and end.
fn busy() -> impl Strategy<Value = Vec<(u64, Happening)>> {
    prop::collection::vec((0..15_000u64, happening()), 20..90)
}

/// New notices of a kind in a minute; so few that storms are common.
const STORM_LIMIT: u32 = 2;

/// Everybody can be texted, by one provider or the other, merchants have mail beside their endpoint, and little is a storm.
fn wide() -> World {
    let mut world = texting();
    let mut policy = Policy::clone(&world.policy);
    policy.notify.storm_limit = STORM_LIMIT;
    world.policy = Arc::new(policy);
    let mut merchant = world.merchants["M-0042"].clone();
    merchant.email = Some("ops@m.example".to_owned());
    world.merchants = Arc::new([("M-0042".to_owned(), merchant)].into());
    world
}

/// What happened, when, and every effect with the time at which it came.
struct Run {
    events: Vec<(Timestamp, Event)>,
    effects: Vec<(Timestamp, Effect)>,
    /// For each effect, what the recipient asked for when it came.
    wishes: Vec<Option<Preference>>,
    /// After each event, what stands last in `preferences.v1`, and what the notifier goes by.
    agreed: Vec<[Option<Preference>; 2]>,
    desk: Desk,
}

/// Runs a history; outcomes are told of attempts that were really claimed.
fn run(history: &[(u64, Happening)]) -> Run {
    let (events, effects, wishes, agreed) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let mut run = Run { events, effects, wishes, agreed, desk: Desk::new(&wide()) };
    let mut last = None;
    let (mut at, mut notices) = (START, Vec::<(RecipientKey, Notice)>::new());
    for (n, (wait, happening)) in history.iter().enumerate() {
        at = at + Duration::from_millis(*wait);
        advance(&mut run.desk, at, &mut run.effects);
        let event = event(at, n, happening, &mut notices, &run.effects).unwrap_or(Event::Nothing);
        wish(&mut run);
        let begun = run.effects.len();
        apply(&mut run.desk, &event, &mut run.effects);
        wish(&mut run);
        if let Event::Input(Input::Preference { preference, .. }) = &event {
            last = preference.as_deref().cloned();
        }
        let mut written = run.effects[begun..].iter().filter_map(|(_, effect)| match effect {
            Effect::Preference(preference) => Some((**preference).clone()),
            _ => None,
        });
        last = written.next_back().or(last);
        run.agreed.push([last.clone(), run.desk.machine.preference_of(&recipient()).cloned()]);
        run.events.push((at, event));
        run.desk.machine.committed();
    }
    run
}

fn wish(run: &mut Run) {
    let wish = run.desk.machine.preference_of(&recipient());
    run.wishes.resize(run.effects.len(), wish.cloned());
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
        Happening::Issue { kind, level, audience, episode, parcel, phone, resolves } => {
            let ids = resolves.iter().filter_map(|from| pick(*from)).map(|(_, notice)| notice.id().to_string());
            let words = [
                format!("episode={episode}"),
                format!("parcel=SF{parcel}"),
                format!("to={}", AUDIENCES[*audience]),
                format!("promise={}h", 10 + n),
                PHONES[*phone].to_owned(),
                format!("resolves={}", ids.collect::<Vec<_>>().join(",")),
            ];
            let words: Vec<&str> = words.iter().map(String::as_str).filter(|word| !word.is_empty()).collect();
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
        Happening::Report { attempt, outcome } => {
            let texts: Vec<_> = attempts(effects).map(|(_, attempt)| attempt).collect();
            let texts: Vec<_> = texts.into_iter().filter(|attempt| attempt.channel() == Channel::Sms).collect();
            let text = texts[texts.len().checked_sub(1 + *attempt as usize % 3)?];
            let name = format!("{}#{}", text.notice_id, text.attempt);
            let receipt = receipt(at, &name, OUTCOMES[*outcome], None);
            let (kind, recipient_key) = (ReceiptKind::Provider, text.recipient_key.clone());
            Event::Input(Input::Receipt(Box::new(Receipt { kind, channel: Channel::Sms, recipient_key, ..receipt })))
        }
        Happening::Reply { channel, change } => {
            Event::Input(Input::Reply(reply(at, ["sms", "email"][*channel], ["opt_out", "opt_in"][*change])))
        }
        Happening::Prefer { out, order, quiet, ago } => {
            let words =
                [format!("out={}", OUT[*out]), ORDERS[*order].into(), QUIET[*quiet].into(), format!("ago={ago}h")];
            let found = preference(at, &words.each_ref().map(String::as_str));
            Event::Input(Input::Preference { key: recipient(), preference: Some(Box::new(found)), malformed: vec![] })
        }
        Happening::Control { release, kind } => {
            let action = if *release { "release" } else { "discard" };
            Event::Input(Input::Control(control(at, action, KINDS[*kind])))
        }
        Happening::Forget => Event::Input(Input::Preference { key: recipient(), preference: None, malformed: vec![] }),
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
    wish(run);
    run.desk.machine.committed();
}

/// Notices of a kind of which more than the limit left within a minute, but for what was released: when they left.
fn too_many(events: &[(Timestamp, Event)], effects: &[(Timestamp, Effect)]) -> Option<String> {
    // What an operator let go, and what was counted when it began to wait for a morning.
    let mut free: Vec<&NoticeId> = Vec::new();
    let mut left: BTreeMap<&str, Vec<Timestamp>> = BTreeMap::new();
    let mut is_held = Vec::new();
    for (at, effect) in effects {
        match effect {
            Effect::Delivery(delivery) => match delivery.reason.as_deref() {
                Some("storm") => is_held.push(&delivery.notice_id),
                Some("storm released") => {
                    free.push(&delivery.notice_id);
                    is_held.retain(|id| **id != delivery.notice_id);
                }
                Some("quiet hours") => free.push(&delivery.notice_id),
                _ => {}
            },
            Effect::Attempt(attempt) if attempt.attempt == 1 => {
                if is_held.contains(&&attempt.notice_id) {
                    return Some(format!("{} was held", attempt.notice_id));
                }
                let notice = notice_of(events, &attempt.notice_id);
                if let Some(notice) = notice.filter(|notice| !free.contains(&&notice.id)) {
                    left.entry(notice.kind.name()).or_default().push(*at);
                }
            }
            _ => {}
        }
    }
    left.into_iter().find_map(|(kind, times)| {
        let within = |pair: &[Timestamp]| pair[pair.len() - 1].since(pair[0]) < Duration::from_secs(60);
        let found = times.windows(STORM_LIMIT as usize + 1).find(|times| within(times))?;
        Some(format!("{kind}: {found:?}"))
    })
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
        let (mut desk, mut effects, mut open) = (Desk::new(&wide()), Vec::new(), true);
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
        let (mut desk, mut effects, mut open) = (Desk::new(&wide()), Vec::new(), true);
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
        let mut claimed: BTreeMap<(NoticeId, u32), (Channel, Option<DeliveryOutcome>)> = BTreeMap::new();
        let mut outstanding: HashMap<String, u32> = HashMap::new();
        for (at, effect) in &run.effects {
            match effect {
                Effect::Attempt(attempt) => {
                    prop_assert!(attempt.deadline >= *at, "a deadline that has passed");
                    if attempt.attempt > 1 {
                        let before = claimed.get(&(attempt.notice_id.clone(), attempt.attempt - 1)).copied();
                        let is_needed = match before {
                            Some((_, Some(DeliveryOutcome::Retry | DeliveryOutcome::Unknown))) => true,
                            Some((channel, Some(DeliveryOutcome::Refused))) => channel != attempt.channel(),
                            _ => false,
                        };
                        prop_assert!(is_needed, "{} again after {before:?}", attempt.notice_id);
                    }
                    let key = (attempt.notice_id.clone(), attempt.attempt);
                    prop_assert_eq!(claimed.insert(key, (attempt.channel(), None)), None, "claimed twice");
                }
                Effect::Delivery(delivery) if delivery.outcome.is_some() => {
                    let key = (delivery.notice_id.clone(), delivery.attempt);
                    let (channel, before) = claimed[&key];
                    claimed.insert(key, (channel, delivery.outcome));
                    let is_new = match before {
                        None | Some(DeliveryOutcome::Unknown) => true,
                        // What its provider reports of a text that was taken.
                        Some(DeliveryOutcome::Delivered) => channel == Channel::Sms,
                        Some(_) => false,
                    };
                    prop_assert!(is_new, "an outcome was applied twice: {before:?}");
                }
                _ => {}
            }
            // By parcel and reader, the claims whose outcome is awaited.
            outstanding.clear();
            for ((id, _), _) in claimed.iter().filter(|(_, (_, outcome))| outcome.is_none()) {
                if let Some(thread) = thread_of(&run.events, id) {
                    *outstanding.entry(thread).or_default() += 1;
                }
            }
            prop_assert!(outstanding.values().all(|claims| *claims == 1), "two claims at once: {outstanding:?}");
        }
    }

    #[test]
    fn nobody_is_told_by_a_channel_or_at_an_hour_that_was_opted_out_of(history in history()) {
        let mut run = run(&history);
        settle(&mut run);
        for ((at, effect), wish) in run.effects.iter().zip(&run.wishes) {
            let Effect::Attempt(attempt) = effect else { continue };
            let Some(wish) = wish.as_ref().filter(|_| attempt.recipient_key == recipient()) else { continue };
            let channel = attempt.channel();
            prop_assert!(!wish.opt_out.contains(&channel), "{} by {}", attempt.notice_id, channel.name());
            // The reader's clock is eight hours ahead, whatever the season.
            let minute = (at.as_millis() / 60_000 + 8 * 60).rem_euclid(24 * 60) as u16;
            let is_quiet = wish.quiet_hours.is_some_and(|hours| hours.contains(minute));
            let kind = notice_of(&run.events, &attempt.notice_id).map(|notice| notice.kind);
            let may_ring = !is_quiet || kind.is_some_and(super::super::judge::is_urgent);
            prop_assert!(may_ring, "{} at minute {minute}", attempt.notice_id);
        }
    }

    #[test]
    fn what_stands_last_in_the_topic_of_preferences_is_what_the_notifier_goes_by(history in history()) {
        for [last, known] in run(&history).agreed {
            let agree = match (&last, &known) {
                (Some(last), Some(known)) => last.says_as_much_as(known),
                (last, known) => last.is_none() && known.is_none(),
            };
            prop_assert!(agree, "{last:?} is not {known:?}");
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
            let notice = notice_of(&run.events, &attempt.notice_id);
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
    fn no_more_of_a_kind_than_the_limit_leaves_in_a_minute_but_what_was_released(history in history()) {
        let mut run = run(&history);
        settle(&mut run);
        let too_many = too_many(&run.events, &run.effects);
        prop_assert!(too_many.is_none(), "{too_many:?}");
    }

    #[test]
    fn the_limit_holds_over_restarts_and_aborts_too(history in busy(), every in 1..4usize) {
        let once = run(&history);
        let (mut desk, mut effects, mut open) = (Desk::new(&wide()), Vec::new(), true);
        for (n, (at, event)) in once.events.iter().enumerate() {
            if n % every == 0 {
                desk.machine = restored(&mut desk.machine, &desk.world);
                desk.machine.set_open(open);
                let (now, mut lost) = (desk.now, Vec::new());
                advance(&mut desk, *at, &mut lost);
                apply(&mut desk, event, &mut lost);
                desk.machine.aborted(&desk.world);
                desk.machine.set_open(open);
                desk.now = now;
            }
            advance(&mut desk, *at, &mut effects);
            apply(&mut desk, event, &mut effects);
            desk.machine.committed();
            if let Event::Open(now) = event {
                open = *now;
            }
        }
        prop_assert_eq!(told(&effects), told(&once.effects));
        let too_many = too_many(&once.events, &effects);
        prop_assert!(too_many.is_none(), "{too_many:?}");
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
                    use crate::model::Decision::{Expired, Suppressed};
                    let ends = matches!(delivery.decision, Expired | Suppressed);
                    let is_final = matches!(delivery.outcome, Some(outcome) if outcome != DeliveryOutcome::Retry);
                    ends || is_final
                }
                _ => false,
            });
            prop_assert!(has_ended, "{} never ended:\n{}", issued.id, told(&run.effects));
        }
    }
}

fn notice_of<'a>(events: &'a [(Timestamp, Event)], id: &NoticeId) -> Option<&'a Issued> {
    events.iter().find_map(|(_, event)| match event {
        Event::Input(Input::Notice { notice: Notice::Issued(issued), .. }) if issued.id == *id => Some(&**issued),
        _ => None,
    })
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
