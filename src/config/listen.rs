//! `[listen]`: the two listeners. The admin one tells where a parcel is, so beyond this machine it asks
//! for a token.

use std::net::SocketAddr;

use axum::http::HeaderName;
use serde::{Deserialize, Deserializer, de};

use super::Secret;
use super::runtime::host;
use crate::channel::SecretError;
use crate::document::Check;

/// Addresses of the listeners.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Listen {
    /// For customers; none: no public listener.
    pub public: Option<Address>,
    /// For operators.
    pub admin: Address,
    /// What a request to `admin` must carry.
    pub admin_token: Option<Secret>,
    /// The header in which a trusted proxy names its client, as it was configured.
    client_ip_header: Option<String>,
    /// Links that do not exist, by address and minute.
    pub bad_links: u32,
    /// Under which other instances reach `admin`, as it was configured.
    advertise: Option<String>,
}

/// An address to listen on, `127.0.0.1:9464` say; port 0 takes any free one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Address(pub SocketAddr);

impl<'de> Deserialize<'de> for Address {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Address, D::Error> {
        let text = String::deserialize(d)?;
        let found = |_| de::Error::custom(format_args!("expected an address (127.0.0.1:9464), found \"{text}\""));
        text.parse().map(Address).map_err(found)
    }
}

/// Shorter tokens and keys can be guessed.
pub(super) const SECRET_CHARACTERS_MIN: usize = 16;

impl Listen {
    /// The admin listener's token, read now; none where none is asked for.
    pub fn token(&self) -> Result<Option<String>, SecretError> {
        self.admin_token.as_ref().map(Secret::read_text).transpose()
    }

    /// The header in which a trusted proxy names its client; none: nobody is trusted to.
    pub fn client_header(&self) -> Option<HeaderName> {
        self.client_ip_header.as_deref().and_then(|name| name.parse().ok())
    }

    /// The URL under which other instances reach the admin listener that is bound to `bound`.
    pub fn advertised(&self, bound: SocketAddr) -> String {
        if let Some(address) = &self.advertise {
            return address.trim_end_matches('/').to_owned();
        }
        match host().filter(|_| bound.ip().is_unspecified()) {
            Some(host) => format!("http://{host}:{}", bound.port()),
            None => format!("http://{bound}"),
        }
    }

    pub(super) fn check(&self, check: &mut Check<'_>) {
        match &self.admin_token {
            None => check.that(
                self.admin.0.ip().is_loopback(),
                "listen.admin_token",
                format!("expected a token (env:NAME or file:PATH), as {} is reached from elsewhere", self.admin.0),
            ),
            Some(token) => check_strength(check, token, "listen.admin_token"),
        }
        check.fit(
            self.public.is_none_or(|public| public != self.admin || public.0.port() == 0),
            ["listen.public", "listen.admin"],
            "expected another address than that of listen.admin, found the same",
        );
        check.that(
            self.client_ip_header.is_none() || self.client_header().is_some(),
            "listen.client_ip_header",
            "expected the name of a header such as x-forwarded-for",
        );
        check.that(self.bad_links >= 1, "listen.bad_links", "expected at least 1, found 0");
        if let Some(address) = &self.advertise {
            check.that(
                address.starts_with("http://") || address.starts_with("https://"),
                "listen.advertise",
                "expected a URL that begins with http:// or https://",
            );
        }
    }
}

/// A secret must be there and too long to be guessed.
pub(super) fn check_strength(check: &mut Check<'_>, secret: &Secret, key: &str) {
    if let Some(secret) = check.ok(secret.read_text(), key) {
        let found = secret.chars().count();
        let enough = found >= SECRET_CHARACTERS_MIN;
        check.that(enough, key, format!("expected at least {SECRET_CHARACTERS_MIN} characters, found {found}"));
    }
}
