//! How notices are sent: the sections `[send]`, `[notify]` and `[contact]` of the configuration.
//!
//! `../reference.toml` is the commented form of the defaults; a test holds the two together. What can
//! be wrong in a value is refused while reading it, so that the error has its place.

mod channel;
mod contact;
mod sending;
mod value;

use std::collections::BTreeMap;
use std::time::Duration;

use chrono_tz::Tz;
use serde::Deserialize;

pub use channel::{ChannelPolicy, SmsPolicy};
pub use contact::{Contact, Contacts};
pub use sending::{Mode, Sending};

use super::render::Locale;
use crate::model::{Channel, NoticeKind, QuietHours, SmsProvider};

/// How notices are sent. Read at each decision, so that a change takes no restart of history.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Policy {
    /// What leaves: nothing, nothing but records of it, or notices.
    pub send: Sending,
    /// When and in which words.
    pub notify: NotifyPolicy,
    /// Where hubs and customer service are reached.
    pub contact: Contacts,
}

/// When a notice leaves and in which words.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NotifyPolicy {
    /// Recipient and sender get at most one notice per parcel within this time.
    #[serde(deserialize_with = "value::duration")]
    pub gap: Duration,
    /// A date that moves by at least this, or to another day, is told again.
    #[serde(deserialize_with = "value::duration")]
    pub changed_by: Duration,
    /// A claimed attempt begins within this time or not at all.
    #[serde(deserialize_with = "value::positive")]
    pub claim_window: Duration,
    /// What a recipient was told about a journey is forgotten this long after the last event.
    #[serde(deserialize_with = "value::positive")]
    pub remember: Duration,
    /// The language where the reader's is unknown.
    #[serde(deserialize_with = "value::locale")]
    pub locale: Locale,
    /// The time zone where the reader's is unknown.
    #[serde(deserialize_with = "value::time_zone")]
    pub time_zone: Tz,
    /// Who writes, as readers know them: the last line of a mail.
    pub from: String,
    /// A folder of files that replace ours of the same path; empty: none.
    pub templates: String,
    /// Where a reader can ask, as a text; the line is left out where this is empty.
    pub help: String,
    /// `source` of the CloudEvents that webhooks carry.
    pub source: String,
    /// What is not urgent waits until these end, by the reader's clock, unless a reader's preference says otherwise; none:
    /// nothing waits.
    #[serde(deserialize_with = "value::quiet_hours")]
    pub quiet_hours: Option<QuietHours>,
    /// In which order the contacts of recipients and senders are tried.
    #[serde(deserialize_with = "value::channels")]
    pub person_channels: Vec<Channel>,
    /// In which order a merchant's contacts are tried; the first that it has is used.
    #[serde(deserialize_with = "value::channels")]
    pub merchant_channels: Vec<Channel>,
    /// The same for hubs and customer service.
    #[serde(deserialize_with = "value::channels")]
    pub staff_channels: Vec<Channel>,
    /// Names of hubs as readers know them; a hub without one is not named to recipients.
    pub hub_names: BTreeMap<String, String>,
    /// Retries of mail.
    #[serde(deserialize_with = "channel::email")]
    pub email: ChannelPolicy,
    /// Retries of webhooks.
    #[serde(deserialize_with = "channel::webhook")]
    pub webhook: ChannelPolicy,
    /// Retries of texts.
    #[serde(deserialize_with = "channel::sms")]
    pub sms: SmsPolicy,
    /// Who carries texts to numbers that begin so, "+86" say; the longest beginning wins.
    pub sms_providers: BTreeMap<String, SmsProvider>,
    /// Codes of approved templates, by kind and locale: "delayed.zh-CN"; of a kind's second text "delayed.2.zh-CN".
    pub sms_codes: BTreeMap<String, String>,
    /// Who writes, in texts in this language; absent: `from`.
    pub sms_signs: BTreeMap<String, String>,
    /// Digests to hubs.
    pub digest: DigestPolicy,
    /// More notices of a kind in a minute, over all partitions, are held until an operator decides; 0: none are.
    pub storm_limit: u32,
    /// The same for single kinds.
    pub storm_limits: BTreeMap<NoticeKind, u32>,
}

