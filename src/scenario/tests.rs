//! What scenario files may say, and what is said of those that say something else.

use super::{Scenario, Verdict, read};
use crate::model::{HashKey, World};
use crate::notify::{Mode, Policy, Sending};
use crate::track::Rules;

/// The default, as if everything were sent.
fn world() -> World {
    let send = Sending { mode: Mode::On, ..Sending::default() };
    World::new(Rules::default(), Policy { send, ..Policy::default() }, HashKey::new(*b"a key for tests"))
}

/// A file of one scenario with this timeline.
fn file(timeline: &str) -> String {
    format!(
        "zone = \"Asia/Shanghai\"\nshipment = {{ service = \"inter-city\", recipient = {{ email = \"wf@example.com\" }} }}\n\n\
        [[scenario]]\nname = \"a parcel\"\ntimeline = \"\"\"\n{timeline}\"\"\"\n"
    )
}

fn verdict(timeline: &str) -> Verdict {
    let text = file(timeline);
    let scenarios: Vec<Scenario> = read("s.toml", &text).unwrap_or_else(|problems| panic!("{problems:?}"));
    scenarios[0].judge(&world())
}

fn problems(text: &str) -> Vec<String> {
    read("s.toml", text).err().into_iter().flatten().map(|problem| problem.to_string()).collect()
}

#[test]
fn what_is_missing_and_what_is_unexpected_stand_beside_what_happened() {
    let verdict = verdict(
        "2026-03-02 08:00  announced promise=\"2026-03-02 21:00\"
                    10:00  picked_up
                    +11h   => stalled opened
                    +11h30m1ms => delayed opened major
                           => told recipient stalled",
    );
    assert!(!verdict.holds);
    let expected = "\
FAILS s.toml:6: a parcel
    2026-03-02 08:00         announced promise=2026-03-02 21:00
    2026-03-02 10:00         picked_up
  - 2026-03-02 21:00         => stalled opened                             (expected in line 9, not found)
  + 2026-03-02 21:30         => told recipient delayed major by=email      (found, not expected)
    2026-03-02 21:30:00.001  => delayed opened major
  - 2026-03-02 21:30:00.001  => told recipient stalled                     (expected in line 11, not found)
";
    assert_eq!(verdict.to_string(), expected);
}

#[test]
fn what_was_to_be_told_and_was_not_says_why() {
    let verdict = verdict(
        "2026-03-02 08:00  announced promise=\"2026-03-02 21:00\"
                    10:00  picked_up
                    11:00  recipient prefers opt_out=email
                    21:30  => delayed opened
                           => told recipient delayed",
    );
    let said = verdict.to_string();
    assert!(said.contains("(expected in line 11, not found; suppressed at 2026-03-02 21:30: opted out)"), "{said}");
}

#[test]
fn times_without_milliseconds_mean_their_second_and_others_the_millisecond() {
    let holds = |time: &str| {
        let timeline = format!(
            "2026-03-02 08:00  announced\n10:00  departed_hub HGH01\n2026-03-03 {time}  => stalled opened info\n"
        );
        verdict(&timeline).holds
    };
    let found = ["10:00", "10:00:00.001", "10:00:00.002", "10:00:01", "09:59:59", "10:01"].map(holds);
    assert_eq!(found, [true, true, false, false, false, false]);
    // Up to exactly then: a limit has not passed at its own instant.
    assert!(verdict("2026-03-02 10:00 announced\ndeparted_hub HGH01\n+24h => nothing\n").holds);
    assert!(!verdict("2026-03-02 10:00 announced\ndeparted_hub HGH01\n+24h1ms end\n").holds);
}

#[test]
fn a_line_that_names_more_expects_more() {
    let holds = |more: &str| {
        verdict(&format!("2026-03-02 10:00 announced\ndeparted_hub HGH01\n+24h => stalled opened {more}\n")).holds
    };
    for (more, expected) in [
        ("info", true),
        ("warn", false),
        ("episode=1", true),
        ("episode=2", false),
        ("limit=10:00", true),
        ("limit=10:01", false),
        ("held_by=", true),
        ("held_by=held", false),
        ("milestone=0", false),
    ] {
        assert_eq!(holds(more), expected, "{more}");
    }
}

