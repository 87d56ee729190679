//! Serves both listeners: how long each client may take, how many there may be, how much they may say.
//!
//! `axum::serve` waits for slow clients as long as they like; so connections are accepted here. What always holds: at most
//! so many at a time as the [`Door`] has room for; heads are at most [`HEAD_MAX`] bytes; everything has an end ([`Patience`]).

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::Request;
use axum::http::StatusCode;
use axum::middleware::{self, Next};
use axum::response::IntoResponse;
use axum::{Extension, Router};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use super::END_WITHIN;
use crate::telemetry::{Metrics, Queue};

/// More wait until one ends. Larger: more memory (some 50 KiB each) for whoever opens many. Smaller: who opens many keeps
/// customers out.
const PUBLIC_MAX: usize = 2048;
/// The same for operators and other instances, who ask for all their customers' pages.
const ADMIN_MAX: usize = 512;
const HEAD_MAX: usize = 16 * 1024;
/// Errors of accepting (no file descriptors left, say) pass by themselves.
const ACCEPT_AGAIN: Duration = Duration::from_millis(100);

/// Who comes in, and how many at a time.
pub(super) struct Door {
    queue: Queue,
    room: usize,
    metrics: Arc<Metrics>,
}

impl Door {
    /// The public listener's.
    pub fn public(metrics: &Arc<Metrics>) -> Door {
        Door { queue: Queue::Public, room: PUBLIC_MAX, metrics: Arc::clone(metrics) }
    }

    /// The admin listener's.
    pub fn admin(metrics: &Arc<Metrics>) -> Door {
        Door { queue: Queue::Admin, room: ADMIN_MAX, metrics: Arc::clone(metrics) }
    }

    fn count(&self, connections: &Semaphore) {
        self.metrics.queue(self.queue, "", self.room - connections.available_permits(), self.room);
    }
}

/// How long a stranger may take.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patience {
    /// For a request's head; also from one request to the next on the same connection.
    pub head: Duration,
    /// For a whole request: a body that trickles or an owner that hangs is answered 408.
    pub request: Duration,
    /// For a connection: requests and answers are small, so who takes longer does not read.
    pub connection: Duration,
}

impl Patience {
    /// Longer: whoever keeps connections open for nothing keeps customers out. Shorter: phones on a train are cut off.
    pub const USUAL: Patience = Patience {
        head: Duration::from_secs(10),
        request: Duration::from_secs(20),
        connection: Duration::from_secs(120),
    };
}

/// The other end of a connection.
#[derive(Clone, Copy, Debug)]
pub(super) struct Peer(pub SocketAddr);

