//! Signatures of Standard Webhooks.
//!
//! Signed is `id.timestamp.body`, by HMAC-SHA256 under each of the endpoint's secrets, so that an owner who
//! rotates them can verify with either.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::super::{Outcome, Secret, Secrets};

/// What every secret begins with. Demanded, so that no other secret of this machine signs for a stranger because
/// somebody wrote its name into a topic.
const PREFIX: &str = "whsec_";

/// Bytes of a secret. The specification says 24 to 64.
const KEY_LENGTH: std::ops::RangeInclusive<usize> = 24..=64;

/// Values of the three headers.
pub(super) struct Signature {
    pub(super) id: String,
    pub(super) timestamp: String,
    pub(super) signatures: String,
}

impl Signature {
    /// Signs these bytes under each key, in the keys' order.
    pub(super) fn of(id: &str, seconds: i64, body: &[u8], keys: &[Secret]) -> Signature {
        let timestamp = seconds.to_string();
        let sign = |key: &Secret| {
            let mut mac = Hmac::<Sha256>::new_from_slice(key.reveal()).expect("HMAC takes a key of any length");
            for part in [id.as_bytes(), b".", timestamp.as_bytes(), b".", body] {
                mac.update(part);
            }
            format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
        };
        let signatures = keys.iter().map(sign).collect::<Vec<_>>().join(" ");
        Signature { id: id.to_owned(), timestamp, signatures }
    }
}

/// The keys behind the names of an endpoint's secrets. All of them or none: a webhook signed by half of them is
/// refused by an owner who has just rotated.
///
/// # Errors
/// The attempt's outcome: a retry, since whoever keeps the secrets can still put it right. An endpoint that names
/// none is refused, so that its owner is told by another channel.
pub(super) fn keys(names: &[String], secrets: &Secrets) -> Result<Vec<Secret>, Outcome> {
    if names.is_empty() {
        return Err(Outcome::refused("the endpoint has no secret"));
    }
    names
        .iter()
        .map(|name| {
            let secret = secrets.resolve(name).map_err(|_| Outcome::retry("the endpoint's secret cannot be read"))?;
            key(&secret).ok_or_else(|| Outcome::retry("the endpoint's secret is no whsec_ secret"))
        })
        .collect()
}

fn key(secret: &Secret) -> Option<Secret> {
    let bytes = STANDARD.decode(secret.reveal_text()?.strip_prefix(PREFIX)?).ok()?;
    KEY_LENGTH.contains(&bytes.len()).then(|| Secret::new(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vector_key(text: &str) -> Secret {
        key(&Secret::new(text)).unwrap()
    }

    #[test]
    fn the_specification_s_vector_is_met() {
        let keys = [vector_key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")];
        let signature = Signature::of("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, br#"{"test": 2432232314}"#, &keys);
        assert_eq!(signature.signatures, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
        assert_eq!(signature.timestamp, "1614265330");
    }

    #[test]
    fn every_secret_signs() {
        let keys = [
            vector_key("whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"),
            vector_key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
        ];
        let signature = Signature::of("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, br#"{"test": 2432232314}"#, &keys);
        let parts: Vec<_> = signature.signatures.split(' ').collect();
        assert_eq!(parts.len(), 2);
        assert_eq!(parts[1], "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn what_is_no_webhook_secret_never_signs() {
        for text in [
            "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            "whsec_",
            "whsec_c2hvcnQ=",
            "whsec_not base64 at all, not at all",
            "whsk_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        ] {
            assert!(key(&Secret::new(text)).is_none(), "{text}");
        }
    }

    #[test]
    fn nothing_is_sent_unsigned_or_half_signed() {
        let secrets = Secrets::new();
        assert_eq!(keys(&[], &secrets), Err(Outcome::refused("the endpoint has no secret")));
        let unreadable = Err(Outcome::retry("the endpoint's secret cannot be read"));
        assert_eq!(keys(&["env:PARCELWATCH_NO_SUCH".to_owned()], &secrets), unreadable);
        let wrong = Err(Outcome::retry("the endpoint's secret is no whsec_ secret"));
        assert_eq!(keys(&["env:CARGO_PKG_NAME".to_owned()], &secrets), wrong);
    }
}
