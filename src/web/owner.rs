//! Asks whoever owns a parcel or a recipient: a worker of this instance, else the instance that announced the partition,
//! once, by its admin listener.

use std::sync::Arc;

use axum::http::StatusCode;
use serde_json::Value;

use super::ask::{self, Caller};
use super::{ParcelQuery, QueryError};
use crate::model::{Preference, RecipientKey};
use crate::reroute::{Link, PageState};

/// The way to owners.
#[derive(Clone)]
pub struct Owners {
    /// Answers from the states of this instance.
    pub queries: Arc<dyn ParcelQuery>,
    /// Passes questions on ([`super::client`]).
    pub client: reqwest::Client,
    /// What the admin listeners of all instances ask for.
    pub token: Option<String>,
}

/// The owner did not answer: nobody knows whether the parcel is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct OutOfReach;

impl Owners {
    /// What a genuine link's reader may see; none where the parcel is not known.
    pub(super) async fn page(&self, parcel_id: &str, link: Link) -> Result<Option<PageState>, OutOfReach> {
        let answer = match self.queries.page(parcel_id.to_owned(), link).await {
            Err(QueryError::Elsewhere { address }) => self.ask(&address, &page_path(parcel_id, link)).await?,
            answer => answer.map_err(|_| OutOfReach)?,
        };
        read(answer)
    }

    /// How somebody wants to be told; none where they never said.
    pub(super) async fn preference(&self, key: &RecipientKey) -> Result<Option<Preference>, OutOfReach> {
        let answer = match self.queries.preference(key.clone()).await {
            Err(QueryError::Elsewhere { address }) => {
                self.ask(&address, &["v1", "preferences", key.as_str()].map(str::to_owned)).await?
            }
            answer => answer.map_err(|_| OutOfReach)?,
        };
        read(answer)
    }

    async fn ask(&self, address: &str, path: &[String]) -> Result<Option<Value>, OutOfReach> {
        let token = self.token.as_deref();
        let answer = match ask::get(&self.client, address, token, path, Caller::Instance).await {
            Ok(answer) => answer,
            Err(error) => {
                let error = &error as &dyn std::error::Error;
                tracing::warn!(address, error, "a page's question could not be passed on to its owner");
                return Err(OutOfReach);
            }
        };
        match answer.status {
            StatusCode::OK => serde_json::from_slice(&answer.body).map(Some).map_err(|_| OutOfReach),
            StatusCode::NOT_FOUND => Ok(None),
            _ => Err(OutOfReach),
        }
    }
}

/// Where an instance answers for a page: parcel, journey, audience, day.
fn page_path(parcel_id: &str, link: Link) -> [String; 6] {
    let Link { journey, audience, day } = link;
    [
        "v1".to_owned(),
        "pages".to_owned(),
        parcel_id.to_owned(),
        journey.to_string(),
        audience.name().to_owned(),
        day.to_string(),
    ]
}

fn read<T: serde::de::DeserializeOwned>(answer: Option<Value>) -> Result<Option<T>, OutOfReach> {
    let Some(answer) = answer else { return Ok(None) };
    serde_json::from_value(answer).map(Some).map_err(|error| {
        // A newer instance may say what this one cannot read.
        tracing::warn!(%error, "an owner's answer cannot be read");
        OutOfReach
    })
}
