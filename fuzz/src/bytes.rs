//! The fuzzer's bytes, taken from the front: what is missing is zero.

use parcelwatch::model::Timestamp;

/// The time around which everything happens: 2026-11-22T10:00:00Z.
pub const NOW: Timestamp = Timestamp::from_millis(1_795_341_600_000);

/// The rest of the bytes.
pub struct Bytes<'a>(pub &'a [u8]);

impl<'a> Bytes<'a> {
    /// The next byte.
    pub fn byte(&mut self) -> u8 {
        match *self.0 {
            [first, ref rest @ ..] => {
                self.0 = rest;
                first
            }
            [] => 0,
        }
    }

    /// One of these.
    pub fn choose<T: Copy, const N: usize>(&mut self, of: [T; N]) -> T {
        of[usize::from(self.byte()) % N]
    }

    /// The next two bytes as a number.
    pub fn short(&mut self) -> u16 {
        u16::from_be_bytes([self.byte(), self.byte()])
    }

    /// As many of the next bytes as there are, at most `length`.
    pub fn take(&mut self, length: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at(length.min(self.0.len()));
        self.0 = rest;
        taken
    }

    /// Up to the next byte of this value, which is left out.
    pub fn until(&mut self, end: u8) -> &'a [u8] {
        let taken = self.take(self.0.iter().position(|byte| *byte == end).unwrap_or(self.0.len()));
        self.take(1);
        taken
    }

    /// An instant that records may have: now, hours around it, or the edges of what can be.
    pub fn instant(&mut self) -> Timestamp {
        let minutes = i64::from(self.short());
        match self.byte() {
            0xff => Timestamp::FIRST,
            0xfe => Timestamp::LAST,
            _ => Timestamp::from_millis(NOW.as_millis() + (minutes - 0x8000) * 60_000),
        }
    }
}
