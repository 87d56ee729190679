//! How parcels fare: most arrive, some do not.

use std::time::Duration;

use serde_json::json;

use super::calendar::{next_at, wave};
use super::network::{self, HUBS, Hub, MERCHANTS};
use super::people::Person;
use super::script::{Parcel, Script};
use super::{Dice, Event};
use crate::model::{Code, Timestamp};

/// What becomes of a parcel, and how many of a hundred fare so.
const FATES: [(Fate, u32); 12] = [
    (Fate::Delivered, 58),
    (Fate::Locker, 11),
    (Fate::Uncollected, 4),
    (Fate::AttemptFailed, 7),
    (Fate::SilentAttempt, 2),
    (Fate::Stalled, 5),
    (Fate::NeverUploaded, 3),
    (Fate::LateUpload, 3),
    (Fate::LostScan, 3),
    (Fate::Damaged, 1),
    (Fate::Refused, 1),
    (Fate::Held, 2),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Delivered,
    /// Put into a locker and fetched.
    Locker,
    /// Put into a locker and forgotten.
    Uncollected,
    /// Nobody was at home.
    AttemptFailed,
    /// Out for delivery, and nothing more is heard that day.
    SilentAttempt,
    /// Lies in the hub of its destination.
    Stalled,
    /// Sold, and not picked up for more than a day.
    NeverUploaded,
    /// Picked up in time, and uploaded a day later.
    LateUpload,
    /// The arrival's scan is lost for good.
    LostScan,
    Damaged,
    Refused,
    /// The weather.
    Held,
}

fn hours(hours: u64) -> Duration {
    Duration::from_secs(hours * 3600)
}

fn minutes(minutes: u64) -> Duration {
    Duration::from_secs(minutes * 60)
}

/// Ids begin with a letter for the day, and begin anew with the alphabet. They are short: a link with one has to fit a text.
fn id(day: u32, number: usize) -> String {
    let letter = char::from(b'A' + (day % 26) as u8);
    format!("{letter}{number:05}")
}

/// `count` parcels that are ordered evenly over a time. Those ordered before `dull_until` arrive undisturbed.
pub fn many(
    day: u32,
    (from, over): (Timestamp, Duration),
    dull_until: Timestamp,
    count: usize,
    dice: &mut Dice,
) -> Vec<Event> {
    let gap = over / u32::try_from(count.max(1)).unwrap_or(u32::MAX);
    let one = |n: usize| {
        let parcel = parcel(id(day, n), n, from + gap * u32::try_from(n).unwrap_or(0), dice);
        let fate = if parcel.ordered_at < dull_until { Fate::Delivered } else { pick(dice) };
        journey(parcel, fate, dice)
    };
    (0..count).flat_map(one).collect()
}

/// One lorry from Hangzhou to Shanghai with a tenth of the parcels: due at breakfast, there in the evening.
pub fn late_lorry(start: Timestamp, parcels: usize, dice: &mut Dice) -> Vec<Event> {
    let (from, to) = (&HUBS[0], &HUBS[1]);
    let departed = start - hours(3);
    let one = |n: usize| {
        let parcel = Parcel {
            from,
            to,
            promise: Some(next_at(start, 16)),
            ..parcel(format!("PL{n:04}"), 500 + n, start - hours(20) + minutes(n as u64), dice)
        };
        let arrived = departed + hours(14) + minutes(n as u64 / 3);
        let more = json!({"container": "BAG-88", "next_hub": to.code});
        let picked_up = departed - hours(7);
        let script = Script::announced(parcel)
            .scan(picked_up, Code::PickedUp, from)
            .scan_with(departed, departed + minutes(1), Code::DepartedHub, from, &more)
            .scan(arrived, Code::ArrivedHub, to);
        last_mile(script, arrived + hours(1), Fate::Delivered, dice)
    };
    (0..parcels / 12).flat_map(one).collect()
}

fn pick(dice: &mut Dice) -> Fate {
    let mut drawn = dice.u32(..FATES.iter().map(|(_, share)| *share).sum::<u32>());
    for (fate, share) in FATES {
        match drawn.checked_sub(share) {
            Some(rest) => drawn = rest,
            None => return fate,
        }
    }
    Fate::Delivered
}

fn parcel(id: String, number: usize, ordered_at: Timestamp, dice: &mut Dice) -> Parcel {
    let from = &HUBS[dice.usize(..HUBS.len() - 1)];
    let to = &HUBS[dice.usize(..HUBS.len())];
    let merchant = &MERCHANTS[dice.usize(..MERCHANTS.len())];
    let recipient = Person::at(to, number, dice);
    Parcel { id, merchant, from, to, recipient, ordered_at, promise: None, consent: &["locker", "station"] }
}

