//! `parcelwatch run`: the daemon.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use anyhow::Context;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use super::late::Late;
use super::{Failure, Outcome, Settings, words};
use crate::channel::sms::callback::Callbacks;
use crate::channel::{self, Dispatcher, Secrets};
use crate::config::{self, Config, Listen};
use crate::model::{Channel, Timestamp, World};
use crate::notify::Policy;
use crate::stream::{Clock, From, GroupProtocol, Instance, InstanceError, Options, Setup};
use crate::telemetry::{Metrics, start_logs};
use crate::time::Backlog;
use crate::web::{self, Limits, Owners, Pages, ParcelQuery, Public, Publish};

/// An input of a partition that is this far ahead of the others is paused: more costs memory while another input is slow,
/// less makes fetching stutter.
const WAITING_MAX: Backlog = Backlog { records: 20_000, bytes: 16 * 1024 * 1024 };

/// A stop takes less than this, whatever the brokers do: what is not committed then is put back by the next start.
const STOP_WITHIN: Duration = Duration::from_secs(9);

/// Run the daemon: read scans, decide, notify
///
/// Joins the other instances of its group, restores the state of the partitions that it is given, and goes on where they
/// were left. SIGTERM or Ctrl-C finishes the open transaction, leaves the group and ends within 10 s with exit code 0.
/// Exit code 1: something has to be mended first, and the last line says what.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  parcelwatch run --config parcelwatch.toml --from latest      the very first start
  parcelwatch run --config parcelwatch.toml                    every other one")]
pub struct Args {
    #[command(flatten)]
    settings: Settings,
    /// Where the very first start begins in shipments, scans and reroutes: earliest, latest, or a time such as
    /// 2026-11-22T00:00:00Z. Later starts go on where they were and do not look at it
    #[arg(long, value_parser = parse_from)]
    from: Option<From>,
    /// Go on from the state logs although the group's offsets are gone or differ. The brokers forget the offsets of a
    /// group that was away for a week; use it only if nobody reset the group on purpose
    #[arg(long)]
    resume_from_state: bool,
}

fn parse_from(text: &str) -> Result<From, String> {
    match text {
        "earliest" => Ok(From::Earliest),
        "latest" => Ok(From::Latest),
        time => Timestamp::parse(time)
            .map(From::Time)
            .map_err(|error| format!("expected earliest, latest or a time: {error}")),
    }
}

/// What the runtime is told, as far as the configuration says it.
pub fn options(config: &Config) -> anyhow::Result<Options> {
    let runtime = &config.runtime;
    Ok(Options {
        client: config.kafka.client_config()?,
        prefix: config.kafka.prefix.clone(),
        group: config.kafka.group.clone(),
        group_protocol: match config.kafka.group_protocol {
            config::GroupProtocol::Classic => GroupProtocol::Classic,
            config::GroupProtocol::Consumer => GroupProtocol::Consumer,
        },
        instance: runtime.instance(),
        tracker_workers: runtime.tracker_workers.into(),
        notifier_workers: runtime.notifier_workers.into(),
        commit_every: runtime.commit_every,
        save_time_every: runtime.save_time_every,
        tell_within: runtime.tell_within,
        settle_for: runtime.settle_for,
        clock_skew: runtime.clock_skew,
        attempt_within: runtime.attempt_within,
        transaction_timeout: runtime.transaction_timeout,
        session_timeout: runtime.session_timeout,
        timers_per_turn: runtime.timers_per_turn,
        records_per_turn: runtime.records_per_turn,
        waiting_max: WAITING_MAX,
        from: None,
        resume_from_state: false,
        simulated_brokers: false,
    })
}

