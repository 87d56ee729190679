//! Texts for phones: one part where it can be, the link last.
//!
//! A language has, for each kind, wordings from the fullest to the barest, and closings likewise (what can be chosen, until
//! when, the link, how to opt out). What names a fact that is unknown falls out. The first pair that fits one part wins: where
//! something can be chosen the why gives way before the choice does, and the deadline before the link; elsewhere the link
//! gives way first. Where nothing fits the barest stands. Of approved templates that have a code, and whose variables are known and
//! allowed, those that say the most of what a reader needs are left; of these the first that fits one part is taken, else the
//! first.

use super::content::Content;
use super::parts;
use super::view::{self, Form};
use super::words::Said;
use super::{Locale, Reader};
use crate::model::{Message, NoticeKind, SmsProvider, SmsTemplate, World};
use crate::notify::policy::NotifyPolicy;

/// The most variants of one kind that the configuration can have codes for; the lint holds the files to it.
pub const VARIANTS_MAX: usize = 9;

/// The text by this provider; none where it has no approved words for the kind, or the facts do not fill them.
pub fn text(provider: SmsProvider, content: &Content, reader: &Reader, world: &World) -> Option<Message> {
    match provider {
        SmsProvider::Twilio => free(content, reader, world).map(|text| Message::Text { text, template: None }),
        SmsProvider::Aliyun => approved(content, reader, world),
    }
}

/// Whether notices of this kind have words that the provider sends in this language.
pub fn can_text(provider: SmsProvider, kind: NoticeKind, locale: Locale, policy: &NotifyPolicy) -> bool {
    let has_code = |locale: Locale| {
        let more = (2..=VARIANTS_MAX).map(|i| format!("{}.{i}", kind.name()));
        let mut names = std::iter::once(kind.name().to_owned()).chain(more);
        names.any(|name| code(policy, &name, locale).is_some())
    };
    match provider {
        SmsProvider::Twilio => true,
        SmsProvider::Aliyun => languages(locale).iter().any(|locale| has_code(*locale)),
    }
}

/// The code of an approved template.
fn code<'a>(policy: &'a NotifyPolicy, name: &str, locale: Locale) -> Option<&'a String> {
    policy.sms_codes.get(&format!("{name}.{}", locale.name())).filter(|code| !code.is_empty())
}

/// In which languages a reader is texted, the best first: templates in traditional characters are not approved in mainland
/// China, and its simplified ones can be read.
fn languages(locale: Locale) -> &'static [Locale] {
    match locale {
        Locale::En => &[Locale::En],
        Locale::ZhCn => &[Locale::ZhCn],
        Locale::ZhTw => &[Locale::ZhTw, Locale::ZhCn],
    }
}

/// What a text may say, with its clauses.
fn facts(content: &Content, reader: &Reader, world: &World) -> Option<(NoticeKind, Said)> {
    let words = &*world.words;
    let (kind, mut facts) = match content {
        Content::Notice(issued) => (issued.kind, view::notice(issued, reader, Form::Sms, world)),
        Content::Digest(digest) => (NoticeKind::Digest, view::digest(digest, reader, Form::Sms, world)),
    };
    words.add_clauses(reader.locale, words.sms(reader.locale), &mut facts).ok()?;
    Some((kind, facts))
}

fn free(content: &Content, reader: &Reader, world: &World) -> Option<String> {
    let (kind, mut facts) = facts(content, reader, world)?;
    let words = &*world.words;
    let (locale, sheet) = (reader.locale, words.sms(reader.locale));
    let set = if view::is_own(reader.audience) { "own" } else { "work" };
    let filled = |key: &str, facts: &Said| words.fill_all(locale, sheet, key, facts).ok();
    let mut wordings = filled(&format!("{set}.{}", kind.name()), &facts)?;
    if wordings.is_empty() {
        wordings = filled(&format!("{set}.any"), &facts)?;
    }
    let mut closings = filled(&format!("close.{set}"), &facts)?;
    let has_options = facts.contains_key("options");
    // A language in which every text says how to opt out has no text without a closing.
    if closings.is_empty() || !has_options && !facts.contains_key("stop") {
        closings.push(String::new());
    }
    let joint = sheet.text("lists.joint").unwrap_or_default();
    let mut last = None;
    for (closing, wording) in pairs(&closings, &wordings, has_options) {
        let joint = if closing.is_empty() { "" } else { joint };
        facts.insert("text".to_owned(), format!("{wording}{joint}{closing}").into());
        let signed = filled("sign.text", &facts)?.into_iter().next()?;
        let text = if locale == Locale::En { plain(&signed) } else { signed };
        if parts::count(&text).parts == 1 {
            return Some(text);
        }
        last = Some(text);
    }
    last
}

