//! The configuration of a test's daemon: what every test wants, with room for what this one wants.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use tempfile::TempDir;

use crate::kafka::Cluster;

/// The secret under which tests hash recipients.
const HASH_KEY: &str = "a key of the tests, 32 characters";

/// Names the binary to be started instead of the one that was built with the tests: an optimised one, to be measured.
const BINARY: &str = "PARCELWATCH_TEST_BINARY";

/// What a daemon is started with.
#[derive(Clone)]
pub struct Settings {
    folder: Arc<TempDir>,
    starts: Arc<AtomicU32>,
    admin: String,
    public: String,
    listen: String,
    kafka: String,
    runtime: String,
    rest: String,
    environment: Vec<(String, String)>,
    program: PathBuf,
}

impl Settings {
    /// For the topics with this prefix. Sends nothing until [`Settings::with`] says so.
    pub fn new(cluster: &Cluster, prefix: &str) -> Settings {
        let mut environment = vec![("PARCELWATCH_TEST_HASH_KEY".to_owned(), HASH_KEY.to_owned())];
        let mut client = String::new();
        for (name, value) in cluster.client_properties() {
            match name.as_str() {
                "bootstrap.servers" => {}
                // Never in the file itself: the configuration refuses that.
                "sasl.password" => {
                    client.push_str("\"sasl.password\" = \"env:PARCELWATCH_TEST_SASL_PASSWORD\"\n");
                    environment.push(("PARCELWATCH_TEST_SASL_PASSWORD".to_owned(), value));
                }
                _ => client.push_str(&format!("{name:?} = {value:?}\n")),
            }
        }
        let kafka = format!(
            "[kafka]\nbootstrap = {:?}\nprefix = {prefix:?}\ngroup = {:?}\n[kafka.client]\n{client}",
            cluster.bootstrap(),
            format!("{prefix}pw"),
        );
        Settings {
            folder: Arc::new(TempDir::new().expect("a temporary folder")),
            starts: Arc::default(),
            admin: free_address(),
            public: String::new(),
            listen: String::new(),
            kafka,
            runtime: String::new(),
            rest: String::new(),
            environment,
            program: std::env::var_os(BINARY).unwrap_or_else(|| env!("CARGO_BIN_EXE_parcelwatch").into()).into(),
        }
        .instance("one")
    }

    /// Under this name, with an admin listener of its own: a second instance.
    pub fn instance(mut self, name: &str) -> Settings {
        self.admin = free_address();
        self.runtime = format!("instance = {name:?}\n");
        self
    }

    /// With a public listener, for customers' pages and providers' callbacks, and these lines in `[listen]`.
    pub fn with_public(mut self, lines: &str) -> Settings {
        self.public = free_address();
        self.listen = format!("{lines}\n");
        self
    }

    /// With these lines in `[runtime]`.
    pub fn runtime(mut self, lines: &str) -> Settings {
        self.runtime.push_str(lines);
        self.runtime.push('\n');
        self
    }

    /// With these lines in `[kafka.client]`.
    pub fn client(mut self, lines: &str) -> Settings {
        self.kafka.push_str(lines);
        self.kafka.push('\n');
        self
    }

    /// With these sections.
    pub fn with(mut self, toml: &str) -> Settings {
        self.rest.push_str(toml);
        self.rest.push('\n');
        self
    }

    /// With this environment variable, a secret say.
    pub fn variable(mut self, name: &str, value: &str) -> Settings {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Of this binary instead of the one that was built with the test.
    pub fn of_program(self, program: PathBuf) -> Settings {
        Settings { program, ..self }
    }

    /// The binary.
    pub fn program(&self) -> &Path {
        &self.program
    }

    /// The admin listener's address.
    pub fn admin(&self) -> &str {
        &self.admin
    }

    /// The public listener's address; empty without one.
    pub fn public(&self) -> &str {
        &self.public
    }

    /// The test's folder; gone when the last of its settings is.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Environment variables of the daemon.
    pub fn environment(&self) -> Vec<(String, String)> {
        self.environment.clone()
    }

    /// Writes the file; returns it and a new log's name.
    pub fn write(&self) -> (PathBuf, PathBuf) {
        let start = self.starts.fetch_add(1, Ordering::Relaxed);
        let file = self.folder().join(format!("parcelwatch-{start}.toml"));
        std::fs::write(&file, self.toml()).expect("the test's folder is writable");
        (file, self.folder().join(format!("log-{start}.json")))
    }

    fn toml(&self) -> String {
        let Settings { kafka, runtime, rest, admin, public, listen, .. } = self;
        format!(
            "{kafka}\n[runtime]\n{runtime}\n[listen]\npublic = {public:?}\nadmin = {admin:?}\n{listen}[log]\nformat = \"json\"\n\
             level = \"info\"\n[privacy]\nhash_key = \"env:PARCELWATCH_TEST_HASH_KEY\"\n{rest}\n"
        )
    }
}

/// A loopback address that was free a moment ago.
fn free_address() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free loopback port");
    listener.local_addr().expect("a bound listener").to_string()
}
