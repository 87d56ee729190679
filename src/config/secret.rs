//! A secret by reference: the configuration says where it is, never what it is.

use std::fmt;

use serde::{Deserialize, Deserializer, de};

/// Where a secret is found: `env:NAME` or `file:PATH`. It is read when it is used and kept nowhere, so
/// a renewed file takes effect with the next use.
#[derive(Clone, PartialEq, Eq)]
pub enum Secret {
    /// An environment variable.
    Environment(String),
    /// A file; a line break at its end is not part of the secret.
    File(String),
}

/// Why a secret cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// The variable does not exist or is no text.
    #[error("expected a secret in the environment variable {0}, found none")]
    NoVariable(String),
    /// The file cannot be read.
    #[error("expected a secret in the file {path}: {why}")]
    NoFile {
        #[allow(missing_docs)]
        path: String,
        #[allow(missing_docs)]
        why: String,
    },
    /// It is there and says nothing.
    #[error("expected a secret, found nothing in {0}")]
    Empty(String),
}

impl Secret {
    /// The reference that a text is, if it is one.
    pub fn parse(text: &str) -> Option<Secret> {
        match text.split_once(':')? {
            ("env", name) if !name.is_empty() => Some(Secret::Environment(name.to_owned())),
            ("file", path) if !path.is_empty() => Some(Secret::File(path.to_owned())),
            _ => None,
        }
    }

    /// Reads the secret.
    pub fn read(&self) -> Result<String, SecretError> {
        let secret = match self {
            Secret::Environment(name) => std::env::var(name).map_err(|_| SecretError::NoVariable(name.clone()))?,
            Secret::File(path) => {
                let text = std::fs::read_to_string(path)
                    .map_err(|error| SecretError::NoFile { path: path.clone(), why: error.to_string() })?;
                let end = text.trim_end_matches(['\r', '\n']).len();
                text[..end].to_owned()
            }
        };
        if secret.is_empty() { Err(SecretError::Empty(self.to_string())) } else { Ok(secret) }
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Secret::Environment(name) => write!(f, "env:{name}"),
            Secret::File(path) => write!(f, "file:{path}"),
        }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret({self})")
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
