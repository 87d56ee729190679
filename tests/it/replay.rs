//! `parcelwatch replay` against readings of the rules that are not ours: the data folder's expected changes, an
//! air-freight log whose late milestones can be counted, and the independent reference beside these tests.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use parcelwatch::model::ConditionKind;
use serde_json::Value;
use tempfile::TempDir;

use crate::support::{python, shared_data};

/// A folder with what replays write.
struct Outputs(TempDir);

impl Outputs {
    fn new() -> Outputs {
        Outputs(tempfile::tempdir().expect("a folder"))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Replays a folder's history; returns the bytes of conditions and notices.
    fn replay(&self, history: &Path, config: &str, until: Option<&str>) -> (Vec<u8>, Vec<u8>) {
        let (config_path, conditions, notices) = (self.path("p.toml"), self.path("conditions"), self.path("notices"));
        std::fs::write(&config_path, config).expect("a configuration");
        let mut command = Command::new(env!("CARGO_BIN_EXE_parcelwatch"));
        command.arg("replay").arg("--config").arg(config_path);
        command.arg("--shipments").arg(history.join("shipments.ndjson"));
        command.arg("--scans").arg(history.join("scans.ndjson"));
        command.arg("--conditions").arg(&conditions).arg("--notices").arg(&notices);
        command.args(until.map(|until| ["--until", until]).into_iter().flatten());
        let output = command.output().expect("the binary");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        (std::fs::read(conditions).expect("conditions"), std::fs::read(notices).expect("notices"))
    }
}

/// How often each change of a condition that this version judges occurs.
fn changes(ndjson: &[u8]) -> BTreeMap<String, i64> {
    let mut counted = BTreeMap::new();
    for line in ndjson.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        let change: Value = serde_json::from_slice(line).expect("JSON");
        if ConditionKind::ALL.iter().any(|kind| change["condition"] == kind.name()) {
            let fields = ["parcel_id", "journey", "condition", "episode", "change", "level", "at", "limit", "cause"];
            let mut key: Vec<String> = fields.iter().map(|field| change[*field].to_string()).collect();
            key.push(change["evidence"]["milestone"].to_string());
            *counted.entry(key.join(" ")).or_default() += 1;
        }
    }
    counted
}

/// Ours less theirs, theirs less ours.
fn compare(ours: &[u8], theirs: &[u8]) {
    let mut difference = changes(ours);
    assert!(!difference.is_empty(), "nothing to compare");
    for (change, count) in changes(theirs) {
        *difference.entry(change).or_default() -= count;
    }
    difference.retain(|_, count| *count != 0);
    let first: Vec<_> = difference.iter().take(5).collect();
    assert!(difference.is_empty(), "{} differ (1: only ours, -1: only theirs): {first:#?}", difference.len());
}

#[test]
fn the_changes_of_a_dirty_history_are_the_expected_ones() {
    let Some(data) = shared_data("data/rules") else { return };
    let outputs = Outputs::new();
    let (conditions, notices) = outputs.replay(&data, "", None);
    compare(&conditions, &std::fs::read(data.join("conditions.ndjson")).expect("expected changes"));
    assert!((conditions, notices) == outputs.replay(&data, "", None), "two runs differ");
}

#[test]
fn overdue_scans_of_an_air_freight_log_are_its_late_milestones() {
    let Some(data) = shared_data("data/cargo2000") else { return };
    let outputs = Outputs::new();
    let config = "[limits]\noverdue_scan_grace = \"0s\"\n";
    let (conditions, notices) = outputs.replay(&data, config, None);
    let opened: Vec<(String, u64)> = lines(&conditions)
        .filter(|change| change["condition"] == "overdue_scan" && change["change"] == "opened")
        .map(|change| (text(&change["parcel_id"]), change["evidence"]["milestone"].as_u64().expect("a milestone")))
        .collect();
    let mut sorted = opened.clone();
    sorted.sort();
    assert_eq!(sorted, late_milestones(&data));
    assert!((conditions, notices) == outputs.replay(&data, config, None), "two runs differ");
}

