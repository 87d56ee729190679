//! Tokens of links: a forged one opens nothing, and a genuine one has one spelling (in either case of its letters).
//!
//! Bytes: journey, audience, day (2), which character is changed and to what, the parcel id up to a line's end, a token.

use std::sync::LazyLock;

use parcelwatch::model::{Channel, LINK_AUDIENCES, RecipientKey};
use parcelwatch::reroute::{Link, LinkKey, Links};

use crate::bytes::Bytes;

static LINKS: LazyLock<Links> = LazyLock::new(|| Links::new("https://pw.example", LinkKey::new(*b"secret")));

const DIGITS: &str = "0123456789abcdefghjkmnpqrstvwxyz";

/// Reads tokens: the fuzzer's own, one of ours, and one of ours with a changed character.
pub fn run(data: &[u8]) {
    let mut bytes = Bytes(data);
    let journey = u32::from(bytes.byte() % 16) + 1;
    let (audience, day) = (bytes.choose(LINK_AUDIENCES), bytes.short() & 0x7fff);
    let (place, instead) = (usize::from(bytes.byte()), bytes.byte());
    let Ok(id) = std::str::from_utf8(bytes.until(b'\n')) else { return };
    let Ok(given) = std::str::from_utf8(bytes.0) else { return };

    let link = Link { journey, audience, day };
    let token = LINKS.token(id, link);
    assert!(token.len() == 13 && token.chars().all(|c| DIGITS.contains(c)), "{token}");
    assert_eq!(LINKS.read(id, &token), Some(link));
    assert_eq!(LINKS.read(id, &token.to_uppercase()), Some(link));

    let mut changed = token.clone().into_bytes();
    let place = place % changed.len();
    changed[place] = instead;
    for forged in [given, std::str::from_utf8(&changed).unwrap_or_default()] {
        // A genuine token is the one that its link gives: nothing else is.
        let genuine = |link: Link| forged.eq_ignore_ascii_case(&LINKS.token(id, link));
        assert!(LINKS.read(id, forged).is_none_or(genuine), "{forged:?} opens {id:?}");
        let other = format!("{id}x");
        assert!(LINKS.read(&other, &token).is_none(), "a token of {id:?} opens another parcel");
    }

    let key = RecipientKey::from_text(id);
    for channel in Channel::ALL {
        let url = LINKS.unsubscribe(&key, channel);
        let token = url.rsplit('/').next().expect("a URL has segments");
        assert!(LINKS.may_unsubscribe(&key, channel, token));
        assert_eq!(LINKS.may_unsubscribe(&key, channel, given), given.eq_ignore_ascii_case(token), "{given:?}");
        assert!(url.is_ascii() && !url.contains([' ', '?', '#']), "{url}");
    }
}
