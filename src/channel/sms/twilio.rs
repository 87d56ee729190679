//! Twilio's Messages (2010-04-01): one form-encoded POST for each text.
//!
//! The delivery report comes to a URL that says which attempt it speaks of, since Twilio has no field for that.

mod answer;

use std::sync::Arc;

use form_urlencoded::Serializer;
use reqwest::Url;
use reqwest::header::CONTENT_TYPE;

use super::super::settings::{Sms as Settings, Twilio as Account};
use super::api::Api;
use super::{Attempt, Gate, Outcome, Phone, Problem, Secrets, check_secret, reference, secret};
use crate::callback::{Reference, twilio_status_url};

/// An account at Twilio.
pub(super) struct Twilio {
    account: Account,
    messages: Url,
    /// Where reports are heard; empty: nowhere.
    callback_url: String,
    secrets: Arc<Secrets>,
}

impl Twilio {
    /// Prepares; connects to nothing.
    ///
    /// # Errors
    /// The first setting that cannot be used.
    pub(super) fn open(settings: &Settings, secrets: &Arc<Secrets>) -> Result<Twilio, Problem> {
        let account = settings.twilio.clone();
        check_secret(secrets, "sms.twilio.auth_token", &account.auth_token)?;
        check_secret(secrets, "sms.twilio.api_key_secret", &account.api_key_secret)?;
        let api = account.api.trim_end_matches('/');
        let messages = format!("{api}/2010-04-01/Accounts/{}/Messages.json", account.account_sid);
        let messages = Url::parse(&messages).map_err(|_| Problem::at("sms.twilio.api", "expected a URL"))?;
        Ok(Twilio { account, messages, callback_url: settings.callback_url.clone(), secrets: Arc::clone(secrets) })
    }

    /// Sends one text.
    ///
    /// # Errors
    /// The outcome where it ended before the answer.
    pub(super) async fn send(
        &self,
        api: &Api,
        attempt: &Attempt,
        phone: &Phone<'_>,
        text: &str,
        gate: &Arc<Gate>,
    ) -> Result<Outcome, Outcome> {
        let form = self.form(&reference(attempt)?, phone, text);
        let (user, password) = self.login()?;
        let question = api
            .question(self.messages.clone())
            .basic_auth(user, Some(password))
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        gate.look()?;
        let answer = api.send("twilio", question, form, gate, api.end()).await?;
        Ok(answer::outcome(&answer))
    }

    fn form(&self, reference: &Reference, phone: &Phone<'_>, text: &str) -> String {
        let mut form = Serializer::new(String::new());
        form.append_pair("To", &phone.e164());
        if self.account.messaging_service_sid.is_empty() {
            form.append_pair("From", &self.account.from);
        } else {
            form.append_pair("MessagingServiceSid", &self.account.messaging_service_sid);
        }
        form.append_pair("Body", text);
        form.append_pair("ValidityPeriod", &self.account.validity.as_secs().to_string());
        if !self.callback_url.is_empty() {
            form.append_pair("StatusCallback", &twilio_status_url(&self.callback_url, reference));
        }
        form.finish()
    }

    fn login(&self) -> Result<(&str, String), Outcome> {
        let account = &self.account;
        let (user, name) = if account.api_key_sid.is_empty() {
            (&account.account_sid, &account.auth_token)
        } else {
            (&account.api_key_sid, &account.api_key_secret)
        };
        Ok((user, secret(&self.secrets, name)?))
    }
}
