//! The daemon's configuration for the demonstration: what a user would write, with the stand-ins for the world outside.

use std::io::{self, Read};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::day::HUBS;
use super::standins::texts::{ACCOUNT, FROM};
use crate::config::{Config, Errors, Source};

/// Where hubs and customer service read their mail.
pub const STAFF: [&str; 2] = ["hubs@example.com", "service@example.com"];

/// Where everything listens.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs)]
pub struct Places {
    pub public: SocketAddr,
    pub admin: SocketAddr,
    pub mail: SocketAddr,
    pub texts: SocketAddr,
}

/// Names of secrets.
#[allow(missing_docs)]
pub struct Named {
    pub hash_key: String,
    pub texts_token: String,
}

/// Secrets as files of a folder that goes with the demonstration.
pub struct SecretFiles {
    folder: tempfile::TempDir,
}

impl SecretFiles {
    /// An empty folder that only this user can read.
    pub fn new() -> io::Result<SecretFiles> {
        Ok(SecretFiles { folder: tempfile::Builder::new().prefix("parcelwatch-demo-").tempdir()? })
    }

    /// Makes a secret of this form up; returns it and its name for configuration and topics.
    pub fn make(&self, name: &str, begins: &str) -> io::Result<(String, String)> {
        let mut bytes = [0; 32];
        std::fs::File::open("/dev/urandom")?.read_exact(&mut bytes)?;
        let secret = format!("{begins}{}", STANDARD.encode(bytes));
        let path = self.path(name);
        std::fs::write(&path, &secret)?;
        Ok((secret, reference(&path)))
    }

    /// The path of a file in the folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

fn reference(path: &Path) -> String {
    format!("file:{}", path.display())
}

/// Reads the configuration as from a file, so that every check holds.
pub fn config(bootstrap: &str, places: &Places, secrets: &Named) -> Result<Config, Errors> {
    let (Places { public, admin, mail, texts }, Named { hash_key, texts_token }) = (places, secrets);
    let hubs: Vec<String> = HUBS.iter().map(|hub| format!("{} = \"{}\"", hub.code, hub.name)).collect();
    let [hub_contact, service_contact] = STAFF;
    let text = format!(
        r#"
[kafka]
bootstrap = "{bootstrap}"
[runtime]
instance = "demo"
# One clock and no network between here and there: what is due takes effect at once.
clock_skew = "50ms"
commit_every = "50ms"
[listen]
public = "{public}"
admin = "{admin}"
[log]
# When it ends, clients outlive their brokers by a moment; that is no news.
level = "error,rdkafka=off,librdkafka=off"
[privacy]
hash_key = "{hash_key}"
[send]
mode = "on"
[notify]
from = "Linden Express"
time_zone = "Asia/Shanghai"
[notify.hub_names]
{hubs}
[notify.sms_providers]
"+" = "twilio"
[contact.hub.default]
email = "{hub_contact}"
time_zone = "Asia/Shanghai"
[contact.service]
email = "{service_contact}"
time_zone = "Asia/Shanghai"
[email]
host = "{host}"
port = {port}
tls = "none"
from = "Linden Express <notice@express.example>"
[webhook]
allow_private = ["127.0.0.0/8"]
allow_http = ["127.0.0.1"]
[sms]
callback_url = "http://{public}"
allow_http = ["127.0.0.1"]
[sms.twilio]
account_sid = "{ACCOUNT}"
auth_token = "{texts_token}"
from = "{FROM}"
api = "http://{texts}"
"#,
        host = mail.ip(),
        port = mail.port(),
        hubs = hubs.join("\n"),
    );
    Source { file: Some(("the demonstration's configuration".to_owned(), text)), environment: Vec::new() }.read()
}
