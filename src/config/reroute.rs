//! `[reroute]`: links, and the file that says what is offered.

use serde::Deserialize;

use super::listen::check_strength;
use super::{Place, Problem, Secret};
use crate::channel::SecretError;
use crate::document::{self, Check};
use crate::reroute::{LINK_DAYS_MAX, LinkKey, Links, Offers, Settings};

/// What customers may choose, and how they get there.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reroute {
    base_url: String,
    /// None: the development key.
    link_key: Option<Secret>,
    link_days: u16,
    offers: Option<String>,
    auto_accept: bool,
    proof_tries: u32,
    text_max: usize,
}

/// Stands in for a key while nothing is sent. Published here, so a link made with it can be forged: real sending refuses it.
const DEVELOPMENT_KEY: &[u8] = b"parcelwatch development link key, known to everybody";

/// As much as a record of a choice takes.
const TEXT_MAX: usize = 500;

impl Reroute {
    /// What holds for every choice.
    pub fn settings(&self) -> Settings {
        let Reroute { link_days, auto_accept, proof_tries, text_max, .. } = *self;
        Settings { link_days, auto_accept, proof_tries, text_max }
    }

    /// What makes links, its key read now; none where notices carry none.
    pub fn links(&self) -> Result<Option<Links>, SecretError> {
        if self.base_url.is_empty() {
            return Ok(None);
        }
        let key = match &self.link_key {
            Some(secret) => LinkKey::new(secret.read()?.reveal()),
            None => LinkKey::new(DEVELOPMENT_KEY),
        };
        Ok(Some(Links::new(&self.base_url, key)))
    }

    /// Whether notices carry links.
    pub fn has_links(&self) -> bool {
        !self.base_url.is_empty()
    }

    /// Whether links are made with the key that everybody knows: to be warned about, and refused for sending.
    pub fn is_development(&self) -> bool {
        !self.base_url.is_empty() && self.link_key.is_none()
    }

    /// What the offers file offers; its mistakes are added to `problems`.
    pub(super) fn load_offers(&self, problems: &mut Vec<Problem>) -> Offers {
        self.offers.as_deref().map_or_else(Offers::default, |path| load_offers(path, problems))
    }

    pub(super) fn check(&self, check: &mut Check<'_>) {
        if let Some(secret) = &self.link_key {
            check_strength(check, secret, "reroute.link_key");
        }
        let is_url = self.base_url.starts_with("https://") || self.base_url.starts_with("http://");
        let is_plain = !self.base_url.contains(['?', '#', ' ']);
        check.that(
            self.base_url.is_empty() || is_url && is_plain,
            "reroute.base_url",
            "expected a URL that begins with https:// or http:// and has no query",
        );
        for (key, found, max) in [
            ("reroute.link_days", usize::from(self.link_days), usize::from(LINK_DAYS_MAX)),
            ("reroute.text_max", self.text_max, TEXT_MAX),
        ] {
            check.that((1..=max).contains(&found), key, format!("expected 1 to {max}, found {found}"));
        }
    }
}

/// Reads the file; what is wrong is added to `problems` and left out.
fn load_offers(path: &str, problems: &mut Vec<Problem>) -> Offers {
    match std::fs::read_to_string(path) {
        Ok(text) => document::read_offers_into(&path.into(), &text, problems),
        Err(error) => {
            let place = Place::File { name: path.into(), line: 1, column: 1 };
            let message = format!("expected a readable file of UTF-8 text (reroute.offers): {error}");
            problems.push(Problem { place, key: String::new(), message });
            Offers::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_none_is_reported_where_it_is_named() {
        let mut problems = Vec::new();
        assert_eq!(load_offers("/no/such/offers.toml", &mut problems), Offers::default());
        let found = problems.iter().map(ToString::to_string).collect::<String>();
        assert!(
            found.starts_with("/no/such/offers.toml:1:1: expected a readable file of UTF-8 text (reroute.offers)"),
            "{found}"
        );
    }
}
