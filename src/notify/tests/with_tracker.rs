//! Tracker and notifier together: what a recipient and a merchant really hear about a parcel.

use std::time::Duration;

use super::timeline::{START, receipt};
use super::*;
use crate::decode::{InputTopic, tracker_input};
use crate::model::{Effect, Message, Timestamp};
use crate::notify::Input;
use crate::track::Tracker;

/// Both machines; every attempt is delivered at once.
struct Flow {
    tracker: Tracker,
    notifier: Notifier,
    world: World,
    heard: Vec<String>,
}

impl Flow {
    fn new() -> Flow {
        let (mut tracker, mut notifier, world) = (Tracker::default(), Notifier::default(), world());
        tracker.restored(&world);
        tracker.set_open(true);
        notifier.restored(&world);
        notifier.set_open(true);
        Flow { tracker, notifier, world, heard: Vec::new() }
    }

    /// Lets both machines' limits before `to` pass, each at its own instant.
    fn pass(&mut self, to: Timestamp) {
        loop {
            let next = self.tracker.poll_timeout().into_iter().chain(self.notifier.poll_timeout()).min();
            let Some(limit) = next.filter(|limit| *limit < to) else { break };
            self.turn(limit.next());
        }
        self.turn(to);
    }

    fn turn(&mut self, now: Timestamp) {
        let mut out = Vec::new();
        self.tracker.handle_timeout(now, usize::MAX, &self.world, &mut out);
        self.tracker.committed();
        self.tell(now, out);
        let mut out = Vec::new();
        self.notifier.handle_timeout(now, usize::MAX, &self.world, &mut out);
        self.attempt(now, &out);
        self.notifier.committed();
    }

    fn read(&mut self, at: Timestamp, topic: InputTopic, json: &str) {
        self.pass(at);
        let input = tracker_input(topic, Some(json.as_bytes()), at).unwrap_or_else(|e| panic!("{e}: {json}"));
        let mut out = Vec::new();
        self.tracker.handle(at, input, &self.world, &mut out);
        self.tracker.committed();
        self.tell(at, out);
        self.notifier.committed();
    }

    fn tell(&mut self, now: Timestamp, effects: Vec<Effect>) {
        for effect in effects {
            if let Effect::Notice { key, notice } = effect {
                self.notifier.handle(now, Input::Notice { key, notice }, &self.world, &mut Vec::new());
            }
        }
    }

    fn attempt(&mut self, now: Timestamp, effects: &[Effect]) {
        for effect in effects {
            let Effect::Attempt(attempt) = effect else { continue };
            let said = match &attempt.message {
                Message::Mail { subject, .. } => subject.clone(),
                Message::Text { text, .. } => text.clone(),
                Message::Json(json) => {
                    serde_json::from_str::<serde_json::Value>(json).unwrap()["type"].as_str().unwrap().to_owned()
                }
            };
            let reader = match attempt.recipient_key.as_str().split_once(':') {
                Some(("merchant", _)) => "merchant",
                Some(("hub", _)) => "hub",
                Some(_) => "recipient",
                None => "service",
            };
            self.heard.push(format!("{}h {reader}: {said}", now.since(START).as_secs() / 3600));
            let mut outcome = receipt(now, &format!("{}#{}", attempt.notice_id, attempt.attempt), "delivered", None);
            outcome.recipient_key = attempt.recipient_key.clone();
            self.notifier.handle(now, Input::Receipt(Box::new(outcome)), &self.world, &mut Vec::new());
        }
    }
}

