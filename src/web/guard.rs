//! Who may ask, and what every answer says about its use.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};

use super::admin::refusal;

/// Answers are for the one who asked, now: not for caches, frames, or a browser's guess of their type.
const HEADERS: [(header::HeaderName, &str); 4] = [
    (header::CACHE_CONTROL, "no-store"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
    (header::REFERRER_POLICY, "no-referrer"),
];

/// Adds them.
pub(super) async fn harden(mut response: Response) -> Response {
    for (name, value) in HEADERS {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

/// Who may ask the admin listener.
#[derive(Clone)]
pub(super) enum Door {
    /// Whoever has the token, by its hash.
    Token(Arc<[u8]>),
    /// Programs of this machine, addressing it as such: a web page in a browser here, whose name somebody lets point
    /// to this machine, is none.
    Local,
}

impl Door {
    pub fn new(token: Option<&str>) -> Door {
        token.map_or(Door::Local, |token| Door::Token(Sha256::digest(token).as_slice().into()))
    }

    fn admits(&self, request: &Request) -> bool {
        let text = |name| request.headers().get(name).and_then(|value: &HeaderValue| value.to_str().ok());
        match self {
            Door::Token(hash) => {
                let given = text(header::AUTHORIZATION).and_then(|value| value.split_once(' '));
                let given = given.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
                given.is_some_and(|(_, token)| same(&Sha256::digest(token.trim()), hash))
            }
            Door::Local => text(header::HOST).is_some_and(is_local),
        }
    }
}

/// Takes equally long wherever they differ; hashes also hide the lengths of what they are of.
fn same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |differences, (a, b)| differences | (a ^ b)) == 0
}

/// Whether a `Host` names this machine by address or as `localhost`.
fn is_local(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(v6) => v6.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    name.eq_ignore_ascii_case("localhost") || name.parse().is_ok_and(|address: IpAddr| address.is_loopback())
}

/// Lets in who may ask.
pub(super) async fn check(State(door): State<Door>, request: Request, next: Next) -> Response {
    if door.admits(&request) {
        return next.run(request).await;
    }
    match door {
        Door::Token(_) => {
            let challenge = [(header::WWW_AUTHENTICATE, "Bearer")];
            (challenge, refusal(StatusCode::UNAUTHORIZED, "expected the token of listen.admin_token")).into_response()
        }
        Door::Local => refusal(StatusCode::FORBIDDEN, "expected a request to localhost by that name"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_local() {
        for host in ["localhost", "localhost:9464", "127.0.0.1:9464", "[::1]:9464", "LOCALHOST"] {
            assert!(is_local(host), "{host}");
        }
        for host in ["", "evil.example", "localhost.evil.example", "10.0.0.1:9464", "[fe80::1]"] {
            assert!(!is_local(host), "{host}");
        }
    }
}
