//! The kinds of faults, and how one is drawn from dice.

use std::time::Duration;

use crate::links::Mode;
use crate::world::{BROKERS, DAEMONS};

/// What is done to the system.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// `kill -9` of a daemon, which is started again after a while.
    DaemonKilled,
    /// SIGSTOP and later SIGCONT of a daemon: shorter or longer than its session.
    DaemonPaused,
    /// SIGTERM, and started again when it has ended: the clean hand-over.
    DaemonRestarted,
    /// That of one daemon after the other, each when the one before is ready.
    DaemonsRolled,
    /// `kill -9` of a broker, which is started again after a while.
    BrokerKilled,
    /// SIGSTOP and later SIGCONT of a broker.
    BrokerPaused,
    /// SIGTERM, and started again when it has ended.
    BrokerRestarted,
    /// That of one broker after the other, each when every replica of the one before is in sync again.
    BrokersRolled,
    /// Brokers refuse a daemon.
    LinksRefuse,
    /// Nothing passes between a daemon and brokers, and neither is told.
    LinksStall,
    /// Brokers hear a daemon, and it does not hear them.
    LinksDeaf,
    /// The brokers' ends of connections are gone, and the daemon is not told.
    LinksHalfOpen,
    /// A stranger joins the trackers' group and leaves it, again and again.
    StormOfMembers,
    /// A daemon is stopped or killed as soon as it has started, again and again.
    StormOfDaemons,
    /// An upstream's transaction on scans and shipments stays open, and is committed or aborted at last.
    OpenTransaction,
    /// A transaction on scans and notices whose producer is gone: nobody ever ends it but the brokers.
    AbandonedTransaction,
    /// The file system below a broker's data has no room left.
    DiskFull,
}

impl Kind {
    /// All of them.
    pub const ALL: [Kind; 17] = [
        Kind::DaemonKilled,
        Kind::DaemonPaused,
        Kind::DaemonRestarted,
        Kind::DaemonsRolled,
        Kind::BrokerKilled,
        Kind::BrokerPaused,
        Kind::BrokerRestarted,
        Kind::BrokersRolled,
        Kind::LinksRefuse,
        Kind::LinksStall,
        Kind::LinksDeaf,
        Kind::LinksHalfOpen,
        Kind::StormOfMembers,
        Kind::StormOfDaemons,
        Kind::OpenTransaction,
        Kind::AbandonedTransaction,
        Kind::DiskFull,
    ];

