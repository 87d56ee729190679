//! Callbacks of providers: what is accepted has the right signature or secret, and what it says can be published and read.
//!
//! Bytes: how it is signed, path and query up to a line's end, the signature's header up to a line's end, the body.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use parcelwatch::callback::{Ear, Heard, Refusal};
use parcelwatch::decode::{NotifierTopic, notifier_input};
use parcelwatch::model::{HashKey, SmsProvider};
use sha1::Sha1;

use crate::bytes::{Bytes, NOW};

const URL: &str = "https://parcels.example/pw";
const TOKEN: &[u8] = b"12345";
const PATH_SECRET: &str = "s3cret-segment_01";

static HASH_KEY: LazyLock<HashKey> = LazyLock::new(|| HashKey::new(*b"key"));

/// Hears it.
pub fn run(data: &[u8]) {
    let mut bytes = Bytes(data);
    let is_signed_right = bytes.byte() % 2 == 1;
    let Ok(path) = std::str::from_utf8(bytes.until(b'\n')) else { return };
    let given = bytes.until(b'\n');
    let body = bytes.0;
    let right = STANDARD.encode(signature(&format!("{URL}{path}"), body));
    let given = if is_signed_right { right.as_bytes() } else { given };
    let secret = |provider| {
        Ok(match provider {
            SmsProvider::Twilio => TOKEN.to_vec(),
            SmsProvider::Aliyun => PATH_SECRET.as_bytes().to_vec(),
        })
    };
    let ear = Ear { url: URL, secret: &secret, hash_key: &HASH_KEY };
    let heard = ear.hear(path, Some(given).filter(|given| !given.is_empty()), body, NOW);

    let segments: Vec<&str> = path.split('?').next().unwrap_or_default().split('/').collect();
    match segments[..] {
        ["", "callbacks", "twilio", ..] => {
            let with_port = format!("https://parcels.example:443/pw{path}");
            let genuine = [format!("{URL}{path}"), with_port].map(|url| signature(&url, body).to_vec());
            let is_genuine = STANDARD.decode(given).is_ok_and(|given| genuine.contains(&given));
            let is_believed = !matches!(heard, Err(Refusal::Signature | Refusal::Address));
            assert!(is_genuine || !is_believed, "believed without a right signature");
            assert!(!is_genuine || heard != Err(Refusal::Signature), "rightly signed and not believed");
        }
        ["", "callbacks", "aliyun", secret, ..] => assert!(secret == PATH_SECRET || heard == Err(Refusal::Address)),
        _ => assert_eq!(heard, Err(Refusal::Address)),
    }
    for said in heard.into_iter().flat_map(|said| said.heard) {
        check(&said);
    }
}

/// What was heard is published as it is, and read by whoever owns the recipient.
fn check(said: &Heard) {
    let (key, written) = match said {
        Heard::Receipt(receipt) => {
            let reason = receipt.reason.as_deref().unwrap_or_default();
            let digits = reason.bytes().filter(u8::is_ascii_digit).count();
            assert!(digits <= 6 && reason.len() <= 120, "a number in a reason: {reason:?}");
            assert!(receipt.at <= NOW);
            (&receipt.recipient_key, serde_json::to_vec(receipt))
        }
        Heard::Reply(reply) => {
            assert!(reply.at <= NOW && reply.recipient_key.is_person());
            (&reply.recipient_key, serde_json::to_vec(reply))
        }
    };
    let written = written.expect("JSON");
    let read = notifier_input(NotifierTopic::Receipts, Some(key.as_str().as_bytes()), Some(&written));
    assert!(read.is_ok(), "{read:?}: {}", String::from_utf8_lossy(&written));
}

/// Twilio's: the URL, then names and values in the order of the names. Reads forms in its own way.
fn signature(url: &str, body: &[u8]) -> [u8; 20] {
    let mut pairs = BTreeSet::new();
    for field in body.split(|byte| *byte == b'&').filter(|field| !field.is_empty()) {
        let at = field.iter().position(|byte| *byte == b'=').unwrap_or(field.len());
        pairs.insert((plain(&field[..at]), plain(field.get(at + 1..).unwrap_or_default())));
    }
    let mut mac = Hmac::<Sha1>::new_from_slice(TOKEN).expect("a key of any length");
    mac.update(url.as_bytes());
    for (name, value) in pairs {
        mac.update(name.as_bytes());
        mac.update(value.as_bytes());
    }
    mac.finalize().into_bytes().into()
}

/// A part of a form without its escapes.
fn plain(text: &[u8]) -> String {
    let digit = |at: usize| char::from(*text.get(at)?).to_digit(16);
    let (mut bytes, mut at) = (Vec::new(), 0);
    while at < text.len() {
        match (text[at], digit(at + 1), digit(at + 2)) {
            (b'+', ..) => bytes.push(b' '),
            (b'%', Some(high), Some(low)) => {
                bytes.push((high * 16 + low) as u8);
                at += 2;
            }
            (other, ..) => bytes.push(other),
        }
        at += 1;
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
