//! Callbacks under this instance's settings: what they are held against is looked up here, what they say is read by
//! [`crate::callback`].
//!
//! What always holds: a secret is read when a callback needs it, so that a replaced one counts without a restart.

use std::sync::Arc;

use reqwest::header::HeaderMap;

use super::super::settings::Sms as Settings;
use super::super::{Secret, Secrets};
use crate::callback::{self, Ear};
pub use crate::callback::{BODY_MAX, Heard, PREFIX, Refusal, Said};
use crate::model::{HashKey, SmsProvider, Timestamp};

/// Reads callbacks.
#[derive(Debug)]
pub struct Callbacks {
    /// Without a slash at its end.
    url: String,
    /// The name of what Twilio signs with; none: Twilio is not used.
    twilio_token: Option<String>,
    /// The name of what stands in the path; none: pushes are refused.
    aliyun_secret: Option<String>,
    secrets: Arc<Secrets>,
    hash_key: HashKey,
}

impl Callbacks {
    /// What is heard under these settings; none where no provider is given a `callback_url`. `hash_key` makes
    /// recipient keys of numbers.
    pub fn new(settings: &Settings, secrets: &Arc<Secrets>, hash_key: HashKey) -> Option<Callbacks> {
        let named = |name: &String| (!name.is_empty()).then(|| name.clone());
        let url = named(&settings.callback_url)?.trim_end_matches('/').to_owned();
        Some(Callbacks {
            url,
            twilio_token: named(&settings.twilio.auth_token).filter(|_| !settings.twilio.account_sid.is_empty()),
            aliyun_secret: named(&settings.aliyun.callback_secret),
            secrets: Arc::clone(secrets),
            hash_key,
        })
    }

    /// What a POST says. `path_and_query` is as it was received, still encoded; `now` is the wall clock. May read a small
    /// file (the secret).
    ///
    /// # Errors
    /// Where it cannot be believed or read.
    pub fn hear(
        &self,
        path_and_query: &str,
        headers: &HeaderMap,
        body: &[u8],
        now: Timestamp,
    ) -> Result<Said, Refusal> {
        let secret = |provider| self.secret(provider).map(|secret| secret.reveal().to_vec());
        let ear = Ear { url: &self.url, secret: &secret, hash_key: &self.hash_key };
        let signature = headers.get(callback::SIGNATURE).map(|value| value.as_bytes());
        ear.hear(path_and_query, signature, body, now)
    }

    fn secret(&self, provider: SmsProvider) -> Result<Secret, Refusal> {
        let name = match provider {
            SmsProvider::Twilio => &self.twilio_token,
            SmsProvider::Aliyun => &self.aliyun_secret,
        };
        self.secrets.resolve(name.as_ref().ok_or(Refusal::Address)?).map_err(|_| Refusal::Secret)
    }
}

/// Whether the secret of this name can be part of a path and is hard to guess.
pub(super) fn is_path_secret(secrets: &Secrets, name: &str) -> bool {
    secrets.resolve(name).is_ok_and(|secret| callback::is_path_secret(secret.reveal()))
}

#[cfg(test)]
mod tests;
