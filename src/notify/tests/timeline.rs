//! Timelines as text: `time | what happens | what comes of it`.
//!
//! Before what happens at a time, all limits before it have passed, each at its own instant; after it, time moves on
//! by one millisecond. What happens: `a = stalled warn` (a notice named a), `withdraw a`, `a#1 delivered` (the
//! outcome of its first attempt; `a#1 opted-out`: refused, since its reader wants no texts), `report a#1 refused` (its
//! provider's report), `reply sms opt_out`, `prefer out=sms order=email quiet=21:00-08:00 locale=en ago=1h` (a whole
//! preference, written an hour ago), `forget` (it is deleted), `release stalled`, `discard stalled` (an operator decides about a
//! storm), `open`, `close`, `restart`, or nothing.

use std::time::Duration;

use super::*;
use crate::model::{
    Audience, Channel, Chosen, Control, ControlAction, Effect, Facts, Issued, Level, Message, Notice, NoticeId,
    NoticeKind, OptChange, Preference, QuietHours, Receipt, ReceiptKind, Recipient, Reply, ReportedOutcome,
    RerouteChange, RerouteOption, Timestamp,
};
use crate::notify::Input;

/// 2026-11-22T00:00:00Z, a Sunday.
pub const START: Timestamp = Timestamp::from_millis(1_795_305_600_000);

/// Runs a timeline and holds what came of it against its third column.
#[track_caller]
pub fn timeline(world: &World, table: &str) {
    let mut desk = Desk::new(world);
    let rows = table.lines().map(str::trim).filter(|line| !line.is_empty());
    let (mut expected, mut found) = (String::new(), String::new());
    for row in rows {
        let [time, event, effects] = row.split('|').map(str::trim).collect::<Vec<_>>()[..] else {
            panic!("expected three columns, found {row:?}")
        };
        expected += &format!("{time:>9} | {event:<40} | {effects}\n");
        let came = desk.step(START + humantime::parse_duration(time).expect(time), event);
        found += &format!("{time:>9} | {event:<40} | {}\n", came.join("; "));
    }
    assert!(expected == found, "expected\n{expected}\nfound\n{found}");
}

/// A notifier and what it said.
pub struct Desk {
    pub machine: Notifier,
    pub world: World,
    pub now: Timestamp,
    pub log: Vec<Effect>,
}

impl Desk {
    pub fn new(world: &World) -> Desk {
        let mut machine = Notifier::default();
        machine.restored(world);
        machine.set_open(true);
        Desk { machine, world: world.clone(), now: START, log: Vec::new() }
    }

    /// Lets time pass to `at`, does what is said, and tells what came of both.
    pub fn step(&mut self, at: Timestamp, event: &str) -> Vec<String> {
        self.pass(at);
        let begun = self.log.len();
        self.event(event);
        // Also what is decided within the millisecond.
        crate::saved::keep("notifier", super::saved::entries(&self.machine));
        let mut said: Vec<String> = self.log.drain(..begun).filter_map(|effect| say(&effect)).collect();
        self.pass(at.next());
        said.extend(self.log.drain(..).filter_map(|effect| say(&effect)));
        self.machine.committed();
        crate::saved::keep("notifier", super::saved::entries(&self.machine));
        said
    }

    /// Lets every limit before `at` pass at its own instant.
    pub fn pass(&mut self, at: Timestamp) {
        while let Some(limit) = self.machine.poll_timeout().filter(|limit| *limit < at) {
            let now = limit.next().max(self.now);
            let passed = self.machine.handle_timeout(now, 1, &self.world, &mut self.log);
            assert_eq!(passed, 1, "a limit at {limit} that is earlier than {now} does not pass");
        }
        assert_eq!(self.machine.handle_timeout(at, 1, &self.world, &mut self.log), 0);
        self.now = at;
    }