#[test]
fn made_up_histories_are_judged_as_the_independent_reference_judges_them() {
    let Some(python) = python() else { return };
    let reference = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference");
    let outputs = Outputs::new();
    for seed in ["301", "302", "303"] {
        let history = outputs.path(seed);
        let run = |script: &str, arguments: &[&str]| {
            let mut command = Command::new(&python);
            command.arg("-B").arg(reference.join(script)).args(arguments);
            let output = command.output().expect("Python");
            assert!(output.status.success(), "{script}: {}", String::from_utf8_lossy(&output.stderr));
            output.stdout
        };
        let folder = history.to_str().expect("UTF-8");
        run("history.py", &["--seed", seed, "--parcels", "300", "--out", folder]);
        let until = std::fs::read_to_string(history.join("until.txt")).ok();
        let until = until.as_deref().map(str::trim);
        let files = ["shipments.ndjson", "scans.ndjson"].map(|name| text_path(&history.join(name)));
        let mut arguments = vec![files[0].as_str(), files[1].as_str()];
        arguments.extend(until.map(|until| ["--until", until]).into_iter().flatten());
        let expected = run("rules.py", &arguments);
        compare(&outputs.replay(&history, "", until).0, &expected);
    }
}

#[test]
fn a_bar_shows_on_a_terminal_how_far_it_is_and_nowhere_else() {
    let Some(python) = python() else { return };
    let outputs = Outputs::new();
    let files = [
        ("shipments.ndjson", ""),
        ("scans.ndjson", r#"{"parcel_id":"P1","code":"held","event_time":"2026-03-02T08:00:00Z"}"#),
    ];
    for (name, text) in files {
        std::fs::write(outputs.path(name), format!("{text}\n")).expect("a file");
    }
    let [shipments, scans] = files.map(|(name, _)| text_path(&outputs.path(name)));
    let binary = env!("CARGO_BIN_EXE_parcelwatch");
    let arguments = ["replay", "--shipments", &shipments, "--scans", &scans];
    let piped = Command::new(binary).args(arguments).output().expect("the binary");
    let said = String::from_utf8_lossy(&piped.stderr);
    assert!(said.starts_with("1 records up to ") && piped.stdout.is_empty(), "{said}");

    // Python's own terminal: standard error of what it runs is one.
    let mut terminal = Command::new(python);
    terminal.args(["-c", "import pty, sys; sys.exit(pty.spawn(sys.argv[1:]) >> 8)", binary]).args(arguments);
    let shown = terminal.env("TERM", "xterm").output().expect("Python");
    let said = String::from_utf8_lossy(&shown.stdout);
    assert!(shown.status.success() && said.contains("1 records up to "), "{said}");
    for step in ["shipments", "scans", "replaying"] {
        assert!(said.contains(step), "expected how far {step} are, found {said}");
    }
}

/// Parcel and milestone wherever the actual minutes exceed the planned ones. In this log every milestone has
/// exactly one scan, in the route's order.
fn late_milestones(data: &Path) -> Vec<(String, u64)> {
    let mut scans: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for scan in lines(&std::fs::read(data.join("scans.ndjson")).expect("scans")) {
        scans.entry(text(&scan["parcel_id"])).or_default().push(scan);
    }
    let mut late = Vec::new();
    for shipment in lines(&std::fs::read(data.join("shipments.ndjson")).expect("shipments")) {
        let parcel_id = text(&shipment["parcel_id"]);
        let mut own = scans.remove(&parcel_id).unwrap_or_default();
        let mut previous = minute(&shipment["shipped_at"]);
        for (index, milestone) in (0..).zip(shipment["route"].as_array().expect("a route")) {
            let is_it = |scan: &Value| scan["code"] == milestone["code"] && scan["hub"] == milestone["hub"];
            let Some(position) = own.iter().position(is_it) else { break };
            let actual = minute(&own.remove(position)["event_time"]);
            let planned: i64 = text(&milestone["within"]).trim_end_matches('m').parse().expect("minutes");
            if actual - previous > planned {
                late.push((parcel_id.clone(), index));
            }
            previous = actual;
        }
    }
    late.sort();
    late
}

fn lines(ndjson: &[u8]) -> impl Iterator<Item = Value> {
    let lines = ndjson.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    lines.map(|line| serde_json::from_slice(line).expect("JSON"))
}

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

fn text_path(path: &Path) -> String {
    path.to_str().expect("UTF-8").to_owned()
}

fn minute(value: &Value) -> i64 {
    parcelwatch::model::Timestamp::parse(value.as_str().expect("a time")).expect("a time").as_millis() / 60_000
}
