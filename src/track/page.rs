//! What a link's reader may see of a parcel: `reroute::PageState`, made from the parcel's state.
//!
//! What always holds: no contact is in it that is not masked, nothing that hubs alone are told, and once the journey has ended
//! neither code nor contacts.

use super::announced::Announced;
use super::history::Accepted;
use super::mask;
use super::parcel::{EndReason, Ended, Parcel};
use super::tracker::Tracker;
use super::view::View;
use crate::model::{
    Audience, Code, ConditionKind, LINK_AUDIENCES, NoticeKind, Recipient, RecipientKey, Timestamp, World,
};
use crate::reroute::{Collection, HistoryLine, Link, OpenCondition, Page, PageState, PlaceView, ProofState};

impl Tracker {
    /// The page behind a genuine link at `now`; none where the parcel is not known (any more).
    pub fn page(&self, parcel_id: &str, link: Link, now: Timestamp, world: &World) -> Option<PageState> {
        let parcel = self.parcels.get(parcel_id)?;
        let announced = self.announced.get(parcel_id)?;
        if link.journey != parcel.journey {
            return Some(PageState::Revoked);
        }
        let view = View { parcel, announced: Some(announced), rules: &world.rules };
        Some(PageState::Open(Box::new(page(parcel_id, view, announced, link.audience, now, world))))
    }
}

fn page(
    parcel_id: &str,
    view: View<'_>,
    announced: &Announced,
    audience: Audience,
    _now: Timestamp,
    world: &World,
) -> Page {
    let parcel = view.parcel;
    let last = parcel.stage.last.as_ref();
    let reader = reader(announced, audience);
    let contact = reader.filter(|_| parcel.is_live());
    let mask = |field: fn(&Recipient) -> Option<&String>, mask: fn(&str) -> String| {
        contact.and_then(field).map(|text| mask(text))
    };
    Page {
        tail: tail(parcel_id),
        audience,
        recipient_key: reader.and_then(|reader| RecipientKey::person(&world.hash_key, reader)),
        locale: reader.and_then(|reader| reader.locale.clone()),
        time_zone: reader.and_then(|reader| reader.time_zone.clone()),
        name: mask(|person| person.name.as_ref(), mask::name),
        phone: mask(|person| person.phone.as_ref(), mask::phone),
        email: mask(|person| person.email.as_ref(), mask::email),
        stage: parcel.stage.code(),
        ended: parcel.ended.map(ended),
        hub: last.and_then(|last| last.hub.as_deref()).map(Into::into),
        last_scan: last.map(|last| last.event_time),
        reason: parcel.stage.reason.as_deref().map(Into::into),
        promise: view.promise(),
        original_promise: None,
        eta: None,
        conditions: conditions(view, world),
        collection: collection(parcel),
        history: history(parcel),
        offers: Vec::new(),
        choice: None,
        revision: 0,
        proof: ProofState::default(),
        question: None,
    }
}

/// Whose link it is.
fn reader(announced: &Announced, audience: Audience) -> Option<&Recipient> {
    match audience {
        Audience::Recipient => announced.recipient.as_ref(),
        Audience::Sender => announced.sender.as_ref(),
        Audience::Merchant | Audience::HubOps | Audience::CustomerService => None,
    }
}

fn tail(parcel_id: &str) -> String {
    let count = parcel_id.chars().count();
    parcel_id.chars().skip(count.saturating_sub(4)).collect()
}

/// A parcel of which nothing was heard for months is as good as lost.
fn ended(ended: Ended) -> Code {
    match ended.reason {
        EndReason::Scan(code) => code,
        EndReason::Cancelled => Code::Cancelled,
        EndReason::Expired => Code::Lost,
    }
}

/// What people are told of, the worst first.
fn conditions(view: View<'_>, world: &World) -> Vec<OpenCondition> {
    let concerns = |kind, level| {
        let mut told = world.rules.tell.audiences(NoticeKind::Condition(kind), level);
        kind == ConditionKind::Held || told.any(|audience| LINK_AUDIENCES.contains(&audience))
    };
    let open = view.parcel.open.iter().filter(|open| concerns(open.kind, open.level));
    let mut open: Vec<_> =
        open.map(|open| OpenCondition { kind: open.kind, level: open.level, since: open.limit }).collect();
    open.sort_by_key(|open| (std::cmp::Reverse(open.level), open.since));
    open
}

fn collection(parcel: &Parcel) -> Option<Collection> {
    let place = &parcel.telling.collection.as_ref().filter(|_| parcel.is_live())?.place;
    let text = |text: &Option<Box<str>>| text.as_deref().map(Into::into);
    Some(Collection {
        place: PlaceView { id: text(&place.place), kind: text(&place.kind), ..PlaceView::default() },
        pickup_code: text(&place.pickup_code),
        free_until: place.free_until,
    })
}

fn history(parcel: &Parcel) -> Vec<HistoryLine> {
    let mut scans: Vec<&Accepted> = parcel.history.accepted().iter().collect();
    scans.sort_by_key(|scan| std::cmp::Reverse(scan.rank()));
    let line = |scan: &Accepted| HistoryLine {
        code: scan.code,
        hub: scan.hub.as_deref().map(Into::into),
        event_time: scan.event_time,
    };
    scans.into_iter().map(line).collect()
}
