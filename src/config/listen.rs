//! `[listen]`: the two listeners. The admin one tells where a parcel is, so beyond this machine it asks
//! for a token.

use std::net::SocketAddr;

use serde::{Deserialize, Deserializer, de};

use super::Secret;
use super::check::Check;
use super::runtime::host;
use crate::channel::SecretError;

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
