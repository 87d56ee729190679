//! Records of `preferences.v1`: how somebody wants to be told. A CRM may write them, too, so each field is read by itself.

use serde_json::Value;

use super::field::{name, no_time, required, stamp};
use super::notice::{KEPT_BYTES_MAX, bounded};
use super::text;
use crate::model::{Channel, Preference, QuietHours, RecipientKey, Reject};

const FIELDS: [&str; 6] = ["recipient_key", "opt_out", "channels", "quiet_hours", "locale", "at"];

/// A preference as read; none where it was deleted. Malformed optional fields count as absent and are listed.
pub type Read = (Option<Box<Preference>>, Vec<&'static str>);

/// Decodes a preference, which must concern whom its key names: the key decided who reads it.
///
/// `opt_out` is required, and a list that names none of our channels is refused: a record replaces what stands, and who asked to be
/// left in peace would be told.
pub(super) fn preference(key: &RecipientKey, value: Option<&[u8]>) -> Result<Read, Reject> {
    let Some(value) = value.filter(|value| !value.is_empty()) else { return Ok((None, Vec::new())) };
    let fields = text::object(text::text(Some(value))?, &FIELDS)?;
    let field = |name: &str| fields.get(name).filter(|value| !value.is_null());
    let mut malformed = Vec::new();
    if required(&field("recipient_key"), "recipient_key")? != key.as_str() {
        return Err(Reject::at("key", "recipient_key", "expected the record's key, found another"));
    }
    let at = stamp(required(&field("at"), "at")?).map_err(|error| no_time("at", error))?.at;
    let list = field("opt_out").ok_or_else(|| {
        Reject::at("missing", "opt_out", "expected a list of channels, empty where none is opted out, found nothing")
    })?;
    let opt_out = channels(list, "opt_out", &mut malformed)
        .filter(|channels| !channels.is_empty() || list.as_array().is_some_and(Vec::is_empty))
        .ok_or_else(|| Reject::at("type", "opt_out", "expected a list of channels, found something else"))?;
    let order = field("channels").and_then(|list| {
        let order = channels(list, "channels", &mut malformed);
        if order.is_none() {
            malformed.push("channels");
        }
        order.filter(|order| !order.is_empty())
    });
    let quiet_hours = field("quiet_hours").and_then(|hours| {
        let hours = hours.as_str().and_then(QuietHours::parse);
        if hours.is_none() {
            malformed.push("quiet_hours");
        }
        hours
    });
    let locale = name(&field("locale"), "locale", &mut malformed).map(str::to_owned);
    let preference = Preference { recipient_key: key.clone(), opt_out, channels: order, quiet_hours, locale, at };
    bounded(value, &preference, KEPT_BYTES_MAX)?;
    Ok((Some(Box::new(preference)), malformed))
}

/// The channels of a list, each once; a word that is none of ours is passed over. None where it is no list of words.
fn channels(list: &Value, path: &'static str, malformed: &mut Vec<&'static str>) -> Option<Vec<Channel>> {
    let words: Vec<&str> = list.as_array()?.iter().map(Value::as_str).collect::<Option<_>>()?;
    let mut channels = Vec::new();
    let mut unknown = false;
    for word in words {
        match Channel::ALL.into_iter().find(|channel| channel.name().eq_ignore_ascii_case(word.trim())) {
            Some(channel) if !channels.contains(&channel) => channels.push(channel),
            Some(_) => {}
            None => unknown = true,
        }
    }
    if unknown {
        malformed.push(path);
    }
    Some(channels)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Timestamp;

    const FULL: &str = r#"{"recipient_key":"p:1","opt_out":["sms"],"channels":["email","sms"],"quiet_hours":"21:00-08:00",
        "locale":"en","at":"2026-11-22T10:15:00+08:00","unheard_of":[1]}"#;

    fn read(value: &str) -> Result<Read, Reject> {
        preference(&RecipientKey::from_text("p:1"), Some(value.as_bytes()))
    }

    #[test]
    fn a_preference_is_read_and_what_we_write_is_read_back() {
        let (found, malformed) = read(FULL).unwrap();
        let found = found.unwrap();
        assert_eq!((&*found.opt_out, malformed), (&[Channel::Sms][..], vec![]));
        assert_eq!(found.channels.as_deref(), Some(&[Channel::Email, Channel::Sms][..]));
        assert_eq!(found.quiet_hours.map(|hours| hours.to_string()).as_deref(), Some("21:00-08:00"));
        assert_eq!(found.at, Timestamp::parse("2026-11-22T02:15:00Z").unwrap());
        let again = read(&serde_json::to_string(&found).unwrap()).unwrap();
        assert_eq!(again, (Some(found), vec![]));
    }

    #[test]
    fn without_a_value_it_is_forgotten() {
        for value in [None, Some(&b""[..])] {
            assert_eq!(preference(&RecipientKey::from_text("p:1"), value), Ok((None, vec![])));
        }
    }

    #[test]
    fn what_is_optional_and_malformed_counts_as_absent_and_is_counted() {
        for (from, to, field) in [
            (r#"["email","sms"]"#, r#""email""#, "channels"),
            (r#"["email","sms"]"#, r#"["pigeon"]"#, "channels"),
            ("21:00-08:00", "at night", "quiet_hours"),
            (r#""21:00-08:00""#, "21", "quiet_hours"),
            (r#""en""#, "7", "locale"),
            (r#"["sms"]"#, r#"["sms","pigeon"]"#, "opt_out"),
        ] {
            let (found, malformed) = read(&FULL.replace(from, to)).expect(to);
            assert_eq!((malformed, &*found.unwrap().opt_out), (vec![field], &[Channel::Sms][..]), "{to}");
        }
        let (found, _) = read(&FULL.replace(r#"["sms"]"#, r#"[" SMS","Email"]"#)).unwrap();
        assert_eq!(found.unwrap().opt_out, [Channel::Sms, Channel::Email], "however it is written");
        let (found, malformed) = read(&FULL.replace(r#"["sms"]"#, "[]")).unwrap();
        assert_eq!((found.unwrap().opt_out, malformed), (vec![], vec![]));
    }

    #[test]
    fn what_cannot_be_used_is_rejected_and_never_read_as_consent() {
        for (from, to, reason, path) in [
            ("p:1", "p:2", "key", "recipient_key"),
            (r#""recipient_key":"p:1","#, "", "missing", "recipient_key"),
            ("2026-11-22T10:15:00+08:00", "yesterday", "time", "at"),
            ("2026-11-22", "9999-11-22", "range", "at"),
            (r#"["sms"]"#, r#""sms""#, "type", "opt_out"),
            (r#"["sms"]"#, r#"[7]"#, "type", "opt_out"),
            (r#"["sms"]"#, r#"["all"]"#, "type", "opt_out"),
            (r#"["sms"]"#, "null", "missing", "opt_out"),
            (r#""opt_out":["sms"],"#, "", "missing", "opt_out"),
            (r#"{"rec"#, r#"["rec"#, "json", ""),
        ] {
            let reject = read(&FULL.replacen(from, to, 1)).expect_err(to);
            assert_eq!((reject.reason, &*reject.path), (reason, path), "{to}: {reject}");
        }
        assert_eq!(read("[1]").unwrap_err().reason, "type");
        assert_eq!(preference(&RecipientKey::from_text("p:1"), Some(b"\xff")).unwrap_err().reason, "utf8");
    }
}
