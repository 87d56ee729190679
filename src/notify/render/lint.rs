//! Looks at all words as their readers would: what cannot be filled, is too long, would not be approved, or must not stand in a notice.
//!
//! In come words and the configuration, out comes every problem with its file and, where it has one, its line. The form of
//! templates is checked when they are read; here they are filled with sample facts, with all of them and with none.

use std::collections::{BTreeMap, BTreeSet};

use super::content::Content;
use super::parts::{self, Alphabet};
use super::sample;
use super::sms::VARIANTS_MAX;
use super::view::is_own;
use super::words::{KINDS, Problem, Said, Sheet};
use super::{Locale, Reader, message, view};
use crate::model::{Audience, Channel, Destination, Level, Message, NoticeKind, SmsProvider, Webhook, World};
use crate::notify::Policy;
use crate::notify::route::Route;

/// A subject of a mail is cut by phones somewhere after as many characters; in Chinese, after half of it.
const SUBJECT_MAX: usize = 110;
/// A text that takes more parts than this is a letter; English with the brackets of a signature takes twice what it would.
const PARTS_MAX: usize = 3;
/// Every level: some words differ by it.
pub const LEVELS: [Level; 4] = [Level::Info, Level::Warn, Level::Major, Level::Critical];
/// Traces of a template that failed, and of clauses that fell out without their punctuation.
const TRACES: [&str; 18] = [
    "none",
    "undefined",
    "{",
    "}",
    "  ",
    "..",
    "。。",
    "，，",
    "，。",
    " .",
    " ,",
    "()",
    "（）",
    "“”",
    "「」",
    ": \n",
    ":\n\n",
    "：。",
];

/// Everything that is wrong; empty where words and configuration are right.
pub fn lint(words: &std::sync::Arc<super::Words>, policy: &Policy) -> Vec<Problem> {
    let mut problems = BTreeSet::new();
    sources(words, &mut problems);
    for locale in Locale::ALL {
        let mut world = sample::world(locale, policy);
        world.words = words.clone();
        rendered(&world, locale, &mut problems);
        approved(&world, locale, &mut problems);
    }
    codes(words, policy, &mut problems);
    problems.into_iter().collect()
}

/// The words as they are written: forbidden ones, and signs that make a text in English three times as long.
fn sources(words: &super::Words, problems: &mut BTreeSet<Problem>) {
    for (file, line, locale, text) in words.sources() {
        let text = without_tags(&text);
        let problem = |message| Problem { file: file.clone(), line: Some(line), message };
        if let Some((list, word)) = forbidden(&words.forbidden, locale, &text) {
            problems.insert(problem(format!("expected none of the words of {list} in forbidden.toml, found {word:?}")));
        }
        let is_text = file.ends_with("sms.toml") && locale == Some(Locale::En);
        if let Some(sign) = text.chars().find(|c| is_text && !parts::is_gsm7(*c)) {
            problems.insert(problem(format!("expected characters of GSM-7 alone, found {sign:?}")));
        }
    }
}

/// The first forbidden word in a text, with the list that forbids it.
fn forbidden<'a>(sheet: &'a Sheet, locale: Option<Locale>, text: &str) -> Option<(&'a str, &'a str)> {
    let lists = std::iter::once("all").chain(locale.map(Locale::name));
    for entry in lists.flat_map(|list| sheet.table(list).collect::<Vec<_>>()) {
        if let Some(word) = entry.texts.iter().find(|word| contains(text, word)) {
            return Some((&entry.key, word));
        }
    }
    None
}

/// Whole words where words are set apart, else characters in a row.
fn contains(text: &str, word: &str) -> bool {
    if !word.chars().all(|c| c.is_ascii_alphabetic() || c == ' ') {
        return text.contains(word);
    }
    let (text, word) = (text.to_lowercase(), word.to_lowercase());
    let is_end = |c: Option<char>| !c.is_some_and(|c| c.is_ascii_alphanumeric());
    text.match_indices(&word)
        .any(|(at, _)| is_end(text[..at].chars().next_back()) && is_end(text[at + word.len()..].chars().next()))
}

