//! A server of `tests/servers`, and what it says happened.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::Duration;

use serde_json::Value;

use crate::support;

/// How long a server may take to say something; only a failing test waits so long.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running server. Ends when this is dropped, or when the test's process ends in whatever way: its standard input
/// ends with either.
pub struct Server {
    child: Child,
    stdin: Option<ChildStdin>,
    events: Receiver<Value>,
    /// The port on 127.0.0.1 where it listens.
    pub port: u16,
}

impl Server {
    /// Starts a script; none where its Python is not installed, and the calling test is to return.
    pub fn start(script: &str, arguments: &[&str]) -> Option<Server> {
        let server = Server::spawn(script, arguments)?;
        Some(server.listening())
    }

    /// The same, with the event of this name that it says before it listens.
    pub fn start_saying(script: &str, arguments: &[&str], name: &str) -> Option<(Server, Value)> {
        let server = Server::spawn(script, arguments)?;
        let said = server.next(name);
        Some((server.listening(), said))
    }

    fn listening(mut self) -> Server {
        self.port = self.next("listening")["port"].as_u64().and_then(|port| port.try_into().ok()).expect("a port");
        self
    }

    /// Starts a script that listens nowhere.
    pub fn spawn(script: &str, arguments: &[&str]) -> Option<Server> {
        let python = support::python()?;
        let mut child = Command::new(python)
            .arg(tests().join("servers").join(script))
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the server's Python starts");
        let stdin = child.stdin.take();
        let lines = BufReader::new(child.stdout.take().expect("standard output is a pipe")).lines();
        let (say, events) = mpsc::channel();
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                let event = serde_json::from_str(&line).expect("a server says JSON");
                if say.send(event).is_err() {
                    return;
                }
            }
        });
        Some(Server { child, stdin, events, port: 0 })
    }

    /// The next event of this name; others before it are passed over.
    pub fn next(&self, name: &str) -> Value {
        loop {
            match self.events.recv_timeout(PATIENCE) {
                Ok(event) if event["event"] == name => return event,
                Ok(_) => {}
                Err(RecvTimeoutError::Timeout) => panic!("the server did not say {name:?} within {PATIENCE:?}"),
                Err(RecvTimeoutError::Disconnected) => panic!("the server ended without saying {name:?}"),
            }
        }
    }

    /// Ends the server and gives the names of everything that it said since the last [`Server::next`].
    pub fn finish(self) -> Vec<String> {
        let events = self.finish_with_events();
        events.iter().map(|event| event["event"].as_str().unwrap_or_default().to_owned()).collect()
    }

    /// The same, with what belongs to each.
    pub fn finish_with_events(mut self) -> Vec<Value> {
        self.stdin = None;
        self.child.wait().expect("the server ends with its input");
        self.events.iter().collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stdin = None;
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn tests() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests")
}
