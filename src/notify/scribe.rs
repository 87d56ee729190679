//! Ends notices and writes down what was decided and what came of it: delivery records and counts. A notice never
//! ends without its record.

use super::outcome::Applied;
use super::reason::{EXPIRED, Hold, SHADOW, Suppression, Why};
use super::thread::{End, Entry, split_key};
use crate::model::{
    Channel, Count, Decision, Delivery, Effect, NoticeId, Receipt, ReceiptKind, RecipientKey, SmsProvider, Timestamp,
};

/// Writes about the notices of one thread.
pub struct Scribe<'a> {
    key: RecipientKey,
    parcel_id: &'a str,
    out: &'a mut Vec<Effect>,
}

impl<'a> Scribe<'a> {
    /// A scribe for the thread of this table key.
    pub fn new(thread_key: &'a str, out: &'a mut Vec<Effect>) -> Scribe<'a> {
        let (key, parcel_id) = split_key(thread_key);
        Scribe { key, parcel_id, out }
    }

    /// It is sent; the record of it is written with its outcome.
    pub fn sent(&mut self, entry: &Entry, why: Why) {
        self.count(entry, Decision::Sent, why.name());
    }

    /// It waits.
    pub fn held(&mut self, entry: &Entry, hold: Hold, now: Timestamp) {
        self.decided(entry, Decision::Held, hold.name(), now);
    }

    /// It would have been sent, and ends.
    pub fn shadow(&mut self, entry: &mut Entry, now: Timestamp) {
        self.decided(entry, Decision::Shadow, SHADOW, now);
        entry.end(End::Shadow);
    }

    /// It is of no use any more, and ends.
    pub fn expire(&mut self, entry: &mut Entry, at: Timestamp) {
        self.decided(entry, Decision::Expired, EXPIRED, at);
        entry.end(End::Expired);
    }

    /// It is not sent, and ends.
    pub fn suppress(&mut self, entry: &mut Entry, suppression: Suppression, now: Timestamp) {
        self.suppressed(entry, suppression, now);
        entry.end(End::Suppressed(suppression));
    }

    /// It has ended so already.
    pub fn suppressed(&mut self, entry: &Entry, suppression: Suppression, now: Timestamp) {
        self.decided(entry, Decision::Suppressed, suppression.name(), now);
    }

    /// It ends because there are too many beside it; of one that left, what is on record stands.
    pub fn crowd_out(&mut self, entry: &mut Entry, now: Timestamp) {
        if entry.is_waiting() {
            self.suppress(entry, Suppression::TooMany, now);
        } else {
            entry.end_as_it_stands();
        }
    }

    /// A claimed attempt of it must not begin.
    pub fn cancel(&mut self, entry: &Entry) {
        self.out.push(Effect::Cancel(entry.id.clone()));
    }

    /// What it tells holds no longer: nothing more of it leaves, as far as that is in our hands.
    pub fn withdraw(&mut self, entry: &mut Entry, now: Timestamp) {
        if entry.is_claimed() && !entry.over {
            self.cancel(entry);
        }
        entry.over = true;
        if entry.is_waiting() {
            self.suppress(entry, Suppression::Withdrawn, now);
        }
    }

    fn decided(&mut self, entry: &Entry, decision: Decision, reason: &'static str, at: Timestamp) {
        let channel = entry.tried.last().map(|tried| tried.channel);
        let attempt = u32::try_from(entry.tried.len()).unwrap_or(u32::MAX);
        let delivery = self.delivery(&entry.id, decision, Some(reason.to_owned()), at);
        self.out.push(Effect::Delivery(Box::new(Delivery { channel, attempt, ..delivery })));
        self.count(entry, decision, reason);
    }

    fn count(&mut self, entry: &Entry, decision: Decision, reason: &'static str) {
        let (kind, audience) = (entry.kind, entry.audience);
        self.out.push(Effect::Count(Count::Decided { kind, audience, decision, reason }));
    }

    /// The outcome of attempt `attempt`, as a receipt told it or, without one, as it was given up; and what else it ended
    /// by.
    pub fn outcome(
        &mut self,
        entry: &Entry,
        attempt: u32,
        applied: Applied,
        receipt: Option<&Receipt>,
        now: Timestamp,
    ) {
        let at = receipt.map_or(now, |receipt| receipt.at);
        let reason = match receipt {
            Some(Receipt { kind: ReceiptKind::Provider, reason: None, .. }) => Some("its provider's report".to_owned()),
            Some(receipt) => receipt.reason.clone(),
            None => Some("no outcome was heard".to_owned()),
        };
        let delivery = Delivery {
            channel: Some(applied.channel),
            provider: Some(provider(applied).to_owned()),
            attempt,
            outcome: Some(applied.outcome),
            provider_id: receipt.and_then(|receipt| receipt.provider_id.clone()),
            took_ms: receipt.and_then(|receipt| receipt.took_ms),
            ..self.delivery(&entry.id, Decision::Sent, reason, at)
        };
        self.out.push(Effect::Delivery(Box::new(delivery)));
        let (channel, outcome, lag) = (applied.channel, applied.outcome, at.since(entry.at));
        self.out.push(Effect::Count(match receipt {
            Some(receipt) if receipt.kind == ReceiptKind::Provider => Count::Reported { outcome },
            _ => Count::Attempted { channel, outcome, lag },
        }));
        if let Some(suppression) = applied.ended {
            self.suppressed(entry, suppression, now);
        }
    }

    fn delivery(&self, id: &NoticeId, decision: Decision, reason: Option<String>, at: Timestamp) -> Delivery {
        Delivery {
            notice_id: id.clone(),
            recipient_key: self.key.clone(),
            parcel_id: self.parcel_id.to_owned(),
            channel: None,
            provider: None,
            attempt: 0,
            decision,
            outcome: None,
            reason,
            provider_id: None,
            digest: None,
            at,
            took_ms: None,
        }
    }
}

/// The class of what carries a channel's messages; never an address.
fn provider(applied: Applied) -> &'static str {
    match applied.channel {
        Channel::Email => "smtp",
        Channel::Webhook => "standard-webhooks",
        Channel::Sms => applied.provider.map_or("sms", SmsProvider::name),
    }
}
