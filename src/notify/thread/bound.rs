//! What a thread may take of the state, and what gives way for a notice that is added.
//!
//! What always holds: a thread as it is saved fits a block of the state log, whatever becomes of its notices afterwards: one
//! that has not ended is counted with all the attempts that it may still come to, and nothing else of it grows.

use super::{Entry, Phase, Thread};
use crate::notify::outcome::ATTEMPTS_MAX;
use crate::state::block::ENTRY_BYTES_MAX;

/// More entries than a journey has reasons for; beyond it the oldest ended ones are forgotten. Smaller: a
/// repeat of an old notice might be told again. Larger: one mad parcel makes large records of state.
const ENTRIES_MAX: usize = 64;

/// Bytes of a thread as it is saved, without its key, which is some names of 1 KiB at most. Larger: the brokers may refuse it. Smaller:
/// of fewer large notices (`KEPT_BYTES_MAX` each) the oldest gives way.
const THREAD_BYTES_MAX: usize = ENTRY_BYTES_MAX - 4 * 1024;

/// What an entry takes at most beside its texts and attempts.
const ENTRY_BYTES: usize = 128;

/// What an attempt takes at most.
const TRIED_BYTES: usize = 26;

/// What stands before a text: its length.
const LENGTH_BYTES: usize = 3;

/// What gives way.
#[derive(Debug)]
pub enum GivesWay<'a> {
    /// The oldest of those that have not ended, since none has: it is to end now.
    Ends(&'a mut Entry),
    /// One that has ended, and is forgotten.
    Forgotten(Entry),
}

impl Thread {
    /// What is to give way, while there is too much: rather what has ended, of that rather what told nobody. Never what is claimed.
    pub fn gives_way(&mut self) -> Option<GivesWay<'_>> {
        let has_ended = |entry: &Entry| matches!(entry.phase, Phase::Ended(_));
        if self.entries.len() <= ENTRIES_MAX && self.bytes() <= THREAD_BYTES_MAX {
            return None;
        }
        let told_nobody = self.entries.iter().position(|entry| has_ended(entry) && entry.told_at().is_none());
        match told_nobody.or_else(|| self.entries.iter().position(has_ended)) {
            Some(ended) => Some(GivesWay::Forgotten(self.entries.remove(ended))),
            None => self.entries.iter_mut().find(|entry| !entry.is_claimed()).map(GivesWay::Ends),
        }
    }

    /// Bytes that it takes at most as it is saved, now and later.
    fn bytes(&self) -> usize {
        ENTRY_BYTES + self.entries.iter().map(Entry::bytes).sum::<usize>()
    }
}

impl Entry {
    fn bytes(&self) -> usize {
        let attempts = match self.phase {
            Phase::Ended(_) => self.tried.len(),
            _ => self.tried.len().max(ATTEMPTS_MAX),
        };
        let texts = [Some(self.id.as_str()), self.merchant.as_deref(), self.body.as_ref().map(|body| body.0.as_str())];
        let resolves = self.resolves.iter().map(|id| LENGTH_BYTES + id.as_str().len());
        ENTRY_BYTES
            + attempts * TRIED_BYTES
            + texts.into_iter().flatten().map(str::len).sum::<usize>()
            + resolves.sum::<usize>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Audience, Channel, DeliveryOutcome, Level, NoticeId, NoticeKind, Timestamp};
    use crate::notify::thread::{Body, Tried, Wait};

    /// Every number as large as it gets.
    fn entry(body: usize, attempts: usize) -> Entry {
        let late = Timestamp::from_millis(i64::MAX);
        let tried = Tried {
            channel: Channel::Sms,
            at: Timestamp::MIN,
            endpoint: u64::MAX,
            outcome: Some(DeliveryOutcome::Unknown),
        };
        Entry {
            id: NoticeId::from_text("n".repeat(1024)),
            kind: NoticeKind::all().max_by_key(|kind| kind.name().len()).expect("a kind"),
            level: Level::Critical,
            episode: u32::MAX,
            audience: Audience::CustomerService,
            merchant: Some("m".repeat(800)),
            at: Timestamp::MIN,
            expires: late,
            date: Some((Timestamp::MIN, i32::MIN)),
            resolves: vec![NoticeId::from_text("r".repeat(1024)); 3],
            over: true,
            phase: Phase::Waiting { due: Timestamp::MIN, wait: Wait::Released },
            tried: vec![tried; attempts],
            body: Some(Body("b".repeat(body))),
            counted: Some(Timestamp::MIN),
        }
    }

    #[test]
    fn what_is_counted_is_no_less_than_what_is_saved_whatever_comes_of_it() {
        for (entries, body, attempts) in [(0, 0, 0), (1, 0, 0), (1, 40_000, 256), (64, 300, 0), (64, 300, 256)] {
            let entries = |attempts| (0..entries).map(|_| entry(body, attempts)).collect();
            let thread = Thread { entries: entries(attempts), touched: Timestamp::MIN };
            let counted = thread.bytes();
            for attempts in [attempts, ATTEMPTS_MAX] {
                let thread = Thread { entries: entries(attempts), touched: Timestamp::MIN };
                let saved = postcard::to_stdvec(&thread).expect("bytes").len();
                assert!(saved <= counted, "{saved} bytes are saved and {counted} counted");
            }
        }
    }
}
