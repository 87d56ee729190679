//! By which way a reader is reached: the contacts that it has, in its own or the configured order.

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use super::policy::NotifyPolicy;
use super::reason::Suppression;
use super::render::{self, Content, Locale, Reader, time_zone};
use super::thread::Entry;
use crate::model::{
    Audience, Channel, Destination, NoticeKind, Preference, Recipient, RecipientKey, RerouteOption, SmsProvider,
    Webhook, World,
};

/// An endpoint that said 410 Gone, by the recipient key of its owner. It counts as absent until its
/// owner gives another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gone {
    #[allow(missing_docs)]
    pub endpoint: u64,
}

/// An endpoint's name in state: a URL may carry a token.
pub fn endpoint(url: &str) -> u64 {
    xxh3_64(url.as_bytes())
}

/// A provider's number in state.
pub const fn provider_number(provider: SmsProvider) -> u64 {
    match provider {
        SmsProvider::Twilio => 1,
        SmsProvider::Aliyun => 2,
    }
}

/// Where a notice goes and for whom it is worded.
#[derive(Clone, Debug, PartialEq)]
pub struct Route {
    #[allow(missing_docs)]
    pub destination: Destination,
    #[allow(missing_docs)]
    pub reader: Reader,
}

impl Route {
    /// The channel of the destination.
    pub fn channel(&self) -> Channel {
        match self.destination {
            Destination::Email { .. } => Channel::Email,
            Destination::Webhook { .. } => Channel::Webhook,
            Destination::Sms { .. } => Channel::Sms,
        }
    }

    /// Whether its provider can be asked what became of an earlier attempt, and is before it is sent another.
    pub fn can_be_asked(&self) -> bool {
        matches!(self.destination, Destination::Sms { provider: SmsProvider::Aliyun, .. })
    }

    /// The hash of a webhook's URL, a text's provider; 0 for a mail.
    pub fn endpoint(&self) -> u64 {
        match &self.destination {
            Destination::Email { .. } => 0,
            Destination::Sms { provider, .. } => provider_number(*provider),
            Destination::Webhook { url, .. } => endpoint(url),
        }
    }
}

/// What is remembered of a reader beside its threads.
#[derive(Clone, Copy, Debug, Default)]
pub struct Remembered<'a> {
    /// How a person wants to be told.
    pub preference: Option<&'a Preference>,
    #[allow(missing_docs)]
    pub gone: Option<&'a Gone>,
}

/// What an addressee has.
struct Addressee<'a> {
    phone: Option<String>,
    email: Option<&'a str>,
    name: Option<&'a str>,
    webhook: Option<&'a Webhook>,
    order: Vec<Channel>,
    preference: Option<&'a Preference>,
    reader: Reader,
}

impl Addressee<'_> {
    fn destination(&self, channel: Channel, kind: NoticeKind, policy: &NotifyPolicy) -> Option<Destination> {
        match channel {
            Channel::Email => {
                let address = self.email.filter(|address| is_address(address))?.trim().to_owned();
                Some(Destination::Email { address, name: self.name.map(str::to_owned) })
            }
            Channel::Sms => {
                let phone = self.phone.clone()?;
                let provider = policy.sms_provider(&phone)?;
                render::can_text(provider, kind, self.reader.locale, policy)
                    .then_some(Destination::Sms { provider, phone })
            }
            Channel::Webhook => {
                let webhook = self.webhook?;
                Some(Destination::Webhook { url: webhook.url.clone(), secrets: webhook.secrets.clone() })
            }
        }
    }
}

/// The ways to the reader of a notice under `key`, the best first; at least one. Contacts are `person`'s (recipient and
/// sender), the global table's (merchant) or the configuration's (hubs, customer service). A channel that refused the
/// notice is no way any more, nor one of which a person has opted out.
pub fn ways(
    key: &RecipientKey,
    entry: &Entry,
    person: Option<&Recipient>,
    world: &World,
    known: Remembered<'_>,
) -> Result<Vec<Route>, Suppression> {
    let addressee = addressee(key, entry.audience, person, world, known).ok_or(Suppression::NoContact)?;
    let mut missing = Suppression::NoContact;
    let mut ways = Vec::new();
    for channel in &addressee.order {
        let Some(destination) = addressee.destination(*channel, entry.kind, &world.policy.notify) else { continue };
        let route = Route { destination, reader: addressee.reader };
        let is_out = addressee.preference.is_some_and(|preference| preference.is_out(*channel));
        if is_out && !(*channel == Channel::Email && is_warning(entry)) {
            missing = Suppression::OptedOut;
        } else if *channel == Channel::Webhook && known.gone.is_some_and(|gone| gone.endpoint == route.endpoint()) {
            missing = Suppression::EndpointGone;
        } else if !entry.was_refused_by(*channel) {
            ways.push(route);
        }
    }
    if ways.is_empty() { Err(missing) } else { Ok(ways) }
}

