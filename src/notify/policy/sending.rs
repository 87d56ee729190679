//! `send = off|shadow|on`, and which setting wins.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::model::{Channel, NoticeKind};

/// Whether notices leave.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Nothing is sent; notices are suppressed.
    Off,
    /// Everything is decided, recorded and counted; nothing leaves.
    #[default]
    Shadow,
    /// Notices leave.
    On,
}

impl Mode {
    /// The name in the configuration.
    pub const fn name(self) -> &'static str {
        match self {
            Mode::Off => "off",
            Mode::Shadow => "shadow",
            Mode::On => "on",
        }
    }
}

/// The section `[send]`. The most specific setting wins: the merchant's, else the kind's, else the
/// channel's, else `mode`. A merchant's setting covers everything about its parcels, whoever is told.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Sending {
    /// Where nothing more specific is set.
    pub mode: Mode,
    #[allow(missing_docs)]
    pub channel: BTreeMap<Channel, Mode>,
    #[allow(missing_docs)]
    pub kind: BTreeMap<NoticeKind, Mode>,
    #[allow(missing_docs)]
    pub merchant: BTreeMap<String, Mode>,
}

impl Sending {
    /// The mode for a notice of this kind about a parcel of this merchant by this channel.
    pub fn mode(&self, channel: Channel, kind: NoticeKind, merchant: Option<&str>) -> Mode {
        let by_merchant = merchant.and_then(|merchant| self.merchant.get(merchant));
        let by_kind = || self.kind.get(&kind);
        let by_channel = || self.channel.get(&channel);
        by_merchant.or_else(by_kind).or_else(by_channel).copied().unwrap_or(self.mode)
    }

    /// Whether anything can leave by this channel.
    pub fn leaves_by(&self, channel: Channel) -> bool {
        let mut specific = self.kind.values().chain(self.merchant.values());
        *self.channel.get(&channel).unwrap_or(&self.mode) == Mode::On || specific.any(|mode| *mode == Mode::On)
    }

    /// Whether anything can leave at all; `run` says so at start where nothing can.
    pub fn anything_leaves(&self) -> bool {
        let specific = self.channel.values().chain(self.kind.values()).chain(self.merchant.values());
        self.mode == Mode::On || specific.into_iter().any(|mode| *mode == Mode::On)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ConditionKind::Stalled;

    #[test]
    fn the_most_specific_setting_wins() {
        let stalled = NoticeKind::Condition(Stalled);
        let mut send = Sending::default();
        let mode = |send: &Sending, merchant| send.mode(Channel::Email, stalled, merchant);
        assert_eq!(mode(&send, Some("M")), Mode::Shadow);
        assert!(!send.anything_leaves());
        send.channel.insert(Channel::Email, Mode::On);
        assert_eq!(mode(&send, Some("M")), Mode::On);
        assert!(send.anything_leaves() && send.leaves_by(Channel::Email) && !send.leaves_by(Channel::Sms));
        send.kind.insert(stalled, Mode::Off);
        assert_eq!(mode(&send, Some("M")), Mode::Off);
        send.merchant.insert("M".to_owned(), Mode::On);
        assert!(send.leaves_by(Channel::Sms));
        assert_eq!(mode(&send, Some("M")), Mode::On);
        assert_eq!(mode(&send, Some("N")), Mode::Off);
        assert_eq!(mode(&send, None), Mode::Off);
        assert_eq!(send.mode(Channel::Webhook, NoticeKind::Collection, None), Mode::Shadow);
    }
}
