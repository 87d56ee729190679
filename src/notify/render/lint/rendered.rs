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
type Found = BTreeMap<(String, Option<usize>, String), String>;

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
    problems.extend(found.into_iter().map(|((file, line, message), example)| Problem {
        file,
        line,
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
    let made = message(&sample::id(), content, &sample::route(channel, SmsProvider::Twilio, *reader), world);
    let locale = reader.locale;
    let set = if is_own(reader.audience) { "own" } else { "work" };
    let name = format!("{set}.{}", kind.name());
    let (file, line) = match channel {
        Channel::Email => (format!("{}/{set}/{}.txt", locale.name(), kind.name()), None),
        Channel::Sms => {
            let entry =
                world.words.sms(locale).get(&name).or_else(|| world.words.sms(locale).get(&format!("{set}.any")));
            (format!("{}/sms.toml", locale.name()), entry.map(|entry| entry.line_of(0)))
        }
        Channel::Webhook => ("a webhook".to_owned(), None),
    };
    for fault in faults(made, reader, world) {
        let example = || format!("{}, {}, {shape}", reader.audience.name(), level.name());
        found.entry((file.clone(), line, format!("{name}: {fault}"))).or_insert_with(example);
    }
}

/// What is wrong with a message.
fn faults(made: Option<Message>, reader: &Reader, world: &World) -> Vec<String> {
    let mut faults = Vec::new();
    let texts = match made {
        None => return vec!["expected a text, found that a fact was said which is not known".to_owned()],
        Some(Message::Json(_)) => return faults,
        Some(Message::Mail { subject, text, .. }) => {
            let columns: usize = subject.chars().map(|c| if c.is_ascii() { 1 } else { 2 }).sum();
            if columns > SUBJECT_MAX {
                faults
                    .push(format!("expected a subject of at most {SUBJECT_MAX} columns, found {columns}: {subject:?}"));
            }
            vec![subject, text]
        }
        Some(Message::Text { text, .. }) => {
            let counted = parts::count(&text);
            if counted.parts > if is_own(reader.audience) { 1 } else { PARTS_MAX - 1 } {
                faults.push(format!("expected one part, found {} ({} units): {text:?}", counted.parts, counted.units));
            }
            if counted.alphabet == Alphabet::Ucs2 && reader.locale == Locale::En {
                faults.push(format!("expected characters of GSM-7 alone, found others: {text:?}"));
            }
            let sheet = world.words.sms(reader.locale);
            let mut stops =
                ["clauses.stop", "clauses.stop_short"].into_iter().filter_map(|key| sheet.text(key)).peekable();
            if is_own(reader.audience) && stops.peek().is_some() && !stops.any(|stop| text.contains(stop)) {
                faults.push(format!("expected how to opt out (clauses.stop), found none in {text:?}"));
            }
            vec![text]
        }
    };
    for text in texts {
        if let Some(trace) = TRACES.iter().find(|trace| text.contains(**trace)) {
            faults.push(format!("expected a text, found {trace:?} in {text:?}"));
        }
        if let Some((list, word)) = forbidden(&world.words.forbidden, Some(reader.locale), &text) {
            faults.push(format!("expected none of the words of {list} in forbidden.toml, found {word:?}"));
        }
    }
    faults
}
