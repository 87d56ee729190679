//! Lines of a file or of standard input, plain or compressed; which of them is seen from the first bytes.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use flate2::bufread::MultiGzDecoder;

use super::progress::Progress;

/// How files of these kinds begin.
const GZIP: [u8; 2] = [0x1f, 0x8b];
const ZSTD: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// Bytes read at once. More do not make it faster; fewer are more system calls.
const BUFFER_BYTES: usize = 1 << 16;

/// Bytes of a line that are read at most. More: a file without ends of lines is read into memory whole. Fewer: no record that a broker
/// takes is longer than this.
const LINE_BYTES_MAX: u64 = 16 << 20;

/// The lines that have something in them.
pub(super) struct Lines {
    reader: Box<dyn BufRead>,
    line: Vec<u8>,
}

impl Lines {
    /// Opens a file, or standard input for `-`.
    pub fn open(path: &Path, progress: Progress) -> io::Result<Lines> {
        let raw: Box<dyn Read> = match path.to_str() {
            Some("-") => Box::new(io::stdin()),
            _ => Box::new(File::open(path)?),
        };
        let mut plain = BufReader::with_capacity(BUFFER_BYTES, progress.watch(raw));
        let start = plain.fill_buf()?;
        let reader: Box<dyn BufRead> = if start.starts_with(&GZIP) {
            Box::new(BufReader::with_capacity(BUFFER_BYTES, MultiGzDecoder::new(plain)))
        } else if start.starts_with(&ZSTD) {
            Box::new(BufReader::with_capacity(BUFFER_BYTES, zstd::Decoder::with_buffer(plain)?))
        } else {
            Box::new(plain)
        };
        Ok(Lines { reader, line: Vec::new() })
    }

    /// The next line, without its end; of one that is too long its beginning, which is no record.
    pub fn next_line(&mut self) -> io::Result<Option<&[u8]>> {
        loop {
            self.line.clear();
            if self.reader.by_ref().take(LINE_BYTES_MAX).read_until(b'\n', &mut self.line)? == 0 {
                return Ok(None);
            }
            if self.line.len() as u64 == LINE_BYTES_MAX && !self.line.ends_with(b"\n") {
                self.skip_line()?;
            }
            if !self.line.trim_ascii().is_empty() {
                return Ok(Some(self.line.trim_ascii()));
            }
        }
    }

    fn skip_line(&mut self) -> io::Result<()> {
        loop {
            let buffer = self.reader.fill_buf()?;
            let end = buffer.iter().position(|byte| *byte == b'\n');
            let (used, is_over) = (end.map_or(buffer.len(), |end| end + 1), end.is_some() || buffer.is_empty());
            self.reader.consume(used);
            if is_over {
                return Ok(());
            }
        }
    }
}
