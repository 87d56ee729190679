//! Where hubs and customer service are reached: `[contact.service]`, `[contact.hub.default]`,
//! `[contact.hub.CODE]`.

use std::collections::BTreeMap;
use std::fmt;

use chrono_tz::Tz;
use serde::Deserialize;

use super::value;
use crate::model::Webhook;
use crate::notify::render::Locale;

/// The section `[contact]`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Contacts {
    /// Customer service.
    pub service: Contact,
    /// Hubs by code; `default` is for those without a section of their own.
    pub hub: BTreeMap<String, Contact>,
}

impl Contacts {
    /// The contact of a hub.
    pub fn hub(&self, code: &str) -> Option<&Contact> {
        self.hub.get(code).or_else(|| self.hub.get("default"))
    }
}

/// How a group of people is reached.
#[derive(Clone, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Contact {
    #[allow(missing_docs)]
    pub email: Option<String>,
    #[allow(missing_docs)]
    pub webhook: Option<Webhook>,
    /// Their language; absent: `notify.locale`.
    #[serde(deserialize_with = "value::some_locale")]
    pub locale: Option<Locale>,
    /// Their time zone; absent: `notify.time_zone`.
    #[serde(deserialize_with = "value::some_time_zone")]
    pub time_zone: Option<Tz>,
}

impl fmt::Debug for Contact {
    /// Says which contacts there are, never what they are.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Contact")
            .field("email", &self.email.is_some())
            .field("webhook", &self.webhook.is_some())
            .finish_non_exhaustive()
    }
}
