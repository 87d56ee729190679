//! By which way a reader is reached: the first contact that it has, in the configured order.

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use super::reason::Suppression;
use super::render::{Locale, Reader, time_zone};
use crate::model::{Audience, Channel, Destination, Recipient, RecipientKey, Webhook, World};

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

    /// The hash of a webhook's URL; 0 for a mail or text.
    pub fn endpoint(&self) -> u64 {
        match &self.destination {
            Destination::Email { .. } | Destination::Sms { .. } => 0,
            Destination::Webhook { url, .. } => endpoint(url),
        }
    }
}

/// What an addressee has.
struct Addressee<'a> {
    phone: Option<String>,
    email: Option<&'a str>,
    name: Option<&'a str>,
    webhook: Option<&'a Webhook>,
    order: &'a [Channel],
    reader: Reader,
}

/// The way to the reader of a notice under `key`, whose contacts are `person`'s (recipient and sender), the global
/// table's (merchant) or the configuration's (hubs, customer service).
pub fn route(
    key: &RecipientKey,
    audience: Audience,
    person: Option<&Recipient>,
    world: &World,
    gone: Option<&Gone>,
) -> Result<Route, Suppression> {
    let addressee = addressee(key, audience, person, world).ok_or(Suppression::NoContact)?;
    let mut missing = Suppression::NoContact;
    for channel in addressee.order {
        let destination =
            match channel {
                Channel::Email => addressee.email.filter(|address| is_address(address)).map(|address| {
                    Destination::Email { address: address.trim().to_owned(), name: addressee.name.map(str::to_owned) }
                }),
                Channel::Sms => addressee.phone.as_deref().and_then(|phone| {
                    let provider = world.policy.notify.sms_provider(phone)?;
                    Some(Destination::Sms { provider, phone: phone.to_owned() })
                }),
                Channel::Webhook => match addressee.webhook {
                    Some(webhook) if gone.is_some_and(|gone| gone.endpoint == endpoint(&webhook.url)) => {
                        missing = Suppression::EndpointGone;
                        None
                    }
                    webhook => webhook
                        .map(|hook| Destination::Webhook { url: hook.url.clone(), secrets: hook.secrets.clone() }),
                },
            };
        if let Some(destination) = destination {
            return Ok(Route { destination, reader: addressee.reader });
        }
    }
    Err(missing)
}

fn addressee<'a>(
    key: &RecipientKey,
    audience: Audience,
    person: Option<&'a Recipient>,
    world: &'a World,
) -> Option<Addressee<'a>> {
    let policy = &world.policy.notify;
    let reader = |locale: Option<Locale>, zone: Option<chrono_tz::Tz>| Reader {
        audience,
        locale: locale.unwrap_or(policy.locale),
        zone: zone.unwrap_or(policy.time_zone),
    };
    match audience {
        Audience::Recipient | Audience::Sender => person.map(|person| Addressee {
            phone: person.phone(),
            email: person.email.as_deref(),
            name: person.name.as_deref(),
            webhook: None,
            order: &policy.person_channels,
            reader: reader(person.locale.as_deref().map(Locale::of), person.time_zone.as_deref().and_then(time_zone)),
        }),
        Audience::Merchant => {
            let merchant = world.merchants.get(key.as_str().strip_prefix("merchant:")?)?;
            Some(Addressee {
                phone: None,
                email: merchant.email.as_deref(),
                name: merchant.name.as_deref(),
                webhook: merchant.webhook.as_ref(),
                order: &policy.merchant_channels,
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
                order: &policy.staff_channels,
                reader: reader(contact.locale, contact.time_zone),
            })
        }
    }
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
