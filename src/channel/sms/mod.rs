//! Texts to phones, by Twilio or Aliyun.
//!
//! In comes an attempt whose destination names the provider; `twilio` and `aliyun` know how to ask it and what its
//! answers mean, `api` carries the question. What comes back later, reports and replies, is read by [`callback`].
//!
//! | happened | outcome |
//! |---|---|
//! | the provider took it | delivered, with its name for the text |
//! | its limits, trouble of which it names the end, an account of ours that is wrong | retry: nobody was told, and it passes or can be put right |
//! | number, content or template that it will not send | refused, so that another channel is tried |
//! | the recipient has opted out there | refused, and `opted_out` |
//! | name, connection or TLS failed | retry |
//! | withdrawn, or past its deadline, when the connection stood | what the gate says: not a byte of it has left |
//! | no answer in time, one without meaning, or other trouble | unknown: it may have been sent |
//!
//! No provider recognises a repeat. Aliyun is asked for the earlier text before one of unknown outcome is sent again;
//! Twilio keeps nothing of ours that one could ask for, so the notifier's policy decides.
//!
//! What always holds: a provider's own words are never repeated, since they like to repeat the number.

mod aliyun;
mod api;
pub mod callback;
mod twilio;

use std::sync::Arc;

use self::aliyun::Aliyun;
use self::api::Api;
pub use self::callback::{BODY_MAX as CALLBACK_BODY_MAX, Callbacks};
use self::twilio::Twilio;
use super::settings::Sms as Settings;
use super::{Attempt, Attempting, Gate, Limits, Outcome, Problem, Secret, SecretError, Secrets, Transport};
use crate::callback::{Phone, Reference};
use crate::model::{Channel, Destination, Message, SmsProvider};

/// Sends texts.
pub struct Sms {
    limits: Limits,
    api: Api,
    twilio: Option<Twilio>,
    aliyun: Option<Aliyun>,
}

impl Sms {
    /// Prepares; connects to nothing.
    ///
    /// # Errors
    /// The first setting that cannot be used.
    pub fn open(settings: &Settings, secrets: &Arc<Secrets>) -> Result<Sms, Problem> {
        let limits =
            Limits { queue: settings.queue, concurrency: settings.concurrency, total_timeout: settings.timeout };
        let mut sms = Sms { limits, api: Api::open(settings)?, twilio: None, aliyun: None };
        for provider in settings.providers() {
            match provider {
                SmsProvider::Twilio => sms.twilio = Some(Twilio::open(settings, secrets)?),
                SmsProvider::Aliyun => sms.aliyun = Some(Aliyun::open(settings, secrets)?),
            }
        }
        Ok(sms)
    }

    async fn send(&self, attempt: &Attempt, gate: &Arc<Gate>) -> Result<Outcome, Outcome> {
        let (Destination::Sms { provider, phone }, Message::Text { text, template }) =
            (&attempt.destination, &attempt.message)
        else {
            return Err(Outcome::refused("not a text"));
        };
        let phone = Phone::parse(phone).ok_or_else(|| Outcome::refused("not an international number"))?;
        match provider {
            SmsProvider::Twilio => match &self.twilio {
                Some(twilio) => twilio.send(&self.api, attempt, &phone, text, gate).await,
                None => Err(not_here("twilio")),
            },
            SmsProvider::Aliyun => match (&self.aliyun, template) {
                (Some(aliyun), Some(template)) => aliyun.send(&self.api, attempt, &phone, template, gate).await,
                (Some(_), None) => Err(Outcome::refused("no approved template for this notice")),
                (None, _) => Err(not_here("aliyun")),
            },
        }
    }
}

/// Put off, as the dispatcher does with a channel that is not there: while a new configuration is rolled out, another
/// instance may have the provider, and until then it is for whoever configures them to put right.
fn not_here(provider: &str) -> Outcome {
    Outcome::retry(format!("{provider} not configured here"))
}

/// By what an attempt is known again when its provider speaks of it.
///
/// # Errors
/// A refusal where notice or recipient have names that do not come back as they went out.
fn reference(attempt: &Attempt) -> Result<Reference, Outcome> {
    Reference::of(attempt).ok_or_else(|| Outcome::refused("the attempt's name is too long or odd for a text"))
}

/// A secret that is needed now.
///
/// # Errors
/// A retry: whoever keeps the secrets can still put it right.
fn secret(secrets: &Secrets, name: &str) -> Result<String, Outcome> {
    let text = |secret: Secret| secret.reveal_text().map(str::to_owned).ok_or(SecretError::Text);
    secrets.resolve(name).and_then(text).map_err(|_| Outcome::retry("the provider's secret cannot be read"))
}

