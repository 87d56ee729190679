//! Hand-made stories, so that the first hour shows each kind of notice. The clock is the day's: a story is told by how long after the
//! day's beginning its moment comes.

use std::time::Duration;

use serde_json::json;

use super::network::{HUBS, MERCHANTS};
use super::people::Person;
use super::script::{Parcel, Script};
use super::{Dice, Event, calendar, fate};
use crate::model::{Code, Timestamp};

// Where they stand in `HUBS`; a test of the day finds a wrong one by the stories' languages.
const HANGZHOU: usize = 0;
const SHANGHAI: usize = 1;
const NANJING: usize = 2;
const SUZHOU: usize = 3;
const NINGBO: usize = 4;
const TAIPEI: usize = 5;

fn minutes(minutes: u64) -> Duration {
    Duration::from_secs(minutes * 60)
}

fn hours(hours: u64) -> Duration {
    minutes(hours * 60)
}

/// Every story.
pub fn stories(start: Timestamp) -> Vec<Event> {
    // The codes at the lockers are left to chance, and are the same in every demonstration.
    let mut dice = Dice::with_seed(0);
    let all = [
        lies_still(start),
        nobody_home(start),
        waits_in_a_locker(start, &mut dice),
        was_never_handed_over(start),
        misses_its_promise(start),
        forgotten_in_a_locker(start, &mut dice),
        damaged(start),
        refused(start),
    ];
    all.into_iter().flat_map(Script::events).collect()
}

fn parcel(number: u32, (from, to): (usize, usize), recipient: Person, ordered_at: Timestamp) -> Parcel {
    Parcel {
        id: format!("PW{number:04}"),
        merchant: &MERCHANTS[number as usize % MERCHANTS.len()],
        from: &HUBS[from],
        to: &HUBS[to],
        recipient,
        ordered_at,
        promise: None,
        consent: &[],
    }
}

/// Wang Fang's parcel came to Nanjing the night before last. It stalls in the first hour, and goes on at noon.
fn lies_still(start: Timestamp) -> Script {
    let wang = Person { email: None, ..Person::named("王芳", "zh-CN", 17) };
    // Told a day after it should have been at the outlet, which is eight hours after its arrival.
    let arrived = start + minutes(40) - hours(8 + 24);
    let parcel = parcel(17, (HANGZHOU, NANJING), wang, arrived - hours(14));
    let parcel = Parcel { promise: Some(calendar::next_at(start + hours(2), 20)), ..parcel };
    let (from, to) = (parcel.from, parcel.to);
    let again = start + minutes(4 * 60 + 30);
    Script::announced(parcel)
        .scan(arrived - hours(12), Code::PickedUp, from)
        .scan(arrived - hours(8), Code::DepartedHub, from)
        .scan(arrived, Code::ArrivedHub, to)
        .scan(again, Code::ArrivedDestination, to)
        .scan(again + hours(2), Code::OutForDelivery, to)
        .scan(again + hours(4), Code::Delivered, to)
}

/// Nobody was at home at Emily Carter's.
fn nobody_home(start: Timestamp) -> Script {
    let emily = Person::named("Emily Carter", "en", 31);
    let parcel = parcel(31, (SUZHOU, SHANGHAI), emily, start - hours(26));
    let (from, to) = (parcel.from, parcel.to);
    let missed = start + minutes(48);
    let again = calendar::wave(missed + hours(12));
    Script::announced(parcel)
        .scan(start - hours(24), Code::PickedUp, from)
        .scan(start - hours(20), Code::DepartedHub, from)
        .scan(start - hours(12), Code::ArrivedHub, to)
        .scan(start - hours(9), Code::ArrivedDestination, to)
        .scan(start + minutes(5), Code::OutForDelivery, to)
        .scan_with(missed, missed + minutes(1), Code::AttemptFailed, to, &json!({"reason": "nobody_home"}))
        .scan(again + minutes(10), Code::OutForDelivery, to)
        .scan(again + hours(2), Code::Delivered, to)
}

/// Chen Yi-chun in Taipei gets a code, and fetches her parcel in the evening.
fn waits_in_a_locker(start: Timestamp, dice: &mut Dice) -> Script {
    let chen = Person::named("陳怡君", "zh-TW", 52);
    let parcel = parcel(52, (HANGZHOU, TAIPEI), chen, start - hours(60));
    let parcel = Parcel { consent: &["locker"], ..parcel };
    let (from, to) = (parcel.from, parcel.to);
    let there = start + minutes(55);
    Script::announced(parcel)
        .scan(start - hours(57), Code::PickedUp, from)
        .scan(start - hours(52), Code::DepartedHub, from)
        .scan(start - hours(20), Code::ArrivedHub, to)
        .scan(start - hours(14), Code::ArrivedDestination, to)
        .scan(start + minutes(10), Code::OutForDelivery, to)
        .scan_with(there, there + minutes(1), Code::AwaitingCollection, to, &fate::waiting(to, there, dice))
        .scan(start + hours(11), Code::Collected, to)
}

