//! `/r/{parcel_id}/{token}/preferences`: how somebody wants to be told. GET shows, POST writes the whole preference for
//! whoever owns the recipient.

use axum::Extension;
use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, PathRejection};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;

use super::form::{self, Form};
use super::parcel::{Address, found};
use super::visit::Visit;
use super::{App, LOOK_EVERY, answer};
use crate::model::{Channel, Preference, QuietHours, RecipientKey};
use crate::notify::render::Locale;
use crate::reroute::{Links, Page};
use crate::web::pages::{Chosen, Contacts, Saved, State as Without, WrongPreference};
use crate::web::record::Record;
use crate::web::serve::Peer;

/// In metrics.
const NAME: &str = "preferences";

/// Whose preferences they are, and what is known of them.
struct Known {
    page: Page,
    key: RecipientKey,
    preference: Option<Preference>,
}

/// Shows them.
pub(super) async fn show(
    State(public): App,
    path: Result<Path<(String, String)>, PathRejection>,
    Extension(peer): Extension<Peer>,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let visit = Visit::new(&public, &uri, headers, peer);
    let address = Address::of(path);
    match known(&visit, &address).await {
        Ok(known) => {
            let saved = if visit.asked("saved").is_some() { Saved::Yes } else { Saved::No };
            let chosen = Chosen::of(known.preference.as_ref());
            shown(&visit, &address, &known, &chosen, saved)
        }
        Err(state) => visit.state(NAME, state),
    }
}

/// Writes them.
pub(super) async fn save(
    State(public): App,
    path: Result<Path<(String, String)>, PathRejection>,
    Extension(peer): Extension<Peer>,
    uri: Uri,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let visit = Visit::new(&public, &uri, headers, peer);
    let address = Address::of(path);
    let known = match known(&visit, &address).await {
        Ok(known) => known,
        Err(state) => return visit.state(NAME, state),
    };
    let (Some(links), Ok(body)) = (&public.links, body) else { return visit.state(NAME, Without::BadForm) };
    let form = Form::read(&body);
    let is_ours = !form::is_foreign(&visit.headers, links.base_url())
        && form::is_form(&visit.headers)
        && form::is_proved(links, &about(&address, &known.key), form.get("form").unwrap_or_default(), visit.now);
    if !is_ours {
        return visit.state(NAME, Without::BadForm);
    }
    let chosen = read(&form);
    let Some(preference) = preference(&chosen, &known, &visit) else {
        return shown(&visit, &address, &known, &chosen, Saved::Wrong(WrongPreference::Quiet));
    };
    if public.publisher.publish(Record::Preference(preference.clone())).await.is_err() {
        return visit.state(NAME, Without::Down);
    }
    // What the page shows next is what the owner has read; if that takes longer, the reader sees the old one once.
    let _ = tokio::time::timeout(public.shown_within, async {
        let is_read = |found: &Preference| Chosen::of(Some(found)) == Chosen::of(Some(&preference));
        while !matches!(public.owners.preference(&known.key).await, Ok(Some(found)) if is_read(&found)) {
            tokio::time::sleep(LOOK_EVERY).await;
        }
    })
    .await;
    public.metrics.public_request(NAME, "saved");
    answer::see(&format!("preferences{}", visit.query_with(&[("saved", "1")])))
}

async fn known(visit: &Visit<'_>, address: &Address) -> Result<Known, Without> {
    let (_, page) = found(visit, address).await?;
    let key = page.recipient_key.clone().ok_or(Without::Unknown)?;
    // Without knowing them they would be overwritten by what the page shows as usual.
    let preference = visit.public.owners.preference(&key).await.map_err(|_| Without::Down)?;
    Ok(Known { page, key, preference })
}

fn about<'a>(address: &'a Address, key: &'a RecipientKey) -> [&'a str; 4] {
    ["preferences", &address.parcel_id, &address.token, key.as_str()]
}

fn contacts(page: &Page) -> Contacts {
    Contacts { email: page.email.clone(), phone: page.phone.clone() }
}

fn shown(visit: &Visit<'_>, address: &Address, known: &Known, chosen: &Chosen, saved: Saved) -> Response {
    let public = visit.public;
    let said = known.preference.as_ref().and_then(|preference| preference.locale.as_deref());
    let locale = visit.locale(said.or(known.page.locale.as_deref()));
    let prove = |links: &Links| form::prove(links, &about(address, &known.key), visit.now);
    let form = public.links.as_ref().map(prove).unwrap_or_default();
    let back = format!("../{}{}", address.token, visit.query_with(&[]));
    let html = public.pages.preferences(chosen, &contacts(&known.page), saved, locale, &form, &back);
    let (status, result) = match saved {
        Saved::Wrong(_) => (StatusCode::UNPROCESSABLE_ENTITY, "wrong"),
        Saved::No | Saved::Yes => (StatusCode::OK, "shown"),
    };
    visit.page(NAME, result, status, html)
}

/// What the form says.
fn read(form: &Form<'_>) -> Chosen {
    let channel = |name: &str| Channel::ALL.into_iter().find(|channel| channel.name() == name);
    let time = |name: &str| form.get(name).unwrap_or_default().trim().chars().take(8).collect();
    Chosen {
        on: form.all("channel").filter_map(channel).collect(),
        first: form.get("first").and_then(channel),
        from: time("from"),
        to: time("to"),
        locale: form.get("language").and_then(Locale::exact),
    }
}

/// The whole preference; none where its quiet hours are none. What the page does not show stays as it was.
fn preference(chosen: &Chosen, known: &Known, visit: &Visit<'_>) -> Option<Preference> {
    let before = known.preference.as_ref();
    let shown = contacts(&known.page).channels();
    let kept = before.iter().flat_map(|before| &before.opt_out).filter(|channel| !shown.contains(channel)).copied();
    let opt_out = kept.chain(shown.iter().copied().filter(|channel| !chosen.on.contains(channel))).collect();
    let known_order = before.and_then(|before| before.channels.clone());
    let channels = match chosen.first {
        // Not asked about, or not changed.
        first if shown.len() < 2 || first == known_order.as_ref().and_then(|order| order.first().copied()) => {
            known_order
        }
        None => None,
        Some(first) => Some([first].into_iter().chain(shown.into_iter().filter(|other| *other != first)).collect()),
    };
    let quiet_hours = match (chosen.from.as_str(), chosen.to.as_str()) {
        ("", "") => None,
        (from, to) => Some(QuietHours::parse(&format!("{from}-{to}"))?),
    };
    let locale = chosen.locale.map(|locale| locale.name().to_owned());
    Some(Preference { recipient_key: known.key.clone(), opt_out, channels, quiet_hours, locale, at: visit.now })
}