/// A line of a template without what stands for facts and choices.
fn without_tags(text: &str) -> String {
    const TAGS: [(&str, &str); 3] = [("{{", "}}"), ("{%", "%}"), ("${", "}")];
    let mut plain = String::new();
    let mut rest = text;
    while let Some((start, end)) =
        TAGS.iter().filter_map(|(begin, end)| Some((rest.find(begin)?, *end))).min_by_key(|(start, _)| *start)
    {
        plain.push_str(&rest[..start]);
        rest = rest[start..].find(end).map_or("", |length| &rest[start + length + end.len()..]);
        plain.push(' ');
    }
    plain.push_str(rest);
    plain
}

/// What is wrong, by file and message, with the first notice that shows it: one mistake shows in many.
type Found = BTreeMap<(String, String), String>;

/// Every kind × audience × level × shape on every channel.
fn rendered(world: &World, locale: Locale, problems: &mut BTreeSet<Problem>) {
    let mut found = Found::new();
    for kind in NoticeKind::all() {
        for audience in Audience::ALL {
            for level in LEVELS {
                let mut shapes = contents(kind, audience, level, locale);
                // The first two are all facts and none; what else a kind may be does not depend on the level.
                shapes.truncate(if level == Level::Warn { usize::MAX } else { 2 });
                for (shape, content) in shapes {
                    let reader = sample::reader(locale, audience);
                    for channel in Channel::ALL {
                        look(world, &content, &reader, kind, channel, (level, &shape), &mut found);
                    }
                }
            }
        }
    }
    problems.extend(found.into_iter().map(|((file, message), example)| Problem {
        file,
        line: None,
        message: format!("{message} (for {example})"),
    }));
}

/// What is said of a kind.
pub fn contents(kind: NoticeKind, audience: Audience, level: Level, locale: Locale) -> Vec<(String, Content)> {
    if kind == NoticeKind::Digest {
        let is_told = !is_own(audience);
        return is_told.then(|| ("full".to_owned(), Content::Digest(Box::new(sample::digest())))).into_iter().collect();
    }
    let shapes = sample::shapes(kind, audience, level, locale);
    shapes.into_iter().map(|(name, issued)| (name, Content::Notice(Box::new(issued)))).collect()
}

/// A route by a channel to a reader, for looking at words.
pub fn route(channel: Channel, provider: SmsProvider, reader: Reader) -> Route {
    let destination = match channel {
        Channel::Email => Destination::Email { address: "reader@example.com".to_owned(), name: None },
        Channel::Sms => Destination::Sms { provider, phone: "+10000000000".to_owned() },
        Channel::Webhook => {
            let hook = Webhook { url: "https://hooks.example".to_owned(), secrets: Vec::new() };
            Destination::Webhook { url: hook.url, secrets: hook.secrets }
        }
    };
    Route { destination, reader }
}

fn look(
    world: &World,
    content: &Content,
    reader: &Reader,
    kind: NoticeKind,
    channel: Channel,
    (level, shape): (Level, &str),
    found: &mut Found,
) {
    let locale = reader.locale.name();
    let set = if is_own(reader.audience) { "own" } else { "work" };
    let file = match channel {
        Channel::Email => format!("{locale}/{set}/{}.txt", kind.name()),
        Channel::Sms => format!("{locale}/sms.toml"),
        Channel::Webhook => "event".to_owned(),
    };
    let place = format!("{set}.{}", kind.name());
    let mut wrong = |message: String| {
        let example = format!("{}, {}, {shape}", reader.audience.name(), level.name());
        found.entry((file.clone(), format!("{place}: {message}"))).or_insert(example);
    };
    let made = message(&sample::id(), content, &route(channel, SmsProvider::Twilio, *reader), world);
    let texts = match made {
        None => return wrong("expected a text, found that a fact was said which is not known".to_owned()),
        Some(Message::Json(_)) => return,
        Some(Message::Mail { subject, text, .. }) => {
            let length: usize = subject.chars().map(|c| if c.is_ascii() { 1 } else { 2 }).sum();
            if length > SUBJECT_MAX {
                wrong(format!("expected a subject of at most {SUBJECT_MAX} columns, found {length}: {subject:?}"));
            }
            vec![subject, text]
        }
        Some(Message::Text { text, .. }) => {
            let counted = parts::count(&text);
            if counted.parts > if is_own(reader.audience) { 1 } else { PARTS_MAX - 1 } {
                wrong(format!("expected one part, found {} ({} units): {text:?}", counted.parts, counted.units));
            }
            if counted.alphabet == Alphabet::Ucs2 && reader.locale == Locale::En {
                wrong(format!("expected characters of GSM-7 alone, found others: {text:?}"));
            }
            vec![text]
        }
    };
    for text in texts {
        if let Some(trace) = TRACES.iter().find(|trace| text.contains(**trace)) {
            wrong(format!("expected a text, found {trace:?} in {text:?}"));
        }
        if let Some((list, word)) = forbidden(&world.words.forbidden, Some(reader.locale), &text) {
            wrong(format!("expected none of the words of {list} in forbidden.toml, found {word:?}"));
        }
    }
}

