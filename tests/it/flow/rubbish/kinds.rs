//! Every kind of rubbish, made from a good record of the topic so that it is as near to it as can be.

use serde_json::{Value, json};

use crate::flow::RUBBISH;
use crate::kafka::Record;

/// A record of this size is at the broker's limit of 1,048,588 bytes, but for the batch around it.
pub const BIG_BYTES: usize = 1_048_000;

/// Deeper than any reader's stack.
const DEEP: usize = 100_000;

/// A record that nothing can be made of.
pub struct Rubbish {
    pub name: &'static str,
    /// None: the key of the good one.
    pub key: Option<Vec<u8>>,
    pub value: Option<Vec<u8>>,
}

impl Rubbish {
    /// As a record beside a good one with this key.
    pub fn record(&self, topic: &str, key: &str) -> Record {
        let key = self.key.as_deref().unwrap_or(key.as_bytes());
        let record = Record::to(topic).key(key).header(RUBBISH, self.name);
        match &self.value {
            Some(value) => record.value(value),
            None => record,
        }
    }

    /// Whether it is so big that one of it is enough.
    pub fn is_big(&self) -> bool {
        [&self.key, &self.value].into_iter().flatten().any(|bytes| bytes.len() > 50_000)
    }
}

/// Rubbish on any topic with JSON objects.
pub fn common(good: &Value) -> Vec<Rubbish> {
    let text = good.to_string();
    let half = text.len() / 2;
    let values: Vec<(&str, Vec<u8>)> = vec![
        ("truncated", text.as_bytes()[..half].to_vec()),
        ("truncated at its last byte", text.as_bytes()[..text.len() - 1].to_vec()),
        ("no UTF-8", [&text.as_bytes()[..text.len() - 2], b"\xc3\x28\"}"].concat()),
        ("another encoding", text.encode_utf16().flat_map(u16::to_le_bytes).collect()),
        ("compressed", vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3]),
        ("NUL bytes", vec![0; 1000]),
        ("followed by more", format!("{text}{text}").into_bytes()),
        ("a list of itself", json!([good]).to_string().into_bytes()),
        ("a text of itself", json!(text).to_string().into_bytes()),
        ("null", b"null".to_vec()),
        ("a number", b"-1e309".to_vec()),
        ("blanks", b" \r\n\t".to_vec()),
        ("deep lists", [vec![b'['; DEEP], vec![b']'; DEEP]].concat()),
        ("deep objects without end", b"{\"parcel_id\":".repeat(DEEP / 13)),
        ("big and no JSON", vec![b'x'; BIG_BYTES]),
        (
            "big and truncated",
            format!("{}, \"note\": \"{}", &text[..text.len() - 1], "y".repeat(BIG_BYTES - 1000)).into_bytes(),
        ),
        ("a big list", json!(vec![0; BIG_BYTES / 2 - 10]).to_string().into_bytes()),
    ];
    let named = values.into_iter().map(|(name, value)| Rubbish { name, key: None, value: Some(value) });
    let keys = [
        Rubbish { name: "a big key", key: Some(vec![b'k'; BIG_BYTES]), value: Some(b"{}".to_vec()) },
        Rubbish { name: "a key without UTF-8", key: Some(b"\xff\xfe\0".to_vec()), value: Some(b"?".to_vec()) },
    ];
    named.chain(keys).collect()
}

/// What nothing can be made of where deleting means nothing.
pub fn deletions() -> Vec<Rubbish> {
    let value = |name, value| Rubbish { name, key: None, value };
    vec![value("a tombstone", None), value("an empty value", Some(Vec::new()))]
}

