//! The public listener: parcels' pages behind links, preferences, unsubscribing, providers' callbacks, health.
//!
//! In come strangers' requests, out go pages and [`Record`](super::Record)s. What always holds:
//! - A GET shows and never acts: scanners of mails follow links.
//! - A link is checked before anything is looked up; one that is forged and one of an unknown parcel get the same bytes.
//! - What is told is answered only once the brokers have it; whoever owns it decides, and its state is shown.
//! - Neither a link, a parcel's id nor a contact is logged or a label.

mod address;
mod answer;
mod callbacks;
mod choose;
mod form;
mod limits;
mod parcel;
mod preferences;
mod sent;
mod unsubscribe;
mod visit;

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, HeaderName};
use axum::response::Response;
use axum::routing::{get, post};
use axum::{Extension, Router, middleware};

pub use self::limits::Limits;
use self::visit::Visit;
use super::owner::Owners;
use super::pages::{Pages, State as Shown};
use super::record::Publish;
use super::serve::Peer;
use crate::channel::sms::callback::{self, Callbacks};
use crate::model::Timestamp;
use crate::reroute::Links;
use crate::telemetry::Metrics;

/// The largest form: every field at its longest, encoded.
const FORM_MAX: usize = 8 * 1024;

/// How long an owner is usually waited for after something was written. Longer: somebody looks at a page that does not come.
/// Shorter: they see "received" and have to look again.
pub const SHOWN_WITHIN: Duration = Duration::from_secs(5);
/// Owners commit several times a second.
const LOOK_EVERY: Duration = Duration::from_millis(150);

/// What the public listener is made of.
pub struct Public {
    /// Checks links; none: there are none, and every page is unknown.
    pub links: Option<Links>,
    #[allow(missing_docs)]
    pub pages: Pages,
    #[allow(missing_docs)]
    pub owners: Owners,
    #[allow(missing_docs)]
    pub publisher: Arc<dyn Publish>,
    /// Hears providers; none: they are not expected.
    pub callbacks: Option<Callbacks>,
    #[allow(missing_docs)]
    pub metrics: Arc<Metrics>,
    /// The wall clock.
    pub now: Arc<dyn Fn() -> Timestamp + Send + Sync>,
    /// Who opened too many bad links.
    pub limits: Limits,
    /// Where a trusted proxy names its client; none: the connection's other end is the client.
    pub client_header: Option<HeaderName>,
    /// How long an owner is waited for after something was written.
    pub shown_within: Duration,
    /// Characters of a customer's text at most.
    pub text_max: usize,
}

type App = State<Arc<Public>>;

pub(super) fn router(public: Arc<Public>) -> Router {
    let pages = Router::new()
        .route("/r/{parcel_id}/{token}", get(parcel::show).post(choose::choose))
        .route("/r/{parcel_id}/{token}/preferences", get(preferences::show).post(preferences::save))
        .route("/u/{recipient_key}/{channel}/{token}", get(unsubscribe::show).post(unsubscribe::act))
        .layer(DefaultBodyLimit::max(FORM_MAX));
    let callbacks = Router::new()
        .route("/callbacks/{*rest}", post(callbacks::hear))
        .layer(DefaultBodyLimit::max(callback::BODY_MAX));
    Router::new()
        .route("/healthz", get(|| async { "ok\n" }))
        .merge(pages)
        .merge(callbacks)
        .fallback(nothing_here)
        .layer(middleware::map_response(answer::harden))
        .with_state(public)
}

async fn nothing_here(
    State(public): App,
    Extension(peer): Extension<Peer>,
    uri: axum::http::Uri,
    headers: HeaderMap,
) -> Response {
    let visit = Visit::new(&public, &uri, headers, peer);
    visit.state("other", Shown::Unknown)
}