/// A new address is told to the old contact by mail whatever it has opted out of: whoever holds somebody else's link could
/// switch us off on its page first. Texts stay away from whom has asked for none, as the law says.
fn is_warning(entry: &Entry) -> bool {
    let is_address = |content: Content| match content {
        Content::Notice(issued) => issued.facts.choice.is_some_and(|choice| choice.option == RerouteOption::Address),
        Content::Digest(_) => false,
    };
    entry.kind == NoticeKind::Choice && entry.content().is_some_and(is_address)
}

/// Whether there is another way for a notice that a channel has refused, and why not.
pub fn onward(key: &RecipientKey, entry: &Entry, world: &World, known: Remembered<'_>) -> Result<(), Suppression> {
    let content = entry.content().ok_or(Suppression::NoContact)?;
    ways(key, entry, content.person(), world, known).map(|_| ())
}

fn addressee<'a>(
    key: &RecipientKey,
    audience: Audience,
    person: Option<&'a Recipient>,
    world: &'a World,
    known: Remembered<'a>,
) -> Option<Addressee<'a>> {
    let policy = &world.policy.notify;
    let reader = |locale: Option<Locale>, zone: Option<chrono_tz::Tz>| Reader {
        audience,
        locale: locale.unwrap_or(policy.locale),
        zone: zone.unwrap_or(policy.time_zone),
    };
    match audience {
        Audience::Recipient | Audience::Sender => person.map(|person| {
            let preference = known.preference;
            let own = preference.and_then(|preference| preference.locale.as_deref());
            let locale = own.or(person.locale.as_deref()).map(Locale::of);
            Addressee {
                phone: person.phone(),
                email: person.email.as_deref(),
                name: person.name.as_deref(),
                webhook: None,
                order: order(preference, &policy.person_channels),
                preference,
                reader: reader(locale, person.time_zone.as_deref().and_then(time_zone)),
            }
        }),
        Audience::Merchant => {
            let merchant = world.merchants.get(key.as_str().strip_prefix("merchant:")?)?;
            Some(Addressee {
                phone: None,
                email: merchant.email.as_deref(),
                name: merchant.name.as_deref(),
                webhook: merchant.webhook.as_ref(),
                order: policy.merchant_channels.clone(),
                preference: None,
                reader: reader(merchant.locale.as_deref().map(Locale::of), None),
            })
        }
        Audience::HubOps | Audience::CustomerService => {
            let contacts = &world.policy.contact;
            let contact = match key.as_str().strip_prefix("hub:") {
                Some(hub) => contacts.hub(hub)?,
                None => &contacts.service,
            };
            Some(Addressee {
                phone: None,
                email: contact.email.as_deref(),
                name: None,
                webhook: contact.webhook.as_ref(),
                order: policy.staff_channels.clone(),
                preference: None,
                reader: reader(contact.locale, contact.time_zone),
            })
        }
    }
}

/// The configured channels, those that a person names first. Not to name one is not to opt out of it.
fn order(preference: Option<&Preference>, configured: &[Channel]) -> Vec<Channel> {
    let mut order = configured.to_vec();
    if let Some(named) = preference.and_then(|preference| preference.channels.as_deref()) {
        order.sort_by_key(|channel| named.iter().position(|name| name == channel).unwrap_or(usize::MAX));
    }
    order
}

/// Whether a text may be a mail address; the channel and the relay have the last word.
fn is_address(text: &str) -> bool {
    let text = text.trim();
    text.len() <= 320
        && text.split_once('@').is_some_and(|(user, host)| !user.is_empty() && !host.is_empty())
        && !text.chars().any(|c| c.is_control() || c.is_whitespace())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_cannot_be_an_address_is_no_contact() {
        for (text, good) in [
            ("wf@example.com", true),
            (" wf@example.com ", true),
            ("", false),
            ("@", false),
            ("a b@c", false),
            ("x", false),
        ] {
            assert_eq!(is_address(text), good, "{text:?}");
        }
    }
}
