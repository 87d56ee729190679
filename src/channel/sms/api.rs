//! Carries a question to a provider's API and its answer back; the meaning of either is the provider's module's.
//!
//! What always holds: nothing is asked twice, a redirect is not followed, and an answer is read up to a bound.

use std::time::Duration;

use reqwest::header::{HeaderMap, RETRY_AFTER};
use reqwest::{Client, Method, RequestBuilder, Response, Url};
use tokio::time::{Instant, timeout_at};

use super::super::settings::Sms as Settings;
use super::super::strangers::{real_time, retry_after};
use super::super::{Outcome, Problem, client};

/// How much of an answer is read. Larger than a page of 50 texts in Aliyun's look-up (each below 2 KiB).
const ANSWER_LENGTH_MAX: usize = 256 * 1024;

/// HTTP to the providers.
pub(super) struct Api {
    client: Client,
    timeout: Duration,
}

/// What a provider said.
pub(super) struct Answer {
    pub(super) status: u16,
    /// How long it asks to be left alone.
    pub(super) retry_after: Option<Duration>,
    /// Cut off where it was too long, empty where the connection was lost in the middle.
    pub(super) body: Vec<u8>,
}

/// Why a provider said nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Silence {
    /// Nothing of the question has gone out.
    Unreached,
    /// It may have been heard.
    Unanswered,
}

impl Silence {
    /// The outcome of a text that was to be sent by the question.
    pub(super) fn outcome(self, provider: &str) -> Outcome {
        match self {
            Silence::Unreached => Outcome::retry(format!("cannot connect to {provider}")),
            Silence::Unanswered => Outcome::unknown(format!("no answer from {provider}")),
        }
    }
}

impl Api {
    /// Prepares; connects to nothing.
    ///
    /// # Errors
    /// A certificate file that cannot be used.
    pub(super) fn open(settings: &Settings) -> Result<Api, Problem> {
        let builder = client::builder("sms.ca_file", &settings.ca_file, settings.connect_timeout)?;
        Ok(Api { client: client::build("sms", builder)?, timeout: settings.timeout })
    }

    /// The instant by which an attempt that begins now must have its outcome.
    pub(super) fn end(&self) -> Instant {
        Instant::now() + self.timeout
    }

    /// Half of an attempt's time: what may be spent before the question that sends.
    pub(super) fn half(&self) -> Duration {
        self.timeout / 2
    }

    /// A question to be filled in.
    pub(super) fn question(&self, url: Url) -> RequestBuilder {
        self.client.request(Method::POST, url)
    }

    /// Asks, and waits for the answer until `end`.
    pub(super) async fn ask(&self, question: RequestBuilder, end: Instant) -> Result<Answer, Silence> {
        let response = match timeout_at(end, question.send()).await {
            Err(_) => return Err(Silence::Unanswered),
            // Name, connection and TLS together.
            Ok(Err(error)) if error.is_connect() || error.is_builder() => return Err(Silence::Unreached),
            Ok(Err(_)) => return Err(Silence::Unanswered),
            Ok(Ok(response)) => response,
        };
        let status = response.status().as_u16();
        let retry_after = wanted_rest(response.headers());
        let body = timeout_at(end, read(response)).await.unwrap_or_default();
        Ok(Answer { status, retry_after, body })
    }
}

fn wanted_rest(headers: &HeaderMap) -> Option<Duration> {
    retry_after(headers.get(RETRY_AFTER)?.to_str().ok()?, real_time().timestamp())
}

async fn read(mut response: Response) -> Vec<u8> {
    let mut body = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) => body.extend_from_slice(&chunk),
            Ok(None) => return body,
            Err(_) => return Vec::new(),
        }
        if body.len() > ANSWER_LENGTH_MAX {
            return body;
        }
    }
}
