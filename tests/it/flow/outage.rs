//! The daemon is down for a day while scans go on. When it comes back a day of limits has passed at once, and the scans that refute
//! most of what they say wait behind them: nobody is told what those refute, and everything else is told once.
//!
//! Nothing waits a day here. In its first life the daemon's wall clock stands a day back, in a process of this test's own that starts the
//! same daemon as `parcelwatch run` does; topics keep their records' own times. Its second life is the real binary at the real time. What
//! should be told is worked out by the reference of rules.md, which shares nothing with the product.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use parcelwatch::config::Config;
use parcelwatch::daemon::{self, Listeners};
use parcelwatch::model::Timestamp;
use parcelwatch::notify::render::Words;
use parcelwatch::stream::{Clock, From, Options};
use serde_json::{Value, json};

use super::Flow;
use super::command::{Parcelwatch, millis};
use super::ends::Ends;
use super::history::{Outcome, Told, Wanted, equals_replay, rejects_are_the_rejected, tells_once, until_all_is_said};
use super::shifted::{History, MERCHANTS};
use crate::daemon::{Daemon, Settings};

mod cast;

/// Set for the process that lives a day ago: its configuration file.
const A_DAY_AGO: &str = "PARCELWATCH_TEST_A_DAY_AGO";

const MINUTE_MS: i64 = 60_000;
const DAY_MS: i64 = 24 * 60 * MINUTE_MS;

/// No record is of the time that the first life may take, since it ends before it could have read them all. Whatever that life waits for, each
/// wait fails before all of them together last so long.
const FIRST_LIFE_MS: i64 = 60 * MINUTE_MS;

/// Where a daemon's wall clock stands, now.
fn wall(ago_ms: i64) -> i64 {
    chrono::Utc::now().timestamp_millis() - ago_ms
}

/// What another process of this test becomes: the daemon, by a clock that stands a day back.
fn live_a_day_ago(file: &OsStr) {
    let config = Config::load(Some(Path::new(file))).expect("a configuration");
    parcelwatch::telemetry::start_logs(&config.log).expect("logs");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let (_end, ended) = tokio::sync::watch::channel(false);
    let listeners = runtime.block_on(Listeners::bind(&config.listen)).expect("a free address");
    let options = Options { from: Some(From::Earliest), ..daemon::options(&config).expect("options") };
    let clock = Clock::fast(Timestamp::from_millis(wall(DAY_MS)), 1);
    let (words, stop) = (Words::builtin(), Arc::new(AtomicBool::new(false)));
    let daemon = daemon::Daemon { config, words, options, clock, runtime: &runtime, stop, ended };
    daemon.run(listeners).expect("the daemon runs until it is killed");
}

/// Lets a daemon come to the wall clock, which is so far back for it, and say what there is to say; between which instants it came there.
fn comes_to_now(flow: &Flow, parcelwatch: &Parcelwatch, ago_ms: i64, begun: i64) -> ([i64; 2], Vec<Value>) {
    let end = wall(ago_ms);
    parcelwatch.until_saved_beyond("tracker", end);
    parcelwatch.until_saved_beyond("notifier", end);
    ([begun, end], until_all_is_said(flow))
}

/// What a life of the daemon issued.
struct Life {
    came: [i64; 2],
    issued: Vec<Value>,
}

impl Life {
    /// Of the conditions and arrivals that it told of, each with how often; those that came while the test looked away are left out.
    fn told(&self) -> BTreeMap<Told, usize> {
        let mut told = BTreeMap::new();
        for notice in self.issued.iter().filter(|notice| !is_over(notice)) {
            if notice["at"].as_str().is_some_and(|at| millis(at) <= self.came[1]) {
                *told.entry(Told::by(notice)).or_default() += 1;
            }
        }
        told
    }
}

fn is_over(notice: &Value) -> bool {
    matches!(notice["kind"].as_str(), Some("recovered" | "corrected"))
}

/// What was issued since; what was issued once more under its old id stays.
fn without(all: Vec<Value>, before: &[Value]) -> Vec<Value> {
    let mut before: Vec<&Value> = before.iter().collect();
    let mut since = all;
    since.retain(|notice| match before.iter().position(|known| *known == notice) {
        Some(known) => {
            before.swap_remove(known);
            false
        }
        None => true,
    });
    assert!(before.is_empty(), "notices of the first life are gone: {before:#?}");
    since
}

