//! A leg that did not come to its end: what stopped it, and what had been done by then. It is recorded like any other, so that the report
//! holds the legs that did not recover, too.

use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::sync::Mutex;

use crate::fault::Kind;

/// What the first panic since it was last taken said; those of threads do not reach whoever joins them.
static FIRST: Mutex<Option<String>> = Mutex::new(None);

/// A reason is shown on one line of a table.
const REASON_CHARS: usize = 400;

/// The faults of a leg so far.
#[derive(Default)]
pub struct Tally(Mutex<BTreeMap<&'static str, usize>>);

impl Tally {
    /// They are being done.
    pub fn add(&self, kinds: impl Iterator<Item = Kind>) {
        let mut counts = self.0.lock().expect("no holder panics");
        kinds.for_each(|kind| *counts.entry(kind.name()).or_default() += 1);
    }

    /// How many of each kind.
    pub fn counts(&self) -> BTreeMap<&'static str, usize> {
        self.0.lock().expect("no holder panics").clone()
    }
}

/// What a leg came to, or what stopped it. It has been printed then.
pub fn caught<T>(leg: impl FnOnce() -> T) -> Result<T, String> {
    let print = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let said = panic.payload_as_str().unwrap_or("a panic without words");
        FIRST.lock().unwrap_or_else(std::sync::PoisonError::into_inner).get_or_insert_with(|| said.to_owned());
        print(panic);
    }));
    let outcome = std::panic::catch_unwind(AssertUnwindSafe(leg));
    // Back to what was there before, whatever the threads of this leg still say.
    let _ = std::panic::take_hook();
    let first = FIRST.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take();
    outcome.map_err(|_| in_a_line(&first.unwrap_or_default()))
}

fn in_a_line(said: &str) -> String {
    let line: Vec<&str> = said.split_whitespace().collect();
    line.join(" ").replace('|', "/").chars().take(REASON_CHARS).collect()
}
