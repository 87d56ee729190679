//! What the judge must tell apart: a leg of which everything is as it should be, and lies about it, each of which it must name in its own words.

use std::path::Path;

use super::by_hand::Files;

/// A lie: what it is, how the files tell it, and what the judge says then.
type Forgery = (&'static str, fn(&mut Files), &'static str);

const FORGERIES: [Forgery; 30] = [
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
        "a mail leaves 25 s after its notice was withdrawn, and nothing held it up",
        |files| files.arrive("P stalled warn recipient", 75.2),
        "wrong: arrived 25000 ms after it was withdrawn",
    ),
    (
        "a mail leaves 25 s after its notice was withdrawn, and a daemon was stopped before and after",
        |files| {
            files.round("daemon-paused", 30.0, 50.1);
            files.round("daemon-paused", 75.3, 90.0);
            files.arrive("P stalled warn recipient", 75.2);
        },
        "wrong: arrived 25000 ms after it was withdrawn",
    ),
    (
        "a mail leaves 25 s after its notice was withdrawn, and there was a fault that holds nothing up",
        |files| {
            files.round("daemon-restarted", 40.0, 90.0);
            files.arrive("P stalled warn recipient", 75.2);
        },
        "wrong: arrived 25000 ms after it was withdrawn",
    ),
    (
        "a mail leaves long after its notice was withdrawn, longer than a daemon was stopped",
        |files| {
            files.round("daemon-paused", 40.0, 130.0);
            files.arrive("P stalled warn recipient", 120.2);
        },
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
        "nobody hears of anything, for a reason that nobody knows",
        |files| files.suppress_all("too quiet"),
        "lost: ('T', 1, 'lost', 1, 'merchant') T lost critical merchant was issued and not told",
    ),
    (
        "nobody hears of anything, as they are said to know as much",
        |files| files.suppress_all("not worse"),
        "lost: ('T', 1, 'lost', 1, 'merchant') T lost critical merchant was issued and not told",
    ),
    (
        "what is worse than what its reader knows gives way to it",
        |files| {
            files.suppress("U delayed major merchant", "superseded");
        },
        "lost: ('U', 1, 'lateness', 0, 'merchant') U delayed major merchant was issued and not told",
    ),
    (
        "a silence is not told as its reader knows of a delay, which is corrected a moment later",
        |files| files.correct("U", "merchant", 389.5, "U delayed major merchant"),
        "lost: ('U', 1, 'lateness', 0, 'merchant') U stalled warn merchant was issued and not told",
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
    (
        "half of what a hub is to hear of is not in the digest",
        |files| files.leave_out("D30 digest warn hub_ops", "Q"),
        "lost: D30 digest warn hub_ops tells of",
    ),
    (
        "what was gathered is forgotten at its window's end",
        |files| files.end_by("Q stalled warn hub_ops", None),
        "lost: gathered and never ended: Q stalled warn",
    ),
    (
        "what was gathered and holds is said to be withdrawn",
        |files| files.end_by("Q stalled warn hub_ops", Some("withdrawn")),
        "lost: withdrawn and still true at its window's end: Q stalled warn",
    ),
    (
        "what was gathered is not told, for a reason that nobody knows",
        |files| files.end_by("Q stalled warn hub_ops", Some("too quiet")),
        "lost: no reason for what is gathered: Q stalled warn",
    ),
    (
        "a hub is told of a silence that was over before its window ended",
        |files| files.write("withdrawn", "P stalled warn hub_ops", 27.0),
        "wrong: told 3000 ms after it was over: P stalled warn",
    ),
    (
        "what was gathered ends twice",
        |files| files.say_twice("P stalled warn hub_ops"),
        "doubled: 2 last words: P stalled warn",
    ),
    ("a digest gets lost", |files| files.lose("D30 digest warn hub_ops"), "lost: a digest never arrived: D30 digest"),
];

/// What looks like a lie and is none: what it is, and how the files tell it. The judge must find nothing wrong with it.
type Excused = (&'static str, fn(&mut Files));

const EXCUSED: [Excused; 2] = [
    ("a mail leaves 25 s after its notice was withdrawn, and a daemon was stopped meanwhile", |files| {
        files.round("daemon-paused", 60.0, 70.0);
        files.arrive("P stalled warn recipient", 75.2);
    }),
    ("a mail was under way when its notice was withdrawn", |files| files.arrive("P stalled warn recipient", 65.2)),
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
    assert!(verdict.notices > 10, "all of it was looked at: {verdict:?}");
    assert_eq!(
        (verdict.received - verdict.digests + verdict.suppressed + verdict.gathered, verdict.suppressed),
        (verdict.notices, 2),
        "all of it arrived but for what is no worse: {verdict:?}"
    );
    for (what, make) in EXCUSED {
        let mut files = honest.clone();
        make(&mut files);
        let verdict = files.judged(&folder);
        assert_eq!(verdict.lost + verdict.doubled + verdict.wrong, 0, "{what}: {verdict:?}");
    }
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
