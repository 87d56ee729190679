//! The order of a history's records: by time, at equal times shipments first, then scans by `event_time`, stage order and
//! line (rules.md, "How time and limits work").

use crate::decode::{self, RecordTime};
use crate::model::{Code, Reject, Timestamp};
use crate::track::Input;

/// Which file a record comes from; the order of the variants is that at equal times.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(super) enum Source {
    Shipments,
    Scans,
}

impl Source {
    pub fn name(self) -> &'static str {
        match self {
            Source::Shipments => "shipments",
            Source::Scans => "scans",
        }
    }

    /// Decodes a record as the history has it: a scan's own time is `upload_time`, else `event_time`.
    pub fn decode(self, line: &[u8]) -> Result<Input, Reject> {
        match self {
            Source::Shipments => decode::shipment(Some(line)).map(|shipment| Input::Shipment(Box::new(shipment))),
            Source::Scans => decode::scan(Some(line), RecordTime::Own).map(|scan| Input::Scan(Box::new(scan))),
        }
    }
}

/// A record's place. No two are equal: lines differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    /// The record's time.
    pub time: Timestamp,
    pub source: Source,
    /// Of a scan.
    event_time: Timestamp,
    code: u8,
    line: u64,
}

/// The key of a record, if it can be decoded.
pub(super) fn key(source: Source, line: &[u8], number: u64) -> Result<Key, Reject> {
    Ok(match source.decode(line)? {
        Input::Scan(scan) => Key {
            time: scan.upload_time.unwrap_or(scan.event_time),
            source,
            event_time: scan.event_time,
            code: scan.code() as u8,
            line: number,
        },
        Input::Shipment(shipment) => Key {
            time: shipment.updated_at.unwrap_or(shipment.ordered_at),
            source,
            event_time: Timestamp::MIN,
            code: 0,
            line: number,
        },
        Input::Reroute { .. } => return Err(Reject::at("type", "", "expected a shipment or scan, found a reroute")),
    })
}

impl Key {
    /// Bytes of a key on disk.
    pub const BYTES: usize = 8 + 1 + 8 + 1 + 8;

    /// The key as bytes.
    pub fn to_bytes(self) -> [u8; Key::BYTES] {
        let mut bytes = [0; Key::BYTES];
        bytes[..8].copy_from_slice(&self.time.as_millis().to_le_bytes());
        bytes[8] = self.source as u8;
        bytes[9..17].copy_from_slice(&self.event_time.as_millis().to_le_bytes());
        bytes[17] = self.code;
        bytes[18..].copy_from_slice(&self.line.to_le_bytes());
        bytes
    }

    /// The key of these bytes.
    pub fn from_bytes(bytes: &[u8; Key::BYTES]) -> Key {
        let number = |at: usize| i64::from_le_bytes(std::array::from_fn(|i| bytes[at + i]));
        Key {
            time: Timestamp::from_millis(number(0)),
            source: if bytes[8] == Source::Shipments as u8 { Source::Shipments } else { Source::Scans },
            event_time: Timestamp::from_millis(number(9)),
            code: bytes[17],
            line: number(18) as u64,
        }
    }
}

const _: () = assert!(Code::ALL.len() <= u8::MAX as usize, "a code fits into its byte");
