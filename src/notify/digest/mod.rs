//! Hubs are never told per parcel: what concerns a hub is gathered in windows of stream time, and each
//! window goes out as one digest. So it is with merchants that wish it.
//!
//! Every gathered notice is an entry of its own, so that a dark hub with thousands of silent parcels never
//! makes a large record of state. What is withdrawn before its window ends drops out; a window
//! from which everything dropped out is not told.
//!
//! What always holds:
//! - Each gathered notice has a last word on record: that it was withdrawn, that it resolves nothing that was told, or in which
//!   digest it is. What became of the digest is recorded as of any other notice.
//! - A limit that passes writes one record at most, so that a window of any size ends in transactions of bounded size. The digest comes
//!   first, of everything that is open; then each notice ends. That a window has its digest is seen by the digest's notice, which is
//!   remembered for longer. (A version of before this ends a window at once. Should it take a partition over while notices of a window
//!   are still to end, it sends their digest under the same id again.)

mod summary;

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::policy::DigestPolicy;
use super::reason::{Hold, Suppression};
use super::render::Digest;
use super::thread::SEPARATOR;
use super::timers::Queue;
use crate::model::{
    Audience, ConditionKind, Count, Decision, Delivery, Effect, Issued, Level, NoticeId, NoticeKind, RecipientKey,
    Timestamp, World,
};
use crate::state::Table;

pub use summary::entry;
use summary::{notice_id, summary};

/// A notice to a hub or merchant. Part of the saved state.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Gathered {
    /// The end of its window.
    until: Timestamp,
    /// None once it has its last word; then it is remembered as a repeat's first.
    open: Option<Item>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Item {
    parcel_id: String,
    kind: ConditionKind,
    level: Level,
}

/// The table keys of a window's notices: all of them, and those that are still to be told.
#[derive(Debug, Default)]
struct Window {
    all: BTreeSet<Box<str>>,
    open: BTreeSet<Box<str>>,
}

/// What hubs and merchants will be told.
#[derive(Debug, Default)]
pub struct Gathering {
    /// By recipient, window and notice.
    pub table: Table<Gathered>,
    /// The table key of each notice. Derived.
    ids: HashMap<NoticeId, Box<str>>,
    /// The notices of each window. Derived.
    windows: HashMap<Box<str>, Window>,
    /// When windows end and are forgotten. Derived.
    limits: Queue,
}

impl Gathering {
    /// Whether a notice of this id was gathered.
    pub fn contains(&self, id: &NoticeId) -> bool {
        self.ids.contains_key(id)
    }

    /// The earliest limit of a window.
    pub fn first(&self) -> Option<(Timestamp, Arc<str>)> {
        self.limits.first()
    }

    /// Puts a notice into the window of `now`. One that says that something is over takes that out instead.
    pub fn gather(
        &mut self,
        now: Timestamp,
        recipient: &RecipientKey,
        issued: &Issued,
        window: Duration,
        policy: &DigestPolicy,
        out: &mut Vec<Effect>,
    ) {
        for id in &issued.resolves {
            self.withdraw(now, id, policy, out);
        }
        let until = window_end(now, window);
        let open =
            issued.kind.condition().map(|kind| Item { parcel_id: issued.parcel_id.clone(), kind, level: issued.level });
        let word = match open {
            Some(_) => Word { decision: Decision::Held, reason: Hold::Digest.name(), digest: None },
            None => Word::suppressed(Suppression::NothingTold),
        };
        record(recipient, &issued.id, &issued.parcel_id, issued.kind, word, now, out);
        let key = format!("{recipient}{SEPARATOR}{}{SEPARATOR}{}", until.as_millis(), issued.id);
        *self.table.entry(&key, || Gathered { until, open: None }) = Gathered { until, open };
        self.index(&key);
        self.schedule(window_of(&key), policy);
    }

    /// Takes a notice out of its window, if that has not ended. False if no such notice was gathered.
    pub fn withdraw(&mut self, now: Timestamp, id: &NoticeId, policy: &DigestPolicy, out: &mut Vec<Effect>) -> bool {
        let Some(key) = self.ids.get(id).cloned() else { return false };
        self.end(&key, Word::suppressed(Suppression::Withdrawn), now, policy, out);
        true
    }

