//! The two listeners. *Public* is for customers and whoever looks whether the program is there; *admin* is for
//! operators and other instances: metrics, health, questions about parcels.
//!
//! In come HTTP requests and the [`ParcelQuery`] that answers from the workers' states; out go answers. Handlers
//! touch no state. A question about a parcel that another instance tracks is passed on to it, once.
//!
//! What always holds: beyond this machine the admin listener answers nobody without the token (health excepted);
//! no answer may be cached or shown in a frame; no parcel id is logged.

mod admin;
mod ask;
mod guard;
mod owner;
mod pages;
mod public;
mod record;
mod serve;
mod storms;

#[cfg(test)]
mod tests;

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::model::RecipientKey;
use crate::reroute::Link;

pub use self::admin::Admin;
pub use self::ask::{AskError, Caller, client};
pub(crate) use self::ask::{metrics_of, request};
pub use self::owner::Owners;
pub use self::pages::Pages;
pub use self::public::{Limits, Public, SHOWN_WITHIN};
pub use self::record::{Publish, PublishError, PublishFuture, Record};
pub(crate) use self::storms::ask as ask_storms;
pub use self::storms::{HeldStorm, Storms};

/// The answer about a parcel, once it is there.
pub type QueryFuture = Pin<Box<dyn Future<Output = Result<Option<Value>, QueryError>> + Send>>;

/// Answers questions about parcels from the states of this instance.
pub trait ParcelQuery: Send + Sync {
    /// What is known of a parcel; none where nothing is.
    fn parcel(&self, id: String) -> QueryFuture;

    /// What a link's reader may see of a parcel: a `reroute::PageState` as JSON; none where nothing is known of the parcel. The
    /// link is genuine and not too old; whether it still opens, the owner decides.
    fn page(&self, id: String, link: Link) -> QueryFuture;

    /// How a person wants to be told: a `model::Preference` as JSON; none where they never said.
    fn preference(&self, key: RecipientKey) -> QueryFuture;

    /// What the state of one of this instance's partitions comes to (`state::digest`), for whoever compares: offsets and a hash as
    /// JSON, at its last commit. The worker hashes all of it meanwhile and decides nothing.
    fn digest(&self, stage: String, partition: i32) -> QueryFuture;

    /// What the storm breaker holds in this instance's partitions, and where the others are: a [`Storms`] as JSON.
    fn storms(&self) -> QueryFuture;
}

/// Why there is no answer here.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QueryError {
    /// Not yet: what is being waited for.
    #[error("{0}")]
    NotReady(String),
    /// Another instance tracks the parcel.
    #[error("another instance tracks the parcel")]
    Elsewhere {
        /// The URL of its admin listener.
        address: String,
    },
    /// The worker did not answer in time.
    #[error("expected an answer from the worker in time, found none")]
    Timeout,
}

/// A listener that cannot be opened.
#[derive(Debug, thiserror::Error)]
#[error("expected to listen on {address} ({key})")]
pub struct BindError {
    /// Where.
    pub address: SocketAddr,
    /// The setting that says so.
    pub key: &'static str,
    /// Why not.
    #[source]
    pub source: io::Error,
}

/// Opens a listener; `key` is the setting that names the address.
pub async fn bind(address: SocketAddr, key: &'static str) -> Result<TcpListener, BindError> {
    TcpListener::bind(address).await.map_err(|source| BindError { address, key, source })
}

/// Serves the public listener until `stop` says true (or its sender is gone).
pub async fn serve_public(listener: TcpListener, public: Arc<Public>, stop: watch::Receiver<bool>) -> io::Result<()> {
    let door = serve::Door::public(&public.metrics);
    serve::to_strangers(listener, door, public::router(public), serve::Patience::USUAL, stop).await
}

/// Serves the admin listener until `stop` says true (or its sender is gone).
pub async fn serve_admin(listener: TcpListener, admin: Admin, stop: watch::Receiver<bool>) -> io::Result<()> {
    let door = serve::Door::admin(&admin.metrics);
    serve::to_strangers(listener, door, admin::router(admin), serve::Patience::USUAL, stop).await
}

/// What requests under way may take at the end. Longer eats into the 10 s in which the whole program ends.
const END_WITHIN: Duration = Duration::from_secs(2);
