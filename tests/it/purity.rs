//! A folder is wholly pure or wholly I/O: what the pure ones may not name.

use std::path::{Path, PathBuf};

/// The folders that decide: synchronous, handed time and input, returning effects.
const PURE: [&str; 11] =
    ["model", "decode", "state", "time", "track", "notify", "reroute", "callback", "document", "scenario", "demo/day"];

/// Clocks, dice, the environment, files, sockets, tasks, logs, metrics, and the crates that bring them.
const FORBIDDEN: [&str; 21] = [
    "SystemTime",
    "Instant::now",
    "Utc::now",
    "Local::now",
    "std::env",
    "std::fs",
    "std::net",
    "std::thread",
    "std::process",
    "RandomState",
    "thread_rng",
    "getrandom",
    "async fn",
    "rdkafka",
    "tokio",
    "reqwest",
    "lettre",
    "axum",
    "tracing",
    "prometheus",
    "println!",
];

#[test]
fn pure_folders_name_no_io() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut looked_at = 0;
    for folder in PURE {
        for file in rust_files(&src.join(folder)) {
            looked_at += 1;
            let text = std::fs::read_to_string(&file).expect("a source file");
            for (number, line) in (1..).zip(text.lines()) {
                // Comments speak of what the code does not do.
                let code = line.split("//").next().unwrap_or_default();
                for forbidden in FORBIDDEN {
                    assert!(!code.contains(forbidden), "{}:{number}: {forbidden} in a pure folder", file.display());
                }
            }
        }
    }
    assert!(looked_at > PURE.len(), "the pure folders have moved");
}

/// The folders and files that a scan passes through. A worker shares nothing, so nothing there waits for another thread.
const PATH_OF_A_SCAN: [&str; 9] = [
    "decode",
    "state",
    "time",
    "track",
    "notify",
    "stream/partition.rs",
    "stream/stage.rs",
    "stream/worker.rs",
    "stream/worker",
];

#[test]
fn no_lock_is_on_the_path_of_a_scan() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut looked_at = 0;
    for place in PATH_OF_A_SCAN {
        let place = src.join(place);
        let files = if place.is_dir() { rust_files(&place) } else { vec![place] };
        for file in files.iter().filter(|file| !file.components().any(|part| part.as_os_str() == "tests")) {
            looked_at += 1;
            let text = std::fs::read_to_string(file).expect("a source file");
            for (number, line) in (1..).zip(text.lines()) {
                let code = line.split("//").next().unwrap_or_default();
                for lock in ["Mutex", "RwLock", "Condvar", ".lock()"] {
                    assert!(!code.contains(lock), "{}:{number}: {lock} on the path of a scan", file.display());
                }
            }
        }
    }
    assert!(looked_at > PATH_OF_A_SCAN.len(), "what a scan passes through has moved");
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let (folders, files): (Vec<PathBuf>, Vec<PathBuf>) =
        entries.map(|entry| entry.expect("a readable folder").path()).partition(|path| path.is_dir());
    let own = files.into_iter().filter(|file| file.extension().is_some_and(|extension| extension == "rs"));
    own.chain(folders.iter().flat_map(|folder| rust_files(folder))).collect()
}
