//! Whether facts fill the texts that a provider approves.

use std::collections::BTreeSet;

use super::super::sms::VARIANTS_MAX;
use super::super::words::{KINDS, Problem};
use super::super::{Locale, filings};
use super::PARTS_MAX;
use crate::model::{NoticeKind, World};

/// Looks at the texts of a language.
pub fn look(world: &World, locale: Locale, problems: &mut BTreeSet<Problem>) {
    let approved = world.words.approved(locale);
    let file = format!("{}/aliyun.toml", locale.name());
    for kind in KINDS.iter().filter_map(|kind| NoticeKind::from_name(kind)) {
        let entry = approved.sheet().get(&format!("own.{}", kind.name()));
        for (i, filing) in filings(kind, locale, world).into_iter().enumerate() {
            let line = entry.map(|entry| entry.line_of(i));
            let mut wrong = |message: String| {
                problems.insert(Problem { file: file.clone(), line, message: format!("{}: {message}", filing.name) });
            };
            if i >= VARIANTS_MAX {
                wrong(format!("expected at most {VARIANTS_MAX} texts of a kind, found more"));
            }
            if filing.example.is_empty() {
                wrong("expected sample facts to fill it within its types' limits, found none that do".to_owned());
            }
            if filing.parts > PARTS_MAX {
                wrong(format!("expected at most {PARTS_MAX} parts, found {}", filing.parts));
            }
        }
    }
}
