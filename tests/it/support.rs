//! What every integration test may lean on: visible skips and waiting for something to become true.
//!
//! A prerequisite that is missing on a developer's machine skips a test, and says so on the terminal past
//! the test runner's capture. With `CI=true` the same is a failure: a run that skipped proves nothing.

use std::fmt::Display;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How often [`until`] asks. Shorter burns the cores that the brokers need, longer shows in the run's length.
const ASK_AGAIN: Duration = Duration::from_millis(20);

/// Whether the prerequisite `what` is there; if not, the calling test is to return at once.
///
/// # Panics
/// With `CI=true`, where `tests/run` has installed everything and a skip is a failure.
pub fn need(what: &str, present: bool) -> bool {
    if !present {
        let skipped = format!("skipped: {} needs {what}: run tests/run", test_name());
        assert!(!in_ci(), "{skipped} (with CI=true a skipped test fails the run)");
        say(&skipped);
    }
    present
}

/// The path of `name` in the data folder beside the repository (`../shared`, or `PARCELWATCH_TEST_SHARED`).
/// That folder is no part of the repository, so its absence skips visibly even with `CI=true`.
pub fn shared_data(name: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("PARCELWATCH_TEST_SHARED")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"), PathBuf::from);
    let path = folder.join(name);
    if path.exists() {
        return Some(path);
    }
    say(&format!("skipped: {} needs {} beside the repository", test_name(), path.display()));
    None
}

/// Debian's `promtool`, as `tests/run` placed it. `None` where it is missing; that has been said.
pub fn promtool() -> Option<PathBuf> {
    fetched("promtool", "tests/.promtool/promtool")
}

/// A Python that has the packages of `tests/requirements.txt`. `None` where it is missing; that has been said.
pub fn python() -> Option<PathBuf> {
    let python = fetched("Python with tests/requirements.txt", "tests/.venv/bin/python")?;
    // Written last, when the packages are in place.
    fetched("Python with tests/requirements.txt", "tests/.venv/fetched").map(|_| python)
}

/// The program of Stoplight's prism, for `node`. `None` where it is missing; that has been said.
pub fn prism() -> Option<PathBuf> {
    fetched("prism", "tests/.prism/fetched")?;
    fetched("prism", "tests/.prism/node_modules/@stoplight/prism-cli/dist/index.js")
}

fn fetched(what: &str, path: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    need(what, path.exists()).then_some(path)
}

/// Asks `answer` again and again until it has one.
///
/// # Panics
/// When there was none within `patience`, with `what` and the last reason given.
pub fn until<T, E: Display>(what: &str, patience: Duration, mut answer: impl FnMut() -> Result<T, E>) -> T {
    let deadline = Instant::now() + patience;
    loop {
        match answer() {
            Ok(value) => return value,
            Err(reason) if Instant::now() > deadline => {
                panic!("waited {patience:?} for {what}: {reason}")
            }
            Err(_) => std::thread::park_timeout(ASK_AGAIN),
        }
    }
}

fn in_ci() -> bool {
    std::env::var("CI").is_ok_and(|value| value == "true")
}

/// The test runner names each test's thread after the test.
fn test_name() -> String {
    std::thread::current().name().unwrap_or("a test").to_owned()
}

/// `eprintln!` would be captured and shown for failing tests only; the handle itself is not.
fn say(line: &str) {
    // Nobody reads it if standard error is closed.
    let _ = writeln!(std::io::stderr(), "{line}");
}
