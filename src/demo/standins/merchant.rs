//! Merchants' endpoints: they check each webhook's signature with the library that Standard Webhooks gives to receivers, and take only
//! what it finds good.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use serde_json::Value;
use standardwebhooks::Webhook;

use super::LENGTH_MAX;
use crate::demo::board::Board;
use crate::demo::happening::{Hook, What};
use crate::stream::Clock;

/// The endpoints of all merchants, `/hooks/{merchant}`.
#[derive(Clone)]
pub struct Endpoints {
    #[allow(missing_docs)]
    pub board: Arc<Board>,
    #[allow(missing_docs)]
    pub clock: Clock,
    /// The merchants' secrets (`whsec_...`).
    pub secrets: Arc<HashMap<String, String>>,
}

/// What is asked of them.
pub fn router(endpoints: Endpoints) -> Router {
    let take = post(take).layer(DefaultBodyLimit::max(LENGTH_MAX));
    Router::new().route("/hooks/{merchant}", take).with_state(endpoints)
}

async fn take(
    State(endpoints): State<Endpoints>,
    Path(merchant): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> StatusCode {
    let Some(secret) = endpoints.secrets.get(&merchant) else { return StatusCode::NOT_FOUND };
    let verified = Webhook::new(secret).is_ok_and(|webhook| webhook.verify(&body, &headers).is_ok());
    let id = headers.get("webhook-id").and_then(|id| id.to_str().ok()).unwrap_or_default().to_owned();
    let body = match serde_json::from_slice::<Value>(&body) {
        Ok(value) => serde_json::to_string_pretty(&value).unwrap_or_default(),
        Err(_) => String::from_utf8_lossy(&body).into_owned(),
    };
    endpoints.board.put(endpoints.clock.now(), What::Webhook(Hook { merchant, verified, id, body }));
    if verified { StatusCode::NO_CONTENT } else { StatusCode::UNAUTHORIZED }
}
