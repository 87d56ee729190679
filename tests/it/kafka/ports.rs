//! Free loopback ports for brokers.

use std::net::{Ipv4Addr, TcpListener};
use std::sync::atomic::{AtomicU16, Ordering};

/// Below the range from which systems take ports for outgoing connections and for "any free port" (32768 and
/// up on Linux), so that nobody is given a broker's port while that broker is down between kill and restart.
const LOWEST: u16 = 20_000;
const COUNT: u16 = 12_000;

/// A loopback port that nobody listens on and that this process has not handed out before.
pub fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    // Test processes that run at the same time begin their search far from each other.
    let start = (std::process::id() * 7 % u32::from(COUNT)) as u16;
    for _ in 0..COUNT {
        let port = LOWEST + (start + NEXT.fetch_add(1, Ordering::Relaxed)) % COUNT;
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return port;
        }
    }
    panic!("expected a free loopback port from {LOWEST} on, found {COUNT} taken")
}
