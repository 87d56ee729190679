//! What listeners ask and write by once the instance has reached the brokers; before that they are told to wait.

use std::sync::OnceLock;

use crate::model::RecipientKey;
use crate::reroute::Link;
use crate::stream::{Asker, Publisher};
use crate::web::{ParcelQuery, Publish, PublishError, PublishFuture, QueryError, QueryFuture, Record};

const WAITING: &str = "waiting for the brokers";

/// An instance, later.
#[derive(Default)]
pub(super) struct Late(OnceLock<(Asker, Publisher)>);

impl Late {
    /// Now it is there; once only.
    pub fn set(&self, asker: Asker, publisher: Publisher) {
        let _ = self.0.set((asker, publisher));
    }

    /// Why the instance is not ready; empty when it is.
    pub fn not_ready(&self) -> Vec<String> {
        self.0.get().map_or_else(|| vec![WAITING.to_owned()], |(asker, _)| asker.not_ready())
    }

    fn ask(&self, question: impl FnOnce(&Asker) -> QueryFuture) -> QueryFuture {
        match self.0.get() {
            Some((asker, _)) => question(asker),
            None => Box::pin(async { Err(QueryError::NotReady(WAITING.to_owned())) }),
        }
    }
}

impl ParcelQuery for Late {
    fn parcel(&self, id: String) -> QueryFuture {
        self.ask(|asker| asker.parcel(id))
    }

    fn page(&self, id: String, link: Link) -> QueryFuture {
        self.ask(|asker| asker.page(id, link))
    }

    fn preference(&self, key: RecipientKey) -> QueryFuture {
        self.ask(|asker| asker.preference(key))
    }

    fn digest(&self, stage: String, partition: i32) -> QueryFuture {
        self.ask(|asker| asker.digest(stage, partition))
    }

    fn storms(&self) -> QueryFuture {
        self.ask(Asker::storms)
    }
}

impl Publish for Late {
    fn publish(&self, record: Record) -> PublishFuture {
        match self.0.get() {
            Some((_, publisher)) => publisher.publish(record),
            None => Box::pin(async { Err(PublishError) }),
        }
    }
}
