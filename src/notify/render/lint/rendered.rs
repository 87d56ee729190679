//! The words as they are read: every kind × audience × level × shape on every channel.

use std::collections::{BTreeMap, BTreeSet};

use super::super::content::Content;
use super::super::parts::{self, Alphabet};
use super::super::view::is_own;
use super::super::words::Problem;
use super::super::{Locale, Reader, message, sample};
use super::PARTS_MAX;
use super::source::forbidden;
use crate::model::{Audience, Channel, Level, Message, NoticeKind, SmsProvider, World};

/// A subject of a mail is cut by phones somewhere after as many characters; in Chinese, after half of it.
const SUBJECT_MAX: usize = 110;
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

/// What is wrong, by file and message, with the first notice that shows it: one mistake shows in many.
type Found = BTreeMap<(String, String), String>;

/// Looks at all of them.
pub fn look(world: &World, locale: Locale, problems: &mut BTreeSet<Problem>) {
    let mut found = Found::new();
    for kind in NoticeKind::all() {
        for audience in Audience::ALL {
            for level in sample::LEVELS {
                let mut shapes = sample::contents(kind, audience, level, locale);
                // The first two are all facts and none; what else a kind may be does not depend on the level.
                shapes.truncate(if level == Level::Warn { usize::MAX } else { 2 });
                for (shape, content) in shapes {
                    let reader = sample::reader(locale, audience);
                    for channel in Channel::ALL {
                        one(world, &content, &reader, kind, channel, (level, &shape), &mut found);
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

fn one(
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
    let made = message(&sample::id(), content, &sample::route(channel, SmsProvider::Twilio, *reader), world);
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