/// Closings and wordings in the order in which they are tried. Where something can be chosen the wording is shortened before
/// the closing is; else the closing is, and falls out before anything that the reader needs.
fn pairs<'a>(
    closings: &'a [String],
    wordings: &'a [String],
    has_options: bool,
) -> Box<dyn Iterator<Item = (&'a String, &'a String)> + 'a> {
    if has_options {
        return Box::new(
            closings.iter().flat_map(move |closing| wordings.iter().map(move |wording| (closing, wording))),
        );
    }
    Box::new(wordings.iter().flat_map(move |wording| closings.iter().map(move |closing| (closing, wording))))
}

fn approved(content: &Content, reader: &Reader, world: &World) -> Option<Message> {
    if !view::is_own(reader.audience) {
        return None;
    }
    let policy = &world.policy.notify;
    languages(reader.locale).iter().find_map(|locale| {
        let (kind, facts) = facts(content, &Reader { locale: *locale, ..*reader }, world)?;
        let approved = world.words.approved(*locale);
        let sign = facts.get("sign")?.as_str()?;
        let texts = approved.texts(kind.name()).filter_map(|(name, text)| {
            let code = code(policy, &name, *locale)?.clone();
            let filled = approved.fill(text, &facts)?;
            // The platform sets the signature; its readers see it all the same.
            let text = format!("【{sign}】{}", filled.text);
            Some((text, SmsTemplate { code, parameters: filled.parameters }))
        });
        let mut texts: Vec<_> = texts.collect();
        let most = texts.iter().map(|(_, template)| needed(template, &facts)).max().unwrap_or_default();
        texts.retain(|(_, template)| needed(template, &facts) == most);
        let short = texts.iter().position(|(text, _)| parts::count(text).parts == 1);
        let (text, template) = texts.into_iter().nth(short.unwrap_or(0))?;
        Some(Message::Text { text, template: Some(template) })
    })
}

/// What no approved text leaves out for the sake of its length where another one says it: a second part is worth less than the date,
/// and a text without a known one reads as if there were none. Each fact with the variables that say it; a page says a place too.
const NEEDED: [(&str, &[&str]); 8] = [
    ("eta", &["eta", "eta_near"]),
    ("slot", &["slot", "slot_near"]),
    ("place", &["place", "link_token"]),
    ("pickup_code", &["pickup_code"]),
    ("free_until", &["free_until"]),
    ("choice_what", &["choice_what"]),
    ("choice_fee", &["choice_fee"]),
    ("choose", &["choose", "change"]),
];

/// How much of what a reader needs a text says.
fn needed(template: &SmsTemplate, facts: &Said) -> usize {
    let says = |names: &[&str]| names.iter().any(|name| template.parameters.contains_key(*name));
    NEEDED.iter().filter(|(fact, names)| facts.contains_key(*fact) && says(names)).count()
}

/// Typographic signs as the plain ones that a text can carry without becoming longer for the network.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '…' => plain.push_str("..."),
            '–' | '—' | '‑' | '−' => plain.push('-'),
            '‘' | '’' | '`' | '´' => plain.push('\''),
            '“' | '”' | '„' => plain.push('"'),
            '\u{a0}' | '\u{202f}' => plain.push(' '),
            '·' | '•' => plain.push('-'),
            other => plain.push(other),
        }
    }
    plain
}