    /// A limit of this window passed; what comes next of its end. `is_told`: whether a notice of this id is known already.
    pub fn pass(
        &mut self,
        window: &str,
        is_told: impl Fn(&NoticeId) -> bool,
        world: &World,
        out: &mut Vec<Effect>,
    ) -> Option<(RecipientKey, Digest)> {
        let policy = &world.policy.notify.digest;
        let found = self.windows.get(window)?;
        let (recipient, until) = (recipient_of(window), until_of(window));
        let digest = notice_id(&recipient, until);
        match (found.open.first().cloned(), found.all.first().cloned()) {
            (Some(_), _) if !is_told(&digest) => {
                let digest = self.digest(window, world);
                return Some((recipient, digest));
            }
            (Some(key), _) => self.end(&key, Word::in_digest(digest), until.next(), policy, out),
            (None, Some(key)) => {
                self.table.remove(&key);
                self.unindex(&key);
                self.schedule(window, policy);
            }
            (None, None) => self.schedule(window, policy),
        }
        None
    }

    /// What a window tells: whatever is open in it.
    fn digest(&self, window: &str, world: &World) -> Digest {
        let policy = &world.policy.notify.digest;
        let open = self.windows.get(window).into_iter().flat_map(|found| &found.open);
        let items = open.filter_map(|key| self.table.get(key)?.open.as_ref());
        let (recipient, to) = (recipient_of(window), until_of(window));
        let merchant = merchant_of(&recipient).map(str::to_owned);
        let own = merchant.as_deref().and_then(|merchant| world.merchants.get(merchant)?.digest_window());
        let from = to - own.unwrap_or(policy.window);
        let hub = recipient.as_str().strip_prefix("hub:").unwrap_or_default().to_owned();
        Digest { hub, merchant, from, to, ..summary(items, policy.list) }
    }

    /// Gives an open notice its last word.
    fn end(&mut self, key: &str, word: Word, at: Timestamp, policy: &DigestPolicy, out: &mut Vec<Effect>) {
        let Some(item) = self.table.get_mut(key).and_then(|gathered| gathered.open.take()) else { return };
        let (recipient, kind) = (recipient_of(window_of(key)), NoticeKind::Condition(item.kind));
        record(&recipient, &id_of(key), &item.parcel_id, kind, word, at, out);
        self.index(key);
        self.schedule(window_of(key), policy);
    }

    /// Derives what is not saved from the table.
    pub fn restored(&mut self, policy: &DigestPolicy) {
        self.ids.clear();
        self.windows.clear();
        self.limits.clear();
        let keys: Vec<Box<str>> = self.table.iter().map(|(key, _)| key.into()).collect();
        keys.iter().for_each(|key| self.index(key));
        self.schedule_all(&keys, policy);
    }

    /// Puts back the table and what derives from it.
    pub fn aborted(&mut self, policy: &DigestPolicy) {
        let touched = self.table.abort();
        // What is gone goes first: a notice that was gathered anew may be back in an older window.
        touched.iter().for_each(|key| self.unindex(key));
        for key in &touched {
            if self.table.get(key).is_some() {
                self.index(key);
            }
        }
        self.schedule_all(&touched, policy);
    }

    /// What waits in this recipient's windows about a parcel: kind, level and the window's end.
    pub fn waiting(&self, recipient: &RecipientKey, parcel_id: &str) -> Vec<(ConditionKind, Level, Timestamp)> {
        let of_recipient = self.windows.iter().filter(|(window, _)| recipient_of(window) == *recipient);
        let gathered = of_recipient.flat_map(|(_, window)| &window.open).filter_map(|key| self.table.get(key));
        let items = gathered.filter_map(|gathered| gathered.open.as_ref().map(|item| (item, gathered.until)));
        let of_parcel = items.filter(|(item, _)| item.parcel_id == parcel_id);
        let mut waiting: Vec<_> = of_parcel.map(|(item, until)| (item.kind, item.level, until)).collect();
        waiting.sort_unstable();
        waiting
    }

