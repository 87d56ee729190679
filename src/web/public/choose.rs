//! `POST /r/{parcel_id}/{token}`: a choice, its undoing, or an answer. It is written down for the parcel's owner; what the owner made of it
//! is shown by the GET that follows.

use axum::Extension;
use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, PathRejection};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;

use super::form::{self, Form};
use super::parcel::{Address, NAME, found_for_reader, is_settled, shown, shows};
use super::visit::Visit;
use super::{App, LOOK_EVERY, answer, sent};
use crate::model::{Detail, Reroute, RerouteChange, RerouteOption};
use crate::reroute::{ChoiceParts, Link, Links, Offer, Page, answer_id, choice_id, proof};
use crate::web::pages::{Notice, Refill, State as Without, Wrong};
use crate::web::record::Record;
use crate::web::serve::Peer;

const TEXT_MIN: usize = 3;

/// Takes a form.
pub(super) async fn choose(
    State(public): App,
    path: Result<Path<(String, String)>, PathRejection>,
    Extension(peer): Extension<Peer>,
    uri: Uri,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let visit = Visit::new(&public, &uri, headers, peer);
    let address = Address::of(path);
    let (link, page) = match found_for_reader(&visit, &address).await {
        Ok(found) => found,
        Err(state) => return visit.state(NAME, state),
    };
    let Some(links) = &public.links else { return visit.state(NAME, Without::Unknown) };
    let Ok(body) = body else { return visit.state(NAME, Without::BadForm) };
    if form::is_foreign(&visit.headers, links.base_url()) || !form::is_form(&visit.headers) {
        return visit.state(NAME, Without::BadForm);
    }
    let form = Form::read(&body);
    let revision = form.get("revision").unwrap_or_default();
    if !form::is_proved(links, &address.about(revision), form.get("form").unwrap_or_default(), visit.now) {
        return shown(&visit, &address, &page, Some(Notice::Stale), None, StatusCode::CONFLICT, "stale");
    }
    let asked =
        Asked { visit: &visit, address: &address, link, page: &page, links, revision: revision.parse().unwrap_or(0) };
    match (form.get("undo"), form.get("answer")) {
        (Some(id), _) => asked.undo(id).await,
        (None, Some(answer)) => asked.answer(answer).await,
        (None, None) => asked.choose(&form).await,
    }
}

/// A form that is ours, on a page as it is now.
struct Asked<'a> {
    visit: &'a Visit<'a>,
    address: &'a Address,
    link: Link,
    page: &'a Page,
    links: &'a Links,
    /// What the form's page showed.
    revision: u32,
}

