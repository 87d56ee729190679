//! A parcel's history of judgements, rebuilt from the records of `conditions.v1` alone: from their JSON, so that nothing is known
//! here that is not in the topic. `tests/it` includes this file, too.
//!
//! An id that was forgotten and comes again begins anew with journey and episode 1; the topic does not say when it was forgotten,
//! and nothing that was judged depends on it.

use std::collections::BTreeMap;

use serde_json::Value;

/// What the topic says of every parcel, by id.
#[derive(Debug, Default)]
pub struct Fold {
    pub parcels: BTreeMap<String, History>,
}

/// The judgements of a parcel.
#[derive(Debug, Default)]
pub struct History {
    /// The journey of the last record.
    pub journey: u64,
    /// How often each condition opened in that journey.
    pub episodes: BTreeMap<String, u64>,
    /// Every judgement in the order of its opening.
    pub intervals: Vec<Interval>,
}

/// A condition from its opening to its end.
#[derive(Clone, Debug, PartialEq)]
pub struct Interval {
    pub journey: u64,
    pub condition: String,
    pub episode: u64,
    pub milestone: Option<u64>,
    pub promise: Option<String>,
    /// That of the opening.
    pub limit: String,
    /// Each level that was reached, with when.
    pub levels: Vec<(String, String)>,
    /// How it ended, if it has.
    pub end: Option<End>,
}

/// The end of an interval.
#[derive(Clone, Debug, PartialEq)]
pub struct End {
    pub at: String,
    /// It was never true.
    pub retracted: bool,
    pub cause: String,
    pub scan_time: Option<String>,
}

impl Interval {
    /// Whether nothing ends it: it is over as it opens.
    pub fn is_instant(&self) -> bool {
        self.condition == "uploaded_late"
    }

    /// The level reached.
    pub fn level(&self) -> &str {
        self.levels.last().map_or("", |(level, _)| level)
    }
}

impl History {
    /// What is open, in the order of its opening.
    pub fn open(&self) -> impl Iterator<Item = &Interval> {
        self.intervals.iter().filter(|interval| interval.end.is_none() && !interval.is_instant())
    }
}

impl Fold {
    /// Takes a record in.
    ///
    /// # Errors
    /// Why it does not fit to those before it.
    pub fn apply(&mut self, record: &str) -> Result<(), String> {
        let record: Value = serde_json::from_str(record).map_err(|error| error.to_string())?;
        let id = text(&record["parcel_id"])?;
        let history = self.parcels.entry(id).or_default();
        history.apply(&record).map_err(|wrong| format!("{wrong}: {record}"))
    }

    /// What is open of a parcel.
    pub fn open(&self, id: &str) -> Vec<&Interval> {
        self.parcels.get(id).into_iter().flat_map(History::open).collect()
    }
}

impl History {
    fn apply(&mut self, record: &Value) -> Result<(), String> {
        let (journey, episode) = (number(&record["journey"])?, number(&record["episode"])?);
        let (condition, at, level) = (text(&record["condition"])?, text(&record["at"])?, text(&record["level"])?);
        match record["change"].as_str() {
            Some("opened") => {
                self.turn_to(journey)?;
                let count = self.episodes.entry(condition.clone()).or_default();
                // 1 again: of an id that was forgotten.
                if episode != 1 && episode != *count + 1 {
                    return Err(format!("expected episode {}, found {episode}", *count + 1));
                }
                *count = episode;
                self.intervals.push(Interval {
                    journey,
                    condition,
                    episode,
                    milestone: record["evidence"]["milestone"].as_u64(),
                    promise: record["promise"].as_str().map(str::to_owned),
                    limit: text(&record["limit"])?,
                    levels: vec![(level, at)],
                    end: None,
                });
                return Ok(());
            }
            Some("escalated" | "cleared" | "retracted") => {}
            other => return Err(format!("expected a change, found {other:?}")),
        }
        let is_it =
            |open: &&mut Interval| open.end.is_none() && (&open.condition, open.episode) == (&condition, episode);
        let open = self.intervals.iter_mut().rev().find(is_it).ok_or("expected that it is open, found nothing")?;
        if open.journey != journey {
            return Err(format!("expected journey {}, found {journey}", open.journey));
        }
        if record["change"] == "escalated" {
            open.levels.push((level, at));
            return Ok(());
        }
        if (open.level(), &open.limit) != (level.as_str(), &text(&record["limit"])?) {
            return Err(format!("expected its level {} and limit {}", open.level(), open.limit));
        }
        let scan_time = record["evidence"]["scan_time"].as_str().map(str::to_owned);
        let (retracted, cause) = (record["change"] == "retracted", text(&record["cause"])?);
        open.end = Some(End { at, retracted, cause, scan_time });
        Ok(())
    }

    /// A condition opens in this journey, perhaps the first of it.
    fn turn_to(&mut self, journey: u64) -> Result<(), String> {
        if journey == self.journey {
            return Ok(());
        }
        if let Some(open) = self.open().next() {
            return Err(format!("expected that nothing is open as a journey begins, found {open:?}"));
        }
        self.journey = journey;
        self.episodes.clear();
        Ok(())
    }
}

fn text(value: &Value) -> Result<String, String> {
    value.as_str().map(str::to_owned).ok_or_else(|| format!("expected a text, found {value}"))
}

fn number(value: &Value) -> Result<u64, String> {
    value.as_u64().ok_or_else(|| format!("expected a number, found {value}"))
}
