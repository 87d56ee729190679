//! Webhooks by the rules of Standard Webhooks.
//!
//! | happened | outcome |
//! |---|---|
//! | 2xx | delivered |
//! | 410 | refused, and the endpoint is gone |
//! | 429, and 503 that says for how long | retry, after `Retry-After` where it says so |
//! | any other 5xx | unknown: whoever is in trouble, or a proxy before him, may have taken it; 502 and 504 after `Retry-After` too |
//! | any other answer, 3xx too | retry: Standard Webhooks goes on by its schedule until the notice expires |
//! | name, connection or TLS failed | retry |
//! | withdrawn, or past its deadline, when the connection stood | what the gate says: not a byte of it has left |
//! | no answer in time, or the connection was lost | unknown: the request may have arrived |
//! | a URL or an address that is not allowed, no secret | refused: no waiting helps |
//!
//! A redirect is never followed: it would lead past the [`guard`].

mod answer;
mod guard;
mod network;
mod resolver;
mod sign;

use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, Response, Url};
use tokio::time::timeout;

use self::guard::Guard;
use self::resolver::Resolver;
use self::sign::Signature;
use super::settings::Webhook as Settings;
use super::strangers::real_time;
use super::{Attempt, Attempting, Gate, Limits, Outcome, Problem, Secrets, Transport, client, content};
use crate::model::{Channel, Destination, Message};

pub(super) use self::guard::is_host;
pub use self::network::Network;

/// How much of an answer's body is read, and for how long, only so that the connection can be used again. More
/// would let an endpoint keep us busy.
const ANSWER_LENGTH_MAX: usize = 16 * 1024;
const ANSWER_TIME_MAX: Duration = Duration::from_millis(500);

/// Sends webhooks.
pub struct Webhook {
    limits: Limits,
    client: Client,
    guard: Arc<Guard>,
    secrets: Arc<Secrets>,
}

impl Webhook {
    /// Prepares; connects to nothing.
    ///
    /// # Errors
    /// The first setting that cannot be used.
    pub fn open(settings: &Settings, secrets: &Arc<Secrets>) -> Result<Webhook, Problem> {
        let guard = Arc::new(Guard::new(&settings.allow_private, &settings.allow_http));
        let builder = client::builder("webhook.ca_file", &settings.ca_file, settings.connect_timeout)?;
        let client = client::build("webhook", builder.dns_resolver(Arc::new(Resolver::new(&guard))))?;
        let limits =
            Limits { queue: settings.queue, concurrency: settings.concurrency, total_timeout: settings.timeout };
        Ok(Webhook { limits, client, guard, secrets: Arc::clone(secrets) })
    }

    async fn send(&self, attempt: &Attempt, gate: &Arc<Gate>) -> Result<Outcome, Outcome> {
        let (Destination::Webhook { url, secrets }, Message::Json(body)) = (&attempt.destination, &attempt.message)
        else {
            return Err(Outcome::refused("not a webhook"));
        };
        let url = Url::parse(url).map_err(|_| Outcome::refused("the endpoint's URL cannot be read"))?;
        self.guard.check_url(&url).map_err(|forbidden| Outcome::refused(forbidden.reason()))?;
        let keys = sign::keys(secrets, &self.secrets)?;
        gate.look()?;
        // Connecting takes seconds of the minutes for which a receiver takes the signature's time.
        let signature = Signature::of(attempt.notice_id.as_str(), real_time().timestamp(), body.as_bytes(), &keys);
        let request = self.client.post(url).headers(headers(&signature)?).body(content::guarded(body.clone(), gate));
        let response = match timeout(self.limits.total_timeout, request.send()).await {
            Err(_) => return Err(gate.broken_off("endpoint did not answer in time")),
            Ok(Err(error)) => return Err(answer::missing(&error, gate)),
            Ok(Ok(response)) => response,
        };
        let outcome = answer::outcome(response.status(), response.headers(), real_time().timestamp());
        drain(response).await;
        Ok(outcome)
    }
}

fn headers(signature: &Signature) -> Result<HeaderMap, Outcome> {
    let value = |text: &str| HeaderValue::from_str(text).map_err(|_| Outcome::refused("the notice's id is no header"));
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/cloudevents+json"));
    headers.insert(HeaderName::from_static("webhook-id"), value(&signature.id)?);
    headers.insert(HeaderName::from_static("webhook-timestamp"), value(&signature.timestamp)?);
    headers.insert(HeaderName::from_static("webhook-signature"), value(&signature.signatures)?);
    Ok(headers)
}

/// Reads a short rest of the answer; the outcome stands already.
async fn drain(mut response: Response) {
    let read = async {
        let mut length = 0;
        while let Ok(Some(chunk)) = response.chunk().await {
            length += chunk.len();
            if length > ANSWER_LENGTH_MAX {
                break;
            }
        }
    };
    let _ = timeout(ANSWER_TIME_MAX, read).await;
}

impl Transport for Webhook {
    fn channel(&self) -> Channel {
        Channel::Webhook
    }

    fn limits(&self) -> Limits {
        self.limits
    }

    fn attempt<'a>(&'a self, attempt: &'a Attempt, gate: &'a Arc<Gate>) -> Attempting<'a> {
        Box::pin(async { self.send(attempt, gate).await.unwrap_or_else(|outcome| outcome) })
    }
}
