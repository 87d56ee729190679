//! docs/memory.md says what waits in memory: its metrics are declared, its limits are those of the sources and of the default configuration,
//! its tests exist, and every queue that has a name is in it.

use std::path::Path;

use parcelwatch::telemetry::Queue;

/// The columns: what waits, limit, what happens there, metric, test.
const COLUMNS: usize = 5;

/// Metrics whose names are Prometheus' own.
const NOT_OURS: &str = "process_";

struct Row {
    what: String,
    limits: Vec<Limit>,
    metrics: Vec<String>,
    tests: Vec<String>,
}

/// A constant, a setting or an option, and the numbers that follow it: bytes where they have a unit.
struct Limit {
    name: String,
    numbers: Vec<u64>,
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

/// The names of a cell with the numbers behind each, "`queue` 10,000" or "`concurrency` 8, 64, 32".
fn limits(cell: &str) -> Vec<Limit> {
    let parts: Vec<&str> = cell.split('`').skip(1).collect();
    let limit = |pair: &[&str]| Limit { name: pair[0].to_owned(), numbers: numbers(pair.get(1).unwrap_or(&"")) };
    parts.chunks(2).map(limit).collect()
}

fn numbers(text: &str) -> Vec<u64> {
    let mut numbers = Vec::new();
    // A comma within a number has no space behind it.
    for word in text.trim_start().split(", ") {
        let digits: String = word.chars().take_while(|c| c.is_ascii_digit() || *c == ',').collect();
        let Ok(number) = digits.replace(',', "").parse::<u64>() else { break };
        let unit = word[digits.len()..].trim_start();
        let shift = [("KiB", 10), ("MiB", 20)].iter().find(|(name, _)| unit.starts_with(name)).map_or(0, |unit| unit.1);
        numbers.push(number << shift);
        if digits.len() < word.len() {
            break;
        }
    }
    numbers
}

/// What the constants of this name are: bytes where they count kilobytes.
fn constants(sources: &str, name: &str) -> Vec<u64> {
    let beginning = format!("const {name}: ");
    let of = |line: &str| {
        let (_, value) = line.split_once(&beginning)?.1.split_once(" = ")?;
        // Of a backlog the records.
        let value = value.split_once("records: ").map_or(value, |(_, records)| records.split(',').next().unwrap_or(""));
        value_of(sources, value.trim_end_matches(';'))
    };
    let unit = if name.contains("_KBYTES") { 1024 } else { 1 };
    sources.lines().filter_map(of).map(|value| value * unit).collect()
}

/// A number, another constant, or two of them with an operator between.
fn value_of(sources: &str, text: &str) -> Option<u64> {
    let text = text.trim();
    type Operation = fn(u64, u64) -> Option<u64>;
    let signs: [(&str, Operation); 3] = [
        (" - ", u64::checked_sub),
        (" << ", |left, right| left.checked_shl(u32::try_from(right).ok()?)),
        (" * ", u64::checked_mul),
    ];
    for (sign, apply) in signs {
        if let Some((left, right)) = text.split_once(sign) {
            return apply(value_of(sources, left)?, value_of(sources, right)?);
        }
    }
    let is_name = text.starts_with(|c: char| c.is_ascii_uppercase());
    if is_name { constants(sources, text).first().copied() } else { text.replace('_', "").parse().ok() }
}

/// The values of a setting of this name in the default configuration; none where neither a setting nor a section is called so.
fn settings(configuration: &str, name: &str) -> Option<Vec<u64>> {
    let is_section = |line: &str| {
        let section = line.strip_prefix('[').and_then(|line| line.split(']').next());
        section.is_some_and(|section| section == name || section.ends_with(&format!(".{name}")))
    };
    let values = configuration.lines().filter_map(|line| line.strip_prefix(name)?.strip_prefix(" = "));
    let values: Vec<&str> = values.collect();
    if values.is_empty() && !configuration.lines().any(is_section) {
        return None;
    }
    Some(values.into_iter().filter_map(|value| value.trim().parse().ok()).collect())
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
        let [metrics, tests] = [3, 4].map(|column| {
            assert!(!cells[column].trim().is_empty(), "neither a metric nor a test, nor why there is none: {line}");
            named(cells[column])
        });
        Row { what: cells[0].trim().to_owned(), limits: limits(cells[1]), metrics, tests }
    };
    lines.map(row).collect()
}

#[test]
fn the_table_of_what_waits_names_what_there_is() {
    let (rows, sources) = (rows(), sources(&["src", "tests/it"]));
    let (declared, configuration) = (read("src/telemetry/families.rs"), read("deploy/parcelwatch.toml"));
    assert!(rows.len() > 30, "the tables have moved");
    for row in &rows {
        for Limit { name, numbers } in &row.limits {
            let constants = constants(&sources, name);
            let settings = settings(&configuration, name);
            assert!(!constants.is_empty() || settings.is_some(), "{}: nothing is called {name}", row.what);
            assert!(constants.is_empty() || !numbers.is_empty(), "{}: {name} without its number", row.what);
            let known: Vec<u64> = constants.into_iter().chain(settings.unwrap_or_default()).collect();
            for number in numbers {
                assert!(known.contains(number), "{}: {name} is {known:?}, not {number}", row.what);
            }
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

#[test]
fn a_limit_is_read_with_its_number_from_the_table_and_from_the_sources() {
    let found: Vec<(String, Vec<u64>)> = limits("`A` 100,000 of `B` 64 KiB, for 5 s; `c` 8, 64, 32, each; `d` by 3")
        .into_iter()
        .map(|limit| (limit.name, limit.numbers))
        .collect();
    let expected = [("A", vec![100_000]), ("B", vec![65_536]), ("c", vec![8, 64, 32]), ("d", vec![])];
    assert_eq!(found, expected.map(|(name, numbers)| (name.to_owned(), numbers)));
    let sources = "pub const A: usize = 16 << 20;\nconst B_KBYTES: u64 = 2 * 4;\n    const C: usize = A - 4 * 1_024;\n";
    assert_eq!(
        ["A", "B_KBYTES", "C", "D"].map(|name| constants(sources, name)),
        [vec![16 << 20], vec![8 << 10], vec![(16 << 20) - 4096], vec![]]
    );
}
