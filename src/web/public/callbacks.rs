//! `POST /callbacks/...`: what providers of texts send back. It is answered once the brokers have what it says; a refusal says
//! nothing but its status.

use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use tokio::task::JoinSet;

use super::{App, Public};
use crate::channel::sms::callback::Heard;
use crate::web::record::{PublishError, Record};

/// In metrics.
const NAME: &str = "callback";

/// Hears one.
pub(super) async fn hear(
    State(public): App,
    uri: Uri,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let answered = |result, status: StatusCode| {
        public.metrics.public_request(NAME, result);
        status.into_response()
    };
    let Some(callbacks) = &public.callbacks else { return answered("unknown", StatusCode::NOT_FOUND) };
    let Ok(body) = body else { return answered("bad_form", StatusCode::PAYLOAD_TOO_LARGE) };
    let path = uri.path_and_query().map_or("", |path| path.as_str());
    let said = match callbacks.hear(path, &headers, &body, (public.now)()) {
        Ok(said) => said,
        Err(refusal) => {
            let status = StatusCode::from_u16(refusal.status()).unwrap_or(StatusCode::FORBIDDEN);
            return answered("refused", status);
        }
    };
    match write(&public, said.heard).await {
        Ok(()) => {
            public.metrics.public_request(NAME, "heard");
            ([(header::CONTENT_TYPE, said.content_type)], said.answer).into_response()
        }
        Err(PublishError) => answered("down", StatusCode::SERVICE_UNAVAILABLE),
    }
}

/// A push may hold hundreds of reports: they are written together.
async fn write(public: &Public, heard: Vec<Heard>) -> Result<(), PublishError> {
    let mut writing = JoinSet::new();
    for each in heard {
        let record = match each {
            Heard::Receipt(receipt) => Record::Receipt(Box::new(receipt)),
            Heard::Reply(reply) => Record::Reply(reply),
        };
        writing.spawn(public.publisher.publish(record));
    }
    while let Some(written) = writing.join_next().await {
        written.map_err(|_| PublishError)??;
    }
    Ok(())
}