/// Runs a parcel's scans (`read at h, happened at h | code | more fields`) and holds what people heard against the
/// second table. Hubs are left out.
#[track_caller]
fn check(scans: &str, expected: &str) {
    let hour = |hours: u64| START + Duration::from_secs(hours * 3600);
    let mut flow = Flow::new();
    let shipment = format!(
        r#"{{"parcel_id":"SF1024000000017","merchant":"M-0042","service":"inter-city","ordered_at":"{START}",
        "promise":"{}","origin":{{"hub":"HGH01"}},"destination":{{"hub":"SHA02"}},
        "recipient":{{"id":"c-77","email":"wf@example.com","locale":"en","time_zone":"Asia/Shanghai"}}}}"#,
        hour(72)
    );
    flow.read(START, InputTopic::Shipments, &shipment);
    for row in scans.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let mut words = row.split_whitespace();
        let mut next = || words.next().unwrap_or_default();
        let (read, happened, code) = (next(), next(), next());
        let (at, event_time) = (hour(read.parse().unwrap()), hour(happened.parse().unwrap()));
        let more: String = words
            .filter_map(|word| word.split_once('='))
            .map(|(field, text)| format!(r#","{field}":"{text}""#))
            .collect();
        let scan = format!(r#"{{"parcel_id":"SF1024000000017","code":"{code}","event_time":"{event_time}"{more}}}"#);
        flow.read(at, InputTopic::Scans, &scan);
    }
    flow.pass(hour(24 * 40));
    let heard: Vec<String> = flow.heard.into_iter().filter(|said| !said.contains(" hub: ")).collect();
    let expected: Vec<&str> = expected.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    assert!(heard == expected, "expected\n{}\nfound\n{}", expected.join("\n"), heard.join("\n"));
}

#[test]
fn a_parcel_that_stalls_is_late_and_arrives() {
    check(
        "
        1  1  picked_up
        2  2  departed_hub hub=HGH01
        80 80 arrived_hub hub=SHA02
        89 89 out_for_delivery
        90 90 delivered
        ",
        "
        50h merchant: parcelwatch.notice.stalled
        50h recipient: Your parcel …0017 has not moved since Sun 22 Nov, 10 am
        72h merchant: parcelwatch.notice.delayed
        72h recipient: Your parcel …0017 is late
        90h merchant: parcelwatch.notice.recovered
        90h recipient: Your parcel …0017 has been delivered
        ",
    );
}

#[test]
fn a_parcel_that_was_handed_over_late_and_then_runs_well() {
    check(
        "
        30 30 picked_up
        32 32 departed_hub hub=HGH01
        47 47 out_for_delivery
        48 48 delivered
        ",
        "
        24h merchant: parcelwatch.notice.never_uploaded
        24h recipient: Your parcel …0017 has not been handed over to us yet
        30h merchant: parcelwatch.notice.recovered
        30h recipient: We have your parcel …0017
        ",
    );
}

#[test]
fn a_delay_that_was_none_because_the_scan_came_late() {
    check(
        "
        1  1  picked_up
        40 40 arrived_destination hub=SHA02
        80 70 out_for_delivery
        80 71 delivered
        ",
        "
        25h merchant: parcelwatch.notice.stalled
        25h recipient: Your parcel …0017 has not moved since Sun 22 Nov, 9 am
        40h merchant: parcelwatch.notice.recovered
        40h recipient: Your parcel …0017 is moving again
        64h merchant: parcelwatch.notice.stalled
        64h recipient: Your parcel …0017 has not moved since Tue 24 Nov, midnight
        72h merchant: parcelwatch.notice.delayed
        72h recipient: Your parcel …0017 is late
        80h merchant: parcelwatch.notice.corrected
        80h recipient: A message of ours about your parcel …0017 was mistaken
        ",
    );
}

#[test]
fn a_parcel_that_waits_at_a_locker() {
    check(
        "
        1  1  picked_up
        20 20 out_for_delivery
        22 22 attempt_failed
        23 23 awaiting_collection place=LK-0310 place_kind=locker pickup_code=8417
        75 75 collected
        ",
        "
        22h recipient: Your parcel …0017 was not delivered
        23h recipient: Your parcel …0017 is ready to collect: parcel locker LK-0310
        41h recipient: Please collect your parcel …0017
        71h recipient: Please collect your parcel …0017
        75h recipient: Your parcel …0017 has been collected
        ",
    );
}

#[test]
fn a_parcel_that_is_damaged_and_then_lost() {
    check(
        "
        1  1  picked_up
        20 20 damaged hub=SHA02
        30 30 lost
        ",
        "
        20h merchant: parcelwatch.notice.damaged
        20h recipient: Your parcel …0017 was damaged on its way
        20h service: Damaged: parcel …0017
        30h merchant: parcelwatch.notice.lost
        30h recipient: Your parcel …0017 is lost
        30h service: Lost: parcel …0017
        ",
    );
}

#[test]
fn a_stall_that_was_none_is_taken_back_while_the_delay_stands() {
    check(
        "
        1  1  picked_up
        10 10 arrived_hub hub=SHA02
        80 15 departed_hub hub=SHA02
        ",
        "
        34h merchant: parcelwatch.notice.stalled
        34h recipient: Your parcel …0017 has not moved since Sun 22 Nov, 6 pm
        72h merchant: parcelwatch.notice.delayed
        72h recipient: Your parcel …0017 is late
        80h merchant: parcelwatch.notice.corrected
        80h recipient: A message of ours about your parcel …0017 was mistaken
        240h merchant: parcelwatch.notice.thoroughly_delayed
        240h recipient: Your parcel …0017 is much later than promised
        240h service: Very late: parcel …0017
        ",
    );
}

#[test]
fn a_stall_that_nobody_was_told_of_is_not_taken_back() {
    check(
        "
        1   1   picked_up
        30  30  arrived_hub hub=HGH01
        50  50  sorted hub=HGH01
        70  70  departed_hub hub=HGH01
        119 93  departed_hub hub=SHA02
        125 125 out_for_delivery
        130 130 delivered
        ",
        "
        25h merchant: parcelwatch.notice.stalled
        25h recipient: Your parcel …0017 has not moved since Sun 22 Nov, 9 am
        30h merchant: parcelwatch.notice.recovered
        30h recipient: Your parcel …0017 is moving again
        72h merchant: parcelwatch.notice.delayed
        72h recipient: Your parcel …0017 is late
        130h merchant: parcelwatch.notice.recovered
        130h recipient: Your parcel …0017 has been delivered
        ",
    );
}
