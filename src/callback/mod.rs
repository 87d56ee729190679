//! What providers of texts send back, purely: delivery reports, and what people reply.
//!
//! In comes a POST as it was received, with a way to the secrets; out goes what it says, for `receipts.v1`, or a refusal.
//! Nothing is believed before it is authenticated, each provider in its own way: Twilio signs (`twilio`), Aliyun signs
//! nothing and is known by a secret in the path (`aliyun`). `reference` names an attempt so that it is known again when
//! it comes back, `phone` writes numbers as each provider does, `word` knows how people opt out.
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
mod phone;
mod reference;
mod twilio;
mod word;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

pub use self::aliyun::{is_biz_id, shown};
pub use self::phone::Phone;
pub use self::reference::Reference;
pub use self::twilio::{SIGNATURE, is_message};
use crate::model::{
    Channel, HashKey, OptChange, Receipt, ReceiptKind, Recipient, RecipientKey, Reply, ReportedOutcome, SmsProvider,
    Timestamp,
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

/// Who listens: what a request is held against.
pub struct Ear<'a> {
    /// Where we are, as the providers were told; without a slash at its end.
    pub url: &'a str,
    /// The secret by which a provider is known, asked for when it is needed: [`Refusal::Address`] where that provider is not
    /// used, [`Refusal::Secret`] where it cannot be read.
    pub secret: &'a dyn Fn(SmsProvider) -> Result<Vec<u8>, Refusal>,
    /// Makes recipient keys of numbers.
    pub hash_key: &'a HashKey,
}

impl Ear<'_> {
    /// What a POST says. `path_and_query` is as it was received, still encoded; `signature` is the value of the header
    /// [`SIGNATURE`]; `now` is the wall clock.
    ///
    /// # Errors
    /// Where it cannot be believed or read.
    pub fn hear(
        &self,
        path_and_query: &str,
        signature: Option<&[u8]>,
        body: &[u8],
        now: Timestamp,
    ) -> Result<Said, Refusal> {
        let path = path_and_query.split('?').next().unwrap_or_default();
        let parts: Vec<&str> = path.strip_prefix(PREFIX).ok_or(Refusal::Address)?.split('/').collect();
        match parts[..] {
            ["twilio", "status", notice, key, attempt] => {
                let form = self.twilio_form(path_and_query, signature, body)?;
                let key = percent_decode_str(key).decode_utf8().map_err(|_| Refusal::Form)?;
                let reference = Reference::from_parts(notice, &key, attempt).ok_or(Refusal::Form)?;
                Ok(twilio::answered(form.status(&reference, now).into_iter().collect()))
            }
            ["twilio", "message"] => {
                let form = self.twilio_form(path_and_query, signature, body)?;
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

    fn twilio_form(
        &self,
        path_and_query: &str,
        signature: Option<&[u8]>,
        body: &[u8],
    ) -> Result<twilio::Form, Refusal> {
        let token = (self.secret)(SmsProvider::Twilio)?;
        let signature = signature.ok_or(Refusal::Signature)?;
        let url = format!("{}{path_and_query}", self.url);
        twilio::Form::signed(&url, body, signature, &token).ok_or(Refusal::Signature)
    }

    fn check_path_secret(&self, given: &str) -> Result<(), Refusal> {
        let secret = (self.secret)(SmsProvider::Aliyun)?;
        if aliyun::is_same(given, &secret) { Ok(()) } else { Err(Refusal::Address) }
    }

    fn reply(&self, phone: String, change: OptChange, at: Timestamp) -> Option<Heard> {
        let person = Recipient { phone: Some(phone), ..Recipient::default() };
        let recipient_key = RecipientKey::person(self.hash_key, &person)?;
        Some(Heard::Reply(Reply { recipient_key, kind: ReceiptKind::Reply, channel: Channel::Sms, change, at }))
    }
}

/// Where Twilio is to say what becomes of an attempt.
pub fn twilio_status_url(callback_url: &str, reference: &Reference) -> String {
    let Reference { notice_id, recipient_key, attempt } = reference;
    let key = utf8_percent_encode(recipient_key.as_str(), ENCODED);
    format!("{}{PREFIX}twilio/status/{notice_id}/{key}/{attempt}", callback_url.trim_end_matches('/'))
}

/// Whether a secret can be part of a path and is hard to guess.
pub fn is_path_secret(secret: &[u8]) -> bool {
    secret.len() >= PATH_SECRET_MIN && secret.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(byte))
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
