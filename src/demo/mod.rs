//! `parcelwatch demo`: the real daemon on a simulated Kafka, with an invented courier's day, seen as a customer, a merchant and operations
//! see it. Needs nothing but this binary.
//!
//! ```text
//! day (pure) ─> feed ─> topics ─> daemon ─> mails, texts, webhooks ─> stand-ins ─> board ─> page, terminal
//!                ▲                  └─ conditions, work orders ─> watch ──────────────┘
//!                └──────────── work orders ─────────────────────────┘
//! ```
//!
//! What always holds: everything listens on loopback and nothing leaves this machine; the daemon is the one that `run` starts,
//! with a fast clock; no name, number or address of the real world occurs.

mod board;
mod broker;
mod day;
mod feed;
mod files;
mod happening;
mod page;
mod say;
mod settings;
mod stage;
mod standins;
mod watch;
mod words;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::Context;
use serde_json::json;
use tokio::runtime::Runtime;
use tokio::sync::{mpsc, watch as signal};

use self::board::Board;
use self::broker::{Broker, Pen};
use self::feed::{Feed, Plan};
use self::files::{Files, Secrets};
use self::stage::{Known, Stage};
use crate::daemon::{Daemon, options, stop_on_signals};
use crate::notify::render::Words;
use crate::stream::{Clock, From, Options};
use crate::telemetry::start_logs;

/// How it is to be.
#[derive(Clone, Copy, Debug)]
pub struct Choice {
    /// How many of the courier's seconds pass within one.
    pub speed: u32,
    /// Decides what happens.
    pub seed: u64,
    /// Where the page listens; 0: anywhere.
    pub port: u16,
    /// How many parcels are sent each day.
    pub parcels: usize,
}

/// What requests under way may take at the end.
const END_WITHIN: Duration = Duration::from_millis(200);

/// Runs until it is interrupted.
pub fn run(choice: Choice) -> anyhow::Result<()> {
    let runtime = Runtime::new().context("cannot start the runtime")?;
    let stop = Arc::new(AtomicBool::new(false));
    let (end, ended) = signal::channel(false);
    runtime.block_on(stop_on_signals(&stop))?;
    let start = day::morning(Clock::start().now());
    let board = Arc::new(Board::new(start));
    let plan = Plan { seed: choice.seed, start, parcels: choice.parcels };
    let result = play(choice, plan, &runtime, &stop, &ended, &board);
    end.send_replace(true);
    stop.store(true, Ordering::Relaxed);
    runtime.shutdown_timeout(END_WITHIN);
    if result.is_ok() {
        say::farewell(board.standing().counts);
    }
    result
}

/// Sets the stage and runs the daemon on it.
fn play(
    choice: Choice,
    plan: Plan,
    runtime: &Runtime,
    stop: &Arc<AtomicBool>,
    ended: &signal::Receiver<bool>,
    board: &Arc<Board>,
) -> anyhow::Result<()> {
    let stage = runtime.block_on(Stage::bind(choice.port))?;
    let broker = Broker::start().context("cannot start the simulation of Kafka")?;
    let bootstrap = broker.bootstrap();
    let files = Files::new().context("cannot make a folder for the demonstration's secrets")?;
    let secrets = Secrets::make(&files).context("cannot make secrets up")?;
    let config = settings::config(&bootstrap, &stage.places()?, &secrets, &files.offers()?)
        .map_err(|errors| anyhow::anyhow!("a mistake of ours: {errors}"))?;
    start_logs(&config.log).context("cannot write logs")?;

    let pen = Pen::new(&bootstrap)?;
    let merchants = announce_merchants(&pen, &files, stage.merchants.local_addr()?, plan.start)?;
    let mut feed = Feed::new(plan);
    for event in feed.due(plan.start) {
        pen.write(&event)?;
    }
    pen.flush().context("the simulation of Kafka takes no records")?;

    let clock = Clock::fast(plan.start, choice.speed);
    let (orders, ordered) = mpsc::unbounded_channel();
    let watching = watch::Watch::new(&bootstrap, Arc::clone(board), clock.clone(), orders)?;
    let watching = {
        let stop = Arc::clone(stop);
        std::thread::Builder::new().name("demo-watch".to_owned()).spawn(move || watching.run(&stop))?
    };
    runtime.spawn(feed.run(pen, clock.clone(), ordered, ended.clone()));
    runtime.spawn(say::narrate(board.listen()));
    let welcome = say::Welcome {
        seed: choice.seed,
        parcels: choice.parcels,
        speed: choice.speed,
        page: format!("http://{}/", stage.page.local_addr()?),
        admin: format!("http://{}", stage.listeners.admin.local_addr()?),
    };
    let known = Known { merchants, secrets };
    let listeners = stage.open(runtime, board, &clock, ended, known, &welcome.admin)?;
    say::welcome(&welcome);

    let options = Options { from: Some(From::Earliest), simulated_brokers: true, ..options(&config)? };
    let words = Words::builtin();
    let daemon = Daemon { config, words, options, clock, runtime, stop: Arc::clone(stop), ended: ended.clone() };
    let result = daemon.run(listeners);
    stop.store(true, Ordering::Relaxed);
    // It reads until then, and panics nowhere.
    let _ = watching.join();
    // Only now: whoever spoke to the brokers has ended.
    drop(broker);
    result
}

/// Writes the merchants down as operations would; returns their secrets.
fn announce_merchants(
    pen: &Pen,
    files: &Files,
    endpoints: SocketAddr,
    at: crate::model::Timestamp,
) -> anyhow::Result<HashMap<String, String>> {
    let mut all = HashMap::new();
    for merchant in &day::MERCHANTS {
        let secret = files.make(merchant.id, "whsec_").context("cannot make a secret up")?;
        let record = json!({
            "merchant": merchant.id, "name": merchant.name, "locale": merchant.locale,
            "webhook": {"url": format!("http://{endpoints}/hooks/{}", merchant.id), "secrets": [secret.name]},
        });
        pen.record("merchants.v1", merchant.id, &record.to_string(), at)?;
        all.insert(merchant.id.to_owned(), secret.text);
    }
    Ok(all)
}
