//! A record that could not be used, on its way to `rejects.v1`.

use sha2::{Digest, Sha256};

use crate::model::Reject;

/// How much of a rejected record is kept, of its value and of its key: enough to see what it was, little enough that
/// rubbish cannot fill the topic, nor grow beyond what the broker takes.
const KEPT_BYTES: usize = 64 * 1024;

/// The record, as far as it is kept, and why.
#[derive(Debug)]
pub struct Rejected {
    #[allow(missing_docs)]
    pub reject: Reject,
    /// Index of the input.
    pub input: usize,
    topic: String,
    partition: i32,
    offset: i64,
    /// As received, cut to 64 KiB.
    pub key: Option<Vec<u8>>,
    /// As received, cut to 64 KiB.
    pub value: Option<Vec<u8>>,
    length: usize,
    sha256: String,
}

impl Rejected {
    /// Takes a record and the reason.
    pub fn new(
        reject: Reject,
        input: usize,
        (topic, partition, offset): (&str, i32, i64),
        key: Option<&[u8]>,
        value: Option<&[u8]>,
    ) -> Rejected {
        let kept = |bytes: &[u8]| bytes[..bytes.len().min(KEPT_BYTES)].to_vec();
        Rejected {
            reject,
            input,
            topic: topic.to_owned(),
            partition,
            offset,
            key: key.map(kept),
            value: value.map(kept),
            length: value.map_or(0, <[u8]>::len),
            sha256: hex::encode(Sha256::digest(value.unwrap_or_default())),
        }
    }

    /// The headers of its record: why, and where it came from. They are taken out: a flood copies no text twice.
    pub fn take_headers(&mut self) -> [(&'static str, String); 8] {
        let taken = std::mem::take::<String>;
        [
            ("reason", self.reject.reason.to_owned()),
            ("path", taken(&mut self.reject.path)),
            ("detail", taken(&mut self.reject.detail)),
            ("topic", taken(&mut self.topic)),
            ("partition", self.partition.to_string()),
            ("offset", self.offset.to_string()),
            ("length", self.length.to_string()),
            ("sha256", taken(&mut self.sha256)),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_rejected_record_so_much_is_kept() {
        let big = vec![b'x'; 1_000_000];
        let reject = Reject::at("json", "", "expected JSON, found something else");
        let rejected = Rejected::new(reject, 0, ("scans.v1", 3, 17), Some(&big), Some(&big));
        assert_eq!([&rejected.key, &rejected.value].map(|kept| kept.as_ref().map(Vec::len)), [Some(KEPT_BYTES); 2]);
        assert_eq!((rejected.length, rejected.sha256.as_str()), (1_000_000, &*hex::encode(Sha256::digest(&big))));
    }
}
