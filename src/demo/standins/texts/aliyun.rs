//! Aliyun's Short Message Service (dysmsapi 2017-05-25) from the other side: it checks signatures of version 3, sends approved templates
//! only, and pushes reports and replies to a path that is a secret.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use chrono::FixedOffset;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::super::LENGTH_MAX;
use super::{Office, note};
use crate::demo::happening::Text;
use crate::model::SmsProvider;

/// Who asks.
pub const KEY_ID: &str = "LTAI0000000000000000demo";

/// The approved signature; short, as a text has to fit 70 characters with it.
pub const SIGN: &str = "菩提";

const ALGORITHM: &str = "ACS3-HMAC-SHA256";

/// The gateway.
#[derive(Clone)]
pub struct Aliyun {
    office: Office,
    account: Arc<Account>,
}

/// The only account.
pub struct Account {
    #[allow(missing_docs)]
    pub secret: String,
    /// In the path of what is pushed.
    pub push_secret: String,
    /// Approved texts by their codes, with `${variables}`.
    pub templates: BTreeMap<String, String>,
}

impl Aliyun {
    /// A gateway with one account.
    pub fn new(office: Office, account: Account) -> Aliyun {
        Aliyun { office, account: Arc::new(account) }
    }

    /// What is asked of it.
    pub fn router(self) -> Router {
        Router::new().route("/", post(ask).layer(DefaultBodyLimit::max(LENGTH_MAX))).with_state(self)
    }

    /// Pushes what somebody replies.
    pub async fn reply(&self, phone: &str, word: &str) {
        let up = json!([{"phone_number": national(phone), "send_time": self.now(), "content": word, "sign_name": SIGN,
            "dest_code": "0000", "sequence_id": 1}]);
        self.push("up", &up).await;
    }

    async fn push(&self, what: &str, said: &Value) {
        let url = format!("{}/callbacks/aliyun/{}/{what}", self.office.callbacks, self.account.push_secret);
        let post = self.office.client.post(url).header("content-type", "application/json").body(said.to_string());
        note(post.send().await);
    }

    /// Beijing's time, as Aliyun writes it.
    fn now(&self) -> String {
        let offset = FixedOffset::east_opt(8 * 3600).expect("eight hours are less than a day");
        self.office.clock.now().to_utc().with_timezone(&offset).format("%Y-%m-%d %H:%M:%S").to_string()
    }

    /// Whether the question is signed by the account's secret over everything that version 3 signs.
    fn admits(&self, query: &str, headers: &HeaderMap, body: &[u8]) -> bool {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().trim();
        let Some(authorization) = text("authorization").strip_prefix(ALGORITHM) else { return false };
        let part = |name: &str| {
            let mut parts = authorization.trim().split(',');
            parts.find_map(|part| part.trim().strip_prefix(name)?.strip_prefix('=')).unwrap_or_default()
        };
        let digest = hex::encode(Sha256::digest(body));
        let names = part("SignedHeaders");
        let lines: String = names.split(';').map(|name| format!("{name}:{}\n", text(name))).collect();
        let mut sorted: Vec<&str> = query.split('&').collect();
        sorted.sort_unstable();
        let canonical = format!("POST\n/\n{}\n{lines}\n{names}\n{digest}", sorted.join("&"));
        let to_sign = format!("{ALGORITHM}\n{}", hex::encode(Sha256::digest(canonical)));
        let mut mac =
            Hmac::<Sha256>::new_from_slice(self.account.secret.as_bytes()).expect("a key of any length is a key");
        mac.update(to_sign.as_bytes());
        let signature = hex::decode(part("Signature")).unwrap_or_default();
        part("Credential") == KEY_ID && text("x-acs-content-sha256") == digest && mac.verify_slice(&signature).is_ok()
    }
}

async fn ask(State(aliyun): State<Aliyun>, RawQuery(query): RawQuery, headers: HeaderMap, body: Bytes) -> Response {
    let query = query.unwrap_or_default();
    if !aliyun.admits(&query, &headers, &body) {
        return said(StatusCode::BAD_REQUEST, "SignatureDoesNotMatch");
    }
    let parameters: BTreeMap<String, String> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    match headers.get("x-acs-action").and_then(|action| action.to_str().ok()) {
        Some("SendSms") => send(aliyun, &parameters),
        // Whoever asks for an earlier text: none is kept.
        Some("QuerySendDetails") => {
            let none = json!({"Code": "OK", "TotalCount": "0", "SmsSendDetailDTOs": {"SmsSendDetailDTO": []}});
            Json(none).into_response()
        }
        _ => said(StatusCode::NOT_FOUND, "InvalidAction.NotFound"),
    }
}

fn send(aliyun: Aliyun, parameters: &BTreeMap<String, String>) -> Response {
    let field = |name: &str| parameters.get(name).cloned().unwrap_or_default();
    let Some(template) = aliyun.account.templates.get(&field("TemplateCode")) else {
        return said(StatusCode::OK, "isv.SMS_TEMPLATE_ILLEGAL");
    };
    let Some(filled) = fill(template, &field("TemplateParam")) else {
        return said(StatusCode::OK, "isv.TEMPLATE_MISSING_PARAMETERS");
    };
    if field("SignName") != SIGN {
        return said(StatusCode::OK, "isv.SMS_SIGNATURE_ILLEGAL");
    }
    let name = aliyun.office.name(&field("PhoneNumbers"));
    let id = format!("{}^0", u64::from_be_bytes(name[..8].try_into().expect("eight bytes")));
    let to = format!("+86{}", field("PhoneNumbers"));
    let taken = json!({"Code": "OK", "Message": "OK", "RequestId": hex::encode(&name[..16]), "BizId": id});
    let text = Text { provider: SmsProvider::Aliyun, to, id, body: format!("【{SIGN}】{filled}") };
    tokio::spawn(deliver(aliyun, text, field("OutId")));
    Json(taken).into_response()
}

async fn deliver(aliyun: Aliyun, text: Text, out_id: String) {
    let (phone, id) = (national(&text.to).to_owned(), text.id.clone());
    aliyun.office.deliver(text).await;
    let at = aliyun.now();
    let report = json!([{"phone_number": phone, "send_time": at, "report_time": at, "success": true,
        "err_code": "DELIVERED", "err_msg": "DELIVERED", "sms_size": "1", "biz_id": id, "out_id": out_id}]);
    aliyun.push("report", &report).await;
}

/// The template with its variables; none where one of them is missing.
fn fill(template: &str, parameters: &str) -> Option<String> {
    let parameters: BTreeMap<String, String> = serde_json::from_str(parameters).ok()?;
    let (mut filled, mut rest) = (String::new(), template);
    while let Some((before, after)) = rest.split_once("${") {
        let (name, after) = after.split_once('}')?;
        filled.push_str(before);
        filled.push_str(parameters.get(name)?);
        rest = after;
    }
    Some(filled + rest)
}

fn national(phone: &str) -> &str {
    phone.strip_prefix("+86").unwrap_or(phone)
}

fn said(status: StatusCode, code: &str) -> Response {
    (status, Json(json!({"Code": code, "Message": code, "RequestId": "demo"}))).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_is_filled_or_refused() {
        let template = "您的快件(尾号${tail})在${place}。";
        assert_eq!(fill(template, r#"{"tail":"0017","place":"A"}"#).unwrap(), "您的快件(尾号0017)在A。");
        assert_eq!(fill(template, r#"{"tail":"0017"}"#), None);
        assert_eq!(fill(template, "no JSON"), None);
    }
}
