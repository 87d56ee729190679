//! A leg: brokers that nobody has used before, faults one after the other and at once, then none, until everything has settled; and the verdict.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::Ordering;

use crate::args::Args;
use crate::failed::Tally;
use crate::fault::{Fault, Kind};
use crate::feed::{Feed, now};
use crate::inject::inject;
use crate::judge::{Cut, Verdict, judge};
use crate::pulse::Pulse;
use crate::settle::{RECOVERS_WITHIN, last_words, probed, recovered};
use crate::world::World;
use crate::written::write_down;

/// At most so many faults at once.
const AT_ONCE: usize = 3;

/// Some faults at once, and the instants (in milliseconds since 1970) between which they and their consequences lie.
pub struct Round {
    pub kinds: Vec<Kind>,
    pub from: i64,
    pub to: i64,
}

/// What a leg came to.
pub struct Outcome {
    /// The longest pause in deciding that each kind made alone, in milliseconds, and of how many; "several" for those at once.
    pub pauses: BTreeMap<&'static str, (i64, usize)>,
    pub parcels: usize,
    pub verdict: Verdict,
    pub remarks: Vec<String>,
    pub ended: usize,
}

/// What a leg is given.
pub struct Given<'a> {
    pub args: &'a Args,
    pub seed: u64,
    /// What its parcels are called.
    pub name: &'a str,
    /// Where everything of it goes.
    pub folder: &'a Path,
    /// The daemon.
    pub program: &'a Path,
    /// How many at least.
    pub faults: usize,
    /// Where those that are done are counted, whatever comes of the leg.
    pub tally: &'a Tally,
}

/// Runs one; `None` where it cannot be run, and that has been said.
///
/// # Panics
/// If anything does not recover in time.
pub fn run(given: &Given<'_>) -> Option<Outcome> {
    let Given { args, seed, name, folder, program, .. } = *given;
    let start = now();
    let world = World::start(folder, program)?;
    let dice = fastrand::Rng::with_seed(seed);
    let mut feed =
        Feed::start(&world.cluster.client(), &world.prefix, name, args.rate, fastrand::Rng::with_seed(seed ^ 1));
    let pulse = Pulse::default();
    let conditions = world.topic("conditions.v1");
    let (rounds, cut) = std::thread::scope(|scope| {
        // Whatever fails must not leave threads that nobody ends.
        let _ends = Ends(&world, &pulse);
        scope.spawn(|| pulse.run(&world.cluster.client(), &conditions, world.partitions("conditions.v1")));
        scope.spawn(|| world.watch());
        recovered(&world, &pulse, &feed, start.timestamp_millis());
        let rounds = all_rounds(given, &world, &pulse, &feed, dice);
        feed.end_parcels();
        eprintln!("{} faults are over; waiting for everything to settle", now().format("%H:%M:%S"));
        let told = now().timestamp_millis();
        probed(&world);
        let cut = now().timestamp_millis();
        recovered(&world, &pulse, &feed, cut);
        last_words(&world, cut);
        (rounds, Cut { at: cut, told })
    });
    let parcels = feed.end();
    stop_daemons(&world);
    let scans = write_down(&world, &feed.acked().lock().expect("no holder panics"), &rounds);
    let pauses = pauses(&rounds, &scans, &pulse, cut.at);
    let verdict = judge(folder, cut);
    crate::twins::are_seen(folder, cut);
    let remarks = world.remarks.lock().expect("no holder panics").clone();
    let ended = *world.ended.lock().expect("no holder panics");
    Some(Outcome { pauses, parcels, verdict, remarks, ended })
}

/// Ends what watches when it goes out of scope, in whatever way.
struct Ends<'a>(&'a World, &'a Pulse);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.0.stopping.store(true, Ordering::SeqCst);
        self.1.ended.store(true, Ordering::SeqCst);
    }
}

