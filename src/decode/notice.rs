//! Records of `preferences.v1`, `notices.v1`, `receipts.v1` and `controls.v1` to the notifier's inputs.
//!
//! All but the first are written by parcelwatch itself, so their JSON is read as it was written; still nothing here
//! trusts a byte of it, and no message repeats what stood there.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::error::Category;

use super::control::control;
use super::preference::preference;
use super::receipt::receipt;
use crate::model::{Issued, Notice, RecipientKey, Reject};
use crate::notify::Input;

/// The inputs of the notifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum NotifierTopic {
    Preferences,
    Notices,
    Receipts,
    Controls,
}

/// What is kept of a notice or receipt at most, as JSON. Larger: the records made of it (a thread's state, a delivery) outgrow what
/// the brokers take, and its partition stands still for ever. Smaller: the longest names that shipments may carry do not
/// fit.
pub(super) const KEPT_BYTES_MAX: usize = 32 * 1024;

/// Bytes of a recipient key, notice id or parcel id at most. Smaller: a merchant or hub with the longest name that shipments and
/// scans may carry (200 characters, some of four bytes) is never told anything.
const NAME_MAX: usize = 1024;

/// Decodes a record of one of the notifier's inputs. The key says whom it concerns; a control concerns everybody.
///
/// # Errors
/// What could not be used of it, and where; never its content.
pub fn notifier_input(topic: NotifierTopic, key: Option<&[u8]>, value: Option<&[u8]>) -> Result<Input, Reject> {
    let present = || value.ok_or_else(|| Reject::at("missing", "", "expected a value, found none"));
    let key = || recipient_key(key);
    match topic {
        NotifierTopic::Notices => {
            let key = key()?;
            Ok(Input::Notice { notice: notice(present()?)?, key })
        }
        NotifierTopic::Receipts => receipt(&key()?, present()?),
        NotifierTopic::Controls => control(present()?),
        NotifierTopic::Preferences => {
            let key = key()?;
            let (preference, malformed) = preference(&key, value)?;
            Ok(Input::Preference { key, preference, malformed })
        }
    }
}

fn notice(value: &[u8]) -> Result<Notice, Reject> {
    let notice: Notice = typed(value, "a notice")?;
    bounded(value, &notice, KEPT_BYTES_MAX)?;
    name("id", notice.id().as_str())?;
    if let Notice::Issued(issued) = &notice {
        check(issued)?;
    }
    Ok(notice)
}

fn check(issued: &Issued) -> Result<(), Reject> {
    // A digest is made by the notifier itself, of the notices to a hub.
    if issued.kind == crate::model::NoticeKind::Digest {
        return Err(Reject::at("range", "kind", "expected a kind about one parcel, found digest"));
    }
    let length = issued.parcel_id.chars().count();
    if !(1..=64).contains(&length) || issued.parcel_id.chars().any(char::is_control) {
        return Err(Reject::at("range", "parcel_id", "expected 1 to 64 printable characters, found others"));
    }
    issued.resolves.iter().try_for_each(|id| name("resolves", id.as_str()))
}

/// Refuses what would be too much to keep; unknown fields, which are not kept, may have any length.
pub(super) fn bounded(value: &[u8], read: &impl Serialize, most: usize) -> Result<(), Reject> {
    let kept = || serde_json::to_vec(read).map_or(usize::MAX, |json| json.len());
    if value.len() > most && kept() > most {
        return Err(Reject::at("range", "", format!("expected at most {most} bytes in known fields, found more")));
    }
    Ok(())
}

fn recipient_key(key: Option<&[u8]>) -> Result<RecipientKey, Reject> {
    let key = key.ok_or_else(|| Reject::at("missing", "key", "expected a recipient key, found none"))?;
    let text = std::str::from_utf8(key).map_err(|_| Reject::at("utf8", "key", "expected UTF-8, found other bytes"))?;
    name("key", text)?;
    Ok(RecipientKey::from_text(text))
}

/// A name of ours: of bounded length and without control characters, which separate names in state.
pub(super) fn name(path: &str, text: &str) -> Result<(), Reject> {
    if text.is_empty() || text.len() > NAME_MAX || text.chars().any(char::is_control) {
        let detail = format!("expected 1 to {NAME_MAX} printable bytes, found {} bytes", text.len());
        return Err(Reject::at("range", path.to_owned(), detail));
    }
    Ok(())
}

