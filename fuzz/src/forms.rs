//! Forms of the public pages: their fields, and the proof that one is ours.
//!
//! Bytes: the hours since the proof was made, what it was made for up to a line's end, another proof up to a line's end, a body.

use std::sync::LazyLock;
use std::time::Duration;

use parcelwatch::reroute::form::{Form, is_proved, is_same, prove};
use parcelwatch::reroute::{LinkKey, Links};

use crate::bytes::{Bytes, NOW};

/// How long a page may lie open.
const HOURS_MAX: u64 = 12;

static LINKS: LazyLock<Links> = LazyLock::new(|| Links::new("https://pw.example", LinkKey::new(*b"secret")));

/// Reads and proves.
pub fn run(data: &[u8]) {
    let mut bytes = Bytes(data);
    let hours = u64::from(bytes.byte());
    let Ok(about) = std::str::from_utf8(bytes.until(b'\n')) else { return };
    let Ok(given) = std::str::from_utf8(bytes.until(b'\n')) else { return };
    let about: Vec<&str> = about.split('|').collect();
    let later = NOW + Duration::from_secs(hours * 3600);
    let proof = prove(&LINKS, &about, NOW);
    assert_eq!(is_proved(&LINKS, &about, &proof, later), hours <= HOURS_MAX);

    // Of all proofs those of the last hours are good, and nothing else is.
    let hour = later.as_millis().div_euclid(3_600_000);
    let genuine = (0..=HOURS_MAX).map(|ago| prove(&LINKS, &about, later - Duration::from_secs(ago * 3600)));
    let is_genuine = genuine.into_iter().any(|known| {
        let (made, tag) = known.split_once('-').expect("hour and tag");
        // However the hour is written.
        given.split_once('-').is_some_and(|(at, found)| at.parse() == made.parse::<i64>() && found == tag)
    });
    assert_eq!(is_proved(&LINKS, &about, given, later), is_genuine, "{given:?} in hour {hour}");
    assert_eq!(is_same(&proof, given), proof == given);

    let form = Form::read(bytes.0);
    for name in ["option", "form", "revision", "undo", "text_address", "", given] {
        assert_eq!(form.get(name), form.all(name).next());
    }
}
