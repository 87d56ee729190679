//! The page for people: what it came to, what failed, what was beyond its bound, and where each figure is from.

use std::fmt::Write as _;
use std::time::Duration;

use super::{BUSY, IDLE, Run};
use crate::fault::Kind;

/// The whole page.
pub fn of(runs: &[Run]) -> String {
    let mut page = String::from(
        "# Apache Kafka under faults\n\n\
         Written by `tests/faults` from `runs.ndjson`; each leg below names the command that runs it again. To add to it:\n\n    \
         cargo test --test faults -- --faults 200 --report tests/faults\n\n\
         On a machine that does nothing else, and failing where deciding pauses for longer than is promised (any other run fails at twice as long):\n\n    \
         cargo test --test faults -- --strict --faults 30 --kinds daemon-restarted,daemons-rolled,daemon-killed\n\n\
         Three brokers, three daemons, each behind proxies of its own. Lost, doubled and wrong are counted over changes of conditions, \
         notices and what receivers saw, against an independent reading of the rules (`tests/reference/live.py`). *Unknown* are attempts \
         of which nobody knows whether they arrived; only they may make a notice arrive twice. *Suppressed* is what stood at the end and nobody was told, as its reader knew as much, or \
         something as bad took its place; older legs did not count it.\n\n",
    );
    let judged = || runs.iter().filter(|run| run.failed.is_none());
    let sum = |of: fn(&Run) -> usize| judged().map(of).sum::<usize>();
    let _infallible = write!(
        page,
        "| legs | faults | parcels | records | changes of conditions | notices | received | lost | doubled | wrong | unknown | suppressed | daemons that ended by themselves |\n\
         |---|---|---|---|---|---|---|---|---|---|---|---|---|\n| {} | **{}** | {} | {} | {} | {} | {} | **{}** | **{}** | **{}** | {} | {} | {} |\n\n",
        judged().count(),
        sum(Run::count),
        sum(|run| run.parcels),
        sum(|run| run.records),
        sum(|run| run.conditions),
        sum(|run| run.notices),
        sum(|run| run.received),
        sum(|run| run.lost),
        sum(|run| run.doubled),
        sum(|run| run.wrong),
        sum(|run| run.unknown),
        sum(|run| run.suppressed),
        sum(|run| run.ended),
    );
    page.push_str(&failures(runs));
    page.push_str(&beyond(runs));
    page.push_str(&kinds(runs));
    page.push_str(&legs(runs));
    page
}

/// Legs that did not come to their end; the table above leaves them out.
fn failures(runs: &[Run]) -> String {
    let failed: Vec<(&Run, &String)> = runs.iter().filter_map(|run| Some((run, run.failed.as_ref()?))).collect();
    if failed.is_empty() {
        return String::from("Every leg came to its end.\n\n");
    }
    let mut text = format!("**Legs that failed: {}**, whose faults count nowhere else on this page:\n\n", failed.len());
    for (run, why) in failed {
        let _infallible = writeln!(text, "- {} leg {} after {} faults: {why}", run.seed, run.leg, run.count());
    }
    text + "\n"
}

/// Where deciding paused for longer than is promised.
fn beyond(runs: &[Run]) -> String {
    let measured: usize = runs.iter().map(Run::bounded).sum();
    let beyond: Vec<String> = runs
        .iter()
        .flat_map(|run| run.beyond_bounds(IDLE).into_iter().map(move |what| (run, what)))
        .map(|(run, what)| {
            format!("- {what} ({} leg {}, load {:.1} on {} cores)\n", run.seed, run.leg, run.load, run.cores)
        })
        .collect();
    let promised = "a clean hand-over pauses deciding for 10 s at most, a `kill -9` for 30 s (a run on a busy machine fails at twice as long)";
    match beyond.len() {
        0 if measured == 0 => format!("Promised: {promised}. Not measured so far.\n\n"),
        0 => format!(
            "Promised: {promised}. Measured {measured} times, where nothing else happened, and **never beyond**.\n\n"
        ),
        _ => format!(
            "Promised: {promised}. Measured {measured} times, where nothing else happened, and **not always kept**; by leg and kind, at the longest:\n\n{}\n",
            beyond.concat()
        ),
    }
}

/// Faults and pauses by kind.
fn kinds(runs: &[Run]) -> String {
    let mut text = String::from(
        "## By kind\n\nThe pause is the longest time between the append of a scan and the commit of what it led to, on any partition, from the \
         fault's beginning until every partition decided again; measured only where the fault happened alone. It contains the fault itself: a daemon that is \
         stopped for 15 s decides nothing for as long.\n\n\
         | kind | faults | alone | longest pause | median of legs' longest | promised |\n|---|---|---|---|---|---|\n",
    );
    for name in Kind::ALL.map(Kind::name).into_iter().chain(["several"]) {
        let judged = runs.iter().filter(|run| run.failed.is_none());
        let faults: usize = judged.filter_map(|run| run.faults.get(name)).sum();
        let mut pauses: Vec<i64> =
            runs.iter().filter_map(|run| run.pauses.get(name)).map(|(pause, _)| *pause).collect();
        let alone: usize = runs.iter().filter_map(|run| run.pauses.get(name)).map(|(_, count)| *count).sum();
        pauses.sort_unstable();
        let seconds =
            |pause: Option<&i64>| pause.map_or_else(|| "-".to_owned(), |pause| format!("{:.1} s", *pause as f64 / 1e3));
        let bound = Kind::named(name)
            .ok()
            .and_then(Kind::bound)
            .map_or_else(String::new, |bound| format!("{} s, {}", bound.as_secs(), kept(bound, pauses.last())));
        let faults = if name == "several" { "(at once)".to_owned() } else { faults.to_string() };
        let _infallible = writeln!(
            text,
            "| {name} | {faults} | {alone} | {} | {} | {bound} |",
            seconds(pauses.last()),
            seconds(pauses.get(pauses.len() / 2))
        );
    }
    text
}

/// Whether the longest pause is as short as promised.
fn kept(bound: Duration, longest: Option<&i64>) -> &'static str {
    let times = |times: i64| i64::try_from(bound.as_millis()).unwrap_or(i64::MAX).saturating_mul(times);
    match longest {
        None => "not measured",
        Some(pause) if *pause <= times(IDLE) => "kept",
        Some(pause) if *pause <= times(BUSY) => "**not kept**",
        Some(_) => "**not kept**, by far",
    }
}

fn legs(runs: &[Run]) -> String {
    let mut text = String::from(
        "\n## Legs\n\n| ended | commit | faults | lost/doubled/wrong | unknown | load (cores) | beyond its bound | command, leg |\n|---|---|---|---|---|---|---|---|\n",
    );
    for run in runs {
        let beyond = run.beyond_bounds(IDLE).join("; ");
        let figures = format!("{}/{}/{}", run.lost, run.doubled, run.wrong);
        let figures = if run.failed.is_some() { "FAILED" } else { &figures };
        let _infallible = writeln!(
            text,
            "| {} | {} | {} | {figures} | {} | {:.1} ({}) | {beyond} | `{}`, {} |",
            run.at,
            run.commit,
            run.count(),
            run.unknown,
            run.load,
            run.cores,
            run.command,
            run.leg
        );
    }
    let remarks: Vec<String> = runs
        .iter()
        .flat_map(|run| run.remarks.iter().map(|remark| format!("- {} leg {}: {remark}\n", run.seed, run.leg)))
        .collect();
    if !remarks.is_empty() {
        let _infallible = write!(text, "\n## Remarks\n\n{}", remarks.concat());
    }
    text
}
