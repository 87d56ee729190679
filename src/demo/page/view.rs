//! What happened, as the page shows it: fragments of HTML, one for each happening, and the whole.

use std::sync::LazyLock;

use minijinja::Environment;
use minijinja::value::Serde;
use serde::Serialize;

use crate::demo::board::{Happening, Mail, Reader, Standing, What, masked};
use crate::demo::words::{clock, day_and_time, described, kind_name, notice_kind, short};
use crate::model::{Change, Level, Timestamp, WorkOrderChange};

static PAGES: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut pages = Environment::new();
    for (name, text) in [
        ("page.html", include_str!("page.html")),
        ("message.html", include_str!("message.html")),
        ("hook.html", include_str!("hook.html")),
        ("change.html", include_str!("change.html")),
        ("operations.html", include_str!("operations.html")),
    ] {
        pages.add_template(name, text).expect("a template of ours can be read");
    }
    pages
});

/// The page's only style and script; the policy of its answers allows them by their hashes.
pub const STYLE: &str = include_str!("style.css");
#[allow(missing_docs)]
pub const SCRIPT: &str = include_str!("live.js");

/// As many of each sort are shown at first. More makes the page heavy.
const SHOWN_MAX: usize = 60;

fn render(name: &str, view: &impl Serialize) -> String {
    let template = PAGES.get_template(name).expect("a template of ours is there");
    template.render(Serde(view)).expect("a template of ours can be filled")
}

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
}

impl Message {
    fn new(number: u64, time: String, text: &str) -> Message {
        let parts = linked(text);
        Message { number, time, sort: "", name: "", to: String::new(), subject: None, parts, reply: None }
    }
}

/// A piece of a text, with where it leads if it is a link.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct Part {
    text: String,
    link: Option<String>,
}

/// Finds the links of a text, as a phone does.
fn linked(text: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some(begin) = ["http://", "https://"].iter().filter_map(|scheme| rest.find(scheme)).min() {
        let (before, link) = rest.split_at(begin);
        let is_over = |c: char| c.is_whitespace() || !c.is_ascii() || matches!(c, '"' | '<' | '>' | ')');
        let (link, after) = link.split_at(link.find(is_over).unwrap_or(link.len()));
        let bare = link.trim_end_matches(['.', ',', ';', ':']);
        parts.push(Part { text: before.to_owned(), link: None });
        parts.push(Part { text: bare.to_owned(), link: Some(bare.to_owned()) });
        rest = &rest[rest.len() - after.len() - (link.len() - bare.len())..];
    }
    parts.push(Part { text: rest.to_owned(), link: None });
    parts.retain(|part| !part.text.is_empty());
    parts
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

/// A figure with its name.
#[derive(Clone, Debug, Serialize)]
#[allow(missing_docs)]
pub struct Figure {
    pub name: &'static str,
    pub value: String,
}

#[derive(Serialize)]
struct Operations {
    figures: Vec<Figure>,
    open: Vec<Open>,
}

#[derive(Serialize)]
struct Open {
    name: String,
    count: usize,
    /// Of the most frequent one, in percent.
    share: usize,
}

/// What is wrong right now.
pub fn operations(standing: &Standing, mut figures: Vec<Figure>) -> String {
    let counts = standing.counts;
    figures.extend([
        Figure { name: "Texts", value: counts.texts.to_string() },
        Figure { name: "Mails", value: counts.mails.to_string() },
        Figure { name: "Webhooks", value: counts.webhooks.to_string() },
        Figure { name: "Choices", value: counts.choices.to_string() },
    ]);
    figures.push(Figure { name: "Conditions", value: standing.open.values().sum::<usize>().to_string() });
    let most = standing.open.values().copied().max().unwrap_or(1);
    let open = standing
        .open
        .iter()
        .map(|(kind, count)| Open { name: kind_name(*kind), count: *count, share: count * 100 / most })
        .collect();
    render("operations.html", &Operations { figures, open })
}

#[derive(Serialize)]
struct Whole<'a> {
    style: &'static str,
    script: &'static str,
    speed: u32,
    clock: String,
    admin: &'a str,
    messages: Vec<String>,
    hooks: Vec<String>,
    changes: Vec<String>,
    operations: String,
}

/// The whole page as things stand.
pub fn page(standing: &Standing, now: Timestamp, speed: u32, admin: &str, figures: Vec<Figure>) -> String {
    let shown = |list: &[std::sync::Arc<Happening>]| {
        let shown = list.iter().take(SHOWN_MAX).enumerate();
        shown.map(|(i, happening)| fragment(happening, i == 0).1).collect::<Vec<String>>()
    };
    let whole = Whole {
        style: STYLE,
        script: SCRIPT,
        speed,
        clock: day_and_time(now),
        admin,
        messages: shown(&standing.messages),
        hooks: shown(&standing.hooks),
        changes: shown(&standing.changes),
        operations: operations(standing, figures),
    };
    render("page.html", &whole)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::board::{Board, Hook, Text};
    use crate::model::SmsProvider;

    fn link(text: &str) -> Part {
        Part { text: text.to_owned(), link: Some(text.to_owned()) }
    }

    fn plain(text: &str) -> Part {
        Part { text: text.to_owned(), link: None }
    }

    #[test]
    fn links_are_found_as_a_phone_finds_them() {
        let url = "http://127.0.0.1:8080/r/PW1/ABC";
        assert_eq!(linked(&format!("可改时间:{url}")), [plain("可改时间:"), link(url)]);
        assert_eq!(linked(&format!("See {url}. Bye")), [plain("See "), link(url), plain(". Bye")]);
        assert_eq!(linked("none"), [plain("none")]);
    }

    #[test]
    fn what_a_text_says_stays_a_text() {
        let at = Timestamp::FIRST;
        let board = Board::new(at);
        let body = "<script>alert(1)</script> http://127.0.0.1/\"onclick=x".to_owned();
        let (to, id) = ("+8613800000017".into(), "\"><i>".into());
        board.put(at, What::Text(Text { provider: SmsProvider::Twilio, to, id, body: body.clone() }));
        board.put(
            at,
            What::Mail(Mail {
                reader: Reader::Customer,
                to: "a@example.com".into(),
                subject: body.clone(),
                text: body.clone(),
            }),
        );
        board.put(at, What::Webhook(Hook { merchant: "M".into(), verified: false, id: body.clone(), body }));
        let html = page(&board.standing(), at, 240, "http://127.0.0.1:1", Vec::new());
        assert!(!html.contains("<script>alert") && !html.contains("\"><i>"), "{html}");
        assert!(html.contains("signature refused"), "{html}");
    }
}
