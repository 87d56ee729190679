//! Packed blocks: what one transaction writes to the state log of one partition.
//!
//! A block is a version byte, the number of the walk during which it was written (u32, little
//! endian), then entries: a table's number (0 is the meta entry), the key's length and the key, a
//! byte that says whether a value follows, its length and the value. Lengths are LEB128.

use thiserror::Error;

/// The encoding that this version writes. Old ones stay readable; a newer one is refused.
pub const VERSION: u8 = 1;

/// A block stays below this, unless a single entry is larger. More: a block of incompressible entries does not fit the topic's
/// `max.message.bytes`. Less: a busy transaction is more than a handful of records.
pub const BYTES_MAX: usize = 512 * 1024;

/// No state may have a larger entry, its key included: alone in its block it just fits the topic's `max.message.bytes`, whether it
/// can be compressed or not. Larger: brokers refuse the block, its transaction is put back and made again, and so without end:
/// the partition stands still. Smaller: a route of a thousand milestones with the longest names does not fit. It is kept by those who
/// make entries: the decoders' bounds, and `notify::thread` for what grows with them.
pub const ENTRY_BYTES_MAX: usize = 960 * 1024;

const HEADER: usize = 5;

/// Packs entries into blocks.
#[derive(Debug)]
pub struct Packer {
    walk: u32,
    blocks: Vec<Vec<u8>>,
    bytes: usize,
}

impl Packer {
    /// Starts packing during a walk.
    pub fn new(walk: u32) -> Packer {
        Packer { walk, blocks: Vec::new(), bytes: 0 }
    }

    /// Appends an entry; no value is a tombstone.
    pub fn push(&mut self, table: u8, key: &str, value: Option<&[u8]>) {
        let room = 12 + key.len() + value.map_or(0, <[u8]>::len);
        if self.blocks.last().is_none_or(|block| block.len() > HEADER && block.len() + room > BYTES_MAX) {
            let mut block = Vec::with_capacity(1024);
            block.push(VERSION);
            block.extend_from_slice(&self.walk.to_le_bytes());
            self.blocks.push(block);
        }
        let block = self.blocks.last_mut().expect("a block was just made");
        let before = block.len();
        block.push(table);
        put_length(block, key.len());
        block.extend_from_slice(key.as_bytes());
        match value {
            Some(value) => {
                block.push(1);
                put_length(block, value.len());
                block.extend_from_slice(value);
            }
            None => block.push(0),
        }
        self.bytes += block.len() - before;
    }

    /// Bytes of entries so far.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// The blocks, to be written in this order.
    pub fn finish(self) -> Vec<Vec<u8>> {
        self.blocks
    }
}

/// An entry read back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packed<'a> {
    /// 0 for the meta entry.
    pub table: u8,
    #[allow(missing_docs)]
    pub key: &'a str,
    /// None: it is gone.
    pub value: Option<&'a [u8]>,
}

/// Why a block cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum BlockError {
    /// Written by a newer parcelwatch.
    #[error("expected state of encoding {VERSION} or older, found {0}: run the version that wrote it, or a newer one")]
    Newer(u8),
    /// The bytes end early or say impossible things.
    #[error("expected a packed block, found damaged bytes at {0}")]
    Damaged(usize),
}

/// Reads a block's entries in order, and the walk during which it was written.
pub fn unpack<'a>(block: &'a [u8], mut entry: impl FnMut(u32, Packed<'a>)) -> Result<(), BlockError> {
    let [version, a, b, c, d, ..] = *block else { return Err(BlockError::Damaged(0)) };
    if version != VERSION {
        return Err(if version > VERSION { BlockError::Newer(version) } else { BlockError::Damaged(0) });
    }
    let walk = u32::from_le_bytes([a, b, c, d]);
    let mut cursor = Cursor { bytes: block, at: HEADER };
    while cursor.at < block.len() {
        let table = cursor.byte()?;
        let key = cursor.sized()?;
        let key = std::str::from_utf8(key).map_err(|_| BlockError::Damaged(cursor.at))?;
        let value = match cursor.byte()? {
            0 => None,
            1 => Some(cursor.sized()?),
            _ => return Err(BlockError::Damaged(cursor.at)),
        };
        entry(walk, Packed { table, key, value });
    }
    Ok(())
}

struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    fn byte(&mut self) -> Result<u8, BlockError> {
        let byte = *self.bytes.get(self.at).ok_or(BlockError::Damaged(self.at))?;
        self.at += 1;
        Ok(byte)
    }

    fn sized(&mut self) -> Result<&'a [u8], BlockError> {
        let mut length = 0usize;
        for shift in (0..35).step_by(7) {
            let byte = self.byte()?;
            length |= usize::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                let end = self.at.checked_add(length).filter(|end| *end <= self.bytes.len());
                let end = end.ok_or(BlockError::Damaged(self.at))?;
                let slice = &self.bytes[self.at..end];
                self.at = end;
                return Ok(slice);
            }
        }
        Err(BlockError::Damaged(self.at))
    }
}

fn put_length(block: &mut Vec<u8>, mut length: usize) {
    while length >= 0x80 {
        block.push((length & 0x7f) as u8 | 0x80);
        length >>= 7;
    }
    block.push(length as u8);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_was_packed_is_read_back(entries in prop::collection::vec(
            (0u8..4, ".{0,20}", prop::option::of(prop::collection::vec(any::<u8>(), 0..300))), 1..50)) {
            let mut packer = Packer::new(7);
            for (table, key, value) in &entries {
                packer.push(*table, key, value.as_deref());
            }
            let blocks = packer.finish();
            let mut found = Vec::new();
            for block in &blocks {
                unpack(block, |walk, e| {
                    assert_eq!(walk, 7);
                    found.push((e.table, e.key.to_owned(), e.value.map(<[u8]>::to_vec)));
                }).unwrap();
            }
            prop_assert_eq!(found, entries);
        }

        #[test]
        fn rubbish_is_refused_and_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = unpack(&bytes, |_, _| {});
        }
    }

    #[test]
    fn blocks_stay_below_their_limit() {
        let mut packer = Packer::new(1);
        for i in 0..3000 {
            packer.push(1, &format!("P{i}"), Some(&[0; 1000]));
        }
        let blocks = packer.finish();
        assert!(blocks.len() > 5 && blocks.iter().all(|block| block.len() <= BYTES_MAX));
    }

    #[test]
    fn an_entry_that_is_larger_than_a_block_has_one_of_its_own_which_its_topic_takes() {
        // What a batch and a record put around a value.
        const AROUND: usize = 1024;
        let mut packer = Packer::new(1);
        packer.push(1, "a", Some(&[0; 1000]));
        packer.push(1, "b", Some(&vec![0; ENTRY_BYTES_MAX - 1]));
        packer.push(1, "c", Some(&[0; 1000]));
        let blocks = packer.finish();
        let sizes: Vec<usize> = blocks.iter().map(Vec::len).collect();
        assert!(matches!(sizes[..], [first, _, last] if first < 2000 && last < 2000), "{sizes:?}");
        for topic in
            [include_str!("../../topics/tracker-state.v1.toml"), include_str!("../../topics/notifier-state.v1.toml")]
        {
            let most = topic.lines().find_map(|line| line.strip_prefix("\"max.message.bytes\" = "));
            let most: usize = most.and_then(|most| most.trim_matches('"').parse().ok()).expect("a number of bytes");
            assert!(sizes[1] + AROUND <= most, "{} bytes of at most {most}", sizes[1]);
        }
    }

    #[test]
    fn a_newer_encoding_is_named() {
        assert_eq!(unpack(&[VERSION + 1, 0, 0, 0, 0], |_, _| {}), Err(BlockError::Newer(VERSION + 1)));
    }
}