    pub fn event(&mut self, event: &str) {
        let words: Vec<&str> = event.split_whitespace().collect();
        match words[..] {
            [] => {}
            ["open"] => self.machine.set_open(true),
            ["close"] => self.machine.set_open(false),
            ["restart"] => {
                self.machine.committed();
                self.machine = restored(&mut self.machine, &self.world);
                self.machine.set_open(true);
            }
            ["report", attempt, outcome] => {
                let receipt = receipt(self.now, attempt, outcome, None);
                let (kind, channel) = (ReceiptKind::Provider, Channel::Sms);
                self.handle(Input::Receipt(Box::new(Receipt { kind, channel, ..receipt })));
            }
            ["reply", channel, change] => self.handle(Input::Reply(reply(self.now, channel, change))),
            [action @ ("release" | "discard"), kind] => self.handle(Input::Control(control(self.now, action, kind))),
            ["forget"] => self.prefer(recipient(), None),
            ["prefer", ref words @ ..] => {
                let found = preference(self.now, words);
                self.prefer(recipient(), Some(found));
            }
            ["withdraw", id] => self.notice(recipient(), Notice::Withdrawn { id: NoticeId::from_text(id) }),
            [id, "=", kind, level, ref rest @ ..] => {
                let (key, issued) = issued(self.now, id, kind, level, rest);
                self.notice(key, Notice::Issued(Box::new(issued)));
            }
            [attempt, outcome, ref rest @ ..] => {
                let receipt = receipt(self.now, attempt, outcome, rest.first().copied());
                self.handle(Input::Receipt(Box::new(receipt)));
            }
            _ => panic!("expected something that can happen, found {event:?}"),
        }
    }

    pub fn notice(&mut self, key: RecipientKey, notice: Notice) {
        self.handle(Input::Notice { key, notice });
    }

    pub fn prefer(&mut self, key: RecipientKey, preference: Option<Preference>) {
        self.handle(Input::Preference { key, preference: preference.map(Box::new), malformed: Vec::new() });
    }

    pub fn handle(&mut self, input: Input) {
        self.machine.handle(self.now, input, &self.world, &mut self.log);
    }
}

/// A notice, by default to the recipient, of episode 1, of use for five days.
pub fn issued(now: Timestamp, id: &str, kind: &str, level: &str, rest: &[&str]) -> (RecipientKey, Issued) {
    let level = [Level::Info, Level::Warn, Level::Major, Level::Critical].into_iter().find(|l| l.name() == level);
    let mut issued = Issued {
        id: NoticeId::from_text(id),
        parcel_id: "SF1024000000017".to_owned(),
        journey: 1,
        kind: NoticeKind::from_name(kind).unwrap_or_else(|| panic!("no kind {kind}")),
        episode: 1,
        level: level.expect("a level"),
        revision: 1,
        audience: Audience::Recipient,
        recipient: None,
        merchant: Some("M-0042".to_owned()),
        severity: Level::Warn,
        at: now,
        expires: now + Duration::from_secs(5 * 24 * 3600),
        facts: Facts::default(),
        options: Vec::new(),
        offers: Vec::new(),
        offer_until: None,
        link_day: None,
        resolves: Vec::new(),
    };
    let after = |text: &str| START + humantime::parse_duration(text).expect(text);
    for word in rest {
        match word.split_once('=').unwrap_or((word, "")) {
            ("episode", n) => issued.episode = n.parse().expect("a number"),
            ("promise", text) => issued.facts.promise = Some(after(text)),
            ("expires", text) => issued.expires = after(text),
            ("resolves", ids) => issued.resolves = ids.split(',').map(NoticeId::from_text).collect(),
            ("parcel", id) => issued.parcel_id = id.to_owned(),
            ("chosen", option) => issued.facts.choice = Some(chosen(option)),
            ("phone", _) | ("mail", _) => {}
            ("to", name) => {
                issued.audience = Audience::ALL.into_iter().find(|audience| audience.name() == name).expect(name);
            }
            other => panic!("expected something about a notice, found {other:?}"),
        }
    }
    let key = match issued.audience {
        Audience::Recipient | Audience::Sender => recipient(),
        Audience::Merchant => RecipientKey::merchant("M-0042"),
        Audience::HubOps => RecipientKey::hub("HGH01"),
        Audience::CustomerService => RecipientKey::service(),
    };
    if key == recipient() {
        // By mail alone unless phones are named; "mail=no": by nothing else.
        let phone = rest.iter().find_map(|word| word.strip_prefix("phone="));
        let email = (!rest.contains(&"mail=no")).then(|| "wf@example.com".to_owned());
        issued.recipient = Some(Recipient {
            email,
            phone: phone.map(str::to_owned),
            time_zone: Some("Asia/Shanghai".to_owned()),
            ..Recipient::default()
        });
    }
    (key, issued)
}