/// What was issued more than once in these notices: by id, and by what it tells unless it was withdrawn before (an arrival may be followed by
/// another).
fn repeated<'a>(issued: impl Iterator<Item = &'a Value>, withdrawn: &BTreeSet<String>) -> Vec<String> {
    let (mut ids, mut told) = (BTreeMap::<String, usize>::new(), BTreeMap::<Told, usize>::new());
    for notice in issued {
        *ids.entry(id(notice)).or_default() += 1;
        let may_follow = notice["kind"] == "collection" && withdrawn.contains(&id(notice));
        if !is_over(notice) && !may_follow {
            *told.entry(Told::by(notice)).or_default() += 1;
        }
    }
    let ids = ids.into_iter().filter(|(_, count)| *count > 1).map(|(id, _)| id);
    ids.chain(told.into_iter().filter(|(_, count)| *count > 1).map(|(told, _)| format!("{told:?}"))).collect()
}

fn issued(flow: &Flow) -> Vec<Value> {
    flow.values("notices.v1").into_iter().filter(|notice| notice["change"] == "issued").collect()
}

/// The end of the first life, and everything that came of both.
struct Lives {
    history: History,
    down: i64,
    first: Life,
    second: Life,
    outcome: Outcome,
}

fn live() -> Option<Lives> {
    let now = chrono::Utc::now().timestamp_millis();
    let down = now - DAY_MS;
    let quiet = [down + 1, down + FIRST_LIFE_MS];
    let mut history = History::made_up_through(now, quiet, 8, 300, 0.5)?;
    history.add(cast::records(down));
    let (flow, ends) = (History::topics()?, Ends::start()?);
    ends.register(&flow, MERCHANTS);
    let settings = ends.settings(&flow).with("[notify]\ngap = \"0s\"\n[notify.digest]\nwindow = \"1s\"");
    let settings = settings.runtime("save_time_every = \"1s\"\nsession_timeout = \"4s\"");
    let parcelwatch = Parcelwatch::with(&settings);

    history.tell_between(&flow, i64::MIN..=down, |_, _| None);
    let begun = wall(DAY_MS);
    let mut daemon = a_day_ago(&settings);
    daemon.wait_until_ready();
    let (came, _) = comes_to_now(&flow, &parcelwatch, DAY_MS, begun);
    daemon.kill();
    assert!(wall(DAY_MS) <= down + FIRST_LIFE_MS, "one of its waits should have failed before");
    let first = Life { came, issued: issued(&flow) };

    // The brokers were there all the while, and it shows: nothing is waited for (`settle_for`).
    history.add(cast::signs_of_life(down, wall(0)));
    history.tell_between(&flow, down + 1..=i64::MAX, |_, _| None);
    let begun = wall(0);
    let daemon = Daemon::start(&settings);
    assert!(
        daemon.log().contains("stream time is only as good as the producers' fastest clock"),
        "producers' own times are warned of: {}",
        daemon.log()
    );
    let (came, deliveries) = comes_to_now(&flow, &parcelwatch, 0, begun);
    daemon.stop();
    let second = Life { came, issued: without(issued(&flow), &first.issued) };

    equals_replay(&flow, &parcelwatch, &history);
    rejects_are_the_rejected(&flow, &history);
    let (conditions, notices) = (flow.values("conditions.v1"), flow.values("notices.v1"));
    let outcome = Outcome { conditions, notices, deliveries, received: ends.received(), came };
    Some(Lives { history, down, first, second, outcome })
}

/// Starts the daemon a day ago, as a process of its own: it is killed.
fn a_day_ago(settings: &Settings) -> Daemon {
    let test = std::thread::current().name().expect("tests' threads are named").to_owned();
    let mut command = Command::new(std::env::current_exe().expect("this test's binary"));
    Daemon::spawn_by(settings, |file| command.args([&test, "--exact", "--nocapture"]).env(A_DAY_AGO, file))
}

fn id(notice: &Value) -> String {
    notice["id"].as_str().expect("a notice has an id").to_owned()
}