fn all_rounds(given: &Given<'_>, world: &World, pulse: &Pulse, feed: &Feed, mut dice: fastrand::Rng) -> Vec<Round> {
    let Given { args, faults, .. } = *given;
    let mut kinds = if args.kinds.is_empty() { Kind::ALL.to_vec() } else { args.kinds.clone() };
    if !world.has_small_disk {
        world.remark("no small file system can be mounted here, so no disk is filled: it takes root");
        kinds.retain(|kind| *kind != Kind::DiskFull);
    }
    let (mut rounds, mut done) = (Vec::new(), 0);
    while done < faults {
        let together = draw(&mut dice, &kinds);
        done += together.len();
        given.tally.add(together.iter().map(|fault| fault.kind));
        let from = now().timestamp_millis();
        let names: Vec<&str> = together.iter().map(|fault| fault.kind.name()).collect();
        eprintln!("{} {done}/{faults} {}", now().format("%H:%M:%S"), names.join(" + "));
        std::thread::scope(|scope| {
            for fault in &together {
                scope.spawn(|| inject(world, fault, feed.acked()));
            }
        });
        // Now and then the next faults meet what has not recovered from these; for pauses the two are one.
        if dice.u32(0..5) > 0 || done >= faults {
            recovered(world, pulse, feed, now().timestamp_millis());
            let to = now().timestamp_millis();
            rounds.push(Round { kinds: together.iter().map(|fault| fault.kind).collect(), from, to });
        } else {
            rounds.push(Round { kinds: together.iter().map(|fault| fault.kind).collect(), from, to: 0 });
        }
    }
    joined(rounds)
}

/// One fault, or several that may happen at once.
fn draw(dice: &mut fastrand::Rng, kinds: &[Kind]) -> Vec<Fault> {
    let mut together = vec![Fault::draw(dice, kinds)];
    while together.len() < AT_ONCE && dice.u32(0..3) == 0 {
        let more = Fault::draw(dice, kinds);
        if together.iter().all(|fault| fault.goes_with(&more)) {
            together.push(more);
        }
    }
    together
}

/// Rounds after which nobody waited, with the one that followed.
fn joined(rounds: Vec<Round>) -> Vec<Round> {
    let mut joined: Vec<Round> = Vec::new();
    for round in rounds {
        match joined.last_mut().filter(|last| last.to == 0) {
            Some(last) => {
                last.kinds.extend(round.kinds);
                last.to = round.to;
            }
            None => joined.push(round),
        }
    }
    joined
}

fn stop_daemons(world: &World) {
    for (n, place) in world.daemons.iter().enumerate() {
        let taken = place.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take();
        if let Some(mut daemon) = taken {
            daemon.terminate();
            let status = daemon.ended(RECOVERS_WITHIN);
            if !status.success() {
                world.remark(&format!("d{n} ended with {status} after the last SIGTERM"));
            }
        }
    }
}

/// By kind of what happened alone (else "several"): the longest time between a beat's append and its change, and how many there were. What of it
/// lies before or after the faults is another round's, and a beat without a change has waited until the cut.
fn pauses(
    rounds: &[Round],
    appended: &BTreeMap<(i32, i64), i64>,
    pulse: &Pulse,
    cut: i64,
) -> BTreeMap<&'static str, (i64, usize)> {
    let waited = |((partition, second), at): (&(i32, i64), &i64)| (*at, pulse.seen(*partition, *second).unwrap_or(cut));
    let beats: Vec<(i64, i64)> = appended.iter().map(waited).collect();
    let mut pauses = BTreeMap::<&'static str, (i64, usize)>::new();
    for round in rounds {
        let name = if let [kind] = round.kinds[..] { kind.name() } else { "several" };
        let pause = beats.iter().map(|(from, to)| (*to).min(round.to) - (*from).max(round.from)).max();
        let entry = pauses.entry(name).or_default();
        *entry = (entry.0.max(pause.unwrap_or_default()), entry.1 + 1);
    }
    pauses
}
