//! A secret by reference: the configuration says where it is, never what it is.

use std::fmt;

use serde::{Deserialize, Deserializer, de};

use crate::channel::{self, SecretError, Secrets};

/// The name of a secret, `env:NAME` or `file:PATH`. It is looked up when it is used and kept nowhere, so a renewed file
/// takes effect with the next use.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// The reference that a text is, if it is one.
    pub fn parse(text: &str) -> Option<Secret> {
        Secrets::check(text).is_ok().then(|| Secret(text.to_owned()))
    }

    /// Reads the secret's bytes.
    pub fn read(&self) -> Result<channel::Secret, SecretError> {
        Secrets::new().resolve(&self.0)
    }

    /// Reads the secret as a text.
    pub fn read_text(&self) -> Result<String, SecretError> {
        self.read()?.reveal_text().map(str::to_owned).ok_or(SecretError::Text)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret({})", self.0)
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Secret, D::Error> {
        let text = String::deserialize(d)?;
        // What stands there instead may be the secret itself: its length has to do.
        Secret::parse(&text).ok_or_else(|| {
            let found = text.chars().count();
            de::Error::custom(format_args!("expected env:NAME or file:PATH, found another text of {found} characters"))
        })
    }
}
