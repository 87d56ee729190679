//! Connections to the relay, kept open between mails.
//!
//! lettre has a pool too, but only under the transport that hides how far a mail came (see the folder's top).

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{AsyncSmtpConnection, Certificate, CertificateStore, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use tokio::time::Instant;

use super::super::settings::{Email as Settings, Tls};
use super::super::{Outcome, Problem, Secrets, trust};
use super::reply;

/// How long a connection may rest. Relays close idle ones after one to five minutes; a shorter rest costs
/// connections, a longer one a lost probe each.
const IDLE_MAX: Duration = Duration::from_secs(30);

/// Mails over one connection. Relays commonly break off after a hundred or more.
const MAILS_MAX: u32 = 100;

/// Where mail goes, and how.
pub(super) struct Relay {
    host: String,
    port: u16,
    tls: Tls,
    tls_parameters: TlsParameters,
    hello: ClientId,
    login: Option<(String, String)>,
    secrets: Arc<Secrets>,
    connect_timeout: Duration,
}

/// A connection over which mails can be sent.
pub(super) struct Connection {
    smtp: AsyncSmtpConnection,
    mails: u32,
}

impl std::ops::Deref for Connection {
    type Target = AsyncSmtpConnection;
    fn deref(&self) -> &AsyncSmtpConnection {
        &self.smtp
    }
}

impl std::ops::DerefMut for Connection {
    fn deref_mut(&mut self) -> &mut AsyncSmtpConnection {
        &mut self.smtp
    }
}

/// Open connections to one relay. As many as mails were ever sent at once, which the dispatcher bounds.
pub(super) struct Pool {
    relay: Relay,
    /// With the instant since when each rests, the longest first.
    idle: Mutex<Vec<(Instant, Connection)>>,
}

impl Pool {
    pub(super) fn new(relay: Relay) -> Pool {
        Pool { relay, idle: Mutex::default() }
    }

    /// A connection that answers, kept or new.
    pub(super) async fn take(&self) -> Result<Connection, Outcome> {
        while let Some(mut connection) = self.take_idle() {
            if connection.test_connected().await {
                return Ok(connection);
            }
        }
        self.relay.connect().await.map(|smtp| Connection { smtp, mails: 0 })
    }

    /// Keeps a connection whose last mail went well.
    pub(super) fn put_back(&self, mut connection: Connection) {
        connection.mails += 1;
        if connection.mails < MAILS_MAX && !connection.has_broken() {
            self.idle.lock().unwrap_or_else(PoisonError::into_inner).push((Instant::now(), connection));
        }
    }

    /// The one that has rested for the shortest time; those that have rested for too long are closed.
    fn take_idle(&self) -> Option<Connection> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.retain(|(since, _)| since.elapsed() < IDLE_MAX);
        idle.pop().map(|(_, connection)| connection)
    }
}

impl Relay {
    pub(super) fn new(settings: &Settings, sender_domain: &str, secrets: &Arc<Secrets>) -> Result<Relay, Problem> {
        let mut tls = TlsParameters::builder(settings.host.clone());
        if !settings.ca_file.is_empty() {
            tls = tls.certificate_store(CertificateStore::None);
            for der in trust::authorities("email.ca_file", &settings.ca_file)? {
                let certificate = Certificate::from_der(der).map_err(|_| {
                    Problem::at("email.ca_file", "expected certificates, found one that cannot be read")
                })?;
                tls = tls.add_root_certificate(certificate);
            }
        }
        let login = if settings.username.is_empty() {
            None
        } else {
            secrets.resolve(&settings.password).map_err(|error| Problem::at("email.password", error.to_string()))?;
            Some((settings.username.clone(), settings.password.clone()))
        };
        let hello = if settings.hello_name.is_empty() { sender_domain } else { &settings.hello_name };
        Ok(Relay {
            host: settings.host.clone(),
            port: settings.port,
            tls: settings.tls,
            tls_parameters: tls
                .build_native()
                .map_err(|_| Problem::at("email.ca_file", "expected what TLS can begin with, found something else"))?,
            hello: ClientId::Domain(hello.to_owned()),
            login,
            secrets: Arc::clone(secrets),
            connect_timeout: settings.connect_timeout,
        })
    }

    /// Connects, switches to TLS where it is demanded, logs in. Whatever fails here is no mail's fault: retry.
    async fn connect(&self) -> Result<AsyncSmtpConnection, Outcome> {
        let from_the_start = (self.tls == Tls::Tls).then(|| self.tls_parameters.clone());
        let server = (self.host.as_str(), self.port);
        let connected =
            AsyncSmtpConnection::connect_tokio1(server, Some(self.connect_timeout), &self.hello, from_the_start, None);
        let mut smtp = connected.await.map_err(|error| failed("cannot connect to the mail server", &error))?;
        if self.tls == Tls::StartTls {
            if !smtp.can_starttls() {
                return Err(Outcome::retry("mail server offers no STARTTLS, which is demanded"));
            }
            let switched = smtp.starttls(self.tls_parameters.clone(), &self.hello).await;
            switched.map_err(|error| failed("no TLS with the mail server", &error))?;
        }
        // Whatever became of the above: not a word in clear where TLS is demanded.
        if self.tls != Tls::None && !smtp.is_encrypted() {
            return Err(Outcome::retry("no TLS with the mail server"));
        }
        self.log_in(&mut smtp).await?;
        Ok(smtp)
    }

    async fn log_in(&self, smtp: &mut AsyncSmtpConnection) -> Result<(), Outcome> {
        let Some((username, password)) = &self.login else { return Ok(()) };
        let unreadable = || Outcome::retry("the mail server's password cannot be read");
        let password = self.secrets.resolve(password).map_err(|_| unreadable())?;
        let password = password.reveal_text().ok_or_else(unreadable)?;
        let credentials = Credentials::new(username.clone(), password.to_owned());
        let logged_in = smtp.auth(DEFAULT_MECHANISMS, &credentials).await;
        logged_in.map(|_| ()).map_err(|error| Outcome::retry(reply::numbered("mail server refused our login", &error)))
    }
}

/// Before a mail is begun the relay's words concern us only, so they may be logged.
fn failed(reason: &'static str, error: &Error) -> Outcome {
    tracing::warn!(%error, "{reason}");
    Outcome::retry(reply::numbered(reason, error))
}