impl NotifyPolicy {
    /// The same for a clock that goes `rate` times as fast: deadlines of attempts take as long as before in reality. Waits that people
    /// notice (gaps, retries, windows) are times of the day and go with the clock.
    pub fn scaled(self, rate: u32) -> NotifyPolicy {
        NotifyPolicy {
            claim_window: self.claim_window * rate,
            email: self.email.scaled(rate),
            webhook: self.webhook.scaled(rate),
            sms: self.sms.scaled(rate),
            ..self
        }
    }

    /// Who carries texts to this number (E.164); none where nobody does.
    pub fn sms_provider(&self, phone: &str) -> Option<SmsProvider> {
        let mut matching = self.sms_providers.iter().filter(|(beginning, _)| phone.starts_with(beginning.as_str()));
        // In the order of the map a longer beginning follows the shorter ones that it begins with.
        matching.next_back().map(|(_, provider)| *provider)
    }

    /// After how many attempts of unknown outcome a notice is not repeated by this channel.
    pub fn unknown_max(&self, channel: Channel, provider: Option<SmsProvider>) -> u32 {
        match provider {
            Some(SmsProvider::Aliyun) => self.sms.unknown_max_aliyun,
            _ => self.channel(channel).unknown_max,
        }
    }

    /// A hub as readers of this language know it; none: it has no name.
    pub fn hub_name(&self, code: &str, locale: Locale) -> Option<&str> {
        hub_name(&self.hub_names, code, locale)
    }

    /// The policy of a channel.
    pub fn channel(&self, channel: Channel) -> &ChannelPolicy {
        match channel {
            Channel::Email => &self.email,
            Channel::Webhook => &self.webhook,
            Channel::Sms => &self.sms.attempts,
        }
    }
}

impl Default for NotifyPolicy {
    fn default() -> Self {
        NotifyPolicy {
            gap: hours(4),
            changed_by: hours(4),
            claim_window: Duration::from_secs(10),
            remember: hours(30 * 24),
            locale: Locale::En,
            time_zone: Tz::UTC,
            from: "parcelwatch".to_owned(),
            templates: String::new(),
            help: String::new(),
            source: "parcelwatch".to_owned(),
            quiet_hours: None,
            person_channels: vec![Channel::Sms, Channel::Email],
            merchant_channels: vec![Channel::Webhook, Channel::Email],
            staff_channels: vec![Channel::Email, Channel::Webhook],
            hub_names: BTreeMap::new(),
            email: ChannelPolicy::email(),
            webhook: ChannelPolicy::webhook(),
            sms: SmsPolicy::default(),
            sms_providers: BTreeMap::new(),
            sms_codes: BTreeMap::new(),
            sms_signs: BTreeMap::new(),
            digest: DigestPolicy::default(),
            storm_limit: 2000,
            storm_limits: BTreeMap::new(),
        }
    }
}

/// One digest per hub and window.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DigestPolicy {
    /// How long notices to a hub are gathered.
    #[serde(deserialize_with = "value::positive")]
    pub window: Duration,
    /// How many parcels are listed, the worst first; at most 100, or a webhook outgrows 20 kB.
    #[serde(deserialize_with = "value::list")]
    pub list: usize,
    /// A digest that could not be sent within this time after its window is not sent.
    #[serde(deserialize_with = "value::positive")]
    pub useful_for: Duration,
    /// How long after its window a gathered notice is recognised as a repeat.
    #[serde(deserialize_with = "value::duration")]
    pub remember: Duration,
}

impl Default for DigestPolicy {
    fn default() -> Self {
        DigestPolicy { window: Duration::from_secs(15 * 60), list: 50, useful_for: hours(4), remember: hours(24) }
    }
}

