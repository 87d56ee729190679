//! What was issued, gathered while a run goes on: of which parcel a notice tells, and until when it may be told.
//!
//! In come committed notices, each looked at once; out comes what the driver needs to meet an attempt with a scan of its parcel.

use std::collections::HashMap;

use crate::brokers::Seen;
use crate::invariants::millis;

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
    /// By partition, the offset of the next record.
    next: HashMap<i32, i64>,
    issued: HashMap<String, Issued>,
}

impl Told {
    /// Takes what is new of all committed notices.
    pub fn read(&mut self, notices: Vec<Seen>) {
        for seen in notices {
            let next = self.next.entry(seen.partition).or_default();
            if seen.offset < *next {
                continue;
            }
            *next = seen.offset + 1;
            let notice: serde_json::Value =
                serde_json::from_slice(seen.value.as_deref().unwrap_or_default()).unwrap_or_default();
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
