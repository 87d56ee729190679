//! `looping`: the parcel comes to the same hubs again and again.

use super::{Applied, Rule, end_by_newer, open_by_scan};
use crate::model::{Code, ConditionKind, Level};
use crate::track::history::Accepted;
use crate::track::parcel::Open;
use crate::track::step::Step;
use crate::track::view::View;

pub(super) struct Looping;

/// A visit that is the third to its hub, or a later one, makes a loop.
const VISITS: usize = 3;

fn is_arrival(code: Code) -> bool {
    matches!(code, Code::ArrivedHub | Code::ArrivedDestination)
}

impl Rule for Looping {
    fn kind(&self) -> ConditionKind {
        ConditionKind::Looping
    }

    fn scanned(&self, step: &mut Step<'_>, applied: &Applied<'_>) {
        let event_time = applied.event_time();
        if applied.code().is_last_mile() {
            end_by_newer(step, self.kind(), event_time);
        }
        let over = || step.parcel.stage.has_newer(event_time, Code::is_last_mile);
        if is_arrival(applied.code()) && !over() && makes_a_loop(step, applied) {
            open_by_scan(step, self.kind(), Level::Warn, event_time);
        }
    }

    fn why(&self, _: View<'_>, open: &Open) -> String {
        format!("the arrival of {} was one too many at its hub", open.since)
    }
}

/// Whether there is a loop that was none without the arrival at hand, which may lie before others.
fn makes_a_loop(step: &Step<'_>, applied: &Applied<'_>) -> bool {
    let accepted = step.parcel.history.accepted();
    let mut arrivals: Vec<(usize, &Accepted)> =
        accepted.iter().enumerate().filter(|(_, scan)| is_arrival(scan.code)).collect();
    arrivals.sort_by_key(|(_, scan)| scan.rank());
    // The scan at hand was accepted last, unless it was too old to be remembered.
    let newest = accepted.len().checked_sub(1);
    let at_hand = newest.filter(|&newest| accepted[newest].rank() == (applied.event_time(), applied.code()));
    let without = arrivals.iter().filter(|(index, _)| Some(*index) != at_hand);
    loops(arrivals.iter().map(|(_, scan)| hub(scan))) > loops(without.map(|(_, scan)| hub(scan)))
}

fn hub(scan: &Accepted) -> &str {
    scan.hub.as_deref().unwrap_or_default()
}

/// How many visits are a hub's third or later, and how often two hubs are visited in turn, twice each.
fn loops<'a>(arrivals: impl Iterator<Item = &'a str>) -> usize {
    let mut visits: Vec<&str> = arrivals.collect();
    visits.dedup();
    let before = |index: usize| visits[..index].iter().filter(|hub| **hub == visits[index]).count();
    let again = (0..visits.len()).filter(|&index| before(index) + 1 >= VISITS).count();
    let in_turn = visits.windows(4).filter(|visits| visits[..2] == visits[2..]).count();
    again + in_turn
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loops_are_third_visits_and_two_hubs_in_turn() {
        let of = |visits: &str| loops(visits.split_terminator(' '));
        for (visits, expected) in [
            ("", 0),
            ("A B C", 0),
            ("A A A", 0),
            ("A B A", 0),
            ("A B A B", 1),
            ("A B C A B", 0),
            ("A B A C A", 1),
            ("A B A B A", 3),
            ("A A B B A A B", 1),
        ] {
            assert_eq!(of(visits), expected, "{visits}");
        }
    }
}
