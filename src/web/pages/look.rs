//! How pages look: one style sheet within the page, allowed by its hash.

use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use crate::reroute::OFFERS_MAX;

/// The sheet with the rules that show an option's fields and its button while it is chosen: without them the button could
/// not name the choice without a script. Plain sibling selectors, which every browser knows.
pub(super) fn style() -> String {
    let mut style = String::from(include_str!("style.css"));
    for n in 1..=OFFERS_MAX {
        let _ = write!(
            style,
            ".o{n}:checked~.a{n},.o{n}:checked~.go .b{n}{{display:block}}.o{n}:checked~.go .b0{{display:none}}"
        );
    }
    style
}

/// Nothing is loaded from anywhere; forms go nowhere else; nobody frames the page.
pub(super) fn policy(style: &str) -> String {
    let hash = STANDARD.encode(Sha256::digest(style));
    format!(
        "default-src 'none'; style-src 'sha256-{hash}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
}