/// Runs until it is told to stop, or cannot go on.
pub fn run(args: Args) -> Outcome {
    let config = args.settings.load().map_err(Failure::Config)?;
    start_logs(&config.log).context("cannot write logs")?;
    let runtime = tokio::runtime::Runtime::new().context("cannot start the runtime")?;
    let stop = Arc::new(AtomicBool::new(false));
    let (end, ended) = watch::channel(false);
    runtime.block_on(stop_on_signals(&stop))?;
    say_how_it_runs(&config);
    let result = start(args, config, &runtime, &stop, ended);
    // Listeners end last, so that health can be asked while everything else ends.
    end.send_replace(true);
    runtime.shutdown_timeout(Duration::from_millis(200));
    result.map_err(Failure::Failed)
}

fn start(
    args: Args,
    config: Config,
    runtime: &Runtime,
    stop: &Arc<AtomicBool>,
    ended: watch::Receiver<bool>,
) -> anyhow::Result<()> {
    let listeners = runtime.block_on(Listeners::bind(&config.listen))?;
    let options = Options { from: args.from, resume_from_state: args.resume_from_state, ..options(&config)? };
    Daemon { config, options, clock: Clock::start(), runtime, stop: Arc::clone(stop), ended }.run(listeners)
}

/// What an operator must know at first sight.
fn say_how_it_runs(config: &Config) {
    let mode = config.policy.send.mode.name();
    tracing::info!(version = env!("CARGO_PKG_VERSION"), instance = config.runtime.instance(), send = mode, "starting");
    if !config.policy.send.anything_leaves() {
        tracing::warn!("send.mode is {mode:?}: notices are decided, recorded and counted, and nothing leaves");
    }
    if config.privacy.is_development() {
        tracing::warn!("privacy.hash_key is not set: recipients are hashed under a key that everybody knows");
    }
    if config.reroute.is_development() {
        tracing::warn!("reroute.link_key is not set: links are signed with a key that everybody knows");
    }
    if config.listen.public.is_none() && config.reroute.has_links() {
        tracing::warn!(
            "reroute.base_url is set and listen.public is not: this instance does not serve what links lead to"
        );
    }
}

/// The open listeners.
pub(crate) struct Listeners {
    pub public: Option<TcpListener>,
    pub admin: TcpListener,
}

impl Listeners {
    /// Opens those that are configured.
    pub async fn bind(listen: &Listen) -> anyhow::Result<Listeners> {
        let public = match listen.public {
            Some(address) => Some(web::bind(address.0, "listen.public").await?),
            None => None,
        };
        Ok(Listeners { public, admin: web::bind(listen.admin.0, "listen.admin").await? })
    }
}

/// The daemon, by a clock and on brokers of its starter's choice: `demo` runs the same one.
pub(crate) struct Daemon<'a> {
    pub config: Config,
    /// For a clock of the real pace; scaled here, as the policy is.
    pub options: Options,
    pub clock: Clock,
    pub runtime: &'a Runtime,
    /// Set to stop; set by the daemon itself where it cannot go on.
    pub stop: Arc<AtomicBool>,
    /// Says true when the listeners are to end.
    pub ended: watch::Receiver<bool>,
}

