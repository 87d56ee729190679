//! The public listener: only health, until customers' pages come.

use axum::routing::get;
use axum::{Router, middleware};

use super::guard;

pub(super) fn router() -> Router {
    Router::new().route("/healthz", get(|| async { "ok\n" })).layer(middleware::map_response(guard::harden))
}