impl Lives {
    /// Nobody is told what is not true when it is told; everything that is true is told in one of both lives.
    fn tell_the_truth(&self) {
        let (mut may, mut must) = (BTreeSet::new(), BTreeSet::new());
        for (life, read) in [(&self.first, self.down), (&self.second, i64::MAX)] {
            // The two differ where a limit passed in the very seconds between them.
            let [then, now] = life.came.map(|instant| Wanted::of(&self.history.truth_having_read(read, instant)));
            let told = life.told();
            must = now.must.clone();
            may = [then.must, then.may, now.must, now.may].into_iter().flatten().collect::<BTreeSet<Told>>();
            let refuted: Vec<&Told> = told.keys().filter(|told| !may.contains(told)).collect();
            assert!(refuted.is_empty(), "{} notices of what is not true: {refuted:#?}", refuted.len());
        }
        let (first, second) = (self.first.told(), self.second.told());
        let untold: Vec<&Told> =
            must.iter().filter(|wanted| !first.contains_key(wanted) && !second.contains_key(wanted)).collect();
        assert!(untold.is_empty(), "{} things are true and untold: {untold:#?}", untold.len());
        assert!(first.len() > 100 && second.len() > 100, "many are told, {} and {}", first.len(), second.len());

        // What this test would be worth without them: what the passing of time alone would have said.
        let unread = Wanted::of(&self.history.truth_having_read(self.down, self.second.came[1])).must;
        let refuted = unread.iter().filter(|told| !may.contains(told) && !first.contains_key(told)).count();
        assert!(refuted > 30, "waiting scans refute a lot, found {refuted}");
    }

    /// What one life has told the other does not tell again, under whatever id; and this would see it.
    fn tell_once(&self) {
        let withdrawn: BTreeSet<String> =
            self.outcome.notices.iter().filter(|notice| notice["change"] == "withdrawn").map(id).collect();
        let both = || self.first.issued.iter().chain(&self.second.issued);
        let twice = repeated(both(), &withdrawn);
        assert!(twice.is_empty(), "told twice: {twice:#?}");
        let again = self.first.issued.iter().find(|notice| notice["kind"] == "stalled").expect("some are silent");
        let renamed = json!({"id": "ntc_of_the_second_life"});
        let mut other = again.clone();
        other.as_object_mut().expect("an object").extend(renamed.as_object().cloned().expect("an object"));
        assert_eq!(repeated(both().chain([again]), &withdrawn).len(), 2, "by its id and by what it tells");
        assert_eq!(repeated(both().chain([&other]), &withdrawn).len(), 1, "by what it tells");
    }

    /// Whoever hears that all is well, or never was otherwise, was told so before, in the first life, and once.
    fn takes_back_what_was_told(&self) {
        let told: BTreeMap<String, &Value> = self.first.issued.iter().map(|notice| (id(notice), notice)).collect();
        let mut resolved = BTreeSet::new();
        for notice in self.second.issued.iter().filter(|notice| is_over(notice)) {
            for id in notice["resolves"].as_array().into_iter().flatten().filter_map(Value::as_str) {
                let of = told.get(id).unwrap_or_else(|| panic!("{notice:#} resolves what nobody was told"));
                assert_eq!((&of["parcel_id"], &of["audience"]), (&notice["parcel_id"], &notice["audience"]));
                assert!(resolved.insert(id), "resolved twice: {id}");
            }
        }
        assert!(resolved.len() > 10, "a day mends a lot, found {}", resolved.len());
    }
}

#[test]
fn after_a_day_without_the_daemon_nobody_hears_what_waiting_scans_refute_and_everything_else_once() {
    if let Some(file) = std::env::var_os(A_DAY_AGO) {
        return live_a_day_ago(&file);
    }
    let Some(lives) = live() else { return };
    lives.tell_the_truth();
    lives.tell_once();
    lives.takes_back_what_was_told();
    tells_once(&lives.outcome);
    for (life, told) in [(&lives.first, cast::Told::InTheFirstLife), (&lives.second, cast::Told::InTheSecondLife)] {
        assert_eq!(cast::heard(&life.issued), cast::should_hear(told));
    }
}
