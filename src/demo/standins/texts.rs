//! A gateway for texts that speaks Twilio's Messages API (2010-04-01): it takes texts with a good login, reports what became of each,
//! signed as Twilio signs, and knows who has sent STOP.

use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha1::Sha1;
use sha2::{Digest, Sha256};

use super::LENGTH_MAX;
use crate::demo::board::{Board, Text, What};
use crate::stream::Clock;

/// The account, of a form that Twilio's have.
pub const ACCOUNT: &str = "AC00000000000000000000000000000000";

/// Who sends.
pub const FROM: &str = "+15555550100";

/// A phone takes a moment.
const ON_THE_PHONE_AFTER: Duration = Duration::from_millis(300);

/// Words after which nobody gets a text any more.
const STOP: [&str; 3] = ["STOP", "STOPALL", "UNSUBSCRIBE"];

/// The gateway.
#[derive(Clone)]
pub struct Gateway(Arc<Inner>);

struct Inner {
    board: Arc<Board>,
    clock: Clock,
    client: reqwest::Client,
    token: String,
    /// Where replies go: the public listener.
    callbacks: String,
    stopped: Mutex<HashSet<String>>,
}

impl Gateway {
    /// A gateway whose only account has this token; `callbacks` is the daemon's public URL.
    pub fn new(board: Arc<Board>, clock: Clock, client: reqwest::Client, token: String, callbacks: String) -> Gateway {
        Gateway(Arc::new(Inner { board, clock, client, token, callbacks, stopped: Mutex::default() }))
    }

    /// What is asked of it.
    pub fn router(self) -> Router {
        let create = post(create).layer(DefaultBodyLimit::max(LENGTH_MAX));
        Router::new().route("/2010-04-01/Accounts/{account}/Messages.json", create).with_state(self)
    }

    /// Somebody answers a text: a gateway tells its customer, and keeps opt-outs itself.
    pub async fn reply(&self, phone: &str, word: &str) {
        if STOP.contains(&word.to_ascii_uppercase().as_str()) {
            self.stopped().insert(phone.to_owned());
        }
        let said = [("From", phone), ("To", FROM), ("Body", word), ("MessageSid", &sid(phone, &self.0.clock))];
        self.call_back(&format!("{}/callbacks/twilio/message", self.0.callbacks), &said).await;
    }

    fn stopped(&self) -> std::sync::MutexGuard<'_, HashSet<String>> {
        self.0.stopped.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn knows(&self, headers: &HeaderMap) -> bool {
        let expected = format!("Basic {}", STANDARD.encode(format!("{ACCOUNT}:{}", self.0.token)));
        headers.get(header::AUTHORIZATION).is_some_and(|given| given.as_bytes() == expected.as_bytes())
    }

    /// Posts a form, signed over the URL and the fields in order of their names.
    async fn call_back(&self, url: &str, said: &[(&str, &str)]) {
        let mut fields = BTreeMap::from([("AccountSid", ACCOUNT)]);
        fields.extend(said.iter().copied());
        let mut signed = url.to_owned();
        fields.iter().for_each(|(name, value)| signed.extend([*name, *value]));
        let mut mac = Hmac::<Sha1>::new_from_slice(self.0.token.as_bytes()).expect("a key of any length is a key");
        mac.update(signed.as_bytes());
        let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(&fields).finish();
        let posted = self
            .0
            .client
            .post(url)
            .header("X-Twilio-Signature", STANDARD.encode(mac.finalize().into_bytes()))
            .header(header::CONTENT_TYPE.as_str(), "application/x-www-form-urlencoded")
            .body(form)
            .send()
            .await;
        match posted {
            Ok(answer) if answer.status().is_success() => {}
            Ok(answer) => tracing::warn!(status = answer.status().as_u16(), "a callback was not taken"),
            Err(_) => tracing::warn!("a callback was not answered"),
        }
    }
}

async fn create(
    State(gateway): State<Gateway>,
    Path(account): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if account != ACCOUNT || !gateway.knows(&headers) {
        return fault(StatusCode::UNAUTHORIZED, 20003, "Authenticate");
    }
    let form: BTreeMap<String, String> = form_urlencoded::parse(&body).into_owned().collect();
    let field = |name: &str| form.get(name).cloned().unwrap_or_default();
    let (to, text) = (field("To"), field("Body"));
    if !to.starts_with('+') || text.is_empty() {
        return fault(StatusCode::BAD_REQUEST, 21211, "Invalid 'To' Phone Number");
    }
    if gateway.stopped().contains(&to) {
        return fault(StatusCode::BAD_REQUEST, 21610, "Attempt to send to unsubscribed recipient");
    }
    let sid = sid(&format!("{to}{text}"), &gateway.0.clock);
    let taken = json!({"sid": sid, "account_sid": account, "to": to, "from": FROM, "body": text, "status": "queued"});
    tokio::spawn(on_the_phone(gateway, Text { to, id: sid, body: text }, field("StatusCallback")));
    (StatusCode::CREATED, Json(taken)).into_response()
}

async fn on_the_phone(gateway: Gateway, text: Text, report_to: String) {
    tokio::time::sleep(ON_THE_PHONE_AFTER).await;
    let (to, id) = (text.to.clone(), text.id.clone());
    gateway.0.board.put(gateway.0.clock.now(), What::Text(text));
    if !report_to.is_empty() {
        let said = [("MessageSid", &*id), ("MessageStatus", "delivered"), ("To", &*to), ("From", FROM)];
        gateway.call_back(&report_to, &said).await;
    }
}

/// A name of the form that Twilio's texts have.
fn sid(of: &str, clock: &Clock) -> String {
    let hash = Sha256::digest(format!("{of}{}", clock.now().as_millis()));
    format!("SM{}", hex::encode(&hash[..16]))
}

fn fault(status: StatusCode, code: u32, message: &str) -> Response {
    let fault: Value = json!({"code": code, "message": message, "status": status.as_u16()});
    (status, Json(fault)).into_response()
}
