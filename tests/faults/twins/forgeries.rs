//! What the judge must tell apart: a leg of which everything is as it should be, and lies about it, each of which it must name in its own words.

use std::path::Path;

use super::by_hand::Files;

/// A lie: what it is, how the files tell it, and what the judge says then.
type Forgery = (&'static str, fn(&mut Files), &'static str);

const FORGERIES: [Forgery; 15] = [
    (
        "a silence that ended at 50 s is told at 350 s, withdrawn at once, and sent all the same",
        |files| {
            files.write("issued", "P stalled warn recipient", 350.0);
            files.write("withdrawn", "P stalled warn recipient", 350.1);
            files.arrive("P stalled warn recipient", 350.5);
        },
        "wrong: issued 300000 ms after it was over",
    ),
    (
        "a mail leaves long after its notice was withdrawn",
        |files| files.arrive("P stalled warn recipient", 120.2),
        "wrong: arrived 70000 ms after it was withdrawn",
    ),
    (
        "a silence is told before it has lasted",
        |files| files.write("issued", "P stalled warn recipient", 20.0),
        "wrong: issued 6001 ms before it was true",
    ),
    (
        "a mail arrives before anybody wrote its notice",
        |files| files.arrive("P stalled warn recipient", 26.0),
        "wrong: arrived 201 ms before it was issued",
    ),
    (
        "a parcel is to be collected that waits nowhere",
        |files| files.invent("P", "collection", "info", 5.0),
        "wrong: issued and never true: P collection",
    ),
    (
        "a silence is told that is explained",
        |files| files.invent("S", "stalled", "warn", 26.001),
        "wrong: issued and never true: S stalled",
    ),
    (
        "what nobody was told is said to be over",
        |files| files.resolve("P recovered info recipient", "S stalled warn recipient"),
        "wrong: takes back what was not told: P recovered",
    ),
    (
        "what was true is said never to have been",
        |files| files.rename("P recovered info recipient", "corrected"),
        "wrong: takes back what ended by",
    ),
    (
        "a silence that goes on is withdrawn",
        |files| files.write("withdrawn", "P stalled warn recipient", 40.0),
        "wrong: withdrawn and still true: P stalled",
    ),
    (
        "a silence is withdrawn long after everybody could read that it is over",
        |files| files.write("withdrawn", "P stalled warn recipient", 90.0),
        "wrong: withdrawn 39900 ms later than the change",
    ),
    (
        "a silence that is over is never withdrawn",
        |files| files.forget("withdrawn", "P stalled warn recipient"),
        "lost: over and not withdrawn: P stalled",
    ),
    (
        "what was never true is not corrected",
        |files| files.forget("issued", "Q corrected info merchant"),
        "lost: retracted and not corrected: Q stalled",
    ),
    (
        "nobody at customer service hears of a lost parcel",
        |files| files.forget("issued", "T lost critical customer_service"),
        "lost: true for long and never told: T lost",
    ),
    (
        "one silence is two notices",
        |files| files.repeat("T lost critical merchant"),
        "doubled: told by 2 notices: T lost",
    ),
    (
        "the end of a silence is told twice",
        |files| files.repeat("Q corrected info merchant"),
        "doubled: taken back 2 times: Q stalled",
    ),
];

/// Judges what is as it should be, and every forgery of it.
///
/// # Panics
/// If the judge takes one for the other.
pub fn are_told_apart(folder: &Path) {
    let folder = folder.join("by-hand");
    std::fs::create_dir_all(&folder).expect("the folder is ours");
    let honest = Files::honest();
    let verdict = honest.judged(&folder);
    assert_eq!(verdict.lost + verdict.doubled + verdict.wrong, 0, "everything was as it should be: {verdict:?}");
    assert!(verdict.notices > 10 && verdict.received == verdict.notices, "all of it was looked at: {verdict:?}");
    for (lie, forge, words) in FORGERIES {
        let mut forged = honest.clone();
        forge(&mut forged);
        let verdict = forged.judged(&folder);
        let mut said =
            verdict.examples.iter().flat_map(|(what, all)| all.iter().map(move |one| format!("{what}: {one}")));
        assert!(
            said.any(|said| said.starts_with(words)),
            "expected {words:?} where {lie}, found {:?}",
            verdict.examples
        );
    }
    std::fs::remove_dir_all(&folder).expect("the folder is ours");
}
