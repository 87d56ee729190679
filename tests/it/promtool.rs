//! What Prometheus' own tool says about the metrics, the alerts and the scrape configuration.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use parcelwatch::telemetry::{Metrics, Queue};
use parcelwatch::time::Backlog;

use crate::support::promtool;

/// Everything that a busy instance shows, gauges of partitions included.
fn rendered() -> String {
    let metrics = Metrics::new();
    for stage in ["tracker", "notifier"] {
        metrics.partition(stage, 0, true);
        metrics.stream_time_lag(stage, 0, Duration::from_secs(2));
    }
    metrics.consumer_lag("tracker", "scans.v1", 0, 5);
    metrics.waiting("tracker", "scans.v1", 0, Backlog { records: 5, bytes: 500 });
    metrics.queue(Queue::Outcomes, "", 5, 100);
    metrics.render()
}

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/prometheus").join(name)
}

fn text(name: &str) -> String {
    std::fs::read_to_string(file(name)).expect("a file of the repository")
}

/// Runs the tool on an input; gives what it said and whether it was content.
fn run(arguments: &[&str], input: &str) -> Option<(bool, String)> {
    let mut child = Command::new(promtool()?)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("promtool can be run");
    child.stdin.take().expect("a pipe").write_all(input.as_bytes()).expect("promtool reads its input");
    let Output { status, stdout, stderr } = child.wait_with_output().expect("promtool ends");
    Some((status.success(), format!("{}{}", String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr))))
}

/// The metrics that a text names: words that begin as ours do.
fn named(text: &str) -> BTreeSet<&str> {
    let letter = |c: char| c.is_ascii_alphanumeric() || c == '_';
    text.split(|c| !letter(c)).filter(|word| word.starts_with("parcelwatch_")).collect()
}

#[test]
fn promtool_has_nothing_to_say_about_the_metrics() {
    let Some((content, said)) = run(&["check", "metrics"], &rendered()) else { return };
    assert!(content && said.trim().is_empty(), "{said}");
}

#[test]
fn promtool_would_say_something_about_a_bad_metric() {
    let bad = "# TYPE parcelwatch_scan_count counter\nparcelwatch_scan_count 1\n";
    let Some((content, said)) = run(&["check", "metrics"], bad) else { return };
    assert!(!content && said.contains("parcelwatch_scan_count"), "{said}");
}

#[test]
fn alerts_fire_when_they_should_and_only_then() {
    for arguments in [["check", "rules"], ["test", "rules"]] {
        let name = if arguments[0] == "check" { "alerts.yml" } else { "alerts_test.yml" };
        let path = file(name);
        let path = path.to_str().expect("a path of plain letters");
        let Some((content, said)) = run(&[&arguments[..], &[path]].concat(), "") else { return };
        assert!(content && said.contains("SUCCESS"), "{arguments:?}: {said}");
    }
}

#[test]
fn the_scrape_configuration_is_one() {
    let path = file("prometheus.yml");
    let arguments = ["check", "config", "--syntax-only", path.to_str().expect("a path of plain letters")];
    let Some((content, said)) = run(&arguments, "") else { return };
    assert!(content, "{said}");
}

#[test]
fn every_metric_that_an_alert_asks_for_exists() {
    let rendered = rendered();
    let shown: BTreeSet<&str> = rendered.lines().filter_map(|line| line.split(['{', ' ']).next()).collect();
    for name in ["alerts.yml", "alerts_test.yml"] {
        let text = text(name);
        let asked = named(&text);
        assert!(asked.len() > 10, "{asked:?}");
        let missing: Vec<_> = asked.difference(&shown).collect();
        assert!(missing.is_empty(), "{name} asks for {missing:?}");
    }
}

#[test]
fn every_alert_is_tested_and_says_what_to_do() {
    let (rules, tests) = (text("alerts.yml"), text("alerts_test.yml"));
    let alerts: Vec<&str> = rules.split("- alert: ").skip(1).collect();
    assert!(alerts.len() > 15);
    for alert in alerts {
        let name = alert.lines().next().unwrap_or_default();
        for part in ["severity: ", "summary: ", "runbook: "] {
            assert!(alert.contains(part), "{name} lacks {part}");
        }
        assert!(tests.contains(&format!("alertname=\"{name}\"")), "{name} has no test");
    }
}
