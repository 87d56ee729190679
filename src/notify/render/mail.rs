//! Mails: the templates of `../templates`, filled with what a notice says and its reader may read.
//!
//! A template is a text whose first line is the subject and whose paragraphs are set apart by blank lines. The
//! text part and the HTML part are made of the same paragraphs, so that neither says more; in the page a line that is the link is a
//! button, and lines that begin with a dash are a list. People who wait for a parcel (`own`) read other words than those who work with it (`work`).

use serde::Serialize;

use super::content::Content;
use super::view::{self, Form};
use super::words::{Said, Words};
use super::{Reader, text};
use crate::model::{Message, World};

#[derive(Serialize)]
struct Page<'a> {
    lang: &'static str,
    subject: &'a str,
    blocks: Vec<Block<'a>>,
    from: &'a str,
    /// What stands on the button.
    label: Option<&'a str>,
}

/// Lines that are shown alike.
#[derive(Serialize)]
struct Block<'a> {
    kind: Kind,
    lines: Vec<&'a str>,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Text,
    List,
    Link,
}

/// With this an item of a list begins in a text.
const ITEM: &str = "- ";

/// The mail; none where a template fails, which the lint rules out for every kind, language and audience.
pub fn mail(content: &Content, reader: &Reader, world: &World) -> Option<Message> {
    let words = &*world.words;
    let set = if view::is_own(reader.audience) { "own" } else { "work" };
    let fill = |name: &str, facts: &Said| words.fill(&format!("{}/{set}/{name}.txt", reader.locale.name()), facts).ok();
    let (facts, filled) = match content {
        Content::Notice(issued) => {
            let mut facts = view::notice(issued, reader, Form::Mail, world);
            words.add_clauses(reader.locale, words.sheet(reader.locale), &mut facts).ok()?;
            let filled = format!("{}\n\n{}", fill(issued.kind.name(), &facts)?, fill("close", &facts)?);
            (facts, filled)
        }
        Content::Digest(digest) => {
            let facts = view::digest(digest, reader, Form::Mail, world);
            let filled = fill("digest", &facts)?;
            (facts, filled)
        }
    };
    let mut paragraphs = paragraphs(&filled);
    let subject = paragraphs.remove(0).join(" ");
    let from = text::line(&world.policy.notify.from);
    let html = page(words, reader, &facts, &subject, &paragraphs, &from)?;
    let lines: Vec<String> = paragraphs.iter().map(|lines| lines.join("\n")).collect();
    Some(Message::Mail { text: format!("{}\n\n{from}\n", lines.join("\n\n")), subject, html, unsubscribe: None })
}

fn page(
    words: &Words,
    reader: &Reader,
    facts: &Said,
    subject: &str,
    paragraphs: &[Vec<&str>],
    from: &str,
) -> Option<String> {
    let link = facts.get("link").and_then(|link| link.as_str());
    let is = |name: &str, word: &str| facts.get(name).and_then(|known| known.as_str()) == Some(word);
    let label = match facts.contains_key("options") {
        true => "choose",
        false if is("kind", "suspect_signature") && is("audience", "recipient") => "answer",
        false => "follow",
    };
    let page = Page {
        lang: reader.locale.name(),
        subject,
        blocks: paragraphs.iter().flat_map(|lines| blocks(lines, link)).collect(),
        from,
        label: words.word(reader.locale, "buttons", label),
    };
    words.fill("mail.html", &page).ok()
}

/// A paragraph as it is shown: its lines, its list, its button.
fn blocks<'a>(lines: &[&'a str], link: Option<&str>) -> Vec<Block<'a>> {
    let mut blocks: Vec<Block<'a>> = Vec::new();
    for line in lines {
        let (kind, line) = match line.strip_prefix(ITEM) {
            _ if Some(*line) == link => (Kind::Link, *line),
            Some(item) => (Kind::List, item),
            None => (Kind::Text, *line),
        };
        match blocks.last_mut() {
            Some(block) if block.kind == kind => block.lines.push(line),
            _ => blocks.push(Block { kind, lines: vec![line] }),
        }
    }
    blocks
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