/// A choice that was requested.
fn chosen(option: &str) -> Chosen {
    Chosen {
        id: "rr_1".to_owned(),
        option: RerouteOption::from_name(option).expect(option),
        change: RerouteChange::Requested,
        place: None,
        place_name: None,
        slot: None,
        fee: None,
        reason: None,
    }
}

/// An operator's decision; each has another id.
pub fn control(now: Timestamp, action: &str, kind: &str) -> Control {
    Control {
        id: format!("ctl_{now}_{action}_{kind}"),
        action: ControlAction::ALL.into_iter().find(|known| known.name() == action).expect(action),
        kind: NoticeKind::from_name(kind).expect(kind),
        by: "wf".to_owned(),
        at: now,
    }
}

/// What a person asks for.
pub fn preference(now: Timestamp, words: &[&str]) -> Preference {
    let mut found = Preference::new(recipient(), now);
    let channels = |list: &str| list.split(',').filter(|name| !name.is_empty()).map(channel).collect::<Vec<_>>();
    for word in words {
        match word.split_once('=').unwrap_or((word, "")) {
            ("out", list) => found.opt_out = channels(list),
            ("order", list) => found.channels = Some(channels(list)),
            ("quiet", text) => found.quiet_hours = Some(QuietHours::parse(text).expect(text)),
            ("locale", tag) => found.locale = Some(tag.to_owned()),
            ("ago", text) => found.at = now - humantime::parse_duration(text).expect(text),
            other => panic!("expected something about a preference, found {other:?}"),
        }
    }
    found
}

/// A person's reply.
pub fn reply(now: Timestamp, by: &str, change: &str) -> Reply {
    let change = OptChange::ALL.into_iter().find(|found| found.name() == change).expect(change);
    Reply { recipient_key: recipient(), kind: ReceiptKind::Reply, channel: channel(by), change, at: now }
}

fn channel(name: &str) -> Channel {
    Channel::ALL.into_iter().find(|channel| channel.name() == name).expect(name)
}

/// The outcome of an attempt, `a#1` say.
pub fn receipt(now: Timestamp, attempt: &str, outcome: &str, after: Option<&str>) -> Receipt {
    let (id, attempt) = attempt.split_once('#').expect("notice#attempt");
    Receipt {
        recipient_key: recipient(),
        kind: ReceiptKind::Outcome,
        notice_id: NoticeId::from_text(id),
        channel: if outcome == "opted-out" { Channel::Sms } else { Channel::Email },
        attempt: attempt.parse().expect("a number"),
        outcome: match outcome {
            "delivered" => ReportedOutcome::Delivered,
            "retry" => ReportedOutcome::Retry,
            "refused" | "gone" | "opted-out" => ReportedOutcome::Refused,
            "unknown" => ReportedOutcome::Unknown,
            _ => panic!("no outcome {outcome}"),
        },
        reason: None,
        provider_id: None,
        retry_after_ms: after.map(|text| humantime::parse_duration(text).expect(text).as_millis() as u64),
        endpoint_gone: outcome == "gone",
        opted_out: outcome == "opted-out",
        at: now,
        took_ms: Some(5),
    }
}

/// An effect in a few words; counts are left out, except of what is ignored.
pub fn say(effect: &Effect) -> Option<String> {
    Some(match effect {
        Effect::Attempt(attempt) => {
            let channel = attempt.channel().name();
            if let Message::Mail { subject, .. } = &attempt.message {
                assert!(!subject.is_empty());
            }
            format!("{}#{} by {channel}", name(&attempt.notice_id), attempt.attempt)
        }
        Effect::Cancel(id) => format!("cancel {}", name(id)),
        Effect::Delivery(delivery) => match delivery.outcome {
            Some(outcome) => format!("{}#{} {}", name(&delivery.notice_id), delivery.attempt, outcome.name()),
            None => {
                let reason = delivery.reason.as_deref().unwrap_or_default();
                format!("{} {}: {reason}", name(&delivery.notice_id), delivery.decision.name())
            }
        },
        Effect::Count(crate::model::Count::Ignored(why)) => format!("ignored: {}", why.name()),
        Effect::Count(_) => return None,
        Effect::Preference(preference) => format!("preference: {:?}", preference.opt_out),
        Effect::Condition(_) | Effect::Notice { .. } | Effect::WorkOrder(_) => {
            panic!("a notifier says no such thing: {effect:?}")
        }
    })
}

fn name(id: &NoticeId) -> &str {
    if id.as_str().starts_with("ntc_") { "digest" } else { id.as_str() }
}
