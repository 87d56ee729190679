//! What every HTTP client of a channel has in common: it goes where it was told and nowhere else, sends once, and trusts what the
//! settings say.

use std::error::Error;
use std::time::Duration;

use reqwest::{Certificate, Client, ClientBuilder, redirect, retry, tls};

use super::{Problem, trust};

/// How long a connection may rest. Shorter than the 5 s after which common servers close theirs: a request that
/// meets the closing is of unknown outcome. Much shorter costs connections.
const IDLE_MAX: Duration = Duration::from_secs(4);

/// Connections to one host that rest. More: after a wave of attempts so many stay open for nothing. Fewer: the next wave connects anew.
const IDLE_PER_HOST_MAX: usize = 64;

/// A client that is still to be completed and built; `ca_key` is the setting that names `ca_file`. No proxy: it would resolve
/// names itself, behind whoever guards them.
///
/// # Errors
/// A certificate file that cannot be used.
pub(super) fn builder(
    ca_key: &'static str,
    ca_file: &str,
    connect_timeout: Duration,
) -> Result<ClientBuilder, Problem> {
    let builder = Client::builder()
        .user_agent(concat!("parcelwatch/", env!("CARGO_PKG_VERSION")))
        .redirect(redirect::Policy::none())
        .retry(retry::never())
        .referer(false)
        .no_proxy()
        .tls_version_min(tls::Version::TLS_1_2)
        .connect_timeout(connect_timeout)
        .pool_idle_timeout(IDLE_MAX)
        .pool_max_idle_per_host(IDLE_PER_HOST_MAX);
    if ca_file.is_empty() {
        return Ok(builder);
    }
    let authorities = trust::authorities(ca_key, ca_file)?;
    let read: Result<Vec<_>, _> = authorities.iter().map(|der| Certificate::from_der(der)).collect();
    let unusable = || Problem::at(ca_key, "expected certificates, found one that cannot be read");
    Ok(builder.tls_certs_only(read.map_err(|_| unusable())?))
}

/// Builds it, for this section of the settings.
///
/// # Errors
/// TLS that cannot begin.
pub(super) fn build(section: &'static str, builder: ClientBuilder) -> Result<Client, Problem> {
    builder.build().map_err(|_| Problem::at(section, "expected what TLS can begin with, found something else"))
}

/// What an error goes back to, if that is of this kind.
pub(super) fn cause<'a, T: Error + 'static>(error: &'a reqwest::Error) -> Option<&'a T> {
    let mut next: Option<&'a (dyn Error + 'static)> = error.source();
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref() {
            return Some(found);
        }
        next = error.source();
    }
    None
}