impl Asked<'_> {
    async fn choose(&self, form: &Form<'_>) -> Response {
        let value = form.get("option").unwrap_or_default();
        let option = value.split('|').next().and_then(RerouteOption::from_name);
        let field = |name| option.and_then(|option| form.get(&format!("{name}_{}", option.name()))).unwrap_or_default();
        let (text, digits) = (field("text").trim(), field("proof"));
        let Some(option) = option else { return self.mend(value, text, vec![Wrong::Option]) };
        let proof = proof(self.links, &self.address.parcel_id, digits);
        let id = |detail: &Detail| self.id(option, detail, proof.as_deref());
        let Some(offer) = self.page.offers.iter().find(|offer| offer.value() == value) else {
            // The same form twice: what it chose stands and is offered no more.
            let is_repeat = self.page.choice.as_ref().is_some_and(|standing| {
                let said = Some(text).filter(|text| !text.is_empty()).map(str::to_owned);
                standing.id == id(&Detail { text: said, ..standing.detail.clone() })
            });
            return if is_repeat { self.see(&[]) } else { self.conflict() };
        };
        let mut wrong = Vec::new();
        if offer.asks_text && !self.is_text(text) {
            wrong.push(Wrong::Text);
        }
        if offer.asks_proof && proof.is_none() {
            wrong.push(Wrong::Proof);
        }
        if !wrong.is_empty() {
            return self.mend(value, text, wrong);
        }
        let detail = Detail { text: offer.asks_text.then(|| text.to_owned()), ..offer.detail.clone() };
        let proof = proof.filter(|_| offer.asks_proof);
        let id = self.id(option, &detail, proof.as_deref());
        if shows(self.page, &id) {
            return self.see(&[]);
        }
        if self.revision != self.page.revision {
            return self.conflict();
        }
        let choice = self.record(&id, RerouteChange::Requested, offer, detail, proof);
        self.visit.public.metrics.choice_sent(option.name());
        self.write(choice, |page| is_settled(page, &id), Some(&id)).await
    }

    /// Takes a choice back, if it still stands.
    async fn undo(&self, id: &str) -> Response {
        let Some(standing) = self.page.choice.as_ref().filter(|standing| standing.id == id) else {
            return self.conflict();
        };
        if !matches!(standing.change, RerouteChange::Requested | RerouteChange::Accepted) {
            return self.see(&[]);
        }
        let choice = Reroute {
            option: Some(standing.option),
            fee: standing.fee.clone(),
            revision: None,
            proof: None,
            detail: standing.detail.clone(),
            ..self.blank(id, RerouteChange::Cancelled)
        };
        self.visit.public.metrics.choice_sent("undo");
        let before = standing.change;
        let is_done = |page: &Page| page.choice.as_ref().is_none_or(|now| now.id != id || now.change != before);
        self.write(choice, is_done, None).await
    }

    /// Whether the reader has what is said to be delivered; the same answer twice is one.
    async fn answer(&self, answer: &str) -> Response {
        let (Some(doubt), true) = (&self.page.doubt, matches!(answer, "yes" | "no")) else { return self.conflict() };
        let has_it = answer == "yes";
        if doubt.answer.as_ref().is_some_and(|known| known.has_it == has_it) {
            return self.see(&[]);
        }
        if !doubt.is_asked {
            return self.conflict();
        }
        let id = answer_id(&self.address.parcel_id, self.link.journey, doubt, has_it);
        let change = if has_it { RerouteChange::Confirmed } else { RerouteChange::Denied };
        self.visit.public.metrics.choice_sent(change.name());
        self.write(self.blank(&id, change), |page| is_settled(page, &id), Some(&id)).await
    }

    /// Writes the record, waits until the owner shows what became of it, and sends the reader there; `choice_id` where it is
    /// a choice that will be shown.
    async fn write(&self, choice: Reroute, is_done: impl Fn(&Page) -> bool, choice_id: Option<&str>) -> Response {
        let public = self.visit.public;
        if public.publisher.publish(Record::Choice(Box::new(choice))).await.is_err() {
            return self.visit.state(NAME, Without::Down);
        }
        let waited = tokio::time::timeout(public.shown_within, async {
            loop {
                if self.visit.parcel(&self.address.parcel_id, self.link).await.is_ok_and(|page| is_done(&page)) {
                    return;
                }
                tokio::time::sleep(LOOK_EVERY).await;
            }
        });
        match (waited.await, choice_id) {
            (Ok(()), _) => self.see(&[]),
            (Err(_), Some(id)) => self.see(&[("sent", &sent::value(self.links, id, self.visit.now))]),
            // It came after the cut-off, or its owner has yet to read it: either way it still stands.
            (Err(_), None) => {
                let (notice, status) = (Some(Notice::StillStands), StatusCode::CONFLICT);
                shown(self.visit, self.address, self.page, notice, None, status, "used")
            }
        }
    }

    fn id(&self, option: RerouteOption, detail: &Detail, proof: Option<&str>) -> String {
        choice_id(ChoiceParts {
            parcel_id: &self.address.parcel_id,
            journey: self.link.journey,
            audience: self.link.audience,
            option,
            detail,
            revision: self.revision,
            proof,
        })
    }

    fn record(&self, id: &str, change: RerouteChange, offer: &Offer, detail: Detail, proof: Option<String>) -> Reroute {
        Reroute {
            option: Some(offer.option),
            detail,
            // As it was shown, whatever the form says.
            fee: Some(offer.fee.clone()),
            proof,
            revision: Some(self.revision),
            ..self.blank(id, change)
        }
    }

    fn blank(&self, id: &str, change: RerouteChange) -> Reroute {
        Reroute {
            id: id.to_owned(),
            parcel_id: self.address.parcel_id.clone(),
            journey: self.link.journey,
            notice_id: None,
            change,
            option: None,
            detail: Detail::default(),
            fee: None,
            at: self.visit.now,
            by: Some(self.link.audience.name().to_owned()),
            reason: None,
            proof: None,
            revision: None,
        }
    }

    fn is_text(&self, text: &str) -> bool {
        let characters = text.chars().count();
        (TEXT_MIN..=self.visit.public.text_max).contains(&characters) && !text.chars().any(char::is_control)
    }

    /// The page again, with what has to be mended.
    fn mend(&self, option: &str, text: &str, wrong: Vec<Wrong>) -> Response {
        let refill = Refill { option: option.to_owned(), text: text.to_owned(), wrong };
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        shown(self.visit, self.address, self.page, None, Some(refill), status, "wrong")
    }

    /// The page again: something else has happened since.
    fn conflict(&self) -> Response {
        let notice = if self.revision == self.page.revision { Notice::Gone } else { Notice::Used };
        shown(self.visit, self.address, self.page, Some(notice), None, StatusCode::CONFLICT, "used")
    }

    /// The page by GET, so that reloading it sends nothing again.
    fn see(&self, query: &[(&str, &str)]) -> Response {
        let query: Vec<_> = query.iter().copied().filter(|(_, value)| !value.is_empty()).collect();
        self.visit.public.metrics.public_request(NAME, "chosen");
        answer::see(&format!("{}{}", self.address.token, self.visit.query_with(&query)))
    }
}
