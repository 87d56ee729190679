//! Carries a question to a provider's API and its answer back; the meaning of either is the provider's module's.
//!
//! What always holds: nothing is asked twice, a redirect is not followed, an answer is read up to a bound, and a question that sends
//! goes out through its attempt's gate.

use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{HeaderMap, RETRY_AFTER};
use reqwest::{Client, Method, RequestBuilder, Response, Url};
use tokio::time::{Instant, timeout_at};

use super::super::content::{Shut, guarded};
use super::super::settings::Sms as Settings;
use super::super::strangers::{real_time, retry_after};
use super::super::{Gate, Outcome, Problem, client};

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
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Silence {
    /// The gate was shut when the question was to go out.
    Shut(Outcome),
    /// Name, connection or TLS failed.
    Unreached,
    /// It may have been heard.
    Unanswered,
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

    /// Sends a text by this question with this content, if the gate is open when it goes out, and waits for the answer until `end`.
    ///
    /// # Errors
    /// The outcome where there is no answer.
    pub(super) async fn send(
        &self,
        provider: &str,
        question: RequestBuilder,
        content: String,
        gate: &Arc<Gate>,
        end: Instant,
    ) -> Result<Answer, Outcome> {
        self.ask(question.body(guarded(content, gate)), end).await.map_err(|silence| match silence {
            Silence::Shut(outcome) => outcome,
            Silence::Unreached => Outcome::retry(format!("cannot connect to {provider}")),
            Silence::Unanswered => gate.broken_off(format!("no answer from {provider}")),
        })
    }

    /// Asks, and waits for the answer until `end`.
    pub(super) async fn ask(&self, question: RequestBuilder, end: Instant) -> Result<Answer, Silence> {
        let response = match timeout_at(end, question.send()).await {
            Err(_) => return Err(Silence::Unanswered),
            Ok(Err(error)) => return Err(silence(&error)),
            Ok(Ok(response)) => response,
        };
        let status = response.status().as_u16();
        let retry_after = wanted_rest(response.headers());
        let body = timeout_at(end, read(response)).await.unwrap_or_default();
        Ok(Answer { status, retry_after, body })
    }
}

fn silence(error: &reqwest::Error) -> Silence {
    if let Some(shut) = client::cause::<Shut>(error) {
        Silence::Shut(shut.outcome())
    } else if error.is_connect() || error.is_builder() {
        // Name, connection and TLS together.
        Silence::Unreached
    } else {
        Silence::Unanswered
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
