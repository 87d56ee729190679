//! Callbacks that Twilio's official library has signed.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use axum::http::HeaderMap;
use parcelwatch::channel::sms::callback::{Callbacks, Heard, Refusal};
use parcelwatch::channel::{Secrets, Settings};
use parcelwatch::model::{HashKey, OptChange, ReportedOutcome, Timestamp};
use serde_json::{Map, Value, json};
use tempfile::NamedTempFile;

use super::{KEY, NOTICE, secret_file};
use crate::support;

const TOKEN: &str = "0123456789abcdef0123456789abcdef";

/// The official library's signature of a request.
fn sign(python: &PathBuf, token: &str, url: &str, form: &[(&str, &str)]) -> String {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/servers/twilio_signature.py");
    let mut child =
        Command::new(python).arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("Python starts");
    let form: Map<String, Value> = form.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
    let asked = json!({"token": token, "url": url, "form": form}).to_string();
    child.stdin.take().expect("a pipe").write_all(asked.as_bytes()).expect("Python reads");
    let output = child.wait_with_output().expect("Python ends");
    assert!(output.status.success());
    String::from_utf8(output.stdout).expect("base64").trim().to_owned()
}

struct Ear {
    python: PathBuf,
    callbacks: Callbacks,
    base: &'static str,
    // Removed with this.
    _token: NamedTempFile,
}

impl Ear {
    fn at(base: &'static str) -> Option<Ear> {
        let python = support::python()?;
        let token = secret_file(TOKEN);
        let settings = format!(
            "[sms]\ncallback_url = \"{base}\"\n[sms.twilio]\naccount_sid = \"AC1\"\nauth_token = \"file:{}\"",
            token.path().display()
        );
        let settings: Settings = toml_edit::de::from_str(&settings).expect("settings");
        let callbacks = Callbacks::new(&settings.sms, &Arc::new(Secrets::new()), HashKey::new(*b"key"));
        Some(Ear { python, callbacks: callbacks.expect("callbacks are heard"), base, _token: token })
    }

    /// Hears `heard` as if it had been signed under this token, for this address and form.
    fn hear(
        &self,
        path: &str,
        heard: &[(&str, &str)],
        token: &str,
        signed: &[(&str, &str)],
    ) -> Result<Vec<Heard>, Refusal> {
        let mut headers = HeaderMap::new();
        let signature = sign(&self.python, token, &format!("{}{path}", self.base), signed);
        headers.insert("X-Twilio-Signature", signature.parse().expect("a header"));
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(heard).finish();
        self.callbacks.hear(path, &headers, body.as_bytes(), Timestamp::FIRST).map(|said| said.heard)
    }
}

#[test]
fn what_twilio_s_library_signs_is_believed_and_nothing_else() {
    for base in ["https://parcels.example", "https://parcels.example:8443/pw", "http://127.0.0.1:8080"] {
        let Some(ear) = Ear::at(base) else { return };
        let path = format!("/callbacks/twilio/status/{NOTICE}/{KEY}/3");
        let form = [
            ("MessageStatus", "delivered"),
            ("ApiVersion", "2010-04-01"),
            ("To", "+8613800000000"),
            ("MessageSid", "SM0123456789abcdef0123456789abcdef"),
            ("Body", "您的快件 & more = 100%"),
            ("Empty", ""),
        ];
        let heard = ear.hear(&path, &form, TOKEN, &form).expect("a signed callback");
        let [Heard::Receipt(receipt)] = &heard[..] else { panic!("{heard:?}") };
        assert_eq!((receipt.notice_id.as_str(), receipt.recipient_key.as_str()), (NOTICE, KEY));
        assert_eq!((receipt.attempt, receipt.outcome), (3, ReportedOutcome::Delivered));

        let changed = [("MessageStatus", "failed")];
        assert_eq!(ear.hear(&path, &changed, TOKEN, &form), Err(Refusal::Signature));
        assert_eq!(ear.hear(&path, &form, "another token", &form), Err(Refusal::Signature));
    }
}

#[test]
fn a_usual_port_may_be_part_of_what_was_signed() {
    let Some(ear) = Ear::at("https://parcels.example") else { return };
    let form = [("Body", "STOP"), ("From", "+14155552345")];
    let with_port = Ear { base: "https://parcels.example:443", ..ear };
    let heard = with_port.hear("/callbacks/twilio/message", &form, TOKEN, &form).expect("a signed callback");
    assert!(matches!(&heard[..], [Heard::Reply(reply)] if reply.change == OptChange::OptOut), "{heard:?}");
}