/// The good record with single fields changed; null takes a field away.
pub fn with_fields(good: &Value, changes: &[(&'static str, &str, Value)]) -> Vec<Rubbish> {
    let changed = |(name, field, value): &(&'static str, &str, Value)| {
        let mut record = good.clone();
        record[*field] = value.clone();
        Rubbish { name, key: None, value: Some(record.to_string().into_bytes()) }
    };
    changes.iter().map(changed).collect()
}

/// The first good records as big as they may be: an unknown field, and a shipment with the longest route that is kept.
pub fn filled(n: usize, mut good: Value) -> Value {
    match n {
        0 => good["note"] = json!(noise(BIG_BYTES - 1000)),
        1 if good["ordered_at"].is_string() => {
            let milestone = |n: usize| json!({"code": "sorted", "hub": format!("{n:04}{}", "杭".repeat(196))});
            good["route"] = (0..1000).map(milestone).collect();
        }
        _ => {}
    }
    good
}

/// Changes that spoil the fields of a shipment.
pub fn of_a_shipment() -> Vec<(&'static str, &'static str, Value)> {
    let mut changes = of_a_parcel();
    changes.extend([
        ("no time", "ordered_at", Value::Null),
        ("year 9999", "ordered_at", json!("9999-12-31T23:59:59Z")),
        ("year 1999", "ordered_at", json!("1999-12-31T23:59:59Z")),
        ("a date", "ordered_at", json!("2026-03-05")),
        ("a time without zone", "ordered_at", json!("2026-03-05T10:00:00")),
        ("a number for a time", "ordered_at", json!(1_772_323_200)),
    ]);
    changes
}

/// Changes that spoil the fields of a scan.
pub fn of_a_scan() -> Vec<(&'static str, &'static str, Value)> {
    let mut changes = of_a_parcel();
    changes.extend([
        ("an unknown code", "code", json!("loaded")),
        ("a big unknown code", "code", json!("z".repeat(100_000))),
        ("a list of codes", "code", json!(["delivered"])),
        ("no code", "code", Value::Null),
        ("no hub", "hub", Value::Null),
        ("a number for a hub", "hub", json!(7)),
        ("year 9999", "event_time", json!("9999-12-31T23:59:59+08:00")),
        ("year 10000", "event_time", json!("+10000-01-01T00:00:00Z")),
        ("no time", "event_time", Value::Null),
        ("a day that is none", "event_time", json!("2026-02-30T10:00:00Z")),
    ]);
    changes
}

/// Changes that spoil the fields of a reroute.
pub fn of_a_reroute() -> Vec<(&'static str, &'static str, Value)> {
    let mut changes = of_a_parcel();
    changes.extend([
        ("no journey", "journey", json!(-1)),
        ("a journey beyond numbers", "journey", json!(u64::MAX)),
        ("a text for a number", "journey", json!("1")),
        ("an unknown change", "change", json!("granted")),
        ("an unknown option", "option", json!("teleport")),
        ("an option of the wrong type", "option", json!({"option": "locker"})),
    ]);
    changes
}

/// Changes that spoil the fields of a notice.
pub fn of_a_notice() -> Vec<(&'static str, &'static str, Value)> {
    vec![
        ("no id", "id", Value::Null),
        ("an empty id", "id", json!("")),
        ("an unknown change", "change", json!("revoked")),
        ("an unknown kind", "kind", json!("abducted")),
        ("a number for a kind", "kind", json!(7)),
        ("an unknown level", "level", json!("apocalyptic")),
        ("an unknown audience", "audience", json!("everybody")),
        ("year 9999", "at", json!("9999-12-31T23:59:59.000Z")),
        ("year 9999 as its end", "expires", json!("9999-12-31T23:59:59.000Z")),
        ("a text for a number", "journey", json!("1")),
        ("a fact beyond measure", "facts", json!({"reason": noise(BIG_BYTES - 1000)})),
        ("a parcel with a control character", "parcel_id", json!("N\u{0}1")),
    ]
}

/// Changes that spoil the fields of a receipt.
pub fn of_a_receipt() -> Vec<(&'static str, &'static str, Value)> {
    vec![
        ("another's key", "recipient_key", json!("merchant:other")),
        ("no attempt", "attempt", json!(0)),
        ("a negative attempt", "attempt", json!(-1)),
        ("an unknown outcome", "outcome", json!("eaten")),
        ("an unknown channel", "channel", json!("pigeon")),
        ("an unknown kind", "kind", json!("rumour")),
        ("a reason beyond measure", "reason", json!(noise(BIG_BYTES - 1000))),
        ("no notice", "notice_id", Value::Null),
        ("year 9999", "at", json!("9999-12-31T23:59:59.000Z")),
    ]
}

/// Changes that spoil the fields of a merchant.
pub fn of_a_merchant() -> Vec<(&'static str, &'static str, Value)> {
    vec![
        ("another's name", "merchant", json!("M-other")),
        ("no name", "merchant", Value::Null),
        ("a webhook of the wrong type", "webhook", json!("https://m.example")),
        ("a webhook without URL", "webhook", json!({"secrets": []})),
        ("a URL of another kind", "webhook", json!({"url": "ftp://m.example/hook", "secrets": []})),
        ("a secret in clear", "webhook", json!({"url": "https://m.example/hook", "secrets": ["whsec_abc"]})),
        ("unknown audiences", "audiences", json!(["everybody"])),
    ]
}

fn of_a_parcel() -> Vec<(&'static str, &'static str, Value)> {
    vec![
        ("no parcel", "parcel_id", Value::Null),
        ("a number for a parcel", "parcel_id", json!(1024)),
        ("an empty parcel", "parcel_id", json!("")),
        ("a parcel with a NUL", "parcel_id", json!("SF\u{0}1")),
        ("a long parcel", "parcel_id", json!("x".repeat(65))),
        ("a big parcel", "parcel_id", json!("x".repeat(BIG_BYTES - 1000))),
        ("a deep parcel", "parcel_id", deep()),
    ]
}

/// Text that does not become smaller by compression.
fn noise(bytes: usize) -> String {
    let step = |state: &mut u32| {
        *state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        Some(char::from(b'0' + (*state >> 24) as u8 % 64))
    };
    std::iter::repeat_n((), bytes).scan(1, |state, ()| step(state)).map(|c| if c == '\\' { '/' } else { c }).collect()
}

/// As deep as serde_json itself writes and reads.
fn deep() -> Value {
    (0..100).fold(json!([]), |inner, _| json!([inner]))
}
