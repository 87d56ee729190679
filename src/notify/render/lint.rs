//! Looks at all words as their readers would: what cannot be filled, is too long, would not be approved, or must not stand in a notice.
//!
//! In come words and the configuration, out comes every problem with its file and, where it has one, its line. The form of
//! templates is checked when they are read; here they are filled with sample facts, with all of them and with none.

mod approved;
mod rendered;
mod source;

use std::collections::BTreeSet;
use std::sync::Arc;

use super::words::{Problem, Words};
use super::{Locale, sample};
use crate::notify::Policy;

/// A text that takes more parts than this is a letter; English with the brackets of a signature takes twice what it would.
const PARTS_MAX: usize = 3;

/// Everything that is wrong; empty where words and configuration are right.
pub fn lint(words: &Arc<Words>, policy: &Policy) -> Vec<Problem> {
    let mut problems = BTreeSet::new();
    source::look(words, &mut problems);
    for locale in Locale::ALL {
        let mut world = sample::world(locale, policy);
        world.words = words.clone();
        rendered::look(&world, locale, &mut problems);
        approved::look(&world, locale, &mut problems);
    }
    codes(words, policy, &mut problems);
    problems.into_iter().collect()
}

/// Whether the configured codes are of texts that there are.
fn codes(words: &Words, policy: &Policy, problems: &mut BTreeSet<Problem>) {
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