/// Sold yesterday at this time; nobody has seen it since. It is picked up in the afternoon.
fn was_never_handed_over(start: Timestamp) -> Script {
    let li = Person { email: None, ..Person::named("李娜", "zh-CN", 64) };
    let parcel = parcel(64, (NINGBO, SUZHOU), li, start + minutes(50) - hours(24));
    let (from, to) = (parcel.from, parcel.to);
    let at_last = start + hours(8);
    Script::announced(parcel)
        .scan(at_last, Code::PickedUp, from)
        .scan(at_last + hours(2), Code::DepartedHub, from)
        .scan(at_last + hours(5), Code::ArrivedHub, to)
        .scan(at_last + hours(8), Code::ArrivedDestination, to)
        .scan(at_last + hours(17), Code::OutForDelivery, to)
        .scan(at_last + hours(19), Code::Delivered, to)
}

/// Promised for breakfast, and still on the courier's round.
fn misses_its_promise(start: Timestamp) -> Script {
    let james = Person { phone: None, ..Person::named("James Okafor", "en", 73) };
    let parcel = parcel(73, (SHANGHAI, SHANGHAI), james, start - hours(22));
    let parcel = Parcel { promise: Some(start + minutes(32)), ..parcel };
    let to = parcel.to;
    Script::announced(parcel)
        .scan(start - hours(19), Code::PickedUp, to)
        .scan(start - hours(13), Code::ArrivedDestination, to)
        .scan(start + minutes(70), Code::OutForDelivery, to)
        .scan(start + minutes(150), Code::Delivered, to)
}

/// In the locker since yesterday afternoon.
fn forgotten_in_a_locker(start: Timestamp, dice: &mut Dice) -> Script {
    let zhang = Person::named("张伟", "zh-CN", 85);
    let parcel = parcel(85, (NANJING, HANGZHOU), zhang, start - hours(50));
    let parcel = Parcel { consent: &["locker"], ..parcel };
    let (from, to) = (parcel.from, parcel.to);
    let there = start + minutes(68) - hours(18);
    Script::announced(parcel)
        .scan(start - hours(47), Code::PickedUp, from)
        .scan(start - hours(40), Code::DepartedHub, from)
        .scan(start - hours(30), Code::ArrivedHub, to)
        .scan(start - hours(24), Code::ArrivedDestination, to)
        .scan(start - hours(20), Code::OutForDelivery, to)
        .scan_with(there, there + minutes(1), Code::AwaitingCollection, to, &fate::waiting(to, there, dice))
        .scan(start + hours(35), Code::Collected, to)
}

/// Broken on the belt.
fn damaged(start: Timestamp) -> Script {
    let sofia = Person::named("Sofia Rossi", "en", 96);
    let parcel = parcel(96, (HANGZHOU, SHANGHAI), sofia, start - hours(16));
    let (from, to) = (parcel.from, parcel.to);
    Script::announced(parcel)
        .scan(start - hours(13), Code::PickedUp, from)
        .scan(start - hours(9), Code::DepartedHub, from)
        .scan(start - hours(3), Code::ArrivedHub, to)
        .scan(start + minutes(85), Code::Damaged, to)
}

/// Not what was ordered, says the recipient at the door.
fn refused(start: Timestamp) -> Script {
    let lin = Person { phone: None, ..Person::named("林志豪", "zh-TW", 108) };
    let parcel = parcel(108, (NINGBO, TAIPEI), lin, start - hours(56));
    let (from, to) = (parcel.from, parcel.to);
    let door = start + minutes(105);
    Script::announced(parcel)
        .scan(start - hours(53), Code::PickedUp, from)
        .scan(start - hours(47), Code::DepartedHub, from)
        .scan(start - hours(16), Code::ArrivedHub, to)
        .scan(start - hours(11), Code::ArrivedDestination, to)
        .scan(start + minutes(60), Code::OutForDelivery, to)
        .scan_with(door, door + minutes(1), Code::Refused, to, &json!({"reason": "refused_by_recipient"}))
        .scan(start + hours(10), Code::Returning, to)
        .scan(start + hours(40), Code::Returned, from)
}
