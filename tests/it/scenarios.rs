//! `parcelwatch test`: every scenario of tests/scenarios holds under the default configuration, and no limit can change without one
//! of them saying so.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use parcelwatch::model::{ConditionKind, HashKey, World};
use parcelwatch::notify::{Mode, Policy, Sending};
use parcelwatch::scenario::{self, Scenario};
use parcelwatch::track::{REFERENCE, Rules};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios")
}

fn files() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder()).expect("the scenarios");
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("a file").path()).collect();
    files.sort();
    files
}

fn text(condition: &str) -> String {
    let file = folder().join(condition).with_extension("toml");
    std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

fn test(arguments: &[&str], files: &[PathBuf]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_parcelwatch"));
    command.env_remove("PARCELWATCH_CONFIG").arg("test").args(arguments).args(files);
    command.output().expect("the binary")
}

#[test]
fn every_scenario_holds_and_one_that_does_not_is_shown() {
    let output = test(&[], &files());
    let said = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{said}{}", String::from_utf8_lossy(&output.stderr));

    let changed = tempfile::tempdir().expect("a folder");
    let config = changed.path().join("p.toml");
    std::fs::write(&config, "[limits]\nstalled_at_hub = { info = \"11h\", warn = \"24h\", major = \"72h\" }\n")
        .expect("a file");
    let output = test(&["--config", config.to_str().expect("UTF-8")], &[folder().join("stalled.toml")]);
    let said = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{said}");
    for line in [
        "stalled.toml:8: opens twelve hours after the last scan at a hub",
        "  + 2026-03-02 21:00:00.001  => stalled opened info",
        "  - 2026-03-02 22:00:00.001  => stalled opened info",
    ] {
        assert!(said.contains(line), "expected {line:?}, found\n{said}");
    }

    let broken = changed.path().join("broken.toml");
    std::fs::write(&broken, text("stalled").replace("arrived_hub", "arived_hub")).expect("a file");
    let output = test(&[], &[broken, changed.path().join("none.toml")]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("broken.toml:10:1: expected announced, changed"), "{said}");
    assert!(said.contains("none.toml: expected a readable file in UTF-8: "), "{said}");
}

/// What can happen to each condition beside opening: escalating, clearing, retracting.
const CHANGES: [(&str, &[&str]); 19] = [
    ("never_uploaded", &["cleared", "retracted"]),
    ("overdue_scan", &["cleared", "retracted"]),
    ("stalled", &["escalated", "cleared", "retracted"]),
    ("delayed", &["cleared", "retracted"]),
    ("thoroughly_delayed", &["cleared", "retracted"]),
    ("dispatch_overdue", &["cleared", "retracted"]),
    ("attempt_failed", &["cleared", "retracted"]),
    ("uncollected", &["escalated", "cleared", "retracted"]),
    ("held", &["cleared"]),
    ("damaged", &["cleared"]),
    ("refused", &["cleared"]),
    ("lost", &["cleared"]),
    ("customs_held", &["cleared"]),
    ("skipped_scan", &["cleared", "retracted"]),
    ("uploaded_late", &[]),
    ("misrouted", &["cleared"]),
    ("looping", &["cleared"]),
    ("suspect_signature", &["cleared", "retracted"]),
    ("unconsented_drop", &["cleared"]),
];

#[test]
fn every_condition_has_its_scenarios() {
    let of_table: BTreeSet<&str> = CHANGES.into_iter().map(|(condition, _)| condition).collect();
    assert_eq!(of_table, ConditionKind::ALL.into_iter().map(ConditionKind::name).collect());
    for (condition, changes) in CHANGES {
        let text = text(condition);
        for change in ["opened"].iter().chain(changes) {
            assert!(text.contains(&format!("=> {condition} {change}")), "{condition} is never {change}");
        }
        assert!(text.contains("repeated") || text.contains("late"), "{condition}: no scan is late or repeated");
    }
}

/// The scenarios of a file that fail under these rules, and how many there are.
fn failing(condition: &str, rules: &str) -> (usize, usize) {
    let rules = toml_edit::de::from_str::<Rules>(rules).unwrap_or_else(|error| panic!("{error}"));
    let policy = Policy { send: Sending { mode: Mode::On, ..Sending::default() }, ..Policy::default() };
    let world = World::new(rules, policy, HashKey::new(*b"a key for tests"));
    let scenarios: Vec<Scenario> = scenario::read(condition, &text(condition)).expect("a readable file");
    (scenarios.iter().filter(|scenario| !scenario.judge(&world).holds).count(), scenarios.len())
}

#[test]
fn no_limit_changes_by_a_millisecond_without_a_scenario_that_fails() {
    // Each limit, and the file whose scenarios know it. Longer by the least that there is.
    let limits = [
        ("never_uploaded", "never_uploaded = \"24h\"", "never_uploaded = \"24h1ms\""),
        ("never_uploaded", "never_uploaded = \"2h\"", "never_uploaded = \"2h1ms\""),
        ("overdue_scan", "overdue_scan_grace = \"30m\"", "overdue_scan_grace = \"30m1ms\""),
        ("delayed", "delayed_grace = \"30m\"", "delayed_grace = \"30m1ms\""),
        ("thoroughly_delayed", "thoroughly_delayed = \"168h\"", "thoroughly_delayed = \"168h1ms\""),
        ("thoroughly_delayed", "thoroughly_delayed = \"72h\"", "thoroughly_delayed = \"72h1ms\""),
        ("dispatch_overdue", "dispatch_overdue = \"48h\"", "dispatch_overdue = \"47h59m59s999ms\""),
        ("attempt_failed", "attempt_silent_at = \"22:00\"", "attempt_silent_at = \"22:01\""),
        ("stalled", "stalled_at_hub = { info = \"12h\"", "stalled_at_hub = { info = \"12h1ms\""),
        (
            "stalled",
            "info = \"12h\", warn = \"24h\", major = \"72h\"",
            "info = \"12h\", warn = \"24h1ms\", major = \"72h\"",
        ),
        ("stalled", "warn = \"24h\", major = \"72h\"", "warn = \"24h\", major = \"72h1ms\""),
        ("stalled", "{ info = \"24h\", warn = \"48h\"", "{ info = \"24h1ms\", warn = \"48h\""),
        ("stalled", "warn = \"48h\", major = \"96h\"", "warn = \"48h1ms\", major = \"96h\""),
        ("stalled", "major = \"96h\"", "major = \"96h1ms\""),
        ("stalled", "stalled_out_for_delivery = { info = \"12h\"", "stalled_out_for_delivery = { info = \"12h1ms\""),
        ("stalled", "warn = \"24h\", major = \"36h\"", "warn = \"24h1ms\", major = \"36h\""),
        ("stalled", "major = \"36h\"", "major = \"36h1ms\""),
        ("uncollected", "info = \"18h\"", "info = \"18h1ms\""),
        ("uncollected", "warn = \"48h\", major = \"7d\"", "warn = \"48h1ms\", major = \"7d\""),
        ("uncollected", "major = \"7d\"", "major = \"7d1ms\""),
        ("skipped_scan", "skipped_scan = \"2h\"", "skipped_scan = \"2h1ms\""),
        ("uploaded_late", "uploaded_late = \"30m\"", "uploaded_late = \"30m1ms\""),
        ("uploaded_late", "uploaded_late_last_mile = \"5m\"", "uploaded_late_last_mile = \"4m59s999ms\""),
        ("suspect_signature", "suspect_signature = \"2h\"", "suspect_signature = \"2h1ms\""),
        ("suspect_signature", "suspect_signature_for = \"7d\"", "suspect_signature_for = \"6d23h59m59s999ms\""),
        ("suspect_signature", "scans_tours = true", "scans_tours = false"),
        ("parcels", "expires_after = \"60d\"", "expires_after = \"60d1ms\""),
        ("damaged", "forgotten_after = \"7d\"", "forgotten_after = \"7d1ms\""),
        ("delayed", "promise = \"72h\"", "promise = \"72h1ms\""),
    ];
    for (file, from, to) in limits {
        assert!(REFERENCE.contains(from), "{from} is not in the reference");
        let (failing, all) = failing(file, &REFERENCE.replacen(from, to, 1));
        assert!(failing > 0, "{to}: all {all} scenarios of {file} hold");
        assert!(failing < all, "{to}: not one of the {all} scenarios of {file} holds");
    }
    for file in files() {
        let name = file.file_stem().and_then(|stem| stem.to_str()).expect("UTF-8").to_owned();
        assert_eq!(failing(&name, REFERENCE).0, 0, "{name}");
    }
}