/// Serves until `stop` says true (or its sender is gone).
pub(super) async fn to_strangers(
    listener: TcpListener,
    door: Door,
    router: Router,
    patience: Patience,
    mut stop: watch::Receiver<bool>,
) -> io::Result<()> {
    let router = router.layer(middleware::from_fn(move |request: Request, next: Next| async move {
        let answered = tokio::time::timeout(patience.request, next.run(request)).await;
        answered.unwrap_or_else(|_| StatusCode::REQUEST_TIMEOUT.into_response())
    }));
    let (connections, door) = (Arc::new(Semaphore::new(door.room)), Arc::new(door));
    loop {
        door.count(&connections);
        let accepted = tokio::select! {
            _ = stop.wait_for(|stop| *stop) => break,
            accepted = accept(&listener, &connections) => accepted,
        };
        match accepted {
            Ok((stream, peer, permit)) => {
                let (router, stop) = (router.clone().layer(Extension(Peer(peer))), stop.clone());
                let (door, connections) = (Arc::clone(&door), Arc::clone(&connections));
                tokio::spawn(async move {
                    connection(stream, router, patience, stop).await;
                    drop(permit);
                    door.count(&connections);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "a connection cannot be accepted");
                tokio::time::sleep(ACCEPT_AGAIN).await;
            }
        }
    }
    // Every permit is back once every connection has ended.
    let all = connections.acquire_many(door.room as u32);
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

async fn connection(stream: TcpStream, router: Router, patience: Patience, mut stop: watch::Receiver<bool>) {
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(patience.head).max_buf_size(HEAD_MAX);
    let serving = builder.serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    let mut serving = std::pin::pin!(serving);
    let is_over = tokio::select! {
        // What goes wrong with a stranger's connection is the stranger's.
        _ = serving.as_mut() => true,
        _ = stop.wait_for(|stop| *stop) => false,
        () = tokio::time::sleep(patience.connection) => false,
    };
    if !is_over {
        serving.as_mut().graceful_shutdown();
        let _ = tokio::time::timeout(END_WITHIN, serving).await;
    }
}

#[cfg(test)]
mod tests {
    use axum::routing::{get, post};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    const SHORT: Duration = Duration::from_millis(50);
    /// Never comes to its end in these tests.
    const LONG: Duration = Duration::from_secs(3600);

    async fn answer(patience: Patience, request: &[u8]) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router =
            Router::new().route("/", get(|| async { "ok" })).route("/form", post(|body: String| async move { body }));
        let (_stop, stopped) = watch::channel(false);
        tokio::spawn(to_strangers(listener, Door::public(&Arc::new(Metrics::new())), router, patience, stopped));
        let mut client = TcpStream::connect(address).await.unwrap();
        // It may be told already while it still speaks.
        let _ = client.write_all(request).await;
        let mut answer = Vec::new();
        let _ = client.read_to_end(&mut answer).await;
        String::from_utf8_lossy(&answer).into_owned()
    }

    #[tokio::test]
    async fn who_sends_no_whole_head_in_time_is_let_go() {
        let patience = Patience { head: SHORT, request: LONG, connection: LONG };
        assert!(!answer(patience, b"GET / HTTP/1.1\r\n").await.contains("200"));
        // Nor may a connection be kept for nothing.
        assert!(answer(patience, b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await.starts_with("HTTP/1.1 200"));
    }

    #[tokio::test]
    async fn who_sends_a_body_drop_by_drop_is_told_that_it_took_too_long() {
        let patience = Patience { head: LONG, request: SHORT, connection: SHORT * 4 };
        let answer = answer(patience, b"POST /form HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\nx").await;
        assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
    }

    #[tokio::test]
    async fn a_head_that_is_too_long_is_refused() {
        let patience = Patience { head: LONG, request: LONG, connection: LONG };
        let head = format!("GET / HTTP/1.1\r\nhost: x\r\nx-long: {}\r\n\r\n", "x".repeat(2 * HEAD_MAX));
        let answer = answer(patience, head.as_bytes()).await;
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 431"), "{answer}");
    }

    #[tokio::test]
    async fn beyond_its_room_a_listener_lets_nobody_in_until_somebody_leaves() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let metrics = Arc::new(Metrics::new());
        let door = Door { queue: Queue::Admin, room: 2, metrics: Arc::clone(&metrics) };
        let router = Router::new().route("/", get(|| async { "ok" }));
        let (_stop, stopped) = watch::channel(false);
        let patience = Patience { head: LONG, request: LONG, connection: LONG };
        tokio::spawn(to_strangers(listener, door, router, patience, stopped));
        let come = || async {
            let mut client = TcpStream::connect(address).await.unwrap();
            client.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
            client
        };
        let hear = |mut client: TcpStream| async move {
            let mut answer = [0; 12];
            client.read_exact(&mut answer).await.map(|_| (answer, client))
        };
        let (first, second) = (hear(come().await).await.unwrap().1, hear(come().await).await.unwrap().1);
        let full = |text: &str| text.contains(r#"parcelwatch_queue_entries{queue="admin",worker=""} 2"#);
        assert!(full(&metrics.render()), "{}", metrics.render());
        // The system's own queue takes it; nobody here does.
        let third = come().await;
        drop(first);
        assert_eq!(&hear(third).await.unwrap().0, b"HTTP/1.1 200");
        drop(second);
    }
}
