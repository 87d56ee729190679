//! Where Java and Apache Kafka's jars are, and how a class of theirs is run.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::support::need;

/// `tests/run` fetches the jars named by `tests/kafka/pom.xml` to here.
fn libs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/.kafka/libs")
}

/// A program of the Java installation in `JAVA_HOME`, else the one on the path.
pub fn program(name: &str) -> String {
    std::env::var("JAVA_HOME").map_or_else(|_| name.to_owned(), |home| format!("{home}/bin/{name}"))
}

/// Whether brokers can be started here; says so if not.
pub fn available() -> bool {
    let answers = Command::new(program("java"))
        .arg("-version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    need("a Java runtime (17 or later)", answers) && need("Apache Kafka's jars", libs().join("fetched").exists())
}

/// The command that runs a class of Apache Kafka.
pub fn command(class: &str, options: &[&str]) -> Vec<String> {
    let classpath = format!("{}/*", libs().display());
    [program("java").as_str()]
        .into_iter()
        .chain(options.iter().copied())
        .chain(["-cp", &classpath, class])
        .map(str::to_owned)
        .collect()
}

/// Runs `command` with `arguments` to its end.
///
/// # Panics
/// With what it printed, if it fails.
pub fn run(command: &[String], arguments: &[&str]) {
    let output = Command::new(&command[0])
        .args(&command[1..])
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .unwrap_or_else(|error| panic!("expected to run {}: {error}", command[0]));
    assert!(
        output.status.success(),
        "expected {command:?} {arguments:?} to succeed, found {}: {}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}
