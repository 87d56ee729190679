//! What pages write: records on their way to their one owner. A handler never touches a state.

use std::future::Future;
use std::pin::Pin;

use crate::model::{Preference, Receipt, Reply, Reroute};

/// Something that a customer or a provider told us.
#[derive(Clone, Debug, PartialEq)]
pub enum Record {
    /// For `reroutes.v1`.
    Choice(Box<Reroute>),
    /// For `preferences.v1`.
    Preference(Preference),
    /// For `receipts.v1`.
    Reply(Reply),
    /// For `receipts.v1`.
    Receipt(Box<Receipt>),
}

/// Done once the brokers have it.
pub type PublishFuture = Pin<Box<dyn Future<Output = Result<(), PublishError>> + Send>>;

/// Writes records.
pub trait Publish: Send + Sync {
    /// Writes one and waits for its acknowledgement. After an error it may have been written all the same: every record may be
    /// written twice.
    fn publish(&self, record: Record) -> PublishFuture;
}

/// Nobody says that it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected the brokers to take a record in time")]
pub struct PublishError;
