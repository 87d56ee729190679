//! What was issued, gathered while a run goes on: of which parcel a notice tells, and until when it may be told.
//!
//! In come committed notices, each looked at once; out comes what the driver needs to meet an attempt with a scan of its parcel.

use std::collections::HashMap;

use crate::brokers::Seen;
use crate::invariants::millis;
use crate::known::Fresh;

/// Of what a notice tells.
#[derive(Clone, Debug)]
pub struct Issued {
    pub parcel_id: String,
    /// The brokers' milliseconds.
    pub expires: Option<i64>,
}

/// Notices that are issued.
#[derive(Default)]
pub struct Told {
    fresh: Fresh,
    issued: HashMap<String, Issued>,
}

impl Told {
    /// Takes what is new of all committed notices.
    pub fn read(&mut self, notices: Vec<Seen>) {
        for (_, notice) in self.fresh.of(notices) {
            if let ("issued", Some(id)) = (notice["change"].as_str().unwrap_or_default(), notice["id"].as_str()) {
                let parcel_id = notice["parcel_id"].as_str().unwrap_or_default().to_owned();
                self.issued.insert(id.to_owned(), Issued { parcel_id, expires: millis(&notice["expires"]) });
            }
        }
    }

    /// What is known of a notice; none of those that notifiers make themselves, as digests are.
    pub fn of(&self, notice: &str) -> Option<&Issued> {
        self.issued.get(notice)
    }
}
