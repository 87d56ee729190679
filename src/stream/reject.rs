//! A record that could not be used, on its way to `rejects.v1`.

use std::fmt::{Display, Write};

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
    /// Of the input.
    pub partition: i32,
    offset: i64,
    /// As received, cut to 64 KiB.
    pub key: Option<Vec<u8>>,
    /// As received, cut to 64 KiB.
    pub value: Option<Vec<u8>>,
    length: usize,
    sha256: [u8; 32],
}

/// What the headers are written into: of a flood each reject uses it again.
#[derive(Debug, Default)]
pub struct Headers {
    partition: String,
    offset: String,
    length: String,
    sha256: String,
}

impl Rejected {
    /// Takes a record and the reason.
    pub fn new(
        reject: Reject,
        input: usize,
        (partition, offset): (i32, i64),
        key: Option<&[u8]>,
        value: Option<&[u8]>,
    ) -> Rejected {
        let kept = |bytes: &[u8]| bytes[..bytes.len().min(KEPT_BYTES)].to_vec();
        Rejected {
            reject,
            input,
            partition,
            offset,
            key: key.map(kept),
            value: value.map(kept),
            length: value.map_or(0, <[u8]>::len),
            sha256: Sha256::digest(value.unwrap_or_default()).into(),
        }
    }

    /// The headers of its record: why, and where in which topic it came from.
    pub fn headers<'a>(&'a self, topic: &'a str, texts: &'a mut Headers) -> [(&'static str, &'a str); 8] {
        texts.write(self);
        [
            ("reason", self.reject.reason),
            ("path", &self.reject.path),
            ("detail", &self.reject.detail),
            ("topic", topic),
            ("partition", &texts.partition),
            ("offset", &texts.offset),
            ("length", &texts.length),
            ("sha256", &texts.sha256),
        ]
    }
}

impl Headers {
    fn write(&mut self, rejected: &Rejected) {
        let texts = [&mut self.partition, &mut self.offset, &mut self.length, &mut self.sha256];
        let Rejected { partition, offset, length, sha256, .. } = rejected;
        let mut digits = [0; 64];
        hex::encode_to_slice(sha256, &mut digits).expect("two digits a byte");
        let digits = std::str::from_utf8(&digits).expect("digits are text");
        for (text, shown) in texts.into_iter().zip([partition as &dyn Display, offset, length, &digits]) {
            text.clear();
            write!(text, "{shown}").expect("a text takes everything");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_rejected_record_so_much_is_kept() {
        let big = vec![b'x'; 1_000_000];
        let reject = Reject::at("json", "", "expected JSON, found something else");
        let rejected = Rejected::new(reject, 0, (3, 17), Some(&big), Some(&big));
        assert_eq!([&rejected.key, &rejected.value].map(|kept| kept.as_ref().map(Vec::len)), [Some(KEPT_BYTES); 2]);
        let (mut texts, digest) = (Headers::default(), hex::encode(Sha256::digest(&big)));
        let headers = rejected.headers("scans.v1", &mut texts);
        let expected =
            [("topic", "scans.v1"), ("partition", "3"), ("offset", "17"), ("length", "1000000"), ("sha256", &*digest)];
        assert_eq!(headers[3..], expected);
    }
}
