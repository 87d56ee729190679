//! Who is told of what, from which level, and for how long a notice is of use.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Deserializer, de};

use super::duration::Text;
use crate::model::{Audience, Level, NoticeKind};

/// From which level an audience is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum TellFrom {
    Info,
    Warn,
    Major,
    Critical,
    Never,
}

impl TellFrom {
    fn tells(self, level: Level) -> bool {
        let from = match self {
            TellFrom::Info => Level::Info,
            TellFrom::Warn => Level::Warn,
            TellFrom::Major => Level::Major,
            TellFrom::Critical => Level::Critical,
            TellFrom::Never => return false,
        };
        level >= from
    }
}

/// The audiences of each kind of notice.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tell(BTreeMap<NoticeKind, BTreeMap<Audience, TellFrom>>);

impl Tell {
    /// Who is told of this kind at this level.
    pub fn audiences(&self, kind: NoticeKind, level: Level) -> impl Iterator<Item = Audience> {
        let audiences = self.0.get(&kind).into_iter().flatten();
        audiences.filter(move |(_, from)| from.tells(level)).map(|(audience, _)| *audience)
    }
}

impl<'de> Deserialize<'de> for Tell {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Tell, D::Error> {
        let tell = BTreeMap::<ToldKind, _>::deserialize(d)?;
        Ok(Tell(tell.into_iter().map(|(kind, audiences)| (kind.0, audiences)).collect()))
    }
}

/// A kind whose audiences are configured: what resolves a notice goes to those who had it.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct ToldKind(NoticeKind);

impl<'de> Deserialize<'de> for ToldKind {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<ToldKind, D::Error> {
        match NoticeKind::deserialize(d)? {
            kind @ (NoticeKind::Condition(_) | NoticeKind::Collection) => Ok(ToldKind(kind)),
            other => Err(de::Error::custom(format_args!("expected a condition or collection, found {}", other.name()))),
        }
    }
}

/// For how long each kind of notice is of use.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expires(BTreeMap<NoticeKind, Duration>);

/// Where the configuration has no word for a kind. Shorter: a notice that waits out a quiet night is lost.
const EXPIRES_OTHERWISE: Duration = Duration::from_secs(24 * 3600);

impl Expires {
    /// How long a notice of this kind is of use.
    pub fn after(&self, kind: NoticeKind) -> Duration {
        self.0.get(&kind).copied().unwrap_or(EXPIRES_OTHERWISE)
    }
}

impl<'de> Deserialize<'de> for Expires {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Expires, D::Error> {
        let expires = BTreeMap::<NoticeKind, Text>::deserialize(d)?;
        Ok(Expires(expires.into_iter().map(|(kind, after)| (kind, after.0)).collect()))
    }
}
