//! What happened so far, as far as the demonstration shows it: the last messages, webhooks and changes, and how many conditions are
//! open. Stand-ins and listeners put in; the page and the terminal read, at once or as it comes.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::Serialize;
use tokio::sync::broadcast;

use super::happening::{Happening, Mail, Reader, Text, What};
use crate::model::{Change, ConditionKind, Level, Timestamp, WorkOrderChange};

/// As many of each sort are kept. More than anybody scrolls through; fewer and a slow reader misses some.
const KEPT_MAX: usize = 150;

/// As many may wait for a slow reader, who then learns that some were missed and begins anew.
const UNREAD_MAX: usize = 1024;

/// How things stand.
#[derive(Clone, Debug, Default)]
pub struct Standing {
    /// Texts and mails, the newest first.
    pub messages: Vec<Arc<Happening>>,
    /// Webhooks, the newest first.
    pub hooks: Vec<Arc<Happening>>,
    /// What concerns operations (changes of conditions from "warn", choices, mails to hubs), the newest first.
    pub changes: Vec<Arc<Happening>>,
    /// How many conditions are open, by kind.
    pub open: BTreeMap<ConditionKind, usize>,
    /// How many texts, mails and webhooks arrived in all.
    pub counts: Counts,
}

/// How many arrived.
#[derive(Clone, Copy, Debug, Default, Serialize)]
#[allow(missing_docs)]
pub struct Counts {
    pub texts: u64,
    pub mails: u64,
    /// Mails to hubs and customer service.
    pub digests: u64,
    pub webhooks: u64,
    pub choices: u64,
}

#[derive(Default)]
struct Seen {
    last: u64,
    messages: VecDeque<Arc<Happening>>,
    hooks: VecDeque<Arc<Happening>>,
    changes: VecDeque<Arc<Happening>>,
    open: HashMap<(String, u32, ConditionKind), Level>,
    counts: Counts,
}

/// Takes what happens and tells it on.
pub struct Board {
    seen: Mutex<Seen>,
    /// Conditions of the days before are counted and not listed.
    begins: Timestamp,
    told: broadcast::Sender<Arc<Happening>>,
}

impl Board {
    /// Nothing has happened yet; the day begins then.
    pub fn new(begins: Timestamp) -> Board {
        Board { seen: Mutex::default(), begins, told: broadcast::channel(UNREAD_MAX).0 }
    }

    /// Something happened.
    pub fn put(&self, at: Timestamp, what: What) {
        let mut seen = self.seen();
        seen.last += 1;
        seen.count(&what);
        if at < self.begins || is_small(&what) {
            return;
        }
        let happening = Arc::new(Happening { number: seen.last, at, what });
        let list = match &happening.what {
            What::Text(_) | What::Mail(Mail { reader: Reader::Customer, .. }) => &mut seen.messages,
            What::Webhook(_) => &mut seen.hooks,
            What::Mail(_) | What::Condition(_) | What::Choice(_) => &mut seen.changes,
        };
        list.push_front(Arc::clone(&happening));
        list.truncate(KEPT_MAX);
        // Nobody may listen: then it is kept for whoever asks later.
        let _ = self.told.send(happening);
    }

    /// A text that is on the phone, by its gateway's name for it.
    pub fn text(&self, id: &str) -> Option<Text> {
        self.seen().messages.iter().find_map(|happening| match &happening.what {
            What::Text(text) if text.id == id => Some(text.clone()),
            _ => None,
        })
    }

    /// What happens from now on.
    pub fn listen(&self) -> broadcast::Receiver<Arc<Happening>> {
        self.told.subscribe()
    }

    /// How things stand now.
    pub fn standing(&self) -> Standing {
        let seen = self.seen();
        let mut open = BTreeMap::new();
        for (_, _, kind) in seen.open.keys() {
            *open.entry(*kind).or_insert(0) += 1;
        }
        let list = |from: &VecDeque<Arc<Happening>>| from.iter().cloned().collect();
        Standing {
            messages: list(&seen.messages),
            hooks: list(&seen.hooks),
            changes: list(&seen.changes),
            open,
            counts: seen.counts,
        }
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What comes and goes by the dozen; it is counted.
fn is_small(what: &What) -> bool {
    matches!(what, What::Condition(change) if change.level == Level::Info)
}

impl Seen {
    fn count(&mut self, what: &What) {
        match what {
            What::Text(_) => self.counts.texts += 1,
            What::Mail(mail) if mail.reader == Reader::Customer => self.counts.mails += 1,
            What::Mail(_) => self.counts.digests += 1,
            What::Webhook(_) => self.counts.webhooks += 1,
            What::Choice(order) if order.change == WorkOrderChange::Created => self.counts.choices += 1,
            What::Choice(_) => {}
            What::Condition(change) => {
                let key = (change.parcel_id.clone(), change.journey, change.condition);
                match change.change {
                    Change::Opened | Change::Escalated => self.open.insert(key, change.level),
                    Change::Cleared | Change::Retracted => self.open.remove(&key),
                };
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::SmsProvider;

    #[test]
    fn a_board_keeps_so_many_of_each_sort() {
        let board = Board::new(Timestamp::FIRST);
        let mut slow = board.listen();
        for n in 0..5000 {
            let (to, id, body) = ("+1".to_owned(), n.to_string(), String::new());
            board.put(Timestamp::FIRST, What::Text(Text { provider: SmsProvider::Twilio, to, id, body }));
        }
        let standing = board.standing();
        assert_eq!((standing.messages.len(), standing.counts.texts), (KEPT_MAX, 5000));
        assert!(board.text("4999").is_some() && board.text("4000").is_none());
        let missed = slow.try_recv();
        assert!(
            matches!(missed, Err(broadcast::error::TryRecvError::Lagged(lagged)) if lagged >= 5000 - UNREAD_MAX as u64)
        );
    }
}
