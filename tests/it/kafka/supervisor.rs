//! The test process's end of `supervise.sh`: one shell per cluster that is the parent of its brokers.
//!
//! Always holds: the pipe to the shell is closed when this value is dropped or this process dies in any way,
//! and the shell then kills the brokers and removes the cluster's folder.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

pub struct Supervisor {
    shell: Child,
    /// `None` only while being dropped.
    orders: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Supervisor {
    /// A supervisor that runs `command SETTINGS` for each broker that it is told to start.
    pub fn spawn(folder: &Path, command: &[String]) -> Self {
        let mut shell = Command::new("sh")
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/kafka/supervise.sh"))
            .arg(folder)
            .args(command)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("expected a POSIX shell as sh");
        let orders = shell.stdin.take();
        let answers = BufReader::new(shell.stdout.take().expect("standard output is piped"));
        Supervisor { shell, orders, answers }
    }

    pub fn start(&mut self, broker: i32) {
        self.order("start", broker);
    }

    /// `kill -9`; the broker is gone when this returns.
    pub fn kill(&mut self, broker: i32) {
        self.order("kill", broker);
    }

    /// SIGTERM, which lets it hand over what it leads; answered at once.
    pub fn terminate(&mut self, broker: i32) {
        self.order("terminate", broker);
    }

    /// `kill -STOP`: it answers nobody.
    pub fn pause(&mut self, broker: i32) {
        self.order("pause", broker);
    }

    pub fn resume(&mut self, broker: i32) {
        self.order("resume", broker);
    }

    pub fn is_running(&mut self, broker: i32) -> bool {
        self.order("state", broker) == "running"
    }

    fn order(&mut self, order: &str, broker: i32) -> String {
        let pipe = self.orders.as_mut().expect("the pipe is open until dropped");
        writeln!(pipe, "{order} {broker}").expect("expected the brokers' supervisor to be alive");
        let mut answer = String::new();
        self.answers.read_line(&mut answer).expect("expected an answer of the brokers' supervisor");
        answer.trim_end().to_owned()
    }
}

impl Drop for Supervisor {
    fn drop(&mut self) {
        self.orders = None;
        // It ends by itself once the pipe is closed; an error would mean that it is gone already.
        let _ = self.shell.wait();
    }
}
