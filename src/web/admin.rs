//! The admin listener: `/metrics`, `/livez`, `/readyz`, `GET /v1/parcels/{id}`, `GET /v1/storms`, and what other instances ask for
//! their pages.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router, middleware};
use serde_json::{Value, json};

use super::ask::{Caller, PASSED_ON, request};
use super::guard::{self, Door};
use super::{ParcelQuery, QueryError};
use crate::model::{Audience, RecipientKey};
use crate::reroute::Link;
use crate::telemetry::Metrics;

/// What the admin listener tells.
#[derive(Clone)]
pub struct Admin {
    #[allow(missing_docs)]
    pub metrics: Arc<Metrics>,
    /// Called before metrics are read, for gauges that nobody keeps up to date in between.
    pub observe: Arc<dyn Fn(&Metrics) + Send + Sync>,
    /// What this instance still waits for before it does its work; empty: nothing.
    pub not_ready: Arc<dyn Fn() -> Vec<String> + Send + Sync>,
    /// Answers about parcels.
    pub queries: Arc<dyn ParcelQuery>,
    /// What a request must carry; none on a loopback address. Other instances have the same.
    pub token: Option<String>,
    /// Passes questions on ([`super::client`]).
    pub client: reqwest::Client,
}

/// What there is.
const EXPECTED: &str = "expected /metrics, /livez, /readyz, /v1/parcels/{id} or /v1/storms";

/// Prometheus' text format.
const METRICS_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Health tells no parcel and is asked by machines that have no token.
pub(super) fn router(admin: Admin) -> Router {
    let guarded = Router::new()
        .route("/metrics", get(metrics))
        .route("/v1/parcels/{id}", get(parcel))
        .route("/v1/pages/{id}/{journey}/{audience}/{day}", get(page))
        .route("/v1/preferences/{key}", get(preference))
        .route("/v1/storms", get(storms))
        .route("/v1/states/{stage}/{partition}", get(digest))
        .layer(middleware::from_fn_with_state(Door::new(admin.token.as_deref()), guard::check));
    Router::new()
        .route("/livez", get(|| async { "ok\n" }))
        .route("/readyz", get(ready))
        .merge(guarded)
        .fallback(|| async { refusal(StatusCode::NOT_FOUND, EXPECTED) })
        .layer(middleware::map_response(guard::harden))
        .with_state(admin)
}

/// An answer that is none: `{"error": "..."}`.
pub(super) fn refusal(status: StatusCode, error: &str) -> Response {
    (status, Json(json!({ "error": error }))).into_response()
}

async fn metrics(State(admin): State<Admin>) -> Response {
    (admin.observe)(&admin.metrics);
    ([(header::CONTENT_TYPE, METRICS_TYPE)], admin.metrics.render()).into_response()
}

async fn ready(State(admin): State<Admin>) -> Response {
    let waiting = (admin.not_ready)();
    if waiting.is_empty() {
        return "ready\n".into_response();
    }
    (StatusCode::SERVICE_UNAVAILABLE, waiting.join("\n") + "\n").into_response()
}

async fn parcel(State(admin): State<Admin>, Path(id): Path<String>, headers: HeaderMap) -> Response {
    let caller = if headers.contains_key(PASSED_ON) { Caller::Instance } else { Caller::Person };
    match admin.queries.parcel(id.clone()).await {
        Ok(Some(parcel)) => Json::<Value>(parcel).into_response(),
        Ok(None) => refusal(StatusCode::NOT_FOUND, "nothing is known of this parcel"),
        Err(QueryError::Elsewhere { address }) if caller == Caller::Person => pass_on(&admin, &address, &id).await,
        Err(QueryError::Elsewhere { .. }) => unavailable("the parcel has just moved to another instance: ask again"),
        Err(error @ QueryError::NotReady(_)) => unavailable(&error.to_string()),
        Err(error @ QueryError::Timeout) => refusal(StatusCode::GATEWAY_TIMEOUT, &error.to_string()),
    }
}

/// What a page shows, asked by the instance whose public listener was asked for the page.
async fn page(
    State(admin): State<Admin>,
    Path((id, journey, audience, day)): Path<(String, u32, String, u16)>,
) -> Response {
    let Some(audience) = Audience::ALL.into_iter().find(|known| known.name() == audience) else {
        return refusal(StatusCode::NOT_FOUND, "expected an audience");
    };
    own(admin.queries.page(id, Link { journey, audience, day }).await)
}

/// The same of a recipient's preferences.
async fn preference(State(admin): State<Admin>, Path(key): Path<String>) -> Response {
    own(admin.queries.preference(RecipientKey::from_text(key)).await)
}

/// What a partition's state comes to, for debugging; never passed on.
async fn digest(State(admin): State<Admin>, Path((stage, partition)): Path<(String, i32)>) -> Response {
    own(admin.queries.digest(stage, partition).await)
}

/// What storms hold: here, or, where a person asks, everywhere.
async fn storms(State(admin): State<Admin>, headers: HeaderMap) -> Response {
    let here = admin.queries.storms().await;
    if headers.contains_key(PASSED_ON) {
        return own(here);
    }
    match here.map(|known| known.and_then(|known| serde_json::from_value(known).ok())) {
        Ok(Some(here)) => Json(super::storms::everywhere(&admin, here).await).into_response(),
        Ok(None) => refusal(StatusCode::NOT_FOUND, "nothing is known of it"),
        Err(error) => own(Err(error)),
    }
}

/// An answer of this instance's own: the one who asks has looked up whom to ask.
fn own(answer: Result<Option<Value>, QueryError>) -> Response {
    match answer {
        Ok(Some(known)) => Json(known).into_response(),
        Ok(None) => refusal(StatusCode::NOT_FOUND, "nothing is known of it"),
        Err(QueryError::Elsewhere { .. }) => unavailable("it has just moved to another instance: ask again"),
        Err(error @ QueryError::NotReady(_)) => unavailable(&error.to_string()),
        Err(error @ QueryError::Timeout) => refusal(StatusCode::GATEWAY_TIMEOUT, &error.to_string()),
    }
}

/// It passes by itself.
fn unavailable(error: &str) -> Response {
    ([(header::RETRY_AFTER, "2")], refusal(StatusCode::SERVICE_UNAVAILABLE, error)).into_response()
}

/// The other instance's answer as it is.
async fn pass_on(admin: &Admin, address: &str, id: &str) -> Response {
    match request(&admin.client, address, admin.token.as_deref(), id, Caller::Instance).await {
        Ok(answer) => {
            let status = StatusCode::from_u16(answer.status.as_u16()).unwrap_or(StatusCode::BAD_GATEWAY);
            (status, [(header::CONTENT_TYPE, "application/json")], answer.body).into_response()
        }
        Err(error) => {
            tracing::warn!(
                address,
                error = &error as &dyn std::error::Error,
                "a question about a parcel could not be passed on to its instance"
            );
            let error = format!("the instance at {address} tracks the parcel: {error}");
            refusal(StatusCode::BAD_GATEWAY, &error)
        }
    }
}
