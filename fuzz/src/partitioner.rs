//! The partitioner against another writing of murmur2, after the letter of Java's `Utils.murmur2`.
//!
//! Bytes: the number of partitions (2), the key.

use parcelwatch::model::partitioner::partition;

use crate::bytes::Bytes;

/// Both agree.
pub fn run(data: &[u8]) {
    let mut bytes = Bytes(data);
    let partitions = i32::from(bytes.short()).max(1);
    let key = bytes.0;
    assert_eq!(partition(key, partitions), (murmur2(key) & 0x7fff_ffff) % partitions);
}

/// In Java's signed arithmetic, an index at a time.
fn murmur2(data: &[u8]) -> i32 {
    let (length, m, r) = (data.len() as i32, 0x5bd1_e995_i32, 24);
    let signed = |at: usize| i32::from(data[at]) & 0xff;
    let mut h = 0x9747_b28c_u32 as i32 ^ length;
    for i in 0..data.len() / 4 {
        let i4 = i * 4;
        let mut k = signed(i4) + (signed(i4 + 1) << 8) + (signed(i4 + 2) << 16) | (signed(i4 + 3) << 24);
        k = k.wrapping_mul(m);
        k ^= ((k as u32) >> r) as i32;
        k = k.wrapping_mul(m);
        h = h.wrapping_mul(m) ^ k;
    }
    let tail = data.len() & !3;
    if data.len() % 4 >= 3 {
        h ^= signed(tail + 2) << 16;
    }
    if data.len() % 4 >= 2 {
        h ^= signed(tail + 1) << 8;
    }
    if data.len() % 4 >= 1 {
        h ^= signed(tail);
        h = h.wrapping_mul(m);
    }
    h ^= ((h as u32) >> 13) as i32;
    h = h.wrapping_mul(m);
    h ^ ((h as u32) >> 15) as i32
}