#[test]
fn a_file_with_mistakes_is_answered_with_all_of_those_of_its_timelines() {
    let text = file(
        "10:00  announced
2026-03-02 08:00  announced promise=tomorrow
2026-03-02 09:00  arrived_hub
2026-03-02 08:00  picked_up
+1x  picked_up
teleported HGH01
picked_up HGH01 colour=red
=>
=> stalled happened
=> stalled opened awful
=> told everybody stalled
=> told recipient gossip
=> asleep
recipient sings
2026-03-02
choice requested castle
changed route=\"arrived_hub SHA02 8h\"
2026-13-02 08:00 end
+900000d end
picked_up reason=\"weather
",
    );
    let found = problems(&text);
    let expected = [
        "s.toml:7:1: expected a day and a time in the first line (2026-03-02 08:00), found none",
        "s.toml:8:1: promise: expected a time (2026-03-02 08:00, 08:00, 08:00:00.001, +12h), found \"tomorrow\"",
        "s.toml:9:1: hub: expected a text, found nothing",
        "s.toml:10:1: expected a time not before that of the line above (2026-03-02 09:00), found 2026-03-02 08:00",
        "s.toml:11:1: expected a duration (1ms, 30m, 12h, 7d), found \"1x\"",
        "s.toml:12:1: expected announced, changed, choice, recipient, end or the code of a scan (picked_up, arrived_hub, ..), found \"teleported\"",
        "s.toml:13:1: expected a hub, happened=, uploaded=, reason= or what is said of a place, found \"colour=\"",
        "s.toml:14:1: expected something after =>, found nothing",
        "s.toml:15:1: expected opened, escalated, cleared or retracted, found \"happened\"",
        "s.toml:16:1: expected info, warn, major or critical, found \"awful\"",
        "s.toml:17:1: expected an audience (recipient, merchant, sender, ..), found \"everybody\"",
        "s.toml:18:1: expected what is told (a condition, collection, recovered, corrected, choice or digest), found \"gossip\"",
        "s.toml:19:1: expected nothing, told or a condition, found \"asleep\"",
        "s.toml:20:1: expected confirms, denies or prefers after recipient, found \"sings\"",
        "s.toml:21:1: expected a time (2026-03-02 08:00, 08:00, 08:00:00.001, +12h), found \"\"",
        "s.toml:22:1: option: expected an option of a reroute, found \"castle\"",
        "s.toml:23:1: route: expected \"arrived_hub SHA02 within 8h\", found \"arrived_hub SHA02 8h\"",
        "s.toml:24:1: expected a day (2026-03-02), found \"2026-13-02\"",
        "s.toml:25:1: expected a time within the years 2000 to 2100, found another",
        "s.toml:26:1: expected a quotation mark at the end of what begins with one, found none",
    ];
    assert_eq!(found, expected, "{}", found.join("\n"));
}

#[test]
fn what_is_wrong_around_a_timeline_is_said_with_its_place() {
    let good = file("2026-03-02 08:00 announced\n=> nothing\n");
    assert_eq!(problems(&good), Vec::<String>::new());
    for (from, to, expected) in [
        (
            "Asia/Shanghai",
            "Asia/Peking",
            "s.toml:1:8: a parcel: zone: expected a time zone (Asia/Shanghai, say), found \"Asia/Peking\"",
        ),
        (
            "service =",
            "servise =",
            "s.toml:2:12: a parcel: shipment: expected parcel_id, recipient, sender, ordered_at",
        ),
        (
            "name =",
            "title =",
            "s.toml:5:9: scenario.0.title: unknown key, expected name, zone, only, shipment, merchant or timeline",
        ),
        (
            "zone =",
            "only = [\"rain\"]\nzone =",
            "s.toml:1:8: a parcel: only: expected told or conditions, found \"rain\"",
        ),
        ("zone =", "only = [\"held\"]\nzone =", ""),
        ("=> nothing", "", ""),
        (
            "2026-03-02 08:00 announced\n=> nothing\n",
            "\n",
            "s.toml:6:12: a parcel: timeline: expected a line, found none",
        ),
        ("zone = ", "zone ", "s.toml:1:6: "),
        (
            "email = ",
            "email = 7, name = ",
            "s.toml:7:1: recipient: expected what wire.md says of it, found something else",
        ),
    ] {
        let found = problems(&good.replacen(from, to, 1));
        let is_it =
            if expected.is_empty() { found.is_empty() } else { found.len() == 1 && found[0].starts_with(expected) };
        assert!(is_it, "{to}: {found:?}");
    }
    let left_out = good.replace("zone =", "only = [\"held\"]\nzone =").replace("=> nothing", "=> stalled opened");
    assert_eq!(problems(&left_out), ["s.toml:9:1: expected what `only` names, found what it leaves out"]);
}

#[test]
fn local_times_follow_the_clocks_of_the_zone() {
    let text = "zone = \"Europe/Berlin\"\nonly = [\"stalled\"]\n[[scenario]]\nname = \"a night of 23 hours\"\ntimeline = \"\"\"
        2026-03-28 12:00 announced
                         arrived_hub HAM01
                   +12h  => nothing
                   +24h  => stalled escalated warn
        2026-03-29 00:00:00.001 => stalled opened info
        \"\"\"";
    // 12 hours later is midnight, 24 hours later one o'clock in the afternoon: lines stand in the order of their times.
    assert_eq!(problems(text).len(), 1);
    let text = text.replace(
        "+24h  => stalled escalated warn\n        2026-03-29 00:00:00.001 => stalled opened info",
        "+12h1ms  => stalled opened info\n        2026-03-29 13:00:00.001 => stalled escalated warn",
    );
    let read = read("s.toml", &text).unwrap_or_else(|problems| panic!("{problems:?}"));
    let verdict = read[0].judge(&world());
    assert!(verdict.holds, "{verdict}");
}
