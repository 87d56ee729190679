//! What providers send back: delivery reports, and what people reply.
//!
//! In comes a POST to the public listener as it was received, out goes what it says, for `receipts.v1`; or a refusal.
//! Nothing is believed before it is authenticated, each provider in its own way: Twilio signs (`twilio`), Aliyun signs
//! nothing and is known by a secret in the path (`aliyun`).
//!
//! | path | provider | what |
//! |---|---|---|
//! | `/callbacks/twilio/status/NOTICE/KEY/ATTEMPT` | Twilio | a text arrived, or did not |
//! | `/callbacks/twilio/message` | Twilio | a reply |
//! | `/callbacks/aliyun/SECRET/report` | Aliyun | texts arrived, or did not (SmsReport) |
//! | `/callbacks/aliyun/SECRET/up` | Aliyun | replies (SmsUp) |
//!
//! What always holds: no number leaves this module, only recipient keys; a reply that is no opt-out or opt-in word leaves
//! nothing at all.

mod aliyun;
mod twilio;
mod word;

use std::sync::Arc;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use reqwest::header::HeaderMap;

use super::super::settings::Sms as Settings;
use super::super::{Secret, Secrets};
use super::reference::Reference;
use crate::model::{
    Channel, HashKey, OptChange, Receipt, ReceiptKind, Recipient, RecipientKey, Reply, ReportedOutcome, Timestamp,
};

/// What every path of a callback begins with.
pub const PREFIX: &str = "/callbacks/";

/// The largest body that is read. Larger than a provider's largest batch of reports that we know of.
pub const BODY_MAX: usize = 1024 * 1024;

/// A shorter secret in a path can be guessed.
const PATH_SECRET_MIN: usize = 16;

/// What may stand in a path as it is; the colon of recipient keys too.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~').remove(b':');

/// Something that a provider told us, for `receipts.v1`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// What became of an attempt.
    Receipt(Receipt),
    /// A person wants no more texts, or texts again.
    Reply(Reply),
}

/// What a provider said, and what it expects as an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// To be published before it is answered; empty where it says nothing that matters here.
    pub heard: Vec<Heard>,
    /// The answer's type, with status 200. Where publishing failed, 503 instead: Aliyun pushes again.
    pub content_type: &'static str,
    #[allow(missing_docs)]
    pub answer: &'static str,
}

/// Why nothing was believed. Says nothing about the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// No such callback here, or its secret is another one.
    #[error("expected the address of a callback, found another one")]
    Address,
    /// Not signed, or not by the provider.
    #[error("expected a signature of the provider, found none or another one")]
    Signature,
    /// Signed, but not what a provider sends.
    #[error("expected a callback, found something else")]
    Form,
    /// We cannot read what it would have to be compared with.
    #[error("expected a readable secret to check callbacks with, found none")]
    Secret,
}

impl Refusal {
    /// The status that says so.
    pub fn status(self) -> u16 {
        match self {
            Refusal::Address => 404,
            Refusal::Signature => 403,
            Refusal::Form => 400,
            Refusal::Secret => 503,
        }
    }
}

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
        let path = path_and_query.split('?').next().unwrap_or_default();
        let parts: Vec<&str> = path.strip_prefix(PREFIX).ok_or(Refusal::Address)?.split('/').collect();
        match parts[..] {
            ["twilio", "status", notice, key, attempt] => {
                let form = self.twilio_form(path_and_query, headers, body)?;
                let key = percent_decode_str(key).decode_utf8().map_err(|_| Refusal::Form)?;
                let reference = Reference::from_parts(notice, &key, attempt).ok_or(Refusal::Form)?;
                Ok(twilio::answered(form.status(&reference, now).into_iter().collect()))
            }
            ["twilio", "message"] => {
                let form = self.twilio_form(path_and_query, headers, body)?;
                let replies = form.reply().and_then(|(phone, change)| self.reply(phone, change, now));
                Ok(twilio::answered(replies.into_iter().collect()))
            }
            ["aliyun", secret, "report"] => {
                self.check_path_secret(secret)?;
                Ok(aliyun::answered(aliyun::reports(body, now).ok_or(Refusal::Form)?))
            }
            ["aliyun", secret, "up"] => {
                self.check_path_secret(secret)?;
                let replies = aliyun::replies(body, now).ok_or(Refusal::Form)?;
                let heard = replies.into_iter().filter_map(|(phone, change, at)| self.reply(phone, change, at));
                Ok(aliyun::answered(heard.collect()))
            }
            _ => Err(Refusal::Address),
        }
    }

    fn twilio_form(&self, path_and_query: &str, headers: &HeaderMap, body: &[u8]) -> Result<twilio::Form, Refusal> {
        let token = self.secret(self.twilio_token.as_ref())?;
        let signature = headers.get(twilio::SIGNATURE).ok_or(Refusal::Signature)?;
        twilio::Form::signed(&format!("{}{path_and_query}", self.url), body, signature.as_bytes(), token.reveal())
            .ok_or(Refusal::Signature)
    }

    fn check_path_secret(&self, given: &str) -> Result<(), Refusal> {
        let secret = self.secret(self.aliyun_secret.as_ref())?;
        if aliyun::is_same(given, secret.reveal()) { Ok(()) } else { Err(Refusal::Address) }
    }

    fn secret(&self, name: Option<&String>) -> Result<Secret, Refusal> {
        self.secrets.resolve(name.ok_or(Refusal::Address)?).map_err(|_| Refusal::Secret)
    }

    fn reply(&self, phone: String, change: OptChange, at: Timestamp) -> Option<Heard> {
        let person = Recipient { phone: Some(phone), ..Recipient::default() };
        let recipient_key = RecipientKey::person(&self.hash_key, &person)?;
        Some(Heard::Reply(Reply { recipient_key, kind: ReceiptKind::Reply, channel: Channel::Sms, change, at }))
    }
}

/// Where Twilio is to say what becomes of an attempt.
pub(super) fn twilio_status_url(callback_url: &str, reference: &Reference) -> String {
    let Reference { notice_id, recipient_key, attempt } = reference;
    let key = utf8_percent_encode(recipient_key.as_str(), ENCODED);
    format!("{}{PREFIX}twilio/status/{notice_id}/{key}/{attempt}", callback_url.trim_end_matches('/'))
}

/// Whether the secret of this name can be part of a path and is hard to guess.
pub(super) fn is_path_secret(secrets: &Secrets, name: &str) -> bool {
    let fits = |secret: Secret| {
        let bytes = secret.reveal();
        bytes.len() >= PATH_SECRET_MIN && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(byte))
    };
    secrets.resolve(name).is_ok_and(fits)
}

/// A provider's report about an attempt.
fn receipt(reference: &Reference, at: Timestamp, outcome: ReportedOutcome) -> Receipt {
    Receipt::new(
        ReceiptKind::Provider,
        reference.recipient_key.clone(),
        reference.notice_id.clone(),
        Channel::Sms,
        reference.attempt,
        outcome,
        at,
    )
}

#[cfg(test)]
mod tests;
