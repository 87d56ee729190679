//! What a partition's saved state comes to, in a few digits: two states are equal, byte for byte, where these are.

use xxhash_rust::xxh3::Xxh3;

use super::{Foreign, Meta, Tables};

/// A state in short.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Digest {
    /// Of every live entry, table, key and value, and of the offsets: 32 hexadecimal digits.
    pub hash: String,
    /// What the live entries take in blocks.
    pub live_bytes: u64,
}

/// The tables, and what is carried for a later version, as they were at the last commit, and the meta entry of that. Who wrote it, when, and how far the sweep is,
/// is left out: another owner's state is the same.
pub fn digest(tables: &Tables<'_>, foreign: &Foreign, meta: &Meta) -> Digest {
    let (mut hash, mut live_bytes) = (Xxh3::new(), 0);
    let mut sized = |hash: &mut Xxh3, bytes: &[u8]| {
        hash.update(&(bytes.len() as u64).to_le_bytes());
        hash.update(bytes);
        // As a block has it: the length takes a byte for each 7 bits.
        live_bytes += (bytes.len() + (usize::BITS - (bytes.len() | 1).leading_zeros()).div_ceil(7) as usize) as u64 + 1;
    };
    for (number, table) in (1u8..).zip(tables.iter()) {
        table.saved(&mut |key, value| {
            hash.update(&[number]);
            sized(&mut hash, key.as_bytes());
            sized(&mut hash, value);
        });
    }
    foreign.saved(&mut |number, key, value| {
        hash.update(&[number]);
        sized(&mut hash, key.as_bytes());
        sized(&mut hash, value);
    });
    for (input, offset) in &meta.offsets {
        hash.update(input.as_bytes());
        hash.update(&offset.to_le_bytes());
    }
    Digest { hash: format!("{:032x}", hash.digest128()), live_bytes }
}
