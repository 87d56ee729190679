//! In which language a reader is answered.

use super::Pages;
use crate::notify::render::Locale;

impl Pages {
    /// The language of a reader: what was asked for, what is known of the reader, what the browser prefers, ours.
    pub fn locale(&self, asked: Option<&str>, known: Option<&str>, accepted: Option<&str>) -> Locale {
        let browser = || accepted.and_then(preferred);
        let known = || known.map(Locale::of);
        asked.and_then(Locale::exact).or_else(known).or_else(browser).unwrap_or(self.names.locale)
    }
}

/// The best of a browser's languages that we have words in (`Accept-Language`); English counts only where it is named.
fn preferred(header: &str) -> Option<Locale> {
    let weighed = |each: &str| -> Option<(u16, Locale)> {
        let (tag, parameters) = each.split_once(';').unwrap_or((each, ""));
        let weight = parameters.trim().strip_prefix("q=").map_or(Some(1.0), |q| q.trim().parse::<f32>().ok())?;
        let tag = tag.trim();
        let language = tag.split(['-', '_']).next().unwrap_or_default();
        let is_ours = ["en", "zh"].iter().any(|ours| language.eq_ignore_ascii_case(ours));
        (is_ours && weight > 0.0).then(|| ((weight.min(1.0) * 1000.0) as u16, Locale::of(tag)))
    };
    // Of equal weights the first is meant.
    let languages: Vec<_> = header.split(',').take(32).filter_map(weighed).collect();
    languages.into_iter().rev().max_by_key(|(weight, _)| *weight).map(|(_, locale)| locale)
}