/// The same of these names, as `notify.hub_names` has them.
pub fn hub_name<'a>(names: &'a BTreeMap<String, String>, code: &str, locale: Locale) -> Option<&'a str> {
    let own = names.get(&format!("{code}.{}", locale.name()));
    own.or_else(|| names.get(code)).map(String::as_str)
}

const fn hours(hours: u64) -> Duration {
    Duration::from_secs(hours * 3600)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(toml: &str) -> Result<Policy, toml_edit::de::Error> {
        toml_edit::de::from_str(toml)
    }

    #[test]
    fn the_commented_reference_is_the_default() {
        assert_eq!(read(super::super::REFERENCE).unwrap(), Policy::default());
        assert_eq!(read("").unwrap(), Policy::default());
    }

    #[test]
    fn every_commented_example_of_the_reference_can_be_read() {
        // A commented line that looks like TOML is an example; with the mark taken off the whole must still be read.
        let examples: String = super::super::REFERENCE
            .lines()
            .map(|line| match line.strip_prefix("#: ") {
                Some(example) => format!("{example}\n"),
                None => format!("{line}\n"),
            })
            .collect();
        let policy = read(&examples).unwrap_or_else(|e| panic!("{e}"));
        assert!(policy.contact.service.email.is_some() && !policy.send.kind.is_empty());
    }

    #[test]
    fn a_hub_has_a_name_of_its_own_in_some_languages() {
        let names = "[notify.hub_names]\nHGH01 = 'Hangzhou'\n'HGH01.zh-CN' = '杭州'";
        let policy = read(names).unwrap().notify;
        assert_eq!(policy.hub_name("HGH01", Locale::ZhCn), Some("杭州"));
        assert_eq!(policy.hub_name("HGH01", Locale::En), Some("Hangzhou"));
        assert_eq!(policy.hub_name("SHA02", Locale::En), None);
    }

    #[test]
    fn a_channel_keeps_the_defaults_that_are_not_named() {
        let policy = read("[notify.email]\njitter_percent = 5").unwrap();
        assert_eq!(policy.notify.email, ChannelPolicy { jitter_percent: 5, ..ChannelPolicy::email() });
        assert_eq!(policy.notify.webhook, ChannelPolicy::webhook());
        let sms = read("[notify.sms]\nunknown_max_aliyun = 2").unwrap().notify.sms;
        assert_eq!(sms, SmsPolicy { unknown_max_aliyun: 2, ..SmsPolicy::default() });
        let night = read("[notify]\nquiet_hours = '21:00-08:00'").unwrap().notify.quiet_hours;
        assert_eq!(night, QuietHours::parse("21:00-08:00"));
    }

    #[test]
    fn a_wrong_value_is_refused_with_what_was_expected() {
        for (toml, part) in [
            ("[notify]\ngap = 'soon'", "expected a duration"),
            ("[notify]\ntime_zone = 'Mars/Olympus'", "expected an IANA time zone"),
            ("[notify]\nlocale = 'fr'", "expected a locale"),
            ("[notify]\nmerchant_channels = []", "expected at least one channel"),
            ("[notify.digest]\nwindow = '0s'", "expected a duration above zero"),
            ("[notify.digest]\nlist = 0", "expected 1 to 100"),
            ("[send]\nmode = 'maybe'", "maybe"),
            ("[send.kind]\nlate = 'on'", "expected a kind of notice"),
            ("[notify.storm_limits]\nlate = 1", "expected a kind of notice"),
            ("[notify]\nstorm_limit = -1", "storm_limit"),
            ("[nonsense]", "nonsense"),
            ("[notify.email]\nretries = []", "expected at least one wait"),
            ("[notify.sms]\nreport_within = '0s'", "expected a duration above zero"),
            ("[notify]\nquiet_hours = 'at night'", "expected quiet hours such as 21:00-08:00"),
        ] {
            let error = read(toml).expect_err(toml).to_string();
            assert!(error.contains(part), "{toml}: {error}");
        }
    }
}
