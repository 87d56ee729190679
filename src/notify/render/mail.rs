//! Mails: the templates of `../templates`, filled with what a notice says and its reader may read.
//!
//! A template is a text whose first line is the subject and whose paragraphs are set apart by blank lines. The
//! text part and the HTML part are made of the same paragraphs, so that neither says more. People who wait
//! for a parcel (`own`) read other words than those who work with it (`work`).

use std::sync::LazyLock;

use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, UndefinedBehavior};
use serde::Serialize;

use super::content::Content;
use super::view::{self, View};
use super::{Locale, Reader, text};
use crate::model::{Audience, Message};
use crate::notify::policy::NotifyPolicy;

macro_rules! templates {
    ($($locale:literal, $set:literal: $($name:literal)*;)*) => {
        &[$($((
            concat!($locale, "/", $set, "/", $name, ".txt"),
            include_str!(concat!("../templates/", $locale, "/", $set, "/", $name, ".txt")),
        ),)*)*]
    };
}

/// Every template by its name.
pub(super) static TEMPLATES: &[(&str, &str)] = templates! {
    "en", "own": "never_uploaded" "overdue_scan" "stalled" "delayed" "thoroughly_delayed" "dispatch_overdue"
        "attempt_failed" "uncollected" "held" "damaged" "refused" "lost" "collection" "recovered" "corrected" "close";
    "en", "work": "never_uploaded" "overdue_scan" "stalled" "delayed" "thoroughly_delayed" "dispatch_overdue"
        "attempt_failed" "uncollected" "held" "damaged" "refused" "lost" "collection" "recovered" "corrected" "close"
        "digest";
    "zh-CN", "own": "never_uploaded" "overdue_scan" "stalled" "delayed" "thoroughly_delayed" "dispatch_overdue"
        "attempt_failed" "uncollected" "held" "damaged" "refused" "lost" "collection" "recovered" "corrected" "close";
    "zh-CN", "work": "never_uploaded" "overdue_scan" "stalled" "delayed" "thoroughly_delayed" "dispatch_overdue"
        "attempt_failed" "uncollected" "held" "damaged" "refused" "lost" "collection" "recovered" "corrected" "close"
        "digest";
};

static WORDS: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut words = Environment::new();
    // A fact that a template misspells is an error, which the tests find; a fact that is unknown is none.
    words.set_undefined_behavior(UndefinedBehavior::Strict);
    words.set_auto_escape_callback(|name| if name.ends_with(".html") { AutoEscape::Html } else { AutoEscape::None });
    for (name, text) in TEMPLATES {
        words.add_template(name, text).expect("a template of ours can be read");
    }
    words.add_template("mail.html", include_str!("../templates/mail.html")).expect("a template of ours can be read");
    words
});

#[derive(Serialize)]
struct Page<'a> {
    lang: &'static str,
    subject: &'a str,
    paragraphs: Vec<Vec<&'a str>>,
    from: &'a str,
}

/// The mail; none where a template fails, which the tests rule out for every kind, language and audience.
pub fn mail(content: &Content, reader: &Reader, policy: &NotifyPolicy) -> Option<Message> {
    let set = match reader.audience {
        Audience::Recipient | Audience::Sender => "own",
        Audience::Merchant | Audience::HubOps | Audience::CustomerService => "work",
    };
    let render = |name: &str, view: &View| {
        let name = format!("{}/{set}/{name}.txt", reader.locale.name());
        WORDS.get_template(&name).ok()?.render(Serde(view)).ok()
    };
    let filled = match content {
        Content::Notice(issued) => {
            let view = View::Notice(Box::new(view::notice(issued, reader, policy)));
            format!("{}\n\n{}", render(issued.kind.name(), &view)?, render("close", &view)?)
        }
        Content::Digest(digest) => render("digest", &View::Digest(view::digest(digest, reader)))?,
    };
    let mut paragraphs = paragraphs(&filled);
    let subject = paragraphs.remove(0).join(" ");
    let from = text::line(&policy.from);
    let html = page(reader.locale, &subject, &paragraphs, &from)?;
    let lines: Vec<String> = paragraphs.iter().map(|lines| lines.join("\n")).collect();
    Some(Message::Mail { text: format!("{}\n\n{from}\n", lines.join("\n\n")), subject, html, unsubscribe: None })
}

fn page(locale: Locale, subject: &str, paragraphs: &[Vec<&str>], from: &str) -> Option<String> {
    let page = Page { lang: locale.name(), subject, paragraphs: paragraphs.to_vec(), from };
    WORDS.get_template("mail.html").ok()?.render(Serde(page)).ok()
}

/// Paragraphs of lines; at least the subject's.
fn paragraphs(filled: &str) -> Vec<Vec<&str>> {
    let mut paragraphs = vec![Vec::new()];
    for line in filled.lines().map(str::trim) {
        match (line.is_empty(), paragraphs.last_mut()) {
            (false, Some(lines)) => lines.push(line),
            (true, Some(lines)) if !lines.is_empty() => paragraphs.push(Vec::new()),
            _ => {}
        }
    }
    if paragraphs.len() > 1 && paragraphs.last().is_some_and(Vec::is_empty) {
        paragraphs.pop();
    }
    paragraphs
}
