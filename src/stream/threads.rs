//! The threads of an instance, and the wait for their ends.
//!
//! While the instance runs they are waited for without limit. Once it is to stop, whoever has set that, for so long only: a thread that
//! stands still in a call to the brokers never ends, and its process must. It is left to the end of the process.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use super::clock::boot;

/// How often it is looked whether the instance is to stop. More often wakes an idle machine; less often makes the end later.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// How a thread has ended.
struct End {
    has_panicked: bool,
}

/// How the threads have ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ended {
    /// Some by a panic, whose message is on stderr.
    pub panicked: bool,
    /// How many have not.
    pub left: usize,
}

/// See the module.
pub struct Threads {
    stop: Arc<AtomicBool>,
    started: usize,
    ends: (mpsc::Sender<End>, mpsc::Receiver<End>),
}

impl Threads {
    /// None yet; `stop` is set once they are to end.
    pub fn new(stop: Arc<AtomicBool>) -> Threads {
        Threads { stop, started: 0, ends: mpsc::channel() }
    }

    /// Starts one.
    ///
    /// # Errors
    /// The system has no room for it.
    pub fn start(&mut self, name: &str, work: impl FnOnce() + Send + 'static) -> std::io::Result<()> {
        let last = LastWord { stop: Arc::clone(&self.stop), ends: self.ends.0.clone() };
        std::thread::Builder::new().name(name.to_owned()).spawn(move || {
            let _last = last;
            work();
        })?;
        self.started += 1;
        Ok(())
    }

    /// Waits until all have ended, but from when they are to stop on for no longer than `within`.
    pub fn join(&self, within: Duration) -> Ended {
        let (mut ended, mut until) = (Ended { panicked: false, left: self.started }, None::<Duration>);
        while ended.left > 0 {
            if self.stop.load(Ordering::Relaxed) {
                until.get_or_insert_with(|| boot().saturating_add(within));
            }
            let wait = until.map_or(LOOK_EVERY, |until| until.saturating_sub(boot()).min(LOOK_EVERY));
            match self.ends.1.recv_timeout(wait) {
                Ok(End { has_panicked }) => {
                    ended.left -= 1;
                    ended.panicked |= has_panicked;
                }
                Err(RecvTimeoutError::Timeout) if until.is_none_or(|until| boot() < until) => {}
                Err(_) => break,
            }
        }
        ended
    }
}

/// Says that a thread ends. The others must not go on without one that has panicked: its partitions would look owned for ever.
struct LastWord {
    stop: Arc<AtomicBool>,
    ends: mpsc::Sender<End>,
}

impl Drop for LastWord {
    fn drop(&mut self) {
        let has_panicked = std::thread::panicking();
        if has_panicked {
            self.stop.store(true, Ordering::Relaxed);
        }
        // Nobody waits for the threads of an instance that could not be started as a whole.
        let _ = self.ends.send(End { has_panicked });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Long enough for a busy machine; only a failing test waits so long.
    const PATIENCE: Duration = Duration::from_secs(60);

    struct Scene {
        threads: Threads,
        stop: Arc<AtomicBool>,
        /// The thread that stands still goes on when something is said here.
        stuck: mpsc::Sender<()>,
    }

    /// A thread stands still in a call, and another does this.
    fn scene(other: impl FnOnce(&AtomicBool) + Send + 'static) -> Scene {
        let stop = Arc::new(AtomicBool::new(false));
        let mut threads = Threads::new(Arc::clone(&stop));
        let (stuck, call) = mpsc::channel::<()>();
        let stand_still = move || {
            let _ = call.recv();
        };
        threads.start("stuck", stand_still).unwrap();
        let stopping = Arc::clone(&stop);
        threads.start("other", move || other(&stopping)).unwrap();
        Scene { threads, stop, stuck }
    }

    /// Joins them in a thread of its own, so that a wait without end fails a test and does not hold it.
    fn joined(threads: Threads, within: Duration) -> mpsc::Receiver<Ended> {
        let (say, said) = mpsc::channel();
        std::thread::spawn(move || say.send(threads.join(within)));
        said
    }

    #[test]
    fn whoever_makes_the_others_stop_one_that_stands_still_is_left_behind() {
        let stopped = scene(|stop| stop.store(true, Ordering::Relaxed));
        let ended = joined(stopped.threads, Duration::ZERO).recv_timeout(PATIENCE).expect("it does not wait for ever");
        assert_eq!((ended.panicked, ended.left > 0), (false, true));

        let panicked = scene(|_| panic!("on purpose"));
        let ended = joined(panicked.threads, Duration::from_millis(1)).recv_timeout(PATIENCE);
        assert!(ended.expect("it does not wait for ever").left > 0);
        assert!(panicked.stop.load(Ordering::Relaxed));

        let told = scene(|_| {});
        told.stop.store(true, Ordering::Relaxed);
        let ended = joined(told.threads, Duration::ZERO).recv_timeout(PATIENCE).expect("it does not wait for ever");
        assert!(ended.left > 0, "a signal has set it, and no thread said so");
    }

    #[test]
    fn while_it_runs_and_while_there_is_time_threads_are_waited_for() {
        let Scene { threads, stop, stuck } = scene(|_| {});
        let said = joined(threads, Duration::from_hours(1));
        assert_eq!(said.recv_timeout(2 * LOOK_EVERY).ok(), None, "it runs");
        stop.store(true, Ordering::Relaxed);
        assert_eq!(said.recv_timeout(2 * LOOK_EVERY).ok(), None, "there is an hour");
        stuck.send(()).unwrap();
        assert_eq!(said.recv_timeout(PATIENCE), Ok(Ended { panicked: false, left: 0 }));
    }
}
