//! `/u/{recipient_key}/{channel}/{token}`: one click ends a channel (RFC 8058). POST acts at once, without cookies and
//! redirects, since mail programs do it by themselves; GET shows a page with a button.

use axum::Extension;
use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, PathRejection};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;

use super::App;
use super::form::Form;
use super::visit::Visit;
use crate::model::{Channel, OptChange, ReceiptKind, RecipientKey, Reply};
use crate::web::pages::{State as Without, Unsubscribe};
use crate::web::record::Record;
use crate::web::serve::Peer;

/// In metrics.
const NAME: &str = "unsubscribe";

/// What RFC 8058 has mail programs send, in a form of either kind.
const ONE_CLICK: &[u8] = b"One-Click";

type Parts = Result<Path<(String, String, String)>, PathRejection>;

/// Asks whether it is meant.
pub(super) async fn show(
    State(public): App,
    path: Parts,
    Extension(peer): Extension<Peer>,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let visit = Visit::new(&public, &uri, headers, peer);
    match whose(&visit, path) {
        Ok((_, channel)) => shown(&visit, channel, Unsubscribe::Ask, "shown"),
        Err(state) => visit.state(NAME, state),
    }
}

/// Ends the channel, or takes that back.
pub(super) async fn act(
    State(public): App,
    path: Parts,
    Extension(peer): Extension<Peer>,
    uri: Uri,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let visit = Visit::new(&public, &uri, headers, peer);
    let (recipient_key, channel) = match whose(&visit, path) {
        Ok(found) => found,
        Err(state) => return visit.state(NAME, state),
    };
    let Some(change) = body.ok().and_then(|body| asked(&body)) else { return visit.state(NAME, Without::BadForm) };
    let reply = Reply { recipient_key, kind: ReceiptKind::Reply, channel, change, at: visit.now };
    if public.publisher.publish(Record::Reply(reply)).await.is_err() {
        return visit.state(NAME, Without::Down);
    }
    match change {
        OptChange::OptOut => shown(&visit, channel, Unsubscribe::Done, "opt_out"),
        OptChange::OptIn => shown(&visit, channel, Unsubscribe::Again, "opt_in"),
    }
}

fn whose(visit: &Visit<'_>, path: Parts) -> Result<(RecipientKey, Channel), Without> {
    let (key, channel, token) = path.map(|Path(parts)| parts).unwrap_or_default();
    let key = RecipientKey::from_text(key);
    let channel = Channel::ALL.into_iter().find(|known| known.name() == channel);
    let links = visit.public.links.as_ref();
    let genuine = links.zip(channel).filter(|(links, channel)| links.may_unsubscribe(&key, *channel, &token));
    visit.check(genuine.map(|(_, channel)| (key, channel)))
}

fn asked(body: &[u8]) -> Option<OptChange> {
    if Form::read(body).get("change") == Some("opt_in") {
        return Some(OptChange::OptIn);
    }
    body.windows(ONE_CLICK.len()).any(|part| part == ONE_CLICK).then_some(OptChange::OptOut)
}

fn shown(visit: &Visit<'_>, channel: Channel, step: Unsubscribe, result: &'static str) -> Response {
    let html = visit.public.pages.unsubscribe(channel, step, visit.locale(None));
    visit.page(NAME, result, StatusCode::OK, html)
}
