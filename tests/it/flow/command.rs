//! Commands of the binary beside `run`, and the tests' own scripts.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

use super::{PATIENCE, ndjson};
use crate::daemon::Settings;
use crate::support::{python, until};

/// What ran and gave nothing useful is a fault, so its standard error is in the panic.
fn output(command: &mut Command) -> Vec<u8> {
    let out = command.output().expect("the program is there");
    assert!(out.status.success(), "{command:?}: {}\n{}", out.status, String::from_utf8_lossy(&out.stderr));
    out.stdout
}

/// The binary with a configuration file.
pub struct Parcelwatch {
    file: PathBuf,
    environment: Vec<(String, String)>,
}

impl Parcelwatch {
    /// With a daemon's settings.
    pub fn with(settings: &Settings) -> Parcelwatch {
        Parcelwatch { file: settings.write().0, environment: settings.environment() }
    }

    fn command(&self, name: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_parcelwatch"));
        command.arg(name).arg("--config").arg(&self.file).envs(self.environment.iter().cloned());
        command
    }

    /// How a command ended and what it said; nobody is there who could answer a question.
    pub fn run(&self, name: &str, arguments: &[&str]) -> Output {
        self.command(name).args(arguments).stdin(Stdio::null()).output().expect("the program is there")
    }

    /// What `replay` makes of `shipments.ndjson` and `scans.ndjson` of a folder up to an instant: changes of conditions.
    pub fn replay(&self, folder: &Path, until: i64) -> Vec<Value> {
        let until = chrono::DateTime::from_timestamp_millis(until).expect("an instant of our time").to_rfc3339();
        let mut command = self.command("replay");
        command.args(["--until", &until]);
        command.arg("--shipments").arg(folder.join("shipments.ndjson"));
        command.arg("--scans").arg(folder.join("scans.ndjson"));
        ndjson(&output(command.args(["--conditions", "-"])))
    }

    /// What the state log of each partition of a stage holds.
    pub fn state(&self, stage: &str) -> Vec<Value> {
        let all = ndjson(&output(self.command("state").arg("--json")));
        all.into_iter().filter(|saved| saved["stage"] == stage).collect()
    }

    /// What `doctor` finds, and its exit code.
    pub fn doctor(&self) -> (Option<i32>, Vec<Value>) {
        let out = self.command("doctor").arg("--json").output().expect("the program is there");
        (out.status.code(), ndjson(&out.stdout))
    }

    /// The same as operators read it.
    pub fn doctor_text(&self) -> String {
        let out = self.command("doctor").output().expect("the program is there");
        String::from_utf8_lossy(&out.stdout).into_owned()
    }

    /// Waits until the saved stream time of every partition of a stage has passed an instant (in milliseconds since 1970).
    pub fn until_saved_beyond(&self, stage: &str, instant: i64) {
        until(&format!("every {stage} partition to pass {instant}"), PATIENCE, || {
            let all = self.state(stage);
            let mut times = all.iter().map(|saved| &saved["stream_time"]);
            let passed = |time: &Value| time.as_str().is_some_and(|time| millis(time) > instant);
            if times.all(passed) { Ok(()) } else { Err(format!("found {all:#?}")) }
        });
    }
}

/// RFC 3339 as milliseconds since 1970.
pub fn millis(time: &str) -> i64 {
    chrono::DateTime::parse_from_rfc3339(time).unwrap_or_else(|error| panic!("{time:?}: {error}")).timestamp_millis()
}

/// What a script of `tests/reference` prints; none where its Python is missing, and that has been said.
pub fn reference(script: &str, arguments: &[&str]) -> Option<Vec<Value>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference").join(script);
    Some(ndjson(&output(Command::new(python()?).arg("-B").arg(path).args(arguments))))
}
