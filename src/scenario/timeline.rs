//! The lines of a timeline: a time, and what happens then or what is expected to have come of it.
//!
//! A time is local, or so much after what happened last (`+12h`: limits count like that), or missing: that of the line above. `=>`
//! begins what is expected. Lines stand in the order of their times.

use serde_json::{Map, Value};

use super::expectation::Expectation;
use super::record::{Happening, Scribe};
use super::when::{Clock, clock_time, date, duration, within};
use super::words::{Rest, words};
use crate::model::Timestamp;

/// A line of a timeline.
#[derive(Clone, Debug)]
pub(super) struct Line {
    /// In its file, from 1.
    pub number: usize,
    pub at: Timestamp,
    /// Without its time, as it was written.
    pub text: String,
    pub what: What,
}

/// What a line says.
#[derive(Clone, Debug)]
pub(super) enum What {
    Happens(Happening),
    /// None: nothing but what stands elsewhere.
    Expected(Option<Expectation>),
    /// Time passes up to here.
    Ends,
}

/// Reads a timeline whose text begins after line `before` of its file. What is wrong is listed with the number of its line.
pub(super) fn read(
    text: &str,
    before: usize,
    clock: Clock,
    shipment: &Map<String, Value>,
    problems: &mut Vec<(usize, String)>,
) -> Vec<Line> {
    let mut scribe = Scribe::new(shipment.clone(), clock);
    let (mut lines, mut times) = (Vec::new(), Times::default());
    for (number, line) in (before + 1..).zip(text.lines()) {
        match one(line, &mut times, clock, &mut scribe) {
            Ok(Some((at, text, what))) => lines.push(Line { number, at, text, what }),
            Ok(None) => {}
            Err(problem) => problems.push((number, problem)),
        }
    }
    lines
}

/// What times count from.
#[derive(Clone, Copy, Default)]
struct Times {
    /// That of the line above.
    above: Option<Timestamp>,
    /// That of what happened last.
    happened: Option<Timestamp>,
}

/// One line; none where nothing stands in it.
fn one(
    line: &str,
    times: &mut Times,
    clock: Clock,
    scribe: &mut Scribe,
) -> Result<Option<(Timestamp, String, What)>, String> {
    let words = words(line)?;
    if words.is_empty() {
        return Ok(None);
    }
    let (time, taken) = time(&words, *times, clock)?;
    let at = time.ok_or("expected a day and a time in the first line (2026-03-02 08:00), found none")?;
    if let Some(above) = times.above.filter(|above| at < *above) {
        let (at, above) = (clock.show(at), clock.show(above));
        return Err(format!("expected a time not before that of the line above ({above}), found {at}"));
    }
    times.above = Some(at);
    let words = &words[taken..];
    let text = words.join(" ");
    let what = match words {
        [] => return Err("expected what happens or, after =>, what is expected, found a time alone".to_owned()),
        [end] if end == "end" => What::Ends,
        [arrow] if arrow == "=>" => return Err("expected something after =>, found nothing".to_owned()),
        [arrow, first, rest @ ..] if arrow == "=>" => {
            What::Expected(Expectation::read(first, Rest::new(rest, clock, at))?)
        }
        [first, rest @ ..] => {
            times.happened = Some(at);
            What::Happens(scribe.write(first, Rest::new(rest, clock, at))?)
        }
    };
    Ok(Some((at, text, what)))
}

/// The time at the beginning of a line, and how many words it takes.
fn time(words: &[String], times: Times, clock: Clock) -> Result<(Option<Timestamp>, usize), String> {
    let first = words[0].as_str();
    if let Some(after) = first.strip_prefix('+') {
        let after = duration(after)?;
        return Ok((times.happened.map(|happened| within(happened + after)).transpose()?, 1));
    }
    if !first.starts_with(|c: char| c.is_ascii_digit()) {
        return Ok((times.above, 0));
    }
    if first.contains('-') {
        let time = words.get(1).map_or("", String::as_str);
        return clock.local(date(first)?, clock_time(time)?).map(|at| (Some(at), 2));
    }
    let time = clock_time(first)?;
    let at = times.above.map(|above| clock.local(clock.date(above), time)).transpose()?;
    Ok((at, 1))
}
