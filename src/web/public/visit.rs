//! One request of a stranger: whose link it is, in which language it is answered, and how.

use std::borrow::Cow;
use std::net::IpAddr;
use std::time::Duration;

use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::Response;

use super::{Limits, Public, address, answer};
use crate::model::Timestamp;
use crate::notify::render::Locale;
use crate::reroute::{Link, Page, PageState};
use crate::telemetry::Queue;
use crate::web::pages::State;
use crate::web::serve::Peer;

/// A parcel's id is at most as long (wire.md).
const PARCEL_ID_MAX: usize = 64;

/// A minute is what a client over the limit waits, and what we need to come back.
const RETRY_AFTER: HeaderValue = HeaderValue::from_static("60");

/// How long a page waits for its reader's language. Longer: it comes late while an instance is away. Shorter: it is often in another.
const LANGUAGE_WITHIN: Duration = Duration::from_secs(1);

/// A request.
pub(super) struct Visit<'a> {
    pub public: &'a Public,
    pub headers: HeaderMap,
    pub now: Timestamp,
    client: IpAddr,
    query: String,
}

impl<'a> Visit<'a> {
    pub fn new(public: &'a Public, uri: &Uri, headers: HeaderMap, peer: Peer) -> Visit<'a> {
        let client = address::client(peer.0, &headers, public.client_header.as_ref());
        Visit { public, now: (public.now)(), client, query: uri.query().unwrap_or_default().to_owned(), headers }
    }

    /// A value of the query.
    pub fn asked(&self, name: &str) -> Option<Cow<'_, str>> {
        form_urlencoded::parse(self.query.as_bytes()).find(|(known, _)| known == name).map(|(_, value)| value)
    }

    /// The language to answer in; `known` is the reader's, where we know it.
    pub fn locale(&self, known: Option<&str>) -> Locale {
        let accepted = self.headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
        self.public.pages.locale(self.asked("lang").as_deref(), known, accepted)
    }

    /// The language that the page's reader has saved. Who is asked may be another instance than the parcel's: while that one does
    /// not answer, the page is shown in the language of the shipment.
    pub async fn saved_locale(&self, page: &Page) -> Option<String> {
        let is_asked_for = self.asked("lang").as_deref().and_then(Locale::exact).is_some();
        let key = page.recipient_key.as_ref().filter(|_| !is_asked_for)?;
        let asking = tokio::time::timeout(LANGUAGE_WITHIN, self.public.owners.preference(key));
        asking.await.ok()?.ok()??.locale
    }

    /// `?` with the language that was asked for and these other values; empty where there is nothing to say.
    pub fn query_with(&self, others: &[(&str, &str)]) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        if let Some(locale) = self.asked("lang").as_deref().and_then(Locale::exact) {
            query.append_pair("lang", locale.name());
        }
        query.extend_pairs(others);
        let query = query.finish();
        if query.is_empty() { query } else { format!("?{query}") }
    }

    /// A page without a parcel. `name` says to the metrics what was asked for.
    pub fn state(&self, name: &'static str, state: State) -> Response {
        self.public.metrics.public_request(name, state.name());
        let status = match state {
            State::Unknown => StatusCode::NOT_FOUND,
            State::Expired | State::Revoked => StatusCode::GONE,
            State::TooMany => StatusCode::TOO_MANY_REQUESTS,
            State::Down => StatusCode::SERVICE_UNAVAILABLE,
            State::BadForm => StatusCode::FORBIDDEN,
        };
        let html = self.public.pages.state(state, self.locale(None));
        let mut response = answer::page(status, html, &self.public.pages.policy());
        if matches!(state, State::TooMany | State::Down) {
            response.headers_mut().insert(header::RETRY_AFTER, RETRY_AFTER);
        }
        response
    }

    /// A page; `result` says to the metrics what became of the request.
    pub fn page(&self, name: &'static str, result: &'static str, status: StatusCode, html: String) -> Response {
        self.public.metrics.public_request(name, result);
        answer::page(status, html, &self.public.pages.policy())
    }

    /// A link is looked at before anything else: nobody is asked about one that is forged, and an address that tries too many
    /// has to wait. A genuine one opens all the same: thousands of customers can share an address (a network's, a mail
    /// provider's, a proxy's that is not configured), and none of them may be kept out by one who guesses. What keeps guesses
    /// out is the length of the MAC.
    pub fn check<T>(&self, genuine: Option<T>) -> Result<T, State> {
        if let Some(genuine) = genuine {
            return Ok(genuine);
        }
        let known = self.public.limits.count(self.client, self.now);
        self.public.metrics.queue(Queue::BadLinks, "", known, Limits::ADDRESSES_MAX);
        Err(if self.public.limits.is_over(self.client, self.now) { State::TooMany } else { State::Unknown })
    }

    /// What a parcel's link says, if it still opens.
    pub fn link(&self, parcel_id: &str, token: &str) -> Result<Link, State> {
        let links = self.public.links.as_ref().filter(|_| parcel_id.len() <= PARCEL_ID_MAX);
        let link = self.check(links.and_then(|links| links.read(parcel_id, token)))?;
        if link.has_expired(self.now) { Err(State::Expired) } else { Ok(link) }
    }

    /// The parcel as its owner lets the link's reader see it.
    pub async fn parcel(&self, parcel_id: &str, link: Link) -> Result<Page, State> {
        match self.public.owners.page(parcel_id, link).await {
            Ok(Some(PageState::Open(page))) => Ok(*page),
            Ok(Some(PageState::Revoked)) => Err(State::Revoked),
            Ok(None) => Err(State::Unknown),
            Err(_) => Err(State::Down),
        }
    }
}
