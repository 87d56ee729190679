//! Twilio's Messages API (2010-04-01) from the other side: basic auth, forms, callbacks signed as Twilio signs. It knows who has sent
//! STOP, and refuses to text them.

use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::json;
use sha1::Sha1;

use super::super::LENGTH_MAX;
use super::{Office, note};
use crate::demo::happening::Text;
use crate::model::SmsProvider;

/// The account, of a form that Twilio's have.
pub const ACCOUNT: &str = "AC00000000000000000000000000000000";

/// Who sends.
pub const FROM: &str = "+15555550100";

/// Words after which nobody gets a text any more.
const STOP: [&str; 3] = ["STOP", "STOPALL", "UNSUBSCRIBE"];

/// The gateway.
#[derive(Clone)]
pub struct Twilio {
    office: Office,
    token: Arc<str>,
    stopped: Arc<Mutex<HashSet<String>>>,
}

impl Twilio {
    /// A gateway whose only account has this token.
    pub fn new(office: Office, token: &str) -> Twilio {
        Twilio { office, token: token.into(), stopped: Arc::default() }
    }

    /// What is asked of it.
    pub fn router(self) -> Router {
        let create = post(create).layer(DefaultBodyLimit::max(LENGTH_MAX));
        Router::new().route("/2010-04-01/Accounts/{account}/Messages.json", create).with_state(self)
    }

    /// Passes on what somebody replies, and keeps opt-outs itself.
    pub async fn reply(&self, phone: &str, word: &str) {
        if STOP.contains(&word.to_ascii_uppercase().as_str()) {
            self.stopped().insert(phone.to_owned());
        }
        let said = [("From", phone), ("To", FROM), ("Body", word), ("MessageSid", &self.sid(phone))];
        self.call_back(&format!("{}/callbacks/twilio/message", self.office.callbacks), &said).await;
    }

    fn stopped(&self) -> MutexGuard<'_, HashSet<String>> {
        self.stopped.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn admits(&self, account: &str, headers: &HeaderMap) -> bool {
        let expected = format!("Basic {}", STANDARD.encode(format!("{ACCOUNT}:{}", self.token)));
        let given = headers.get(header::AUTHORIZATION);
        account == ACCOUNT && given.is_some_and(|given| given.as_bytes() == expected.as_bytes())
    }

    /// Posts a form, signed over the URL and the fields in order of their names.
    async fn call_back(&self, url: &str, said: &[(&str, &str)]) {
        let mut fields = BTreeMap::from([("AccountSid", ACCOUNT)]);
        fields.extend(said.iter().copied());
        let mut signed = url.to_owned();
        fields.iter().for_each(|(name, value)| signed.extend([*name, *value]));
        let mut mac = Hmac::<Sha1>::new_from_slice(self.token.as_bytes()).expect("a key of any length is a key");
        mac.update(signed.as_bytes());
        let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(&fields).finish();
        let post = self
            .office
            .client
            .post(url)
            .header("X-Twilio-Signature", STANDARD.encode(mac.finalize().into_bytes()))
            .header(header::CONTENT_TYPE.as_str(), "application/x-www-form-urlencoded")
            .body(form);
        note(post.send().await);
    }

    /// A name of the form that Twilio's texts have.
    fn sid(&self, of: &str) -> String {
        format!("SM{}", hex::encode(&self.office.name(of)[..16]))
    }
}

async fn create(
    State(twilio): State<Twilio>,
    Path(account): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if !twilio.admits(&account, &headers) {
        return fault(StatusCode::UNAUTHORIZED, 20003, "Authenticate");
    }
    let form: BTreeMap<String, String> = form_urlencoded::parse(&body).into_owned().collect();
    let field = |name: &str| form.get(name).cloned().unwrap_or_default();
    let (to, body) = (field("To"), field("Body"));
    if !to.starts_with('+') || body.is_empty() {
        return fault(StatusCode::BAD_REQUEST, 21211, "Invalid 'To' Phone Number");
    }
    if twilio.stopped().contains(&to) {
        return fault(StatusCode::BAD_REQUEST, 21610, "Attempt to send to unsubscribed recipient");
    }
    let id = twilio.sid(&format!("{to}{body}"));
    let taken = json!({"sid": id, "account_sid": account, "to": to, "from": FROM, "body": body, "status": "queued"});
    tokio::spawn(deliver(twilio, Text { provider: SmsProvider::Twilio, to, id, body }, field("StatusCallback")));
    (StatusCode::CREATED, Json(taken)).into_response()
}

async fn deliver(twilio: Twilio, text: Text, report_to: String) {
    let (to, id) = (text.to.clone(), text.id.clone());
    twilio.office.deliver(text).await;
    if !report_to.is_empty() {
        let said = [("MessageSid", &*id), ("MessageStatus", "delivered"), ("To", &*to), ("From", FROM)];
        twilio.call_back(&report_to, &said).await;
    }
}

fn fault(status: StatusCode, code: u32, message: &str) -> Response {
    (status, Json(json!({"code": code, "message": message, "status": status.as_u16()}))).into_response()
}
