//! Every connection between a daemon and a broker goes over a link of that pair: a TCP proxy that can be cut in several ways.
//!
//! Each daemon has a listener of its own on every broker, and the addresses that brokers tell it there are its links', so
//! it never finds a way around them. What a link carries is never changed: it is passed on, kept waiting, or the connection ends.

use std::net::Ipv4Addr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Handle;
use tokio::sync::watch;

/// What a link does to connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Everything passes.
    Open,
    /// Connections are ended and new ones refused: the broker's port is closed.
    Refuse,
    /// Nothing passes and nobody is told, in either direction: a black hole. What was kept passes afterwards.
    Stall,
    /// What the daemon says arrives, answers do not: it does not know what has been done.
    Deaf,
    /// The broker's end is gone, the daemon's is not told, and finds out by itself: as after a firewall that forgot.
    HalfOpen,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Direction {
    Requests,
    Answers,
}

impl Mode {
    fn passes(self, direction: Direction) -> bool {
        match self {
            Mode::Open => true,
            Mode::Deaf => direction == Direction::Requests,
            Mode::Refuse | Mode::Stall | Mode::HalfOpen => false,
        }
    }
}

/// A link; it lives as long as its runtime.
pub struct Link {
    mode: watch::Sender<Mode>,
}

impl Link {
    /// Carries connections from a loopback port to another.
    pub fn open(runtime: &Handle, port: u16, broker: u16) -> Link {
        let (mode, seen) = watch::channel(Mode::Open);
        runtime.spawn(serve(port, broker, seen));
        Link { mode }
    }

    /// From now on it does this.
    pub fn set(&self, mode: Mode) {
        self.mode.send_replace(mode);
    }
}

/// Listens except while it refuses.
async fn serve(port: u16, broker: u16, mut mode: watch::Receiver<Mode>) {
    loop {
        if mode.wait_for(|mode| *mode != Mode::Refuse).await.is_err() {
            return;
        }
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.expect("the link's port is kept for it");
        let mut refusing = mode.clone();
        loop {
            tokio::select! {
                accepted = listener.accept() => if let Ok((client, _)) = accepted {
                    tokio::spawn(carry(client, broker, mode.clone()));
                },
                _ = refusing.wait_for(|mode| *mode == Mode::Refuse) => break,
            }
        }
    }
}

/// One connection from its beginning to its end.
async fn carry(client: TcpStream, broker: u16, mut mode: watch::Receiver<Mode>) {
    // A hole does not answer a new connection either; the system's backlog has, as a firewall's would.
    if mode.wait_for(|mode| !matches!(mode, Mode::Stall | Mode::HalfOpen)).await.is_err() {
        return;
    }
    let Ok(broker) = TcpStream::connect((Ipv4Addr::LOCALHOST, broker)).await else { return };
    // Small requests must not wait for each other's acknowledgements.
    let _ = (client.set_nodelay(true), broker.set_nodelay(true));
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_broker, mut to_broker) = broker.into_split();
    let mut ending = mode.clone();
    tokio::select! {
        () = pump(&mut from_client, &mut to_broker, Direction::Requests, mode.clone()) => return,
        () = pump(&mut from_broker, &mut to_client, Direction::Answers, mode.clone()) => return,
        _ = ending.wait_for(|mode| matches!(mode, Mode::Refuse | Mode::HalfOpen)) => {}
    }
    drop((from_broker, to_broker));
    // Half open: the daemon's end stays until the link is well again, and whatever is said into it is lost.
    let _ = mode.wait_for(|mode| *mode != Mode::HalfOpen).await;
}

/// Passes bytes on until either end is gone.
async fn pump(
    from: &mut OwnedReadHalf,
    to: &mut OwnedWriteHalf,
    direction: Direction,
    mut mode: watch::Receiver<Mode>,
) {
    let mut bytes = vec![0; 64 << 10];
    loop {
        let Ok(count @ 1..) = from.read(&mut bytes).await else { return };
        if mode.wait_for(|mode| mode.passes(direction)).await.is_err() || to.write_all(&bytes[..count]).await.is_err() {
            return;
        }
    }
}
