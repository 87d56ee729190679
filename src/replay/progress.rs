//! A progress bar on standard error; nothing where that is no terminal.

use std::io::{self, Read};
use std::path::Path;

use indicatif::{ProgressBar, ProgressStyle};

/// How far a step is.
pub(super) struct Progress(ProgressBar);

impl Progress {
    /// Reading a file, by its bytes on disk.
    pub fn bytes(path: &Path, what: &'static str) -> Progress {
        let length = std::fs::metadata(path).ok().filter(|file| file.is_file()).map(|file| file.len());
        let bar = length.map_or_else(ProgressBar::no_length, ProgressBar::new);
        Progress::styled(bar, "{msg:9} {wide_bar} {bytes}/{total_bytes} {eta}", what)
    }

    /// Replaying so many records.
    pub fn records(count: u64) -> Progress {
        Progress::styled(ProgressBar::new(count), "{msg:9} {wide_bar} {human_pos}/{human_len} {eta}", "replaying")
    }

    fn styled(bar: ProgressBar, template: &str, what: &'static str) -> Progress {
        // A template that indicatif refuses would only cost the look.
        bar.set_style(ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()));
        bar.set_message(what);
        Progress(bar)
    }

    /// So much more is done.
    pub fn advance(&self, by: u64) {
        self.0.inc(by);
    }

    /// Counts what is read through it.
    pub fn watch(self, reader: Box<dyn Read>) -> impl Read {
        Watched { reader, progress: self }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

struct Watched {
    reader: Box<dyn Read>,
    progress: Progress,
}

impl Read for Watched {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.reader.read(buffer)?;
        self.progress.advance(read as u64);
        Ok(read)
    }
}
