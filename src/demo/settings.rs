//! The daemon's configuration for the demonstration: what a user would write, with the stand-ins for the world outside.

use std::net::SocketAddr;

use super::day::{HUBS, Hub};
use super::files::Secrets;
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
