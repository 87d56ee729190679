//! The page as a whole, and its figures.

use std::sync::LazyLock;

use minijinja::Environment;
use minijinja::value::Serde;
use serde::Serialize;

use super::fragment::fragment;
use crate::demo::board::Standing;
use crate::demo::happening::Happening;
use crate::demo::words::{day_and_time, kind_name};
use crate::model::Timestamp;

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

/// Fills a template of the page.
pub fn render(name: &str, view: &impl Serialize) -> String {
    let template = PAGES.get_template(name).expect("a template of ours is there");
    template.render(Serde(view)).expect("a template of ours can be filled")
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
    use crate::demo::board::Board;
    use crate::demo::happening::{Hook, Mail, Reader, Text, What};
    use crate::model::SmsProvider;

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
