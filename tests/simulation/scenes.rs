//! Scenes with the production's workers that chance would seldom find: an instance stands still at each of its calls in turn.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use parcelwatch::stream::TOPICS;

use crate::brokers::{Cluster, Faults, Stamped, interleave};
use crate::instance::{Instance, Turned};
use crate::plan::Plan;
use crate::settings::{PARTITIONS, Settings};

/// Longer than a session, so that somebody else takes over meanwhile.
const STANDS_STILL: Duration = Duration::from_secs(30);
/// Calls at which the first instance stands still, one in each run. Fewer do not reach the end of its restores.
const CALLS: usize = 60;
/// Rounds of turns, each 50 ms: enough for an assignment, a restore, and the commits of whoever takes over.
const ROUNDS: usize = 400;

/// Plays every scene; panics where one does not go as it should.
pub fn play(settings: &Settings) {
    println!("scene: an instance that stands still at any call while it restores is no reason to stop");
    for call in 0..CALLS {
        stands_still_at(call, settings);
    }
}

/// Two instances; the first stands still at its nth call.
fn stands_still_at(nth: usize, settings: &Settings) {
    let cluster = Cluster::new(nth as u64, 1_790_000_000_000, Duration::from_secs(10), Duration::from_secs(10));
    for topic in TOPICS {
        cluster.create_topic(&settings.options("").topic(topic), PARTITIONS, Stamped::ByBroker);
    }
    // Everybody may take turns at any call.
    cluster.plan(Faults { preempt: 1_000_000, ..Faults::default() });
    let plan = Plan { slots: 1, session_timeout_ms: 10_000, ..Plan::of(1, true) };
    let instances = ["a", "b"].map(|name| Instance::start(name, cluster.start(name, ""), settings, &plan));
    let instances = Rc::new(instances);
    let stopped = Rc::new(RefCell::new(Vec::new()));
    let turn = {
        let (cluster, instances, stopped) = (cluster.clone(), Rc::clone(&instances), Rc::clone(&stopped));
        move |index: usize| {
            let instance = &instances[index];
            for slot in &instance.slots {
                if cluster.is_paused(&instance.name) {
                    return;
                }
                if let Turned::Stopped(why) = instance.turn(slot, cluster.now().as_millis() as i64) {
                    stopped.borrow_mut().push(why);
                }
            }
        }
    };
    let calls = Cell::new(0);
    interleave(Some(Rc::new({
        let (cluster, turn) = (cluster.clone(), turn.clone());
        move |name| {
            if name != "a" {
                return;
            }
            if !cluster.is_paused(name) {
                calls.set(calls.get() + 1);
                if calls.get() == nth {
                    cluster.pause(name, STANDS_STILL, false);
                }
            } else {
                turn(1);
            }
        }
    })));
    for _ in 0..ROUNDS {
        turn(0);
        cluster.advance(Duration::from_millis(50));
        // The second comes when the first has all partitions, and when it stands still.
        if cluster.now() > Duration::from_secs(15) || cluster.is_paused("a") {
            turn(1);
        }
    }
    interleave(None);
    assert!(stopped.borrow().is_empty(), "standing still at call {nth}: {:?}", stopped.borrow());
}
