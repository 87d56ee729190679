//! Records of `notices.v1`, `receipts.v1`, `preferences.v1` and `controls.v1`.
//!
//! Bytes: the topic, the key up to a line's end, the value.

use parcelwatch::decode::{NotifierTopic, notifier_input};
use parcelwatch::model::RecipientKey;
use parcelwatch::notify::Input;

use crate::bytes::Bytes;
use crate::harmless;

/// Decodes and checks: what we write of it ourselves, and others of us read, is the same.
pub fn run(data: &[u8]) {
    let mut bytes = Bytes(data);
    let topic = bytes.choose([
        NotifierTopic::Notices,
        NotifierTopic::Receipts,
        NotifierTopic::Preferences,
        NotifierTopic::Controls,
    ]);
    let key = bytes.until(b'\n');
    let key = Some(key).filter(|key| *key != b"none");
    let value = Some(bytes.0).filter(|value| *value != b"none");
    match notifier_input(topic, key, value) {
        Err(reject) => harmless::check(&reject),
        Ok(input) => {
            if let Some(whom) = concerns(&input) {
                assert_eq!(Some(whom.as_str().as_bytes()), key, "a record about somebody else than its key");
            }
            let Some(written) = written(&input) else { return };
            let read = notifier_input(topic, key, Some(&written));
            assert_eq!(read, Ok(unmarked(input)), "{}", String::from_utf8_lossy(&written));
        }
    }
}

/// Whom it concerns; a control concerns everybody.
fn concerns(input: &Input) -> Option<&RecipientKey> {
    match input {
        Input::Notice { key, .. } => Some(key),
        Input::Receipt(receipt) => Some(&receipt.recipient_key),
        Input::Reply(reply) => Some(&reply.recipient_key),
        Input::Preference { key, preference, .. } => {
            Some(preference.as_ref().map_or(key, |known| &known.recipient_key))
        }
        Input::Control(_) => None,
    }
}

/// The record as we write it; none for one that forgets.
fn written(input: &Input) -> Option<Vec<u8>> {
    let written = match input {
        Input::Notice { notice, .. } => serde_json::to_vec(notice),
        Input::Receipt(receipt) => serde_json::to_vec(receipt),
        Input::Reply(reply) => serde_json::to_vec(reply),
        Input::Control(control) => serde_json::to_vec(control),
        Input::Preference { preference, .. } => serde_json::to_vec(preference.as_ref()?),
    };
    Some(written.expect("JSON"))
}

/// Without what was malformed in it: nobody writes that.
fn unmarked(input: Input) -> Input {
    match input {
        Input::Preference { key, preference, .. } => Input::Preference { key, preference, malformed: Vec::new() },
        other => other,
    }
}
