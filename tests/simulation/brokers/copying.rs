//! A bench of copiers under faults: what they have copied in the end is compared with what was to be copied.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::time::Duration;

use super::copier::{Copier, Ended, IN, OUT, STATE};
use super::{Cluster, Faults, Instance, Sabotage, Stamped, Upstream, interleave};

const PARTITIONS: i32 = 4;
const INSTANCES: usize = 3;
/// Turns under faults. Fewer see few hand-overs.
const ROUGH_TURNS: usize = 4_000;
/// Turns that may pass until everything has settled. Fewer do not outlast the longest transaction and a rebalance after it.
const CALM_TURNS: usize = 20_000;

/// What a run came to.
#[derive(Debug)]
pub struct Run {
    /// What is wrong; nothing where all is well.
    pub wrong: Vec<String>,
    /// What has happened how often.
    pub counts: BTreeMap<&'static str, u64>,
    /// The output log and the groups, for a person who looks for what is wrong.
    pub dump: String,
    /// Of everything that was written, to compare replays by.
    pub digest: String,
}

/// One instance with at most one copier.
struct Slot {
    name: String,
    process: Instance,
    copier: Option<Copier<Instance>>,
}

struct Bench {
    cluster: Cluster,
    slots: Vec<RefCell<Slot>>,
    wrong: RefCell<Vec<String>>,
    depth: RefCell<usize>,
    checks: bool,
}

impl Bench {
    /// Gives an instance a turn, unless it is in the midst of one.
    fn turn(&self, index: usize) {
        let Ok(mut slot) = self.slots[index].try_borrow_mut() else { return };
        let slot = &mut *slot;
        if self.cluster.is_paused(&slot.name) {
            return;
        }
        if slot.process.is_crashed() {
            slot.copier = None;
            if self.cluster.dice(20) == 0 {
                slot.process = self.cluster.start(&slot.name, "");
            }
            return;
        }
        let ended = match &mut slot.copier {
            Some(copier) => copier.turn(self.cluster.dice(5) == 0),
            none => Copier::new(&slot.process, &slot.name, self.checks).map(|copier| *none = Some(copier)),
        };
        if slot.process.is_crashed() {
            return;
        }
        match ended {
            Ok(()) => {}
            Err(Ended::Rebuild) => slot.copier = None,
            Err(Ended::Disagree(how)) => {
                self.wrong.borrow_mut().push(how);
                slot.copier = None;
            }
        }
    }

    /// Some instance's turn, within another's call.
    fn nested_turn(&self) {
        if *self.depth.borrow() < 2 {
            *self.depth.borrow_mut() += 1;
            self.turn(self.cluster.dice(INSTANCES as u64) as usize);
            *self.depth.borrow_mut() -= 1;
        }
    }

    fn feed(&self, upstream: &mut Upstream) {
        let key = self.cluster.dice(1000).to_string();
        match self.cluster.dice(12) {
            0..=2 => drop(self.cluster.append(IN, key.as_bytes(), Some(b"plain"), 0)),
            3..=6 => drop(upstream.append(IN, key.as_bytes(), Some(b"transactional"), 0)),
            7 => drop(upstream.end(true)),
            8 => drop(upstream.end(false)),
            _ => {}
        }
    }

    /// What was not copied, or more than once.
    fn differences(&self) -> Vec<String> {
        let wanted: BTreeSet<String> =
            self.cluster.committed(IN).iter().map(|seen| format!("{}:{}", seen.partition, seen.offset)).collect();
        let mut found = BTreeMap::<String, usize>::new();
        for seen in self.cluster.committed(OUT) {
            let of = String::from_utf8(seen.key.unwrap_or_default()).unwrap_or_default();
            *found.entry(of).or_default() += 1;
        }
        let lost = wanted.iter().filter(|of| !found.contains_key(*of)).map(|of| format!("lost {of}"));
        let doubled = found.iter().filter(|(_, count)| **count > 1).map(|(of, _)| format!("doubled {of}"));
        let wrong = found.keys().filter(|of| !wanted.contains(*of)).map(|of| format!("never written {of}"));
        lost.chain(doubled).chain(wrong).collect()
    }
}

/// A fault phase, then calm until everything is copied.
pub fn run(seed: u64, sabotage: Sabotage) -> Run {
    let seconds = Duration::from_secs;
    let cluster = Cluster::new(seed, 1_790_000_000_000, seconds(10), seconds(10));
    for topic in [IN, OUT, STATE] {
        cluster.create_topic(topic, PARTITIONS, Stamped::ByBroker);
    }
    cluster.sabotage(sabotage);
    let slot = |index: usize| {
        let name = format!("copier-{index}");
        RefCell::new(Slot { process: cluster.start(&name, ""), name, copier: None })
    };
    let slots = (0..INSTANCES).map(slot).collect();
    let bench = Rc::new(Bench {
        cluster: cluster.clone(),
        slots,
        wrong: RefCell::default(),
        depth: RefCell::default(),
        checks: !sabotage.ends_are_stable,
    });
    interleave(Some(Rc::new({
        let bench = Rc::clone(&bench);
        move |_| bench.nested_turn()
    })));
    let mut upstream = cluster.upstream("upstream", seconds(30));
    let step = || cluster.advance(Duration::from_millis(cluster.dice(100)));
    cluster.plan(Faults::rough());
    for _ in 0..ROUGH_TURNS {
        bench.feed(&mut upstream);
        bench.turn(cluster.dice(INSTANCES as u64) as usize);
        step();
    }
    upstream.end(true);
    cluster.heal();
    for turn in 0..CALM_TURNS {
        bench.turn(cluster.dice(INSTANCES as u64) as usize);
        step();
        if turn % 500 == 499 && bench.differences().is_empty() {
            break;
        }
    }
    interleave(None);
    let mut wrong = bench.wrong.take();
    wrong.extend(bench.differences());
    bench.slots.iter().for_each(|slot| slot.borrow_mut().copier = None);
    let digest = format!("{:?} {:?}", cluster.committed(OUT), cluster.counts());
    let dump = if wrong.is_empty() { String::new() } else { cluster.dump(OUT) };
    Run { wrong, counts: cluster.counts(), dump, digest }
}
