//! What a seed does: how much happens, and which troubles come when.

use crate::brokers::Faults;
use crate::dice::Dice;

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
pub const DAY: i64 = 24 * HOUR;

/// How rough it is to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// An instance's process is killed; the same name or another one comes after a while.
    Kill,
    /// An instance stands still.
    Pause,
    /// An instance is told to finish, and comes again.
    Restart,
    /// Each instance is told to finish and comes again, one after the other.
    Rolling,
    /// One more comes for a while.
    Join,
    /// An instance does not reach the brokers.
    Cut,
    /// For some minutes any call may fail, hang or kill.
    Rough,
    /// A producer of shipments and scans leaves its transaction open for a while, and commits or aborts it.
    Open,
    /// Somebody opts out, or in again.
    OptOut,
    /// For a while channels refuse, time out and break down.
    Foul,
    /// A machine's clocks go too fast or too slow for a while, within what clocks may differ.
    Drift,
    /// Somebody sets a machine's system clock, and sets it right again later.
    Step,
    /// Every instance is killed, and for minutes or hours none comes: records wait meanwhile.
    Outage,
    /// Notifiers get nothing done for a while and then read little at a time: what is withdrawn stands in their log already.
    Behind,
}

/// All of them.
pub const TROUBLES: [Trouble; 17] = [
    Trouble::Kill,
    Trouble::Pause,
    Trouble::Restart,
    Trouble::Rolling,
    Trouble::Join,
    Trouble::Cut,
    Trouble::Rough,
    Trouble::Open,
    Trouble::OptOut,
    Trouble::OptOut,
    Trouble::Foul,
    Trouble::Drift,
    Trouble::Step,
    Trouble::Outage,
    Trouble::Outage,
    Trouble::Behind,
    Trouble::Behind,
];

/// The plan of a seed.
#[derive(Clone, Debug)]
pub struct Plan {
    pub parcels: i64,
    /// Over how many days parcels begin, and after how many their records end.
    pub days: i64,
    pub length_days: i64,
    pub recipients: i64,
    /// With every journey of `pointed.txt`; else with some of them.
    pub pointed: bool,
    pub instances: usize,
    pub slots: usize,
    /// Instants after the start, in milliseconds, with what happens then; none in a calm seed.
    pub troubles: Vec<(i64, Trouble)>,
    /// The longest leap of quiet time. More than `runtime.tell_within` looks like an outage.
    pub leap_most: i64,
    pub session_timeout_ms: u64,
    /// How often stream time is saved where nothing else is (`runtime.save_time_every`).
    pub save_time_every_ms: u64,
    /// What is aimed at commits and acts at all times until faults stop.
    pub swell: Faults,
}

impl Plan {
    /// The plan of this seed; `calm`: nothing goes wrong.
    pub fn of(seed: u64, calm: bool) -> Plan {
        let mut dice = Dice::new(seed ^ 0x5eed);
        let length_days = *dice.pick(&[1, 1, 2, 2, 4]);
        let days = 1;
        let mut troubles = Vec::new();
        if !calm {
            let every = *dice.pick(&[HOUR, 2 * HOUR]);
            let mut at = dice.below(every);
            // Faults stop some hours before the records do.
            while at < length_days * DAY - DAY / 4 {
                troubles.push((at, *dice.pick(&TROUBLES)));
                at += dice.between(MINUTE / 6, 2 * every);
            }
        }
        Plan {
            parcels: dice.between(10, 45),
            days,
            length_days,
            recipients: dice.between(3, 20),
            pointed: false,
            instances: *dice.pick(&[1, 2, 2, 3]),
            slots: *dice.pick(&[1, 1, 2]),
            troubles,
            leap_most: *dice.pick(&[60_000, 110_000, 110_000]),
            // A client beats six times within it: short ones cost most of a seed's time.
            session_timeout_ms: *dice.pick(&[10_000, 60_000, 60_000, 300_000]),
            // Each saving is a commit, and faults are aimed at commits: over days that costs minutes of a seed's time.
            save_time_every_ms: *dice.pick(&[if length_days == 1 { 10_000 } else { 600_000 }, 600_000, 600_000]),
            swell: if calm {
                Faults::default()
            } else {
                Faults { refused_in_commit: *dice.pick(&[20_000, 60_000, 120_000]), ..Faults::swell() }
            },
        }
    }
}

impl Plan {
    /// One day in which any call may fail at most times: what an abort puts back wrongly shows here first.
    pub fn stormy(seed: u64) -> Plan {
        let mut dice = Dice::new(seed ^ 0x5707);
        let few = [Trouble::Rough, Trouble::Rough, Trouble::Rough, Trouble::Foul, Trouble::Kill, Trouble::Pause];
        let (mut troubles, mut at) = (Vec::new(), 0);
        while at < DAY - DAY / 4 {
            troubles.push((at, *dice.pick(&few)));
            at += dice.between(MINUTE, 10 * MINUTE);
        }
        let (parcels, length_days, recipients) = (60, 1, 30);
        Plan { parcels, length_days, recipients, troubles, instances: 2, slots: 1, ..Plan::of(seed, false) }
    }

    /// Many parcels on one instance without faults: what tells readings of the rules apart. Every third seed has few, for as long as it takes
    /// until the last is forgotten.
    pub fn rich(seed: u64) -> Plan {
        let (parcels, length_days) = if seed.is_multiple_of(3) { (10, 72) } else { (160, 4) };
        let (instances, slots, troubles) = (1, 1, Vec::new());
        let (days, recipients, pointed, leap_most) = (1, 60, true, 110_000);
        Plan {
            parcels,
            recipients,
            pointed,
            days,
            length_days,
            instances,
            slots,
            troubles,
            leap_most,
            ..Plan::of(seed, true)
        }
    }
}