/// Whether facts fill the texts that a provider approves.
fn approved(world: &World, locale: Locale, problems: &mut BTreeSet<Problem>) {
    let approved = world.words.approved(locale);
    let file = format!("{}/aliyun.toml", locale.name());
    for kind in KINDS.iter().filter_map(|kind| NoticeKind::from_name(kind)) {
        let mut shapes = sample::shapes(kind, Audience::Recipient, Level::Warn, locale);
        shapes.sort_by_key(|(name, _)| name != "full");
        for (i, (name, text)) in approved.texts(kind.name()).enumerate() {
            let key = format!("own.{}", kind.name());
            let line = approved.sheet().get(&key).map(|entry| entry.line_of(i));
            let mut wrong = |message: String| {
                problems.insert(Problem { file: file.clone(), line, message: format!("{name}: {message}") });
            };
            if i >= VARIANTS_MAX {
                wrong(format!("expected at most {VARIANTS_MAX} texts of a kind, found more"));
            }
            let facts = |issued| said(issued, locale, world);
            let filled = shapes.iter().find_map(|(_, issued)| approved.fill(text, &facts(issued)));
            match filled {
                None => {
                    wrong("expected sample facts to fill it within its types' limits, found none that do".to_owned())
                }
                Some(filled) => {
                    let sign = sample::world(locale, &world.policy).policy.notify.from.clone();
                    let counted = parts::count(&format!("【{sign}】{}", filled.text));
                    if counted.parts > PARTS_MAX {
                        wrong(format!("expected at most {PARTS_MAX} parts, found {}", counted.parts));
                    }
                }
            }
        }
    }
}

fn said(issued: &crate::model::Issued, locale: Locale, world: &World) -> Said {
    let reader = sample::reader(locale, issued.audience);
    let mut said = view::notice(issued, &reader, view::Form::Sms, world);
    // A clause that cannot be said is looked at where texts are made.
    let _ = world.words.add_clauses(locale, world.words.sms(locale), &mut said);
    said
}

/// Whether the configured codes are of texts that there are.
fn codes(words: &super::Words, policy: &Policy, problems: &mut BTreeSet<Problem>) {
    for name in policy.notify.sms_codes.keys() {
        let known = name.rsplit_once('.').is_some_and(|(text, locale)| {
            let kind = text.split('.').next().unwrap_or_default();
            Locale::exact(locale)
                .is_some_and(|locale| words.approved(locale).texts(kind).any(|(known, _)| known == text))
        });
        if !known {
            let message =
                format!("expected notify.sms_codes to name texts of aliyun.toml (\"delayed.zh-CN\"), found {name:?}");
            problems.insert(Problem::file("configuration", message));
        }
    }
    for name in policy.notify.sms_signs.keys().filter(|name| Locale::exact(name).is_none()) {
        let message = format!("expected notify.sms_signs to name languages (en, zh-CN, zh-TW), found {name:?}");
        problems.insert(Problem::file("configuration", message));
    }
}
