//! Whether a scenario holds, and a page that shows where it does not.

use std::fmt;

use super::expectation::{Expectation, Found};
use super::file::Scenario;
use super::play::{Played, Silent, second};
use super::timeline::What;
use super::when::Clock;
use crate::model::Timestamp;

/// What became of one scenario, line by line. Displayed as a page of its own.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// Whether all that was expected was found, and nothing else.
    pub holds: bool,
    title: String,
    rows: Vec<Row>,
}

/// A line of the page.
#[derive(Clone, Debug)]
struct Row {
    at: Timestamp,
    time: String,
    mark: Mark,
    text: String,
    note: String,
}

/// What a line of the page is. At one time they stand in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Mark {
    Happens,
    Agrees,
    Missing,
    Unexpected,
}

impl Verdict {
    /// Compares what was played with what is expected.
    pub(super) fn of(scenario: &Scenario, played: Played) -> Verdict {
        let clock = scenario.clock;
        let mut found: Vec<(Timestamp, Found)> =
            played.found.into_iter().filter(|(_, found)| scenario.only.found(found)).collect();
        let mut rows = Vec::new();
        for line in &scenario.lines {
            let mut row = |mark, note| {
                let (at, time, text) = (line.at, clock.show(line.at), line.text.clone());
                rows.push(Row { at, time, mark, text, note });
            };
            let What::Expected(expected) = &line.what else {
                row(Mark::Happens, String::new());
                continue;
            };
            let Some(expected) = expected else {
                row(Mark::Agrees, String::new());
                continue;
            };
            match found.iter().position(|(at, found)| is_at(line.at, *at, found) && expected.is(found)) {
                Some(index) => {
                    found.remove(index);
                    row(Mark::Agrees, String::new());
                }
                None => row(Mark::Missing, missing(line.number, expected, &played.silent, clock)),
            }
        }
        rows.extend(found.into_iter().map(|(at, found)| unexpected(at, &found, clock)));
        rows.sort_by_key(|row| (row.at, row.mark));
        let holds = rows.iter().all(|row| matches!(row.mark, Mark::Happens | Mark::Agrees));
        Verdict { holds, title: format!("{}:{}: {}", scenario.file, scenario.number, scenario.name), rows }
    }
}

/// Whether something was found when it was expected: a change to the millisecond where the line is so exact, all else within its
/// second.
fn is_at(expected: Timestamp, at: Timestamp, found: &Found) -> bool {
    let is_exact = expected != second(expected) && matches!(found, Found::Change(_));
    if is_exact { at == expected } else { second(at) == second(expected) }
}

/// Of what did not come: its line, and what the notifier decided instead of telling it.
fn missing(line: usize, expected: &Expectation, silent: &[Silent], clock: Clock) -> String {
    let mut note = format!("expected in line {line}, not found");
    if let Expectation::Tells { audience, kind, .. } = expected {
        for silent in silent.iter().filter(|silent| silent.audience == *audience && silent.kind == *kind) {
            note += &format!("; {} at {}: {}", silent.decision.name(), clock.show(silent.at), silent.reason);
        }
    }
    note
}

/// Of what came and was not expected: the line that would expect it, and why it came.
fn unexpected(at: Timestamp, found: &Found, clock: Clock) -> Row {
    let (text, why) = match found {
        Found::Change(change) => {
            let mut text = format!("=> {} {} {}", change.condition.name(), change.change.name(), change.level.name());
            if change.episode > 1 {
                text += &format!(" episode={}", change.episode);
            }
            if let Some(milestone) = change.evidence.milestone {
                text += &format!(" milestone={milestone}");
            }
            if let Some(held_by) = &change.held_by {
                text += &format!(" held_by={held_by}");
            }
            let cause = format!("{:?}", change.cause).to_lowercase();
            (text, format!("; by {cause}, its limit was {}", clock.show(change.limit)))
        }
        Found::Told(told) => {
            let (audience, kind, level) = (told.audience.name(), told.kind.name(), told.level.name());
            (format!("=> told {audience} {kind} {level} by={}", told.channel.name()), String::new())
        }
    };
    Row { at, time: clock.show(at), mark: Mark::Unexpected, text, note: format!("found, not expected{why}") }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} {}", if self.holds { "holds" } else { "FAILS" }, self.title)?;
        for Row { time, mark, text, note, .. } in &self.rows {
            let mark = match mark {
                Mark::Happens | Mark::Agrees => ' ',
                Mark::Missing => '-',
                Mark::Unexpected => '+',
            };
            match note.as_str() {
                "" => writeln!(f, "  {mark} {time:23}  {text}")?,
                note => writeln!(f, "  {mark} {time:23}  {text:44}  ({note})")?,
            }
        }
        Ok(())
    }
}
