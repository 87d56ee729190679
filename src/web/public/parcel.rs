//! `GET /r/{parcel_id}/{token}`: the parcel's page. It shows and never acts.

use axum::Extension;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;

use super::visit::Visit;
use super::{App, Public, form, sent};
use crate::reroute::{Link, Links, Page, is_answer};
use crate::web::pages::{Notice, Refill, Shown, State as Without};
use crate::web::serve::Peer;

/// In metrics.
pub(super) const NAME: &str = "parcel";

/// A link as it stands in a path.
pub(super) struct Address {
    pub parcel_id: String,
    pub token: String,
}

impl Address {
    /// What the path says; what is no text names no parcel.
    pub fn of(path: Result<Path<(String, String)>, PathRejection>) -> Address {
        let (parcel_id, token) = path.map(|Path(parts)| parts).unwrap_or_default();
        Address { parcel_id, token }
    }

    /// What a form on the page is for: it is of no use on another page, or once something else was chosen.
    pub fn about<'a>(&'a self, revision: &'a str) -> [&'a str; 4] {
        ["choose", &self.parcel_id, &self.token, revision]
    }
}

/// Shows it.
pub(super) async fn show(
    State(public): App,
    path: Result<Path<(String, String)>, PathRejection>,
    Extension(peer): Extension<Peer>,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let visit = Visit::new(&public, &uri, headers, peer);
    let address = Address::of(path);
    match found_for_reader(&visit, &address).await {
        Ok((_, page)) => {
            // A choice that was recorded a moment ago, and that its owner has yet to read.
            let is_awaited = |value: &str| {
                let id = public.links.as_ref().and_then(|links| sent::choice(links, value, visit.now));
                id.is_some_and(|id| !is_settled(&page, id))
            };
            let sent = visit.asked("sent").filter(|value| is_awaited(value));
            let notice = sent.map(|value| {
                let here = visit.query_with(&[("sent", &value)]);
                if is_answer(&value) { Notice::AnswerSent(here) } else { Notice::Sent(here) }
            });
            let result = if notice.is_some() { "sent" } else { "shown" };
            shown(&visit, &address, &page, notice, None, StatusCode::OK, result)
        }
        Err(state) => visit.state(NAME, state),
    }
}

/// Whether the page says what became of a choice.
pub(super) fn shows(page: &Page, id: &str) -> bool {
    page.choice.iter().chain(&page.refused).any(|choice| choice.id == id)
}

/// Whether nothing more becomes of a choice that was sent: it is shown, or was one too many, or came after the end.
pub(super) fn is_settled(page: &Page, id: &str) -> bool {
    match &page.doubt {
        Some(doubt) if is_answer(id) => doubt.answer.as_ref().is_some_and(|answer| answer.id == id),
        _ => shows(page, id) || page.used_up || page.ended.is_some(),
    }
}

/// The link and the parcel, if they are to be seen.
pub(super) async fn found(visit: &Visit<'_>, address: &Address) -> Result<(Link, Page), Without> {
    let link = visit.link(&address.parcel_id, &address.token)?;
    Ok((link, visit.parcel(&address.parcel_id, link).await?))
}

/// The same, in the language that the reader has saved: it counts for more than what the shipment says.
pub(super) async fn found_for_reader(visit: &Visit<'_>, address: &Address) -> Result<(Link, Page), Without> {
    let (link, mut page) = found(visit, address).await?;
    if let Some(locale) = visit.saved_locale(&page).await {
        page.locale = Some(locale);
    }
    Ok((link, page))
}

/// The page of a parcel as it is now.
pub(super) fn shown(
    visit: &Visit<'_>,
    address: &Address,
    page: &Page,
    notice: Option<Notice>,
    refill: Option<Refill>,
    status: StatusCode,
    result: &'static str,
) -> Response {
    let public: &Public = visit.public;
    let locale = visit.locale(page.locale.as_deref());
    let revision = page.revision.to_string();
    let prove = |links: &Links| form::prove(links, &address.about(&revision), visit.now);
    let form = public.links.as_ref().map(prove).unwrap_or_default();
    let preferences = format!("{}/preferences{}", address.token, visit.query_with(&[]));
    let html = public.pages.parcel(&Shown {
        page,
        locale,
        now: visit.now,
        form: &form,
        preferences: page.recipient_key.as_ref().map(|_| preferences.as_str()),
        notice,
        refill,
        text_max: public.text_max,
    });
    visit.page(NAME, result, status, html)
}
