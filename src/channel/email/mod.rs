//! Mail through a relay.
//!
//! lettre composes the mail, speaks SMTP and TLS. Its own transport reports an error without saying whether the
//! mail's body had gone out, which is the one thing we must know: after that the relay may have taken it. So the
//! steps are taken here, one by one, over lettre's connection:
//!
//! | failed | outcome |
//! |---|---|
//! | connection, TLS, login, whatever the reply | retry: nothing about this mail was said, and a wrong password is ours |
//! | sender, recipient, `DATA`: 4xx, no answer, login demanded | retry |
//! | the same: any other 5xx | refused |
//! | body: 4xx | retry |
//! | body: 5xx | refused |
//! | body: no answer, connection lost, garbage | unknown |
//!
//! A connection lost in the middle of the body is unknown too, although a relay must not take a mail without its
//! end: lettre writes the body and its end in one step and does not say how far it came.

mod compose;
mod pool;
mod reply;

use std::sync::Arc;
use std::time::Duration;

use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::{Extension, MailParameter};
use tokio::time::{Instant, timeout, timeout_at};

use self::compose::{Letter, Sender};
use self::pool::{Connection, Pool, Relay};
use super::settings::Email as Settings;
use super::{Attempt, Attempting, Gate, Limits, Outcome, Problem, Secrets, Transport};
use crate::model::Channel;

pub(super) use self::compose::mailbox;

/// How long a relay has for its good-bye after it refused; the outcome is known, so not worth waiting for.
const GOODBYE: Duration = Duration::from_millis(500);

/// Sends mail.
pub struct Email {
    limits: Limits,
    sender: Sender,
    pool: Pool,
}

impl Email {
    /// Prepares; connects to nothing.
    ///
    /// # Errors
    /// The first setting that cannot be used.
    pub fn open(settings: &Settings, secrets: &Arc<Secrets>) -> Result<Email, Problem> {
        let sender = Sender::new(settings)?;
        let relay = Relay::new(settings, sender.domain(), secrets)?;
        let limits =
            Limits { queue: settings.queue, concurrency: settings.concurrency, total_timeout: settings.timeout };
        Ok(Email { limits, sender, pool: Pool::new(relay) })
    }

    async fn send(&self, attempt: &Attempt, gate: &Gate) -> Outcome {
        let letter = match self.sender.compose(attempt) {
            Ok(letter) => letter,
            Err(outcome) => return outcome,
        };
        let start = Instant::now();
        // Half of the time is left for the answer to the body, whose absence leaves doubt.
        let half = start + self.limits.total_timeout / 2;
        let mut connection = match timeout_at(half, self.envelope(&letter, gate)).await {
            Ok(Ok(connection)) => connection,
            Ok(Err(outcome)) => return outcome,
            Err(_) => return Outcome::retry("mail server did not answer before the body"),
        };
        let end = start + self.limits.total_timeout;
        match timeout_at(end, connection.message(&letter.body)).await {
            Ok(Ok(response)) if response.has_code(250) => {
                self.pool.put_back(connection);
                Outcome::Delivered { provider_id: reply::queue_id(&response) }
            }
            Ok(Err(error)) => {
                part(connection).await;
                reply::to_body(&error)
            }
            Ok(Ok(_)) => Outcome::unknown("mail server answered the body with something else"),
            Err(_) => Outcome::unknown("mail server did not answer after the body"),
        }
    }

    /// Says from whom and to whom; the relay then waits for the body. Nothing about the mail is said before the
    /// gate has been passed.
    async fn envelope(&self, letter: &Letter, gate: &Gate) -> Result<Connection, Outcome> {
        let mut connection = self.pool.take().await?;
        if let Err(outcome) = gate.pass() {
            self.pool.put_back(connection);
            return Err(outcome);
        }
        match say(&mut connection, letter).await {
            Ok(()) => Ok(connection),
            Err(outcome) => {
                part(connection).await;
                Err(outcome)
            }
        }
    }
}

async fn say(connection: &mut Connection, letter: &Letter) -> Result<(), Outcome> {
    let mut parameters = Vec::new();
    if letter.needs_utf8 {
        if !connection.server_info().supports_feature(Extension::SmtpUtfEight) {
            return Err(Outcome::refused("mail server takes no address beyond ASCII"));
        }
        parameters.push(MailParameter::SmtpUtfEight);
    }
    let said = connection.command(Mail::new(Some(letter.from.clone()), parameters)).await;
    said.map_err(|error| reply::to_envelope("the sender", &error))?;
    let said = connection.command(Rcpt::new(letter.to.clone(), Vec::new())).await;
    said.map_err(|error| reply::to_envelope("the recipient", &error))?;
    let said = connection.command(Data).await;
    let said = said.map_err(|error| reply::to_envelope("the mail", &error))?;
    // Another answer belongs to another question: somebody has put a line between us and the relay.
    if said.has_code(354) { Ok(()) } else { Err(Outcome::retry("mail server did not ask for the body")) }
}

/// Says good-bye; whether the relay answers does not matter.
async fn part(mut connection: Connection) {
    let _ = timeout(GOODBYE, connection.abort()).await;
}

impl Transport for Email {
    fn channel(&self) -> Channel {
        Channel::Email
    }

    fn limits(&self) -> Limits {
        self.limits
    }

    fn attempt<'a>(&'a self, attempt: &'a Attempt, gate: &'a Arc<Gate>) -> Attempting<'a> {
        Box::pin(self.send(attempt, gate))
    }
}
