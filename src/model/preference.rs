//! How somebody wants to be told: the values of `preferences.v1`, and replies that change them.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::{Channel, RecipientKey, Timestamp};

/// A value of `preferences.v1`, keyed by recipient key: it replaces what was known. Part of saved state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preference {
    #[allow(missing_docs)]
    pub recipient_key: RecipientKey,
    /// Channels that are not to be used.
    #[serde(default)]
    pub opt_out: Vec<Channel>,
    /// In which order channels are tried; absent: the configured one.
    #[serde(default)]
    pub channels: Option<Vec<Channel>>,
    /// What is not urgent waits until these end; absent: the configured ones.
    #[serde(default)]
    pub quiet_hours: Option<QuietHours>,
    /// BCP 47; absent: as the shipment says.
    #[serde(default)]
    pub locale: Option<String>,
    #[allow(missing_docs)]
    pub at: Timestamp,
}

impl Preference {
    /// Nothing asked for yet.
    pub fn new(recipient_key: RecipientKey, at: Timestamp) -> Preference {
        Preference { recipient_key, opt_out: Vec::new(), channels: None, quiet_hours: None, locale: None, at }
    }

    /// Whether this channel is not to be used.
    pub fn is_out(&self, channel: Channel) -> bool {
        self.opt_out.contains(&channel)
    }

    /// Whether both ask for the same, whenever they were written.
    pub fn says_as_much_as(&self, other: &Preference) -> bool {
        Channel::ALL.into_iter().all(|channel| self.is_out(channel) == other.is_out(channel))
            && self.channels == other.channels
            && self.quiet_hours == other.quiet_hours
            && self.locale == other.locale
    }
}

/// A span of the day by the reader's clock, "21:00-08:00"; it may pass midnight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuietHours {
    /// Minutes after midnight, 0 to 1439.
    pub from: u16,
    /// Minutes after midnight, 0 to 1439; not equal to `from`.
    pub to: u16,
}

impl QuietHours {
    /// Reads "21:00-08:00"; none where it is none. A day's end may be written as 24:00.
    pub fn parse(text: &str) -> Option<QuietHours> {
        let (from, to) = text.split_once('-')?;
        let to = if to.trim() == "24:00" { "00:00" } else { to.trim() };
        let (from, to) = (minutes(from.trim())?, minutes(to)?);
        (from != to).then_some(QuietHours { from, to })
    }

    /// Whether the minute of a day is quiet.
    pub fn contains(self, minute: u16) -> bool {
        if self.from < self.to {
            (self.from..self.to).contains(&minute)
        } else {
            minute >= self.from || minute < self.to
        }
    }
}

fn minutes(clock: &str) -> Option<u16> {
    let (hour, minute) = clock.split_once(':')?;
    let number = |text: &str, below: u16| -> Option<u16> {
        let is_two_digits = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse().ok().filter(|number| is_two_digits && *number < below)
    };
    Some(number(hour, 24)? * 60 + number(minute, 60)?)
}

impl fmt::Display for QuietHours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}-{:02}:{:02}", self.from / 60, self.from % 60, self.to / 60, self.to % 60)
    }
}

impl Serialize for QuietHours {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for QuietHours {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<QuietHours, D::Error> {
        let text = Cow::<'de, str>::deserialize(d)?;
        QuietHours::parse(&text).ok_or_else(|| de::Error::custom("expected quiet hours such as 21:00-08:00"))
    }
}

/// What a reply asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OptChange {
    /// Nothing more by this channel.
    OptOut,
    /// Notices by this channel again.
    OptIn,
}

impl OptChange {
    /// Both changes.
    pub const ALL: [OptChange; 2] = [OptChange::OptOut, OptChange::OptIn];

    /// The name on the wire and in metrics.
    pub const fn name(self) -> &'static str {
        match self {
            OptChange::OptOut => "opt_out",
            OptChange::OptIn => "opt_in",
        }
    }
}

/// A person's reply, by a word in a text or one click in a mail: a record of `receipts.v1` with `kind` `reply`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reply {
    #[allow(missing_docs)]
    pub recipient_key: RecipientKey,
    /// Always `reply`.
    pub kind: super::ReceiptKind,
    #[allow(missing_docs)]
    pub channel: Channel,
    #[allow(missing_docs)]
    pub change: OptChange,
    #[allow(missing_docs)]
    pub at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quiet_hours_may_pass_midnight() {
        let night = QuietHours::parse("21:00-08:00").unwrap();
        assert!(night.contains(21 * 60) && night.contains(0) && night.contains(8 * 60 - 1));
        assert!(!night.contains(8 * 60) && !night.contains(20 * 60 + 59));
        let noon = QuietHours::parse("12:30 - 14:00").unwrap();
        assert!(noon.contains(13 * 60) && !noon.contains(14 * 60) && !noon.contains(0));
        assert_eq!(night.to_string(), "21:00-08:00");
        let evening = QuietHours::parse("22:00-24:00").unwrap();
        assert!(evening.contains(24 * 60 - 1) && !evening.contains(0));
        assert_eq!(evening.to_string(), "22:00-00:00");
    }

    #[test]
    fn what_is_no_span_of_a_day_is_none() {
        for text in [
            "",
            "21-08",
            "24:00-08:00",
            "00:00-24:00",
            "22:00-24:01",
            "21:60-08:00",
            "08:00-08:00",
            "9:00-10:00",
            "+1:00-02:00",
        ] {
            assert_eq!(QuietHours::parse(text), None, "{text:?}");
        }
    }
}
