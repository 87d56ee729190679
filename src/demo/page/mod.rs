//! The demonstration's page: what a customer, a merchant and operations see, as it comes. Rendered here, kept alive by server-sent
//! events; without JavaScript it loads itself anew. Its own listener on loopback; the customers' pages are the daemon's.

mod figures;
mod fragment;
mod links;
mod view;

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Json, Router, middleware};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures_util::stream::{self, Stream};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::{Interval, interval};

pub use self::figures::Figures;
use super::board::Board;
use super::happening::Happening;
use super::standins::texts::Gateways;
use super::words::day_and_time;
use crate::stream::Clock;

/// How often the clock and the figures are told anew. Shorter costs a browser's battery.
const TICK: Duration = Duration::from_millis(500);

/// What the page shows.
#[derive(Clone)]
pub struct Page {
    #[allow(missing_docs)]
    pub board: Arc<Board>,
    #[allow(missing_docs)]
    pub clock: Clock,
    /// The daemon's metrics.
    pub figures: Figures,
    /// Takes the replies of phones.
    pub gateways: Gateways,
}

/// What is asked of it.
pub fn router(page: Page) -> Router {
    Router::new()
        .route("/", get(whole))
        .route("/events", get(events))
        .route("/feed.json", get(feed))
        .route("/reply", post(reply))
        .layer(middleware::map_response(harden))
        .with_state(page)
}

async fn whole(State(page): State<Page>) -> Html<String> {
    let figures = page.figures.read().await;
    let (now, rate) = (page.clock.now(), page.clock.rate());
    Html(view::page(&page.board.standing(), now, rate, page.figures.admin(), figures))
}

/// For programs: how things stand, the newest first.
async fn feed(State(page): State<Page>) -> Json<Value> {
    let standing = page.board.standing();
    Json(json!({
        "now": page.clock.now(), "counts": standing.counts, "open": standing.open,
        "messages": standing.messages.iter().map(|one| &**one).collect::<Vec<_>>(),
        "webhooks": standing.hooks.iter().map(|one| &**one).collect::<Vec<_>>(),
        "changes": standing.changes.iter().map(|one| &**one).collect::<Vec<_>>(),
    }))
}

/// Somebody answers a text on the phone.
async fn reply(State(page): State<Page>, form: String) -> Response {
    let field = |wanted: &str| {
        let mut fields = form_urlencoded::parse(form.as_bytes());
        fields.find(|(name, _)| name == wanted).map(|(_, value)| value.into_owned()).unwrap_or_default()
    };
    let Some(text) = page.board.text(&field("id")) else {
        return (StatusCode::NOT_FOUND, "expected a text that is on the phone, found another one\n").into_response();
    };
    page.gateways.reply(&text, &field("word")).await;
    Redirect::to("/").into_response()
}

async fn events(State(page): State<Page>) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let told = Told { happenings: page.board.listen(), ticks: interval(TICK), page, is_clock_next: true };
    let events = stream::unfold(told, |mut told| async { Some((Ok(told.next().await?), told)) });
    Sse::new(events).keep_alive(KeepAlive::default())
}

/// What one browser is told.
struct Told {
    page: Page,
    happenings: Receiver<Arc<Happening>>,
    ticks: Interval,
    /// Clock and figures take turns.
    is_clock_next: bool,
}

impl Told {
    async fn next(&mut self) -> Option<Event> {
        tokio::select! {
            happening = self.happenings.recv() => match happening {
                Ok(happening) => {
                    let (name, html) = fragment::fragment(&happening, false);
                    Some(Event::default().event(name).data(html))
                }
                Err(RecvError::Lagged(_)) => Some(Event::default().event("missed").data("")),
                Err(RecvError::Closed) => None,
            },
            _ = self.ticks.tick() => {
                self.is_clock_next = !self.is_clock_next;
                if self.is_clock_next {
                    return Some(Event::default().event("clock").data(day_and_time(self.page.clock.now())));
                }
                let figures = self.page.figures.read().await;
                let html = view::operations(&self.page.board.standing(), figures);
                Some(Event::default().event("figures").data(html))
            }
        }
    }
}

/// The page's own style and script and nothing else; nothing is kept.
async fn harden(mut response: Response) -> impl IntoResponse {
    let hash = |text: &str| STANDARD.encode(Sha256::digest(text));
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; connect-src 'self'; form-action 'self'; base-uri 'none'; \
         frame-ancestors 'none'",
        hash(view::STYLE),
        hash(view::SCRIPT)
    );
    let headers = response.headers_mut();
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}
