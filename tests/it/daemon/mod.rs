//! The daemon as operators run it: the real binary with a configuration file, its listeners, its signals.
//!
//! A [`Daemon`] logs JSON to a file and is killed when it is dropped, so that no test leaves one behind. What it knows
//! is asked for over its admin listener.

mod settings;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

pub use crate::http::{Answer, get};
pub use settings::Settings;

use crate::support::until;

/// How long a daemon may take to join its groups and restore: a killed predecessor's session and open
/// transaction hold it up for some 20 s, and other tests use the same two cores.
const READY_WITHIN: Duration = Duration::from_secs(90);

/// What is promised of a stop.
const STOPS_WITHIN: Duration = Duration::from_secs(10);

/// How much of a log is shown with a failure.
const TAIL_BYTES: usize = 6000;

/// A running daemon.
pub struct Daemon {
    child: Child,
    admin: String,
    log: PathBuf,
    /// Keeps the folder of the log.
    _settings: Settings,
}

impl Daemon {
    /// Starts `parcelwatch run` and waits until it has its partitions and all of them decide.
    pub fn start(settings: &Settings) -> Daemon {
        let mut daemon = Daemon::spawn(settings, &["--from", "earliest"]);
        daemon.wait_until_ready();
        daemon
    }

    /// Starts it with these arguments beside `run --config FILE`, and does not wait.
    pub fn spawn(settings: &Settings, arguments: &[&str]) -> Daemon {
        let mut command = Command::new(settings.program());
        Daemon::spawn_by(settings, |file| command.args(["run", "--config"]).arg(file).args(arguments))
    }

    /// Starts what a command that is given the configuration file becomes; it runs the daemon in a way of its own.
    pub fn spawn_by<'a>(settings: &Settings, command: impl FnOnce(&Path) -> &'a mut Command) -> Daemon {
        let (file, log) = settings.write();
        let child = command(&file)
            .envs(settings.environment())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(File::create(&log).expect("the test's folder is writable"))
            .spawn()
            .expect("the binary was built with this test");
        Daemon { child, admin: settings.admin().to_owned(), log, _settings: settings.clone() }
    }

    /// Waits until it is ready; fails the test with its log if it ends instead.
    pub fn wait_until_ready(&mut self) {
        let (child, admin, log) = (&mut self.child, &self.admin, &self.log);
        until("the daemon to be ready", READY_WITHIN, || {
            if let Some(status) = child.try_wait().expect("a child of ours") {
                panic!("the daemon ended with {status} instead of being ready:\n{}", tail(log));
            }
            match get(admin, "/readyz") {
                Ok(answer) if answer.status == 200 => Ok(()),
                Ok(answer) => Err(format!("{} {}\n{}", answer.status, answer.body, tail(log))),
                Err(error) => Err(format!("{error}\n{}", tail(log))),
            }
        });
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The admin listener's address.
    pub fn admin(&self) -> &str {
        &self.admin
    }

    /// What `path` of the admin listener answers.
    ///
    /// # Panics
    /// If it does not answer at all.
    pub fn get(&self, path: &str) -> Answer {
        get(&self.admin, path).unwrap_or_else(|error| panic!("GET {path}: {error}\n{}", tail(&self.log)))
    }

    /// The sum of the samples of a metric whose labels contain all of these texts (`outcome="unknown"`, say).
    pub fn metric(&self, name: &str, labels: &[&str]) -> f64 {
        let text = self.get("/metrics").body;
        let samples = text.lines().filter(|line| {
            line.strip_prefix(name).is_some_and(|rest| rest.starts_with(['{', ' ']))
                && labels.iter().all(|label| line.contains(label))
        });
        samples.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).sum()
    }

    /// `kill -9`; it is gone when this returns.
    pub fn kill(mut self) {
        self.child.kill().expect("it runs");
        self.child.wait().expect("a child of ours");
    }

    /// SIGTERM; it has ended with success when this returns.
    pub fn stop(mut self) {
        self.terminate();
        let status = self.ended(STOPS_WITHIN);
        assert!(status.success(), "the daemon ended with {status} after SIGTERM:\n{}", tail(&self.log));
    }

    /// Sends SIGTERM.
    pub fn terminate(&self) {
        self.signal("TERM");
    }

    /// Sends a signal, `STOP` say; it must not have ended and been waited for.
    pub fn signal(&self, name: &str) {
        let pid = self.pid().to_string();
        let sent = Command::new("kill").args([&format!("-{name}"), &pid]).status();
        assert!(sent.expect("kill is part of every system").success());
    }

    /// How long its threads whose name begins so have been on a processor, whoever else wanted one.
    pub fn processor_time(&self, threads: &str) -> Duration {
        let folder = format!("/proc/{}/task", self.child.id());
        let all = std::fs::read_dir(folder).expect("a system that shows its processes").flatten();
        let of = |thread: std::fs::DirEntry| -> Option<u64> {
            // One may have ended since it was listed.
            let read = |name: &str| std::fs::read_to_string(thread.path().join(name)).ok();
            read("comm")?.starts_with(threads).then_some(())?;
            read("schedstat")?.split(' ').next()?.parse().ok()
        };
        Duration::from_nanos(all.filter_map(of).sum())
    }

    /// How it ended, if it has.
    pub fn has_ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().expect("a child of ours")
    }

    /// Whether it says that it is ready.
    pub fn ready(&mut self) -> bool {
        get(&self.admin, "/readyz").is_ok_and(|answer| answer.status == 200)
    }

    /// The end of what it has logged.
    pub fn last_words(&self) -> String {
        tail(&self.log)
    }

    /// Waits until it has ended by itself.
    pub fn ended(&mut self, within: Duration) -> ExitStatus {
        let (child, log) = (&mut self.child, &self.log);
        until("the daemon to end", within, || match child.try_wait().expect("a child of ours") {
            Some(status) => Ok(status),
            None => Err(tail(log)),
        })
    }

    /// What it has logged so far.
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).expect("the log is ours")
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // Already gone is just as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn tail(log: &Path) -> String {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let mut from = text.len().saturating_sub(TAIL_BYTES);
    while !text.is_char_boundary(from) {
        from += 1;
    }
    text[from..].to_owned()
}
