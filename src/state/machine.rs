//! What the runtime asks of a pure state machine.

use super::Tables;
use crate::model::{Effect, Timestamp, World};

/// A partition's worth of decisions: quinn's four families of methods, synchronous and infallible.
///
/// The call order is: `restore*` once before anything else; then `handle` and `handle_timeout` in
/// any order with a `now` that never goes back between commits; after every transaction exactly one of
/// `committed` and `aborted`.
pub trait Machine {
    /// A decoded record.
    type Input;

    /// Applies one record whose time is `now`.
    fn handle(&mut self, now: Timestamp, input: Self::Input, world: &World, out: &mut Vec<Effect>);

    /// Lets pass what has a limit earlier than `now`, at most `max` of it, earliest first. Returns how
    /// many; fewer than `max` means that nothing is left. A spurious call does nothing.
    fn handle_timeout(&mut self, now: Timestamp, max: usize, world: &World, out: &mut Vec<Effect>) -> usize;

    /// The earliest limit: call `handle_timeout` once time is later. May be early, is never late.
    fn poll_timeout(&self) -> Option<Timestamp>;

    /// Whether it may speak to the outside: the tracker issues notices, the notifier claims attempts.
    /// What is withheld while closed is made up for in `handle_timeout` after it opens.
    fn set_open(&mut self, open: bool);

    /// The tables that hold its state.
    fn tables(&mut self) -> Tables<'_>;

    /// All entries were restored: derive what is not saved (timers, indexes).
    fn restored(&mut self, world: &World);

    /// The transaction is committed: forget how to undo it.
    fn committed(&mut self);

    /// The transaction is aborted: put back every touched entry and what derives from it.
    fn aborted(&mut self, world: &World);
}
