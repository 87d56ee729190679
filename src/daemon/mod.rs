//! The daemon, put together: an instance, its channels, and its listeners, from a configuration and a clock.
//!
//! `run` starts it on real brokers by the real clock, `demo` on simulated ones by a fast one: the daemon is the same. What always holds:
//! listeners answer from the first moment on, and say what is waited for.

mod late;
mod listeners;
mod options;
mod stop;

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, OnceLock};

use anyhow::Context;
use tokio::runtime::Runtime;
use tokio::sync::watch;

use self::late::Late;
pub use self::listeners::Listeners;
pub use self::options::options;
pub use self::stop::stop_on_signals;
use crate::channel::sms::callback::Callbacks;
use crate::channel::{self, Secrets};
use crate::config::Config;
use crate::model::World;
use crate::notify::Policy;
use crate::notify::render::Words;
use crate::stream::{Clock, Instance, InstanceError, Options, Setup};
use crate::telemetry::Metrics;
use crate::web::{self, Limits, Owners, Pages, ParcelQuery, Public, Publish};

/// Tells the metrics what waits in the instance.
type Observer = Arc<dyn Fn(&Metrics) + Send + Sync>;

/// The daemon, by a clock and on brokers of its starter's choice: `demo` runs the same one.
pub struct Daemon<'a> {
    #[allow(missing_docs)]
    pub config: Config,
    /// What notices are worded with.
    pub words: Arc<Words>,
    /// For a clock of the real pace; scaled here, as the policy is.
    pub options: Options,
    #[allow(missing_docs)]
    pub clock: Clock,
    /// Its channels and listeners run here.
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
        let observer = Arc::new(OnceLock::new());
        let advertise = self.listen(listeners, &metrics, &late, &observer)?;
        let instance = match Instance::start(self.setup(metrics, advertise)?, self.runtime) {
            Err(InstanceError::Stopped) => return Ok(()),
            started => started?,
        };
        late.set(instance.asker(), instance.publisher());
        let _ = observer.set(instance.observer());
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
        world.words = Arc::clone(&self.words);
        world.links = config.reroute.links()?.map(Arc::new);
        world.offers = Arc::clone(&config.offers);
        world.reroute = config.reroute.settings();
        world.state_version = self.options.state_version;
        let options = self.options.clone().scaled(clock.rate());
        Ok(Setup { options, world, transports, metrics, clock, stop: Arc::clone(&self.stop), advertise })
    }

    /// Serves the listeners; returns where other instances reach the admin one.
    fn listen(
        &self,
        listeners: Listeners,
        metrics: &Arc<Metrics>,
        late: &Arc<Late>,
        observer: &Arc<OnceLock<Observer>>,
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
        let (waiting, observer) = (Arc::clone(late), Arc::clone(observer));
        let admin = web::Admin {
            metrics: Arc::clone(metrics),
            observe: Arc::new(move |metrics| {
                if let Some(observe) = observer.get() {
                    observe(metrics);
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
