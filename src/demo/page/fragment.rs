//! One happening as HTML: an element of one of the page's lists.

use serde::Serialize;

use super::links::{Part, linked};
use super::view::render;
use crate::demo::happening::{Happening, Mail, Reader, What};
use crate::demo::words::{clock, described, kind_name, masked, notice_kind, short};
use crate::model::{Change, Level, SmsProvider, WorkOrderChange};

/// Which list of the page a happening belongs to (the name of its event), and its HTML; open: with what else is folded away.
pub fn fragment(happening: &Happening, is_open: bool) -> (&'static str, String) {
    let (number, time) = (happening.number, clock(happening.at));
    match &happening.what {
        What::Text(text) => {
            let view = Message {
                sort: "text",
                name: "Text",
                to: masked(&text.to),
                reply: Some(text.id.clone()),
                // What people are used to there.
                word: if text.provider == SmsProvider::Aliyun { "TD" } else { "STOP" },
                ..Message::new(number, time, &text.body)
            };
            ("message", render("message.html", &view))
        }
        What::Mail(Mail { reader: Reader::Staff, to, subject, .. }) => {
            let place = to.split('@').next().unwrap_or_default().to_owned();
            let (change, what, parcel) = ("mail", subject.clone(), String::new());
            ("change", render("change.html", &ChangeRow { number, time, tone: "calm", change, what, parcel, place }))
        }
        What::Mail(mail) => {
            let view = Message {
                sort: "mail",
                name: "Mail",
                to: masked(&mail.to),
                subject: Some(mail.subject.clone()),
                ..Message::new(number, time, &mail.text)
            };
            ("message", render("message.html", &view))
        }
        What::Webhook(hook) => {
            let event = serde_json::from_str::<serde_json::Value>(&hook.body).unwrap_or_default();
            let view = Hook {
                number,
                time,
                merchant: &hook.merchant,
                verified: hook.verified,
                kind: notice_kind(&event).unwrap_or_else(|| "webhook".to_owned()),
                subject: event["subject"].as_str().map(short).unwrap_or_default(),
                id: &hook.id,
                body: &hook.body,
                open: is_open,
            };
            ("hook", render("hook.html", &view))
        }
        What::Condition(change) => {
            let tone = match (change.change, change.level) {
                (Change::Cleared | Change::Retracted, _) => "good",
                (_, Level::Info) => "calm",
                (_, Level::Warn) => "warn",
                (_, Level::Major | Level::Critical) => "bad",
            };
            let view = ChangeRow {
                number,
                time,
                tone,
                change: change.change.name(),
                what: format!("{} ({})", kind_name(change.condition), change.level.name()),
                parcel: short(&change.parcel_id),
                place: change.hub.clone().unwrap_or_default(),
            };
            ("change", render("change.html", &view))
        }
        What::Choice(order) => {
            let change = if order.change == WorkOrderChange::Created { "chosen" } else { "taken back" };
            let view = ChangeRow {
                number,
                time,
                tone: "good",
                change,
                what: format!("work order: {}", described(order)),
                parcel: short(&order.parcel_id),
                place: order.hub.clone().unwrap_or_default(),
            };
            ("change", render("change.html", &view))
        }
    }
}

#[derive(Serialize)]
struct Message {
    number: u64,
    time: String,
    sort: &'static str,
    name: &'static str,
    to: String,
    subject: Option<String>,
    parts: Vec<Part>,
    reply: Option<String>,
    word: &'static str,
}

impl Message {
    fn new(number: u64, time: String, text: &str) -> Message {
        let parts = linked(text);
        Message { number, time, sort: "", name: "", to: String::new(), subject: None, parts, reply: None, word: "" }
    }
}

#[derive(Serialize)]
struct Hook<'a> {
    number: u64,
    time: String,
    merchant: &'a str,
    verified: bool,
    kind: String,
    subject: String,
    id: &'a str,
    body: &'a str,
    /// Its content is shown at once.
    open: bool,
}

#[derive(Serialize)]
struct ChangeRow {
    number: u64,
    time: String,
    tone: &'static str,
    change: &'static str,
    what: String,
    parcel: String,
    place: String,
}
