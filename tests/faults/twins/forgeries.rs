//! What the judge must tell apart: a leg of which everything is as it should be, and lies about it, each of which it must name in its own words.

use std::path::Path;

use super::by_hand::Files;

/// A lie: what it is, how the files tell it, and what the judge says then.
type Forgery = (&'static str, fn(&mut Files), &'static str);

const FORGERIES: [Forgery; 46] = [
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
        "that a silence is over is not told",
        |files| files.forget("issued", "P recovered info merchant"),
        "lost: over and nobody is told so: P stalled",
    ),
    (
        "nobody at customer service hears of a lost parcel",
        |files| files.forget("issued", "T lost critical customer_service"),
        "lost: true for long and never told: T lost",
    ),
    (
        "nobody hears of anything, for a reason that nobody knows",
        |files| files.suppress_all(&[], "too quiet"),
        "lost: suppressed as too quiet, and nothing of the kind is so: P stalled",
    ),
    (
        "nobody hears of anything, as they are said to know as much",
        |files| files.suppress_all(&[], "not worse"),
        "lost: suppressed as not worse, and its reader knew nothing as bad: P stalled",
    ),
    (
        "nobody hears of anything, and nothing is on record",
        |files| files.hush(&[]),
        "lost: issued and not told: P recovered",
    ),
    (
        "nobody hears that anything is over, as they are said not to have heard of it",
        |files| files.suppress_all(&["recovered", "corrected"], "nothing told"),
        "lost: suppressed as nothing told, and its reader knew of P stalled",
    ),
    (
        "nobody hears of a mistake, as they are said not to have heard of it",
        |files| files.suppress_all(&["corrected"], "nothing told"),
        "lost: suppressed as nothing told, and its reader was told Q stalled",
    ),
    (
        "nothing becomes of what is to take back a mistake, and nothing is on record",
        |files| files.hush(&["corrected"]),
        "lost: issued and not told: Q corrected",
    ),
    (
        "it takes very long until anybody hears of a mistake",
        |files| files.tell_at("Q corrected info merchant", 200.0),
        "lost: true for 139800 ms and nothing became of it: Q corrected",
    ),
    (
        "what nobody was told is taken back",
        |files| files.hush(&["stalled"]),
        "wrong: sent, and its reader was told nothing of what it takes back: Q corrected",
    ),
    (
        "what nobody was told is said to be over",
        |files| files.hush(&["stalled"]),
        "wrong: sent, and its reader was told nothing of what is over: P recovered",
    ),
    (
        "all is well, which is not told as something is said to stand",
        |files| files.suppress("P recovered info merchant", "still open"),
        "lost: suppressed as still open, and nothing stood that its reader knew of: P recovered",
    ),
    (
        "all is well, which is not told as there is said to be other news",
        |files| files.suppress("P recovered info merchant", "other news"),
        "lost: suppressed as other news, and nothing else was to be told: P recovered",
    ),
    (
        "a mistake is not taken back as something stands, and never will be",
        |files| files.suppress("V corrected info merchant", "still open"),
        "lost: suppressed as still open, and it does not say that all is well: V corrected",
    ),
    (
        "all is said to be well with what is late",
        |files| {
            let id = files.told("U", "recovered", "info", "merchant", 389.5);
            files.resolve(&id, "U stalled warn merchant");
        },
        "wrong: sent, and U delayed major merchant",
    ),
    (
        "a silence gives way to nothing",
        |files| files.suppress("P stalled warn merchant", "superseded"),
        "lost: suppressed as superseded, and nothing took its place: P stalled",
    ),
    (
        "a silence is said to be over that goes on",
        |files| files.suppress("P stalled warn merchant", "withdrawn"),
        "lost: suppressed as withdrawn, and it was not over: P stalled",
    ),
    (
        "who knows that a parcel is late hears that it is silent",
        |files| files.send("U stalled warn merchant"),
        "wrong: sent, and its reader knew as much: U stalled",
    ),
    (
        "what is worse than what its reader knows gives way to it",
        |files| {
            files.suppress("U delayed major merchant", "superseded");
        },
        "lost: suppressed as superseded, and nothing took its place: U delayed",
    ),
    (
        "a delay is taken back while a silence stands that was no worse",
        |files| files.tell_at("V corrected info merchant", 320.0),
        "wrong: sent, and it hides V stalled warn merchant",
    ),
    (
        "a silence is not told as its reader knows of a delay, which is corrected a moment later",
        |files| files.correct("U", "merchant", 389.5, "U delayed major merchant"),
        "wrong: sent, and it hides U stalled warn merchant",
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
        (verdict.notices, 6),
        "all of it arrived but for what is no worse, and the end of that: {verdict:?}"
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
