//! A broker whose clock can be set while it runs, and only its own: a small library stands before the C library's clock for its
//! process, and adds what a file says.

use std::os::unix::fs::FileExt;
use std::process::Command;

use tempfile::TempDir;

use super::cluster::{Brokers, Cluster};
use crate::support::need;

/// For processes that were started with this library and the file's path in `CLOCK_SHIFT_FILE`.
const LIBRARY: &str = r#"
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static const volatile int64_t *seconds;

__attribute__((constructor)) static void open_shift(void) {
    const char *path = getenv("CLOCK_SHIFT_FILE");
    int file = path ? open(path, O_RDONLY) : -1;
    void *map = file < 0 ? MAP_FAILED : mmap(0, sizeof *seconds, PROT_READ, MAP_SHARED, file, 0);
    if (map != MAP_FAILED) seconds = map;
}

int clock_gettime(clockid_t id, struct timespec *at) {
    int result = (int)syscall(SYS_clock_gettime, id, at);
    if (result == 0 && id == CLOCK_REALTIME && seconds) at->tv_sec += *seconds;
    return result;
}
"#;

const SECONDS: &str = "seconds";

/// How far the broker's clock is from this machine's; the broker looks into a file of this folder.
pub struct Shift(TempDir);

impl Shift {
    /// Sets it so many seconds ahead, or behind.
    pub fn set(&self, seconds: i64) {
        // In place: the broker has mapped this very file.
        let file = std::fs::File::options().write(true).open(self.0.path().join(SECONDS)).expect("a file of ours");
        file.write_all_at(&seconds.to_ne_bytes(), 0).expect("room for eight bytes");
    }
}

/// A cluster of one broker, whose clock is right at first. `None` where it cannot be run.
pub fn shifted() -> Option<(&'static Cluster, Shift)> {
    let folder = TempDir::new().expect("a temporary folder");
    let [source, library, shift] = ["shift.c", "shift.so", SECONDS].map(|name| folder.path().join(name));
    std::fs::write(&source, LIBRARY).expect("a file of ours");
    std::fs::write(&shift, 0_i64.to_ne_bytes()).expect("a file of ours");
    let compiled = Command::new("cc").args(["-shared", "-fPIC", "-O1", "-o"]).arg(&library).arg(&source).status();
    if !need("a C compiler", compiled.is_ok_and(|status| status.success())) {
        return None;
    }
    let environment = [format!("LD_PRELOAD={}", library.display()), format!("CLOCK_SHIFT_FILE={}", shift.display())];
    let cluster = Cluster::start_with(Brokers::One, &environment)?;
    Some((Box::leak(Box::new(cluster)), Shift(folder)))
}
