//! How a thread is saved: its entries, when it was touched, and behind them a tail that versions before the storm breaker do not
//! know: which entries the breaker counts at another instant than their first attempt.
//!
//! What always holds: a thread without a tail is saved as those versions save it. They read a thread with one too, since postcard
//! leaves alone what follows a value, and save it without: then its notices count when they were first attempted, which may be
//! a false alarm in the minute after an upgrade, and never lets out too much.

use std::fmt;

use serde::de::{SeqAccess, Visitor};
use serde::ser::SerializeStruct;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Entry, Thread};
use crate::model::Timestamp;

/// The place of an entry, and the instant.
type Tail = Vec<(u32, Timestamp)>;

impl Serialize for Thread {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let counted = |(at, entry): (u32, &Entry)| entry.counted.map(|counted| (at, counted));
        let tail: Tail = (0..).zip(&self.entries).filter_map(counted).collect();
        let mut thread = serializer.serialize_struct("Thread", 2 + usize::from(!tail.is_empty()))?;
        thread.serialize_field("entries", &self.entries)?;
        thread.serialize_field("touched", &self.touched)?;
        if !tail.is_empty() {
            thread.serialize_field("counted", &tail)?;
        }
        thread.end()
    }
}

impl<'de> Deserialize<'de> for Thread {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Thread, D::Error> {
        deserializer.deserialize_struct("Thread", &["entries", "touched", "counted"], Fields)
    }
}

struct Fields;

impl<'de> Visitor<'de> for Fields {
    type Value = Thread;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a thread")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut fields: A) -> Result<Thread, A::Error> {
        let missing = || serde::de::Error::custom("a thread ends early");
        let entries: Vec<Entry> = fields.next_element()?.ok_or_else(missing)?;
        let touched = fields.next_element()?.ok_or_else(missing)?;
        // An end of the bytes is the only fault here that no earlier field has: a thread without a tail.
        let tail: Tail = fields.next_element().ok().flatten().unwrap_or_default();
        let mut thread = Thread { entries, touched };
        for (at, counted) in tail {
            if let Some(entry) = usize::try_from(at).ok().and_then(|at| thread.entries.get_mut(at)) {
                entry.counted = Some(counted);
            }
        }
        Ok(thread)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Audience, Level, NoticeId, NoticeKind};
    use crate::notify::thread::{Body, Phase, Wait};

    /// As the versions before the tail read and saved it.
    #[derive(Serialize, Deserialize)]
    struct Old {
        entries: Vec<Entry>,
        touched: Timestamp,
    }

    fn entry(counted: Option<Timestamp>) -> Entry {
        Entry {
            id: NoticeId::of(&["a"]),
            kind: NoticeKind::Collection,
            level: Level::Info,
            episode: 0,
            audience: Audience::Recipient,
            merchant: None,
            at: Timestamp::MIN,
            expires: Timestamp::from_millis(i64::MAX),
            date: None,
            resolves: vec![],
            over: false,
            phase: Phase::Waiting { due: Timestamp::MIN, wait: Wait::Quiet },
            tried: vec![],
            body: Some(Body("{}".to_owned())),
            counted,
        }
    }

    #[test]
    fn a_thread_is_read_with_its_tail_and_by_older_versions_without() {
        let at = Timestamp::from_millis(1_795_305_600_000);
        let thread = Thread { entries: vec![entry(None), entry(Some(at))], touched: at };
        let bytes = postcard::to_stdvec(&thread).expect("bytes");
        let again: Thread = postcard::from_bytes(&bytes).expect("a thread");
        assert_eq!(again.entries.iter().map(|entry| entry.counted).collect::<Vec<_>>(), [None, Some(at)]);
        let old: Old = postcard::from_bytes(&bytes).expect("an old version reads it");
        let theirs = postcard::to_stdvec(&old).expect("bytes");
        assert!(bytes.starts_with(&theirs) && bytes.len() > theirs.len());
        let back: Thread = postcard::from_bytes(&theirs).expect("what an old version saved");
        assert!(back.entries.len() == 2 && back.entries.iter().all(|entry| entry.counted.is_none()));
        assert_eq!(postcard::to_stdvec(&back).expect("bytes"), theirs, "without a tail it is saved as it was");
    }
}
