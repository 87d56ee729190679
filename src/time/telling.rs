//! Whether a partition may tell anybody: conditions follow stream time, telling follows the wall clock.

use std::collections::VecDeque;
use std::time::Duration;

use crate::model::Timestamp;

/// How many unmet end offsets are kept per input: enough that, asked once a second, one of the last
/// `tell_within` is among them; more would not tell earlier.
const ASKED_MAX: usize = 256;

#[derive(Debug, Default)]
struct Input {
    /// End offsets that were asked for and are not read up to yet, with the wall clock of the question.
    asked: VecDeque<(Timestamp, i64)>,
    /// The newest question whose end offset was read up to.
    met: Option<Timestamp>,
}

/// Knows how fresh what was read is.
#[derive(Debug)]
pub struct Telling {
    inputs: Vec<Input>,
    tell_within: Duration,
}

impl Telling {
    /// For so many inputs; nothing may be told before each was read up to a recent end.
    pub fn new(inputs: usize, tell_within: Duration) -> Telling {
        Telling { inputs: (0..inputs).map(|_| Input::default()).collect(), tell_within }
    }

    /// Takes the end offset of an input, asked for at `asked_at`.
    pub fn asked(&mut self, input: usize, asked_at: Timestamp, end: i64) {
        let asked = &mut self.inputs[input].asked;
        let soon = asked.back().is_some_and(|(last, _)| asked_at.since(*last) < Duration::from_secs(1));
        // One question a second is kept; a full list drops its newest, since the oldest is met first.
        if !soon && asked.len() < ASKED_MAX {
            asked.push_back((asked_at, end));
        }
    }

    /// Everything of an input before this offset was applied.
    pub fn applied(&mut self, input: usize, offset: i64) {
        let input = &mut self.inputs[input];
        while let Some((asked_at, _)) = input.asked.front().copied().filter(|(_, end)| *end <= offset) {
            input.met = input.met.max(Some(asked_at));
            input.asked.pop_front();
        }
    }

    /// Nothing was read: it is read again from somewhere before.
    pub fn forget(&mut self) {
        self.inputs.fill_with(Input::default);
    }

    /// Whether it may tell now.
    pub fn is_open(&self, wall: Timestamp) -> bool {
        let fresh = |input: &Input| input.met.is_some_and(|met| wall.since(met) < self.tell_within);
        self.inputs.iter().all(fresh)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(seconds * 1000)
    }

    fn telling() -> Telling {
        Telling::new(2, Duration::from_secs(120))
    }

    #[test]
    fn nothing_is_told_before_every_input_was_read_up_to_a_recent_end() {
        let mut telling = telling();
        telling.asked(0, at(1000), 50);
        telling.asked(1, at(1000), 0);
        telling.applied(0, 49);
        telling.applied(1, 0);
        assert!(!telling.is_open(at(1001)), "one record is missing");
        telling.applied(0, 50);
        assert!(telling.is_open(at(1001)));
        assert!(!telling.is_open(at(1120)), "that end is two minutes old");
    }

    #[test]
    fn of_the_ends_that_were_asked_for_so_many_are_kept() {
        let mut telling = telling();
        for second in 0..100_000 {
            telling.asked(0, at(second), second + 1);
        }
        assert_eq!(telling.inputs[0].asked.len(), ASKED_MAX);
        // The oldest is met first; once all are, it goes on asking.
        telling.applied(0, 100_000);
        assert!(telling.inputs[0].asked.is_empty());
        assert_eq!(telling.inputs[0].met, Some(at(ASKED_MAX as i64 - 1)));
    }

    #[test]
    fn a_constant_lag_below_the_limit_still_tells() {
        let mut telling = telling();
        for second in 0..500 {
            telling.asked(0, at(second), second * 100);
            telling.asked(1, at(second), 0);
            telling.applied(0, (second - 60) * 100);
            telling.applied(1, 0);
            assert_eq!(telling.is_open(at(second)), second >= 60, "second {second}");
        }
    }
}
