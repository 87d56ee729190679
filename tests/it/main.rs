//! Everything that tests parcelwatch from outside, in one binary: one thing to link, and one cluster of
//! Apache Kafka that all tests share.

#![allow(
    clippy::disallowed_methods,
    reason = "deadlines of tests and times of their records come from the real clock; nobody hands it in here"
)]

#[allow(dead_code, reason = "what a test may do in a browser is there before the test that does it")]
mod browser;
mod channel;
#[allow(dead_code, reason = "the same, of daemons")]
mod daemon;
mod demo;
mod flow;
#[allow(dead_code, reason = "the property test beside it looks at more")]
#[path = "../../src/track/tests/fold.rs"]
mod fold;
#[allow(dead_code, reason = "the same, of requests")]
mod http;
mod judgements;
#[allow(dead_code, reason = "what a test may ask of brokers is there before the test that asks for it")]
mod kafka;
mod memory;
mod promises;
mod promtool;
mod purity;
mod replay;
mod scenarios;
#[allow(dead_code, reason = "the same")]
mod support;
mod topics;
