//! Serves strangers: how long each may take, how many there may be, how much they may say.
//!
//! `axum::serve` waits for slow clients as long as they like; so connections are accepted here. What always holds: at most
//! [`CONNECTIONS_MAX`] at a time, none of which lives longer than [`CONNECTION_WITHIN`]; heads are at most [`HEAD_MAX`]
//! bytes and come within [`HEAD_WITHIN`].

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::Request;
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::{Extension, Router};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use super::END_WITHIN;

/// More wait until one ends. Larger: more memory (some 50 KiB each) for whoever opens many. Smaller: who opens many keeps
/// customers out.
const CONNECTIONS_MAX: usize = 2048;
/// Also from one request to the next on the same connection.
const HEAD_WITHIN: Duration = Duration::from_secs(10);
/// Requests and answers are small: who takes longer does not read.
const CONNECTION_WITHIN: Duration = Duration::from_secs(120);
/// A request that takes longer (a body that trickles, an owner that hangs) is answered 408.
const REQUEST_WITHIN: Duration = Duration::from_secs(20);
const HEAD_MAX: usize = 16 * 1024;
/// Errors of accepting (no file descriptors left, say) pass by themselves.
const ACCEPT_AGAIN: Duration = Duration::from_millis(100);

/// The other end of a connection.
#[derive(Clone, Copy, Debug)]
pub(super) struct Peer(pub SocketAddr);

/// Serves until `stop` says true (or its sender is gone).
pub(super) async fn to_strangers(
    listener: TcpListener,
    router: Router,
    mut stop: watch::Receiver<bool>,
) -> io::Result<()> {
    let router = router.layer(middleware::from_fn(in_time));
    let connections = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    loop {
        let accepted = tokio::select! {
            _ = stop.wait_for(|stop| *stop) => break,
            accepted = accept(&listener, &connections) => accepted,
        };
        match accepted {
            Ok((stream, peer, permit)) => {
                let (router, stop) = (router.clone().layer(Extension(Peer(peer))), stop.clone());
                tokio::spawn(async move {
                    connection(stream, router, stop).await;
                    drop(permit);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "a connection cannot be accepted");
                tokio::time::sleep(ACCEPT_AGAIN).await;
            }
        }
    }
    // Every permit is back once every connection has ended.
    let all = connections.acquire_many(CONNECTIONS_MAX as u32);
    let _ = tokio::time::timeout(END_WITHIN, all).await;
    Ok(())
}

async fn accept(
    listener: &TcpListener,
    connections: &Arc<Semaphore>,
) -> io::Result<(TcpStream, SocketAddr, OwnedSemaphorePermit)> {
    let permit = Arc::clone(connections).acquire_owned().await.map_err(io::Error::other)?;
    let (stream, peer) = listener.accept().await?;
    Ok((stream, peer, permit))
}

async fn connection(stream: TcpStream, router: Router, mut stop: watch::Receiver<bool>) {
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(HEAD_WITHIN).max_buf_size(HEAD_MAX);
    let serving = builder.serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    let mut serving = std::pin::pin!(serving);
    let is_over = tokio::select! {
        // What goes wrong with a stranger's connection is the stranger's.
        _ = serving.as_mut() => true,
        _ = stop.wait_for(|stop| *stop) => false,
        () = tokio::time::sleep(CONNECTION_WITHIN) => false,
    };
    if !is_over {
        serving.as_mut().graceful_shutdown();
        let _ = tokio::time::timeout(END_WITHIN, serving).await;
    }
}

async fn in_time(request: Request, next: Next) -> Response {
    match tokio::time::timeout(REQUEST_WITHIN, next.run(request)).await {
        Ok(response) => response,
        Err(_) => super::guard::harden(axum::response::IntoResponse::into_response(axum::http::StatusCode::REQUEST_TIMEOUT)).await,
    }
}