impl Daemon<'_> {
    /// Runs until it is told to stop, or cannot go on.
    pub fn run(&self, listeners: Listeners) -> anyhow::Result<()> {
        let metrics = Arc::new(Metrics::new());
        metrics.send_mode(self.config.policy.send.mode.name());
        let late = Arc::new(Late::default());
        let dispatcher = Arc::new(OnceLock::new());
        let advertise = self.listen(listeners, &metrics, &late, &dispatcher)?;
        let instance = match Instance::start(self.setup(metrics, advertise)?, self.runtime) {
            Err(InstanceError::Stopped) => return Ok(()),
            started => started?,
        };
        late.set(instance.asker(), instance.publisher());
        let _ = dispatcher.set(Arc::clone(instance.dispatcher()));
        instance.join(self.runtime.handle())?;
        tracing::info!("stopped");
        Ok(())
    }

    fn setup(&self, metrics: Arc<Metrics>, advertise: String) -> anyhow::Result<Setup> {
        let (config, clock) = (&self.config, self.clock.clone());
        let transports = channel::open(&config.channels, &Arc::new(Secrets::new())).map_err(|problems| {
            let lines: Vec<String> = problems.iter().map(|p| format!("{}: {}", p.key, p.message)).collect();
            anyhow::anyhow!("a channel cannot be opened: {}", lines.join("; "))
        })?;
        let notify = config.policy.notify.clone().scaled(clock.rate());
        let policy = Policy { notify, ..config.policy.clone() };
        let mut world = World::new(config.rules.clone(), policy, config.privacy.hash_key()?);
        world.words = words::load(&config.policy.notify.templates)?;
        world.links = config.reroute.links()?.map(Arc::new);
        world.offers = Arc::clone(&config.offers);
        world.reroute = config.reroute.settings();
        let options = self.options.clone().scaled(clock.rate());
        Ok(Setup { options, world, transports, metrics, clock, stop: Arc::clone(&self.stop), advertise })
    }

    /// Serves the listeners; returns where other instances reach the admin one.
    fn listen(
        &self,
        listeners: Listeners,
        metrics: &Arc<Metrics>,
        late: &Arc<Late>,
        dispatcher: &Arc<OnceLock<Arc<Dispatcher>>>,
    ) -> anyhow::Result<String> {
        let (listen, Listeners { public, admin: listener }) = (&self.config.listen, listeners);
        let owners = Owners {
            queries: Arc::clone(late) as Arc<dyn ParcelQuery>,
            client: web::client().context("cannot ask other instances")?,
            token: listen.token()?,
        };
        if let Some(listener) = public {
            let public = Arc::new(self.public(metrics, late, owners.clone())?);
            self.runtime.spawn(web::serve_public(listener, public, self.ended.clone()));
        }
        let bound = listener.local_addr().context("the admin listener has no address")?;
        let (waiting, dispatcher) = (Arc::clone(late), Arc::clone(dispatcher));
        let admin = web::Admin {
            metrics: Arc::clone(metrics),
            observe: Arc::new(move |metrics| {
                if let Some(dispatcher) = dispatcher.get() {
                    for channel in Channel::ALL {
                        let depth = dispatcher.depth(channel);
                        metrics.attempts_in_hand(channel, depth.waiting, depth.running);
                    }
                }
            }),
            not_ready: Arc::new(move || waiting.not_ready()),
            queries: owners.queries,
            token: owners.token,
            client: owners.client,
        };
        self.runtime.spawn(web::serve_admin(listener, admin, self.ended.clone()));
        tracing::info!(admin = %bound, "listening");
        Ok(listen.advertised(bound))
    }

    /// What the public listener is made of.
    fn public(&self, metrics: &Arc<Metrics>, late: &Arc<Late>, owners: Owners) -> anyhow::Result<Public> {
        let (config, clock) = (&self.config, self.clock.clone());
        let secrets = Arc::new(Secrets::new());
        Ok(Public {
            links: config.reroute.links()?,
            pages: Pages::new(&config.policy.notify),
            owners,
            publisher: Arc::clone(late) as Arc<dyn Publish>,
            callbacks: Callbacks::new(&config.channels.sms, &secrets, config.privacy.hash_key()?),
            metrics: Arc::clone(metrics),
            now: Arc::new(move || clock.now()),
            limits: Limits::new(config.listen.bad_links),
            client_header: config.listen.client_header(),
            shown_within: web::SHOWN_WITHIN,
            text_max: config.reroute.settings().text_max,
        })
    }
}

/// SIGTERM and SIGINT end the daemon; if that takes too long, at once.
pub(crate) async fn stop_on_signals(stop: &Arc<AtomicBool>) -> anyhow::Result<()> {
    let mut term = signal(SignalKind::terminate()).context("cannot wait for SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("cannot wait for SIGINT")?;
    let stop = Arc::clone(stop);
    tokio::spawn(async move {
        tokio::select! {
            _ = term.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("stopping");
        stop.store(true, Ordering::Relaxed);
        tokio::time::sleep(STOP_WITHIN).await;
        tracing::warn!("the brokers did not answer in time: what was not committed is put back by the next start");
        std::process::exit(0);
    });
    Ok(())
}
