//! The process's own figures, from `/proc`; where there is none they stay 0.

use std::fs;

/// What the system says about this process.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Process {
    pub start_seconds: f64,
    pub cpu_seconds: f64,
    pub resident_bytes: f64,
    pub open_files: f64,
}

/// Linux reports times to user space in hundredths of a second on every architecture (USER_HZ).
const TICKS_PER_SECOND: f64 = 100.0;

/// Reads the figures.
pub(super) fn look() -> Process {
    read().unwrap_or_default()
}

fn read() -> Option<Process> {
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    // The second field is the name in parentheses and may contain anything; the third follows the last ')'.
    let fields: Vec<&str> = stat[stat.rfind(')')? + 1..].split_ascii_whitespace().collect();
    let field = |number: usize| fields.get(number - 3)?.parse::<f64>().ok();
    let boot = fs::read_to_string("/proc/stat").ok()?;
    let boot: f64 = boot.lines().find_map(|line| line.strip_prefix("btime "))?.trim().parse().ok()?;
    Some(Process {
        start_seconds: boot + field(22)? / TICKS_PER_SECOND,
        cpu_seconds: (field(14)? + field(15)?) / TICKS_PER_SECOND,
        resident_bytes: resident_bytes()?,
        open_files: fs::read_dir("/proc/self/fd").ok()?.count() as f64,
    })
}

/// In kibibytes there, whatever the size of a page.
fn resident_bytes() -> Option<f64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.split_ascii_whitespace().next()?.parse::<f64>().ok().map(|kibibytes| kibibytes * 1024.0)
}
