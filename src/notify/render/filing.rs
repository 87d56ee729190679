//! What is filed with a provider that approves templates, for people who do the filing.

use super::view::{self, Form};
use super::{Locale, parts, sample};
use crate::model::{Audience, Level, NoticeKind, World};

/// A text to be approved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filing {
    /// Under this name `notify.sms_codes` has its code: "delayed.zh-CN".
    pub name: String,
    /// The code, where one is configured.
    pub code: Option<String>,
    /// The text with its variables, as it is filed.
    pub text: String,
    /// The variables in their order, each with its type.
    pub variables: Vec<(String, String)>,
    /// As its reader sees it, with sample facts and the signature.
    pub example: String,
    /// How many parts the example takes.
    pub parts: usize,
}

/// The texts of a kind in a language, the fullest first.
pub fn filings(kind: NoticeKind, locale: Locale, world: &World) -> Vec<Filing> {
    let approved = world.words.approved(locale);
    let reader = sample::reader(locale, Audience::Recipient);
    let facts: Vec<_> = sample::shapes(kind, Audience::Recipient, Level::Warn, locale)
        .iter()
        .map(|(_, issued)| {
            let mut said = view::notice(issued, &reader, Form::Sms, world);
            // Without its clauses a text that says one is not filled, and the example is empty.
            let _ = world.words.add_clauses(locale, world.words.sms(locale), &mut said);
            said
        })
        .collect();
    let base = facts.iter().find_map(|said| said.get("link_base")?.as_str()).unwrap_or_default();
    let sign = facts.iter().find_map(|said| said.get("sign")?.as_str()).unwrap_or_default();
    approved
        .texts(kind.name())
        .map(|(name, text)| {
            let name = format!("{name}.{}", locale.name());
            let filled = facts.iter().find_map(|said| approved.fill(text, said));
            let example = filled.map(|filled| format!("【{sign}】{}", filled.text)).unwrap_or_default();
            let variable = |name: &str| (name.to_owned(), approved.type_of(name).unwrap_or_default().to_owned());
            Filing {
                code: world.policy.notify.sms_codes.get(&name).cloned(),
                name,
                text: text.filed(base),
                variables: text.variables().map(variable).collect(),
                parts: parts::count(&example).parts,
                example,
            }
        })
        .collect()
}