    /// Brings the indexes in line with an entry that is in the table.
    fn index(&mut self, key: &str) {
        self.ids.insert(id_of(key), key.into());
        let window = self.windows.entry(window_of(key).into()).or_default();
        window.all.insert(key.into());
        match self.table.get(key) {
            Some(Gathered { open: Some(_), .. }) => window.open.insert(key.into()),
            _ => window.open.remove(key),
        };
    }

    fn unindex(&mut self, key: &str) {
        self.ids.remove(&id_of(key));
        if let Some(window) = self.windows.get_mut(window_of(key)) {
            window.all.remove(key);
            window.open.remove(key);
        }
    }

    /// A window ends once; without anything to tell it is only remembered.
    fn schedule(&mut self, window: &str, policy: &DigestPolicy) {
        let limit = match self.windows.get(window) {
            Some(found) if !found.open.is_empty() => Some(until_of(window)),
            Some(found) if !found.all.is_empty() => Some(until_of(window) + policy.remember),
            _ => {
                self.windows.remove(window);
                None
            }
        };
        self.limits.set(window, limit);
    }

    fn schedule_all(&mut self, keys: &[Box<str>], policy: &DigestPolicy) {
        let windows: BTreeSet<&str> = keys.iter().map(|key| window_of(key)).collect();
        windows.into_iter().for_each(|window| self.schedule(window, policy));
    }
}

/// The end of the window in which `now` lies; windows begin at multiples of their length since the epoch.
fn window_end(now: Timestamp, length: Duration) -> Timestamp {
    let length = i64::try_from(length.as_millis()).unwrap_or(i64::MAX).max(1);
    Timestamp::from_millis(now.as_millis().div_euclid(length).saturating_add(1).saturating_mul(length))
}

/// Recipient and window of a table key.
fn window_of(key: &str) -> &str {
    key.rsplit_once(SEPARATOR).map_or(key, |(window, _)| window)
}

fn id_of(key: &str) -> NoticeId {
    NoticeId::from_text(key.rsplit_once(SEPARATOR).map_or("", |(_, id)| id))
}

fn recipient_of(window: &str) -> RecipientKey {
    RecipientKey::from_text(window.rsplit_once(SEPARATOR).map_or("", |(recipient, _)| recipient))
}

fn until_of(window: &str) -> Timestamp {
    let until = window.rsplit_once(SEPARATOR).and_then(|(_, until)| until.parse().ok());
    Timestamp::from_millis(until.unwrap_or_default())
}

/// The merchant of a recipient key; none where it is a hub's.
fn merchant_of(recipient: &RecipientKey) -> Option<&str> {
    recipient.as_str().strip_prefix("merchant:")
}

fn audience_of(recipient: &RecipientKey) -> Audience {
    merchant_of(recipient).map_or(Audience::HubOps, |_| Audience::Merchant)
}

/// What was decided about a notice to a hub or merchant.
struct Word {
    decision: Decision,
    reason: &'static str,
    /// The digest that it is in.
    digest: Option<NoticeId>,
}

impl Word {
    fn suppressed(suppression: Suppression) -> Word {
        Word { decision: Decision::Suppressed, reason: suppression.name(), digest: None }
    }

    fn in_digest(digest: NoticeId) -> Word {
        Word { digest: Some(digest), ..Word::suppressed(Suppression::InDigest) }
    }
}

/// Writes down what was decided about a notice to a hub or merchant.
fn record(
    recipient: &RecipientKey,
    id: &NoticeId,
    parcel_id: &str,
    kind: NoticeKind,
    Word { decision, reason, digest }: Word,
    at: Timestamp,
    out: &mut Vec<Effect>,
) {
    out.push(Effect::Delivery(Box::new(Delivery {
        notice_id: id.clone(),
        recipient_key: recipient.clone(),
        parcel_id: parcel_id.to_owned(),
        channel: None,
        provider: None,
        attempt: 0,
        decision,
        outcome: None,
        reason: Some(reason.to_owned()),
        provider_id: None,
        digest,
        at,
        took_ms: None,
    })));
    out.push(Effect::Count(Count::Decided { kind, audience: audience_of(recipient), decision, reason }));
}
