//! A gate before a server: while it is closed, connections are taken and nothing passes.

use std::io;
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// Listens on a port of its own for as long as the test's process lives.
pub struct Gate {
    port: u16,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    closed: AtomicBool,
    connections: AtomicUsize,
}

impl Gate {
    /// Opens one before the server on this port.
    pub fn before(server: u16) -> Gate {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free loopback port");
        let port = listener.local_addr().expect("a bound listener").port();
        let state = Arc::new(State::default());
        let inside = Arc::clone(&state);
        std::thread::spawn(move || {
            let mut held = Vec::new();
            for client in listener.incoming().map_while(Result::ok) {
                inside.connections.fetch_add(1, Ordering::SeqCst);
                if inside.closed.load(Ordering::SeqCst) {
                    held.push(client);
                } else {
                    // A client or server that goes away ends its connection, as it would without a gate.
                    let _ = pass(client, server);
                }
            }
        });
        Gate { port, state }
    }

    /// Where clients connect.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// From now on connections are held.
    pub fn close(&self) {
        self.state.closed.store(true, Ordering::SeqCst);
    }

    /// From now on connections pass; those that were held stay so.
    pub fn open(&self) {
        self.state.closed.store(false, Ordering::SeqCst);
    }

    /// How many connections there were.
    pub fn connections(&self) -> usize {
        self.state.connections.load(Ordering::SeqCst)
    }
}

fn pass(client: TcpStream, server: u16) -> io::Result<()> {
    let server = TcpStream::connect(("127.0.0.1", server))?;
    for (from, to) in [(client.try_clone()?, server.try_clone()?), (server, client)] {
        std::thread::spawn(move || {
            let (mut from, mut to) = (from, to);
            let _ = io::copy(&mut from, &mut to);
            let _ = to.shutdown(std::net::Shutdown::Write);
        });
    }
    Ok(())
}