/// Reads a secret once, to say at the start what would fail at the first text.
fn check_secret(secrets: &Secrets, key: &'static str, name: &str) -> Result<(), Problem> {
    if name.is_empty() {
        return Ok(());
    }
    let text = |secret: Secret| if secret.reveal_text().is_some() { Ok(()) } else { Err(SecretError::Text) };
    secrets.resolve(name).and_then(text).map_err(|error| Problem::at(key, error.to_string()))
}

impl Transport for Sms {
    fn channel(&self) -> Channel {
        Channel::Sms
    }

    fn limits(&self) -> Limits {
        self.limits
    }

    fn attempt<'a>(&'a self, attempt: &'a Attempt, gate: &'a Arc<Gate>) -> Attempting<'a> {
        Box::pin(async { self.send(attempt, gate).await.unwrap_or_else(|outcome| outcome) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{NoticeId, RecipientKey, SmsTemplate, Timestamp};

    /// Both providers, where nobody listens: whatever is sent ends with "cannot connect".
    fn sms() -> Sms {
        let mut settings = Settings::default();
        settings.twilio.account_sid = "AC".to_owned();
        settings.aliyun.access_key_id = "LTAI".to_owned();
        // Cargo sets it for every test.
        settings.twilio.auth_token = "env:CARGO_PKG_NAME".to_owned();
        settings.aliyun.access_key_secret = "env:CARGO_PKG_NAME".to_owned();
        settings.twilio.api = "http://127.0.0.1:1".to_owned();
        settings.aliyun.api = "http://127.0.0.1:1".to_owned();
        Sms::open(&settings, &Arc::new(Secrets::new())).unwrap()
    }

    fn attempt(provider: SmsProvider) -> Attempt {
        let template = SmsTemplate { code: "SMS_1".to_owned(), parameters: Default::default() };
        Attempt {
            notice_id: NoticeId::from_text("ntc_1"),
            recipient_key: RecipientKey::from_text("p:9f"),
            attempt: 2,
            unknown_since: Some(Timestamp::FIRST),
            deadline: Timestamp::LAST,
            destination: Destination::Sms { provider, phone: "+8613800000000".to_owned() },
            message: Message::Text { text: "x".to_owned(), template: Some(template) },
        }
    }

    fn ends(provider: SmsProvider, gate: &Arc<Gate>) -> Outcome {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(sms().attempt(&attempt(provider), gate))
    }

    #[test]
    fn what_was_withdrawn_is_not_even_looked_up() {
        let clock: super::super::WallClock = Arc::new(|| Timestamp::FIRST);
        for provider in SmsProvider::ALL {
            let gate = Arc::new(Gate::new(Timestamp::LAST, Arc::clone(&clock)));
            gate.withdraw();
            assert_eq!(ends(provider, &gate), Outcome::refused("withdrawn"));
        }
    }

    #[test]
    fn a_provider_that_is_not_reached_leaves_no_doubt() {
        let clock: super::super::WallClock = Arc::new(|| Timestamp::FIRST);
        let gate = || Arc::new(Gate::new(Timestamp::LAST, Arc::clone(&clock)));
        assert_eq!(ends(SmsProvider::Twilio, &gate()), Outcome::retry("cannot connect to twilio"));
        let expected = Outcome::retry("aliyun did not say whether an earlier attempt arrived");
        assert_eq!(ends(SmsProvider::Aliyun, &gate()), expected);
    }

    #[test]
    fn a_secret_that_is_gone_is_said_at_the_start_and_put_off_later() {
        let secrets = Arc::new(Secrets::new());
        let mut settings = Settings::default();
        settings.twilio.account_sid = "AC".to_owned();
        settings.twilio.auth_token = "env:PARCELWATCH_NO_SUCH_VARIABLE".to_owned();
        assert_eq!(Sms::open(&settings, &secrets).err().map(|problem| problem.key), Some("sms.twilio.auth_token"));
        let later = secret(&secrets, &settings.twilio.auth_token);
        assert_eq!(later, Err(Outcome::retry("the provider's secret cannot be read")));
    }

    #[test]
    fn a_secret_of_a_path_is_long_and_plain() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let mut settings = Settings::default();
        settings.aliyun.access_key_id = "LTAI".to_owned();
        settings.aliyun.access_key_secret = "env:CARGO_PKG_NAME".to_owned();
        settings.aliyun.callback_secret = format!("file:{}", file.path().display());
        for (text, fits) in [("0123456789-_aBcD", true), ("0123456789", false), ("0123456789/abcdef", false)] {
            std::fs::write(file.path(), text).unwrap();
            let opened = Sms::open(&settings, &Arc::new(Secrets::new()));
            let expected = (!fits).then_some("sms.aliyun.callback_secret");
            assert_eq!(opened.err().map(|problem| problem.key), expected, "{text}");
        }
    }
}
