//! The negative twin of every verdict: what came out of a leg is spoiled in a known way, and the judge must say so; and before any leg it is
//! shown forgeries of one that was made by hand.

mod by_hand;
mod forgeries;

pub use forgeries::are_told_apart;

use std::path::Path;

use crate::judge::{Cut, Verdict, judge};

/// Files that the judge reads.
const FILES: [&str; 6] = ["inputs", "conditions", "notices", "deliveries", "received", "rounds"];

/// A way to spoil a file: its name, what is done with its lines, and what must be counted then.
type Spoiled = (&'static str, fn(&mut Vec<String>), fn(&Verdict) -> usize);

const WAYS: [Spoiled; 6] = [
    ("conditions", |lines| drop(lines.remove(0)), |verdict| verdict.lost),
    ("conditions", |lines| lines.insert(0, lines[0].clone()), |verdict| verdict.doubled),
    ("conditions", |lines| lines[0] = lines[0].replacen("\"episode\":1", "\"episode\":7", 1), |verdict| verdict.wrong),
    ("received", |lines| lines.retain(|line| !line.contains("webhook-id")), |verdict| verdict.lost),
    ("received", |lines| lines.retain(|line| !line.contains("notice.digest")), |verdict| verdict.lost),
    // Oftener than attempts of unknown outcome could make it.
    (
        "received",
        |lines| {
            let one = lines.iter().position(|line| line.contains("webhook-id")).expect("a webhook arrived");
            (0..20).for_each(|_| lines.push(lines[one].clone()));
        },
        |verdict| verdict.doubled,
    ),
];

/// Spoils copies of a leg's files, each in one way.
///
/// # Panics
/// If the judge does not see it.
pub fn are_seen(folder: &Path, cut: Cut) {
    let twin = folder.join("twin");
    std::fs::create_dir_all(&twin).expect("the folder is ours");
    for (number, (name, spoil, count)) in WAYS.into_iter().enumerate() {
        for file in FILES.map(|file| format!("{file}.ndjson")) {
            std::fs::copy(folder.join(&file), twin.join(&file)).expect("there is room");
        }
        let file = twin.join(format!("{name}.ndjson"));
        let mut lines: Vec<String> =
            std::fs::read_to_string(&file).expect("just copied").lines().map(str::to_owned).collect();
        spoil(&mut lines);
        std::fs::write(&file, lines.join("\n")).expect("there is room");
        let verdict = judge(&twin, cut);
        assert!(count(&verdict) > 0, "the judge does not see way {number} of spoiling {name}: {verdict:?}");
    }
    std::fs::remove_dir_all(&twin).expect("the folder is ours");
}