/// Reads JSON as a type of the model. The errors name a place and never repeat what stands there, as serde's own
/// would.
pub(super) fn typed<T: DeserializeOwned>(value: &[u8], what: &str) -> Result<T, Reject> {
    let text = std::str::from_utf8(value).map_err(|_| Reject::at("utf8", "", "expected UTF-8, found other bytes"))?;
    serde_json::from_str(text).map_err(|error| {
        let place = format!("line {}, column {}", error.line(), error.column());
        match error.classify() {
            Category::Data => match missing_field(&error.to_string()) {
                Some(field) => Reject::at("missing", field, format!("expected {what} with this field, found none")),
                None => Reject::at("type", "", format!("expected {what}, found a value of another kind at {place}")),
            },
            Category::Syntax | Category::Eof | Category::Io => {
                Reject::at("json", "", format!("expected JSON, found something else at {place}"))
            }
        }
    })
}

/// The field that serde misses. Its name is one of ours: only a field of our types can be missing.
fn missing_field(error: &str) -> Option<String> {
    let (field, _) = error.strip_prefix("missing field `")?.split_once('`')?;
    Some(field.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ISSUED: &str = r#"{"id":"ntc_1","change":"issued","parcel_id":"SF1","journey":1,"kind":"stalled","episode":1,
        "level":"warn","revision":1,"audience":"recipient","recipient":{"email":"wf@example.com"},"merchant":"M-0042",
        "severity":"warn","at":"2026-11-22T09:35:10.001Z","expires":"2026-11-25T09:35:10.001Z","unheard_of":[1,2],
        "facts":{"stage":"departed_hub","hub":"HGH01"}}"#;

    fn notices(key: &[u8], value: &[u8]) -> Result<Input, Reject> {
        notifier_input(NotifierTopic::Notices, Some(key), Some(value))
    }

    #[test]
    fn what_the_tracker_writes_is_read_back_and_unknown_fields_are_passed_over() {
        let Ok(Input::Notice { key, notice }) = notices(b"p:1", ISSUED.as_bytes()) else { panic!("not read") };
        assert_eq!(key.as_str(), "p:1");
        let again = serde_json::to_vec(&notice).unwrap();
        assert_eq!(notices(b"p:1", &again), Ok(Input::Notice { key, notice }));
        let talkative = ISSUED.replace("[1,2]", &format!("{:?}", "x".repeat(1_000_000)));
        let long = format!("merchant:{}", "\u{20000}".repeat(200));
        assert!(notices(long.as_bytes(), ISSUED.as_bytes()).is_ok(), "the longest key that the tracker writes");
        assert_eq!(notices(b"p:1", talkative.as_bytes()), notices(b"p:1", ISSUED.as_bytes()));
        let withdrawn = notices(b"p:1", br#"{"id":"ntc_1","change":"withdrawn"}"#);
        assert!(matches!(withdrawn, Ok(Input::Notice { notice: Notice::Withdrawn { .. }, .. })), "{withdrawn:?}");
    }

    #[test]
    fn rubbish_is_rejected_with_its_reason_and_without_its_content() {
        let long = "x".repeat(65);
        for (value, reason, path) in [
            (b"\xff\xfe".to_vec(), "utf8", ""),
            (Vec::new(), "json", ""),
            (ISSUED.as_bytes()[..90].to_vec(), "json", ""),
            (b"[1]".to_vec(), "type", ""),
            (ISSUED.replace("\"SF1\"", "17").into_bytes(), "type", ""),
            (ISSUED.replace("\"kind\":\"stalled\",", "").into_bytes(), "missing", "kind"),
            (ISSUED.replace("stalled", "Wang Fang").into_bytes(), "type", ""),
            (ISSUED.replace("stalled", "digest").into_bytes(), "range", "kind"),
            (ISSUED.replace("SF1", &long).into_bytes(), "range", "parcel_id"),
            (ISSUED.replace("SF1", "\\u001f").into_bytes(), "range", "parcel_id"),
            (ISSUED.replace("2026-11-25", "9999-11-25").into_bytes(), "type", ""),
            (ISSUED.replace("ntc_1", "").into_bytes(), "range", "id"),
            (ISSUED.replace("HGH01", &"h".repeat(40_000)).into_bytes(), "range", ""),
        ] {
            let reject = notices(b"p:1", &value).expect_err(&String::from_utf8_lossy(&value));
            assert_eq!((reject.reason, &*reject.path), (reason, path), "{reject}");
            assert!(!reject.to_string().contains("Wang") && !reject.to_string().contains("SF1"), "{reject}");
        }
        assert_eq!(notifier_input(NotifierTopic::Notices, None, Some(b"{}")).unwrap_err().path, "key");
        assert_eq!(notices(b"\xff", ISSUED.as_bytes()).unwrap_err().reason, "utf8");
        assert_eq!(notifier_input(NotifierTopic::Notices, Some(b"p:1"), None).unwrap_err().reason, "missing");
    }
}
