//! The daemon's configuration for the demonstration: what a user would write, with the stand-ins for the world outside.

use std::io::{self, Read};
use std::net::SocketAddr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::day::{HUBS, Hub, OFFERS};
use super::standins::texts::aliyun::{KEY_ID, SIGN};
use super::standins::texts::twilio::{ACCOUNT, FROM};
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
    pub twilio: SocketAddr,
    pub aliyun: SocketAddr,
}

/// A secret and its name in configuration and topics.
pub struct Secret {
    #[allow(missing_docs)]
    pub text: String,
    /// "file:...".
    pub name: String,
}

/// The secrets that the daemon is configured with.
#[allow(missing_docs)]
pub struct Secrets {
    pub hash_key: Secret,
    pub twilio_token: Secret,
    pub aliyun_key: Secret,
    pub aliyun_push: Secret,
    pub link_key: Secret,
}

impl Secrets {
    /// Makes all of them up.
    pub fn make(files: &Files) -> io::Result<Secrets> {
        Ok(Secrets {
            hash_key: files.make("hash-key", "")?,
            twilio_token: files.make("twilio-token", "")?,
            aliyun_key: files.make("aliyun-key", "")?,
            aliyun_push: files.make("aliyun-push", "")?,
            link_key: files.make("link-key", "")?,
        })
    }
}

/// Files of a folder that goes with the demonstration.
pub struct Files {
    folder: tempfile::TempDir,
}

impl Files {
    /// An empty folder that only this user can read.
    pub fn new() -> io::Result<Files> {
        Ok(Files { folder: tempfile::Builder::new().prefix("parcelwatch-demo-").tempdir()? })
    }

    /// Makes a secret up that begins so.
    pub fn make(&self, name: &str, begins: &str) -> io::Result<Secret> {
        let mut bytes = [0; 32];
        std::fs::File::open("/dev/urandom")?.read_exact(&mut bytes)?;
        // What fits a header, a path and base64 alike.
        let text = format!("{begins}{}", STANDARD.encode(bytes).replace(['+', '/', '='], "A"));
        let path = self.write(name, &text)?;
        Ok(Secret { text, name: format!("file:{path}") })
    }

    /// Writes the file of what customers may choose; returns its path.
    pub fn offers(&self) -> io::Result<String> {
        self.write("offers.toml", OFFERS)
    }

    fn write(&self, name: &str, text: &str) -> io::Result<String> {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text)?;
        Ok(path.display().to_string())
    }
}

/// A text that Aliyun has approved.
pub struct ApprovedText {
    /// As `notify.sms_codes` names it: "delayed.2.zh-CN".
    pub key: String,
    #[allow(missing_docs)]
    pub code: String,
    /// With `${variables}`, and with the beginning of links.
    pub text: String,
}

/// Our templates for people who wait for a parcel in mainland China, as if they had been filed there.
pub fn approved(public: SocketAddr) -> Vec<ApprovedText> {
    let filed: toml_edit::DocumentMut =
        include_str!("../notify/templates/zh-CN/aliyun.toml").parse().expect("a file of ours can be read");
    let mut approved = Vec::new();
    for (kind, texts) in filed["own"].as_table().into_iter().flatten() {
        let texts = texts.as_array().into_iter().flatten().filter_map(|text| text.as_str());
        for (i, text) in (1..).zip(texts) {
            let key = if i == 1 { format!("{kind}.zh-CN") } else { format!("{kind}.{i}.zh-CN") };
            let code = format!("SMS_9{:05}", approved.len() + 1);
            let text = text.replace("{link}", &format!("http://{public}/r/"));
            approved.push(ApprovedText { key, code, text });
        }
    }
    approved
}

/// Reads the configuration as from a file, so that every check holds.
pub fn config(bootstrap: &str, places: &Places, secrets: &Secrets, offers: &str) -> Result<Config, Errors> {
    let Places { public, admin, mail, twilio, aliyun } = places;
    let Secrets { hash_key, twilio_token, aliyun_key, aliyun_push, link_key } = secrets;
    let named = |hub: &Hub| {
        let [english, simplified, traditional] = hub.names;
        format!("{0} = \"{english}\"\n\"{0}.zh-CN\" = \"{simplified}\"\n\"{0}.zh-TW\" = \"{traditional}\"", hub.code)
    };
    let hubs: Vec<String> = HUBS.iter().map(named).collect();
    let [hub_contact, service_contact] = STAFF;
    let codes = approved(*public).into_iter().map(|one| format!("\"{}\" = \"{}\"", one.key, one.code));
    let codes = codes.collect::<Vec<_>>().join("\n");
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
hash_key = "{}"
[send]
mode = "on"
[reroute]
base_url = "http://{public}"
link_key = "{}"
offers = "{offers}"
[notify]
from = "Linden Express"
time_zone = "Asia/Shanghai"
[notify.hub_names]
{hubs}
[notify.sms_providers]
"+86" = "aliyun"
"+" = "twilio"
[notify.sms_signs]
zh-CN = "{SIGN}"
zh-TW = "{SIGN}"
[notify.sms_codes]
{codes}
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
auth_token = "{}"
from = "{FROM}"
api = "http://{twilio}"
[sms.aliyun]
access_key_id = "{KEY_ID}"
access_key_secret = "{}"
callback_secret = "{}"
sign_name = "{SIGN}"
api = "http://{aliyun}"
"#,
        hash_key.name,
        link_key.name,
        twilio_token.name,
        aliyun_key.name,
        aliyun_push.name,
        host = mail.ip(),
        port = mail.port(),
        hubs = hubs.join("\n"),
    );
    Source { file: Some(("the demonstration's configuration".to_owned(), text)), environment: Vec::new() }.read()
}
