//! The `[sms]` section: what the providers have in common, then `[sms.twilio]` and `[sms.aliyun]`.

use std::fmt;
use std::time::Duration;

use serde::Deserialize;

use super::duration;
use crate::model::SmsProvider;

/// Texts.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[allow(missing_docs, reason = "reference.toml says what each key means")]
pub struct Sms {
    pub callback_url: String,
    pub ca_file: String,
    pub allow_http: Vec<String>,
    #[serde(deserialize_with = "duration")]
    pub connect_timeout: Duration,
    #[serde(deserialize_with = "duration")]
    pub timeout: Duration,
    pub queue: usize,
    pub concurrency: usize,
    pub twilio: Twilio,
    pub aliyun: Aliyun,
}

/// Twilio's Messages.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[allow(missing_docs, reason = "reference.toml says what each key means")]
pub struct Twilio {
    pub account_sid: String,
    /// The secret's name.
    pub auth_token: String,
    pub api_key_sid: String,
    /// The secret's name.
    pub api_key_secret: String,
    pub from: String,
    pub messaging_service_sid: String,
    pub api: String,
    #[serde(deserialize_with = "duration")]
    pub validity: Duration,
}

/// Alibaba Cloud's Short Message Service (dysmsapi 2017-05-25).
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[allow(missing_docs, reason = "reference.toml says what each key means")]
pub struct Aliyun {
    pub access_key_id: String,
    /// The secret's name.
    pub access_key_secret: String,
    pub sign_name: String,
    pub api: String,
    #[serde(deserialize_with = "duration")]
    pub look_up_again: Duration,
    /// The secret's name.
    pub callback_secret: String,
}

impl Sms {
    /// The providers by which a text can go out.
    pub fn providers(&self) -> Vec<SmsProvider> {
        let is_configured = |provider: &SmsProvider| match provider {
            SmsProvider::Twilio => !self.twilio.account_sid.is_empty(),
            SmsProvider::Aliyun => !self.aliyun.access_key_id.is_empty(),
        };
        SmsProvider::ALL.into_iter().filter(is_configured).collect()
    }
}

impl fmt::Debug for Twilio {
    /// Without what somebody may have written there instead of a secret's name.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Twilio").field("api", &self.api).finish_non_exhaustive()
    }
}

impl fmt::Debug for Aliyun {
    /// Without what somebody may have written there instead of a secret's name.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Aliyun").field("api", &self.api).finish_non_exhaustive()
    }
}

impl Default for Sms {
    fn default() -> Sms {
        Sms {
            callback_url: String::new(),
            ca_file: String::new(),
            allow_http: Vec::new(),
            connect_timeout: Duration::from_secs(5),
            timeout: Duration::from_secs(30),
            queue: 10_000,
            concurrency: 32,
            twilio: Twilio::default(),
            aliyun: Aliyun::default(),
        }
    }
}

impl Default for Twilio {
    fn default() -> Twilio {
        Twilio {
            account_sid: String::new(),
            auth_token: String::new(),
            api_key_sid: String::new(),
            api_key_secret: String::new(),
            from: String::new(),
            messaging_service_sid: String::new(),
            api: "https://api.twilio.com".to_owned(),
            validity: Duration::from_secs(30 * 60),
        }
    }
}

impl Default for Aliyun {
    fn default() -> Aliyun {
        Aliyun {
            access_key_id: String::new(),
            access_key_secret: String::new(),
            sign_name: String::new(),
            api: "https://dysmsapi.aliyuncs.com".to_owned(),
            look_up_again: Duration::from_secs(5),
            callback_secret: String::new(),
        }
    }
}
