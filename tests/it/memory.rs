//! docs/memory.md says what waits in memory: its metrics are declared, its limits stand in the sources, its tests exist, and every queue that
//! has a name is in it.

use std::path::Path;

use parcelwatch::telemetry::Queue;

/// The columns: what waits, limit, what happens there, metric, test.
const COLUMNS: usize = 5;

/// Metrics whose names are Prometheus' own.
const NOT_OURS: &str = "process_";

struct Row {
    what: String,
    limits: Vec<String>,
    metrics: Vec<String>,
    tests: Vec<String>,
}

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Every source of these folders.
fn sources(folders: &[&str]) -> String {
    let mut text = String::new();
    let mut left: Vec<_> = folders.iter().map(|folder| Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)).collect();
    while let Some(folder) = left.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder of sources") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                left.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                text += &std::fs::read_to_string(path).expect("a source");
            }
        }
    }
    text
}

/// What stands between backticks.
fn named(cell: &str) -> Vec<String> {
    cell.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

fn rows() -> Vec<Row> {
    // What was measured stands in tables of its own, after these.
    let text = read("docs/memory.md");
    let text = text.split("## Measured by").next().unwrap_or_default();
    let lines = text
        .lines()
        .filter(|line| line.starts_with('|') && !line.starts_with("|---") && !line.contains("| Limit | There |"));
    let row = |line: &str| {
        let cells: Vec<&str> = line.trim_matches('|').split('|').collect();
        assert_eq!(cells.len(), COLUMNS, "{line}");
        let [limits, metrics, tests] = [1, 3, 4].map(|column| named(cells[column]));
        Row { what: cells[0].trim().to_owned(), limits, metrics, tests }
    };
    lines.map(row).collect()
}

#[test]
fn the_table_of_what_waits_names_what_there_is() {
    let (rows, sources) = (rows(), sources(&["src", "tests/it"]));
    let (declared, settings) = (read("src/telemetry/families.rs"), read("deploy/parcelwatch.toml"));
    assert!(rows.len() > 30, "the tables have moved");
    for row in &rows {
        for limit in &row.limits {
            let is_constant = sources.contains(&format!("const {limit}:"));
            let is_setting = limit.split(['.', ' ']).all(|part| settings.contains(part));
            let is_option = limit.starts_with("--");
            assert!(is_constant || is_setting || is_option, "{}: nothing is called {limit}", row.what);
        }
        for metric in &row.metrics {
            let is_queue = Queue::ALL.iter().any(|queue| queue.name() == metric);
            let name = metric.strip_prefix("parcelwatch_").filter(|name| declared.contains(&format!("\"{name}\"")));
            assert!(is_queue || name.is_some() || metric.starts_with(NOT_OURS), "{}: no metric {metric}", row.what);
        }
        for test in &row.tests {
            assert!(sources.contains(&format!("fn {test}()")), "{}: no test {test}", row.what);
        }
    }
}

#[test]
fn every_queue_that_has_a_name_is_in_the_table_of_what_waits() {
    let rows = rows();
    for queue in Queue::ALL {
        let mut its = rows.iter().filter(|row| row.metrics.iter().any(|metric| metric == queue.name()));
        let row = its.next().unwrap_or_else(|| panic!("{} is not in docs/memory.md", queue.name()));
        assert!(!row.limits.is_empty() || queue == Queue::Cuts, "{} has no limit", row.what);
        assert!(!row.tests.is_empty(), "nothing fills {}", row.what);
    }
}