/// From the order to the end.
fn journey(mut parcel: Parcel, fate: Fate, dice: &mut Dice) -> Vec<Event> {
    let (from, to) = (parcel.from, parcel.to);
    let picked_up = parcel.ordered_at + minutes(dice.u64(40..240));
    let departed = picked_up + minutes(dice.u64(90..240));
    let arrived = if from == to { departed } else { departed + from.way_to(to) + minutes(dice.u64(0..60)) };
    let at_outlet = arrived + minutes(dice.u64(50..150));
    // A promise that an undisturbed parcel keeps.
    parcel.promise = Some(next_at(wave(at_outlet) + hours(4), 20));
    let mut script = Script::announced(parcel);
    let late = match fate {
        Fate::NeverUploaded => hours(dice.u64(26..34)),
        _ => Duration::ZERO,
    };
    let upload = match fate {
        Fate::LateUpload => script.parcel.ordered_at + hours(24) + minutes(dice.u64(60..400)),
        _ => picked_up + late + minutes(2),
    };
    script = script.scan_with(picked_up + late, upload, Code::PickedUp, from, &json!({}));
    // Nothing overtakes the pickup's scan: the merchant's own label printer sends what it has kept in one go.
    let (departed, arrived) = (departed + late, arrived + late);
    let kept = |at: Timestamp| (at + minutes(2)).max(upload);
    script = script.scan_with(
        picked_up + late + minutes(50),
        kept(picked_up + late + minutes(50)),
        Code::Sorted,
        from,
        &json!({}),
    );
    if from != to {
        let more = json!({"next_hub": to.code});
        script = script.scan_with(departed, kept(departed), Code::DepartedHub, from, &more);
        if fate != Fate::LostScan {
            script = script.scan_with(arrived, kept(arrived), Code::ArrivedHub, to, &json!({}));
        }
    }
    let waits = match fate {
        Fate::Stalled => hours(dice.u64(33..42)),
        Fate::Held => hours(dice.u64(6..14)),
        _ => Duration::ZERO,
    };
    if fate == Fate::Held {
        let at = arrived + minutes(30);
        script = script.scan_with(at, kept(at), Code::Held, to, &json!({"reason": "weather"}));
    }
    if fate == Fate::Damaged {
        return script.scan(kept(arrived + hours(1)), Code::Damaged, to).events();
    }
    last_mile(script, kept(at_outlet + late + waits), fate, dice)
}

/// From the outlet's door to the recipient's.
fn last_mile(script: Script, at_outlet: Timestamp, fate: Fate, dice: &mut Dice) -> Vec<Event> {
    let to = script.parcel.to;
    let out = wave(at_outlet) + minutes(dice.u64(0..40));
    let there = out + minutes(dice.u64(30..210));
    let script = script.scan(at_outlet, Code::ArrivedDestination, to).scan(out, Code::OutForDelivery, to);
    let script = match fate {
        Fate::Locker => collected(script, there, there + minutes(dice.u64(60..600)), dice),
        Fate::Uncollected => collected(script, there, there + hours(dice.u64(28..70)), dice),
        Fate::AttemptFailed => {
            let nobody = json!({"reason": "nobody_home"});
            let again = wave(there + hours(12)) + minutes(dice.u64(0..40));
            script
                .scan_with(there, there + minutes(1), Code::AttemptFailed, to, &nobody)
                .scan(again, Code::OutForDelivery, to)
                .scan(again + minutes(dice.u64(30..210)), Code::Delivered, to)
        }
        Fate::SilentAttempt => {
            let again = wave(next_at(there, 22) + hours(1)) + minutes(dice.u64(0..40));
            script.scan(again, Code::OutForDelivery, to).scan(again + hours(2), Code::Delivered, to)
        }
        Fate::Refused => {
            let from = script.parcel.from;
            let back = there + hours(6) + to.way_to(from);
            let why = json!({"reason": "refused_by_recipient"});
            script
                .scan_with(there, there + minutes(1), Code::Refused, to, &why)
                .scan(there + hours(5), Code::Returning, to)
                .scan(back + hours(2), Code::Returned, from)
        }
        _ => script.scan(there, Code::Delivered, to),
    };
    script.events()
}

fn collected(script: Script, at: Timestamp, fetched: Timestamp, dice: &mut Dice) -> Script {
    let to = script.parcel.to;
    let waits = waiting(to, at, dice);
    script.scan_with(at, at + minutes(1), Code::AwaitingCollection, to, &waits).scan(fetched, Code::Collected, to)
}

/// What the scan of a parcel says that waits in the hub's locker.
pub fn waiting(hub: &Hub, at: Timestamp, dice: &mut Dice) -> serde_json::Value {
    json!({
        "place": network::locker(hub), "place_kind": "locker",
        "pickup_code": format!("{:06}", dice.u32(100_000..1_000_000)), "free_until": super::local(at + hours(24)),
    })
}
