//! How many parcels are in which stage, kept up to date with every change.

use super::parcel::Parcel;
use crate::model::Code;

/// Nothing physical was scanned yet.
const UNSCANNED: usize = Code::ALL.len();
/// Its journey has ended and it is not yet forgotten.
const ENDED: usize = UNSCANNED + 1;

/// Counts by stage.
#[derive(Debug)]
pub(super) struct Stages([usize; ENDED + 1]);

impl Default for Stages {
    fn default() -> Stages {
        Stages([0; ENDED + 1])
    }
}

impl Stages {
    /// A parcel is there.
    pub fn add(&mut self, parcel: Option<&Parcel>) {
        if let Some(parcel) = parcel {
            self.0[index(parcel)] += 1;
        }
    }

    /// A parcel was there.
    pub fn remove(&mut self, parcel: Option<&Parcel>) {
        if let Some(parcel) = parcel {
            self.0[index(parcel)] -= 1;
        }
    }

    /// Every stage with its count.
    pub fn counts(&self) -> impl Iterator<Item = (&'static str, usize)> {
        self.0.iter().enumerate().map(|(index, count)| (name(index), *count)).filter(|(name, _)| !name.is_empty())
    }
}

fn index(parcel: &Parcel) -> usize {
    match (parcel.ended, parcel.stage.code()) {
        (Some(_), _) => ENDED,
        (None, None) => UNSCANNED,
        (None, Some(code)) => code as usize,
    }
}

/// The label; empty for codes that are no stage.
fn name(index: usize) -> &'static str {
    match index {
        UNSCANNED => "unscanned",
        ENDED => "ended",
        _ => Code::ALL.get(index).filter(|code| code.is_physical()).map_or("", |code| code.name()),
    }
}
