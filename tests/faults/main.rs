//! Apache Kafka under faults: three real brokers and three daemons, to which everything happens that happens to them, and whose conditions and
//! notices must be those that an independent reading of the rules makes of the same records.
//!
//! Without arguments it is the short run of `cargo test`. By hand it runs for as long as anybody likes, and adds to the report:
//!
//! ```text
//! cargo test --test faults -- --faults 1000 --report tests/faults
//! cargo test --test faults -- --seed 7 --faults 10 --kinds broker-paused,daemon-killed
//! cargo test --test faults -- --strict --faults 30 --kinds daemon-restarted,daemons-rolled,daemon-killed
//! ```
//!
//! The last one is for a machine that does nothing else: it fails where deciding pauses for longer than is promised (a clean hand-over
//! 10 s, `kill -9` 30 s). Any other run fails at twice as long. `--faults 0 --report tests/faults` only writes the page anew.
//!
//! Every leg is seeded: what is fed and which faults come when is the same again, though the moments at which threads, sockets and
//! disks act are the machine's. With `--report` a run that was cut off goes on at its next leg when it is given its seed again.

#![allow(
    clippy::disallowed_methods,
    reason = "deadlines of tests and times of their records come from the real clock; nobody hands it in here"
)]

mod args;
#[allow(dead_code, reason = "shared with the integration tests, which use more of it")]
#[path = "../it/daemon/mod.rs"]
mod daemon;
mod failed;
mod fault;
mod feed;
#[allow(dead_code, reason = "the same")]
#[path = "../it/http.rs"]
mod http;
mod inject;
mod judge;
#[allow(dead_code, unused_imports, reason = "the same; its own tests run there")]
#[path = "../it/kafka/mod.rs"]
mod kafka;
mod leg;
mod links;
mod plan;
mod pulse;
mod report;
#[allow(dead_code, reason = "the same")]
#[path = "../it/channel/server.rs"]
mod server;
mod settle;
#[allow(dead_code, reason = "the same")]
#[path = "../it/support.rs"]
mod support;
mod twins;
mod world;
mod written;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;

use args::Args;
use failed::Tally;
use judge::Verdict;
use leg::Given;
use report::{IDLE, Run};

fn main() -> ExitCode {
    let args = Args::parse();
    if args.list {
        println!("faults: test");
        return ExitCode::SUCCESS;
    }
    if !args.is_meant() {
        return ExitCode::SUCCESS;
    }
    let seed = args.seed.unwrap_or_else(|| feed::now().timestamp().unsigned_abs());
    // Asked once: what runs was built before, whatever is edited meanwhile.
    let commit = report::commit();
    println!("seed {seed}, commit {commit}: {}", report::command(&args, seed));
    let empty = folder(&args, seed, 0);
    twins::are_told_apart(&empty);
    // A leg makes its own.
    let _ = std::fs::remove_dir(&empty);
    let known = args.report.as_deref().map(report::runs).unwrap_or_default();
    args.report.as_deref().into_iter().for_each(report::write);
    let known: Vec<&Run> = known.iter().filter(|run| run.seed == seed).collect();
    let mut done: usize = known.iter().map(|run| run.faults.values().sum::<usize>()).sum();
    let mut leg = known.iter().map(|run| run.leg + 1).max().unwrap_or_default();
    let mut holds = true;
    while done < args.faults {
        let Some(run) = run_leg(&args, &commit, seed, leg, args.leg.min(args.faults - done)) else {
            return ExitCode::SUCCESS;
        };
        holds &= run.holds() && (!args.strict || run.beyond_bounds(IDLE).is_empty());
        // A leg that failed before its first fault is one of those that were to be done, or this would never end.
        done += run.faults.values().sum::<usize>().max(1);
        leg += 1;
        if let Some(folder) = &args.report {
            report::add(folder, &run);
        }
    }
    if holds { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Runs a leg in a folder of its own and says what came of it. `None` where it cannot be run.
fn run_leg(args: &Args, commit: &str, seed: u64, leg: u64, faults: usize) -> Option<Run> {
    let folder = folder(args, seed, leg);
    // A copy: whoever builds meanwhile must not change what daemons are started from.
    let program = folder.join("parcelwatch");
    let built = args.program.as_deref().unwrap_or(Path::new(env!("CARGO_BIN_EXE_parcelwatch")));
    std::fs::copy(built, &program).expect("the binary was built with this test");
    // Far apart for legs and for seeds that lie next to each other.
    let of_leg = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(leg.wrapping_mul(0xd1b5_4a32_d192_ed03));
    let (name, tally) = (format!("F{leg}"), Tally::default());
    let given = Given { args, seed: of_leg, name: &name, folder: &folder, program: &program, faults, tally: &tally };
    let start = feed::now();
    let outcome = failed::caught(|| leg::run(&given)).transpose()?;
    let seconds = (feed::now() - start).num_seconds();
    let mut run = Run::new(args, commit, seed, leg, seconds, &tally);
    match &outcome {
        Ok(outcome) => run.came_to(outcome),
        Err(why) => run.failed = Some(why.clone()),
    }
    say(&run, outcome.as_ref().ok().map(|outcome| &outcome.verdict));
    if run.holds() && args.keep.is_none() {
        // Nothing to look for in it.
        let _ = std::fs::remove_dir_all(&folder);
    } else {
        println!("  everything is in {}", folder.display());
    }
    Some(run)
}

/// Tells whoever watches.
fn say(run: &Run, verdict: Option<&Verdict>) {
    if let Some(why) = &run.failed {
        println!("leg {}: FAILED after {} faults in {} s: {why}", run.leg, run.count(), run.seconds);
    }
    let Some(verdict) = verdict else { return };
    println!(
        "leg {}: {} faults in {} s; {} parcels, {} records, {} changes of conditions, {} notices, {} received, {} digests of {} gathered ones among them; \
         lost {}, doubled {}, wrong {}, unknown {}, suppressed {}; {} daemons ended by themselves; {} parcels had a record that was shown late; \
         {:.1} s after its withdrawal arrived what was latest without being held up",
        run.leg,
        run.count(),
        run.seconds,
        run.parcels,
        run.records,
        run.conditions,
        run.notices,
        run.received,
        run.digests,
        run.gathered,
        run.lost,
        run.doubled,
        run.wrong,
        run.unknown,
        run.suppressed,
        run.ended,
        verdict.doubtful,
        verdict.latest as f64 / 1e3
    );
    for (kind, (pause, count)) in &run.pauses {
        println!("  {kind}: the longest pause of {count} is {:.1} s", *pause as f64 / 1e3);
    }
    for beyond in run.beyond_bounds(IDLE) {
        println!("  beyond its bound: {beyond} (load {:.1} on {} cores)", run.load, run.cores);
    }
    for (what, examples) in &verdict.examples {
        examples.iter().for_each(|example| println!("  {what}: {example}"));
    }
}

fn folder(args: &Args, seed: u64, leg: u64) -> PathBuf {
    let parent = args.keep.as_deref().map_or_else(std::env::temp_dir, Path::to_owned);
    let folder = parent.join(format!("parcelwatch-faults-{seed}-{leg}-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("expected a writable folder");
    folder
}
