//! State as the version before texts, preferences and the storm breaker saved it is read and gone on with.

use super::timeline::{Desk, START};
use super::*;

/// `table key value` of each entry, `|` for the separator in keys, values as hexadecimal digits. At the twelfth second of a
/// timeline: `a` was told by mail and holds back `b`; `c` is claimed, and `f` says that `a` is over; `d` found the merchant's
/// endpoint gone; `e` is gathered for a hub; `g` waits for its second attempt, `h` to be repeated since nobody knows of its first.
const SAVED: &str = include_str!("state-of-issue-3.txt");

fn upgraded() -> Desk {
    let mut desk = Desk::new(&world());
    for line in SAVED.lines() {
        let [table, key, value] = line.split(' ').collect::<Vec<_>>()[..] else {
            panic!("expected three words: {line}")
        };
        let table: usize = table.parse().expect("a number");
        let (key, value) = (key.replace('|', "\u{1f}"), hex::decode(value).expect("hexadecimal digits"));
        desk.machine.tables()[table].restore(&key, Some(&value), 0).expect("state can be read");
    }
    desk.machine.restored(&desk.world);
    desk.machine.set_open(true);
    desk.now = START + std::time::Duration::from_secs(12);
    desk
}

#[test]
fn what_was_under_way_goes_on() {
    let mut desk = upgraded();
    assert_eq!(sizes(desk.machine.tables()), [5, 1, 1, 0, 0, 0]);
    let at = |text: &str| START + humantime::parse_duration(text).expect(text);
    for (time, event, expected) in [
        ("13s", "a = stalled warn", "ignored: repeated notice"),
        ("14s", "c#1 delivered", "c#1 delivered; f suppressed: nothing told"),
        ("15s", "i = damaged critical to=merchant", "i suppressed: endpoint gone"),
        ("2m", "", "g#2 by email; h#2 by email"),
        ("125s", "g#2 delivered", "g#2 delivered"),
        ("130s", "reply email opt_out", "preference: [Email]; b suppressed: opted out; cancel h"),
        ("16m", "", "h#2 unknown; e suppressed: in digest; digest#1 by email"),
    ] {
        assert_eq!(desk.step(at(time), event).join("; "), expected, "{time} {event}");
    }
}

#[test]
fn it_is_told_as_it_was() {
    let desk = upgraded();
    let described = desk.machine.describe(&recipient(), "SF1024000000017");
    let states: Vec<_> = described["journeys"][0]["notices"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|notice| (notice["id"].clone(), notice["state"].clone()))
        .collect();
    assert_eq!(states, [("a".into(), "delivered".into()), ("b".into(), "held".into())]);
}