    /// As it stands in reports and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Kind::DaemonKilled => "daemon-killed",
            Kind::DaemonPaused => "daemon-paused",
            Kind::DaemonRestarted => "daemon-restarted",
            Kind::DaemonsRolled => "daemons-rolled",
            Kind::BrokerKilled => "broker-killed",
            Kind::BrokerPaused => "broker-paused",
            Kind::BrokerRestarted => "broker-restarted",
            Kind::BrokersRolled => "brokers-rolled",
            Kind::LinksRefuse => "links-refuse",
            Kind::LinksStall => "links-stall",
            Kind::LinksDeaf => "links-deaf",
            Kind::LinksHalfOpen => "links-half-open",
            Kind::StormOfMembers => "storm-of-members",
            Kind::StormOfDaemons => "storm-of-daemons",
            Kind::OpenTransaction => "open-transaction",
            Kind::AbandonedTransaction => "abandoned-transaction",
            Kind::DiskFull => "disk-full",
        }
    }

    /// The kind of that name.
    pub fn named(name: &str) -> Result<Kind, String> {
        let known = Kind::ALL.map(Kind::name).join(", ");
        let mut all = Kind::ALL.into_iter();
        all.find(|kind| kind.name() == name).ok_or_else(|| format!("expected one of {known}, found {name}"))
    }

    /// For how long deciding may pause, where that is promised.
    pub fn bound(self) -> Option<Duration> {
        match self {
            Kind::DaemonRestarted | Kind::DaemonsRolled => Some(Duration::from_secs(10)),
            Kind::DaemonKilled => Some(Duration::from_secs(30)),
            _ => None,
        }
    }

    /// How often it is drawn beside the others: what takes long less often.
    fn weight(self) -> u32 {
        match self {
            Kind::DaemonKilled | Kind::DaemonPaused | Kind::DaemonRestarted => 5,
            Kind::BrokerKilled | Kind::BrokerPaused => 4,
            Kind::LinksRefuse | Kind::LinksStall | Kind::LinksDeaf | Kind::LinksHalfOpen => 4,
            Kind::OpenTransaction | Kind::BrokerRestarted => 3,
            Kind::StormOfMembers | Kind::StormOfDaemons | Kind::AbandonedTransaction => 2,
            Kind::DaemonsRolled | Kind::BrokersRolled | Kind::DiskFull => 1,
        }
    }

    /// What it needs for itself: two faults that need the same do not overlap.
    fn place(self) -> Place {
        match self {
            Kind::BrokerKilled | Kind::BrokerPaused | Kind::BrokerRestarted | Kind::BrokersRolled | Kind::DiskFull => {
                Place::Brokers
            }
            Kind::DaemonsRolled => Place::AllDaemons,
            Kind::StormOfMembers => Place::Group,
            Kind::OpenTransaction | Kind::AbandonedTransaction => Place::Upstream,
            _ => Place::Daemon,
        }
    }

    /// For how long it lasts, in seconds.
    fn lasts(self) -> std::ops::Range<f64> {
        match self {
            // A session and a transaction are lost after ten.
            Kind::DaemonPaused => 1.0..18.0,
            Kind::DaemonKilled | Kind::BrokerKilled => 0.0..12.0,
            Kind::BrokerPaused => 1.0..12.0,
            Kind::LinksRefuse | Kind::LinksStall | Kind::LinksDeaf | Kind::LinksHalfOpen => 2.0..16.0,
            Kind::OpenTransaction => 3.0..12.0,
            _ => 0.0..2.0,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Daemon,
    AllDaemons,
    Brokers,
    Group,
    Upstream,
}

/// One fault, with everything about it that is chosen.
#[derive(Clone, Debug)]
pub struct Fault {
    pub kind: Kind,
    pub daemon: usize,
    pub broker: i32,
    /// Whether all brokers are meant where a link is cut.
    pub all: bool,
    /// Whether a transaction is committed at last.
    pub commits: bool,
    pub lasts: Duration,
    /// How often what repeats itself does.
    pub times: u32,
}

impl Fault {
    /// Of these kinds one.
    pub fn draw(dice: &mut fastrand::Rng, kinds: &[Kind]) -> Fault {
        let mut at = dice.u32(0..kinds.iter().map(|kind| kind.weight()).sum());
        let kind = kinds.iter().find(|kind| match at.checked_sub(kind.weight()) {
            Some(rest) => {
                at = rest;
                false
            }
            None => true,
        });
        let kind = *kind.expect("less than the sum");
        let lasts = kind.lasts();
        Fault {
            kind,
            daemon: dice.usize(0..DAEMONS),
            broker: dice.i32(1..=BROKERS),
            all: dice.bool(),
            commits: dice.bool(),
            lasts: Duration::from_secs_f64(lasts.start + dice.f64() * (lasts.end - lasts.start)),
            times: dice.u32(3..6),
        }
    }

    /// Whether the two may happen at once.
    pub fn goes_with(&self, other: &Fault) -> bool {
        match (self.kind.place(), other.kind.place()) {
            (Place::Daemon, Place::Daemon) => self.daemon != other.daemon,
            (Place::Daemon, Place::AllDaemons) | (Place::AllDaemons, Place::Daemon) => false,
            (one, another) => one != another,
        }
    }

    /// What a link does meanwhile, for a cut one.
    pub fn mode(&self) -> Option<Mode> {
        match self.kind {
            Kind::LinksRefuse => Some(Mode::Refuse),
            Kind::LinksStall => Some(Mode::Stall),
            Kind::LinksDeaf => Some(Mode::Deaf),
            Kind::LinksHalfOpen => Some(Mode::HalfOpen),
            _ => None,
        }
    }
}
