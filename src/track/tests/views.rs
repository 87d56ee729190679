//! What operators see: descriptions, counts by stage; and rules that change between two starts.

use super::timeline::{Timeline, instant, world};
use crate::model::Effect;
use crate::state::Machine;

fn shown() -> Timeline {
    let mut timeline = Timeline::new(world(&[]), false);
    timeline.check(
        "0:00 ship ordered_at=0:00 service=inter-city merchant=M1 to=+8613812345678 route=picked_up+2h,arrived_hub@H2+4h
         1:00 scan picked_up
         2:00 scan held H1 reason=weather
             2:00 held opened info limit=2:00 by scan
         6:00 time
             5:30:00.001 overdue_scan[1] opened warn limit=5:30 by timer",
    );
    timeline
}

#[test]
fn a_description_says_why_and_what_comes_next() {
    let timeline = shown();
    let description = timeline.tracker.describe("P1", instant("6:00"), &timeline.world).expect("a known parcel");
    let why: Vec<_> =
        description["conditions"].as_array().into_iter().flatten().map(|open| open["why"].as_str()).collect();
    assert_eq!(
        why,
        [
            Some("held back since 2026-03-02T02:00:00.000Z (weather) and not moved since"),
            Some(
                "milestone 1, arrived_hub at H2, was due at 2026-03-02T05:00:00.000Z and not scanned by 2026-03-02T05:30:00.000Z"
            ),
        ]
    );
    assert_eq!(description["timers"][0]["condition"], "stalled");
    assert_eq!(description["timers"][0]["in"], "11h");
    assert_eq!(description["promise"]["at"], "2026-03-05T01:00:00.000Z");
    assert_eq!(description["route"]["milestones"][0]["scanned"], "2026-03-02T01:00:00.000Z");
    assert_eq!(description["conditions"][1]["issued"][0]["key"], "hub:H2");
    assert!(timeline.tracker.describe("P2", instant("6:00"), &timeline.world).is_none());
}

#[test]
fn a_description_masks_contacts() {
    let timeline = shown();
    let text = timeline.tracker.describe("P1", instant("6:00"), &timeline.world).expect("a known parcel").to_string();
    assert!(!text.contains("1381234") && text.contains("\"+*************\""), "{text}");
}

#[test]
fn parcels_are_counted_by_stage_from_the_start() {
    let mut timeline = Timeline::new(world(&[]), false);
    let nonzero =
        |timeline: &Timeline| timeline.tracker.stage_counts().filter(|(_, count)| *count > 0).collect::<Vec<_>>();
    assert_eq!((timeline.tracker.stage_counts().count(), nonzero(&timeline)), (18, vec![]));
    timeline.check("0:00 ship ordered_at=0:00");
    assert_eq!(nonzero(&timeline), [("unscanned", 1)]);
    timeline.check("1:00 scan out_for_delivery");
    assert_eq!(nonzero(&timeline), [("out_for_delivery", 1)]);
    timeline.check("2:00 scan delivered\n170:01 time");
    assert_eq!(nonzero(&timeline), []);
}

#[test]
fn stricter_rules_open_at_the_saved_time_and_tell_nobody() {
    let mut timeline = Timeline::new(world(&[]), false);
    timeline
        .check("0:00 ship ordered_at=0:00 shipped_at=5:00 to=+8613800000000\n10:00 scan departed_hub H1\n30:00 time");
    timeline.world = world(&[(
        "stalled_in_transit = { info = \"24h\", warn = \"48h\"",
        "stalled_in_transit = { info = \"1h\", warn = \"2h\"",
    )]);
    timeline.tracker.restored(&timeline.world);
    let mut effects = Vec::new();
    // One for each level, in slices.
    assert_eq!(timeline.tracker.rules_changed(instant("30:00"), 1, &timeline.world, &mut effects), 1);
    assert_eq!(timeline.tracker.rules_changed(instant("30:00"), 9, &timeline.world, &mut effects), 1);
    // What is to be told is told when its instant is over.
    timeline.tracker.handle_timeout(instant("30:01"), 9, &timeline.world, &mut effects);
    assert_eq!(effects.iter().filter(|effect| matches!(effect, Effect::Notice { .. })).count(), 0);
    let changes: Vec<_> = effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Condition(change) => Some((change.change.name(), change.level.name(), change.at, change.cause)),
            _ => None,
        })
        .collect();
    let (at, rules) = (instant("30:00"), crate::model::Cause::Rules);
    assert_eq!(changes, [("opened", "info", at, rules), ("escalated", "warn", at, rules)]);
    // The next level comes by time, and is told.
    timeline.check("200:00 time\n106:00:00.001 stalled escalated major limit=106:00 by timer");
}

#[test]
fn equal_rules_have_equal_fingerprints_and_telling_does_not_count() {
    let fingerprint = |changes: &[(&str, &str)]| world(changes).rules.fingerprint();
    assert_eq!(fingerprint(&[]), fingerprint(&[("held = {}", "held = { recipient = \"info\" }")]));
    for change in [("never_uploaded = \"24h\"", "never_uploaded = \"25h\""), ("promise = \"72h\"", "promise = \"71h\"")]
    {
        assert_ne!(fingerprint(&[]), fingerprint(&[change]), "{change:?}");
    }
    // Saved beside the state: it must be the same in another build.
    assert_eq!(fingerprint(&[]), 5_136_947_984_689_022_496);
}

#[test]
fn a_scan_does_not_write_again_what_was_announced() {
    let mut timeline = Timeline::new(world(&[]), false);
    timeline.apply("0:00 ship ordered_at=0:00 merchant=M1 to=+8613812345678");
    assert_eq!(timeline.tracker.announced.touched().count(), 1);
    timeline.tracker.committed();
    timeline.apply("1:00 scan picked_up");
    let touched = |touched: usize| if touched == 0 { "nothing" } else { "something" };
    assert_eq!(touched(timeline.tracker.parcels.touched().count()), "something");
    assert_eq!(touched(timeline.tracker.announced.touched().count()), "nothing");
}
