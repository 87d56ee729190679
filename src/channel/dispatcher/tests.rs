//! Attempts through a transport that does what a test tells it.

use std::sync::mpsc as std_mpsc;

use tokio::sync::Semaphore;

use super::*;
use crate::channel::{Attempting, Gate, Limits};
use crate::model::{Destination, Message, Receipt, RecipientKey, ReportedOutcome, Timestamp};

/// What the transport does with each attempt.
#[derive(Clone)]
enum Act {
    Deliver,
    PanicBeforeTheGate,
    PanicAfterTheGate,
    /// Waits for a permit, then passes the gate.
    WaitThenPass(Arc<Semaphore>),
    /// Passes the gate, says that it entered, then waits for ever.
    PassThenHang,
}

struct Stage {
    act: Act,
    limits: Limits,
    entered: std_mpsc::Sender<()>,
}

impl Transport for Stage {
    fn channel(&self) -> Channel {
        Channel::Webhook
    }

    fn limits(&self) -> Limits {
        self.limits
    }

    fn attempt<'a>(&'a self, _: &'a Attempt, gate: &'a Arc<Gate>) -> Attempting<'a> {
        Box::pin(async move {
            if !matches!(self.act, Act::PassThenHang) {
                self.entered.send(()).unwrap();
            }
            match &self.act {
                Act::PanicBeforeTheGate => panic!("as told"),
                Act::WaitThenPass(permits) => permits.acquire().await.unwrap().forget(),
                _ => {}
            }
            if let Err(outcome) = gate.pass() {
                return outcome;
            }
            match self.act {
                Act::PanicAfterTheGate => panic!("as told"),
                Act::PassThenHang => {
                    self.entered.send(()).unwrap();
                    std::future::pending().await
                }
                _ => Outcome::Delivered { provider_id: Some("p1".to_owned()) },
            }
        })
    }
}

struct Play {
    runtime: tokio::runtime::Runtime,
    dispatcher: Arc<Dispatcher>,
    receipts: std_mpsc::Receiver<Receipt>,
    entered: std_mpsc::Receiver<()>,
}

/// Long enough for a busy machine; only a failing test waits so long.
const PATIENCE: Duration = Duration::from_secs(30);

impl Play {
    fn new(act: Act, queue: usize, concurrency: usize) -> Play {
        Play::with_timeout(act, queue, concurrency, PATIENCE)
    }

    fn with_timeout(act: Act, queue: usize, concurrency: usize, total_timeout: Duration) -> Play {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let (report, receipts) = std_mpsc::channel();
        let (enter, entered) = std_mpsc::channel();
        let stage = Stage { act, limits: Limits { queue, concurrency, total_timeout }, entered: enter };
        let dispatcher = Dispatcher::spawn(
            runtime.handle(),
            vec![Arc::new(stage)],
            Arc::new(|| Timestamp::from_millis(1_000)),
            Arc::new(move |receipt| report.send(receipt).unwrap()),
        );
        Play { runtime, dispatcher: Arc::new(dispatcher), receipts, entered }
    }

    fn start(&self, id: &str) {
        self.dispatcher.start(attempt(id, 2_000));
    }

    fn wait_entered(&self) {
        self.entered.recv_timeout(PATIENCE).unwrap();
    }

    /// The next receipt: notice, outcome, reason.
    fn receipt(&self) -> (String, ReportedOutcome, Option<String>) {
        let receipt = self.receipts.recv_timeout(PATIENCE).unwrap();
        (receipt.notice_id.to_string(), receipt.outcome, receipt.reason)
    }

    fn stop(&self, within: Duration) {
        self.runtime.block_on(self.dispatcher.shutdown(within));
    }
}

fn attempt(id: &str, deadline: i64) -> Attempt {
    Attempt {
        notice_id: NoticeId::from_text(id),
        recipient_key: RecipientKey::service(),
        attempt: 3,
        unknown_since: None,
        deadline: Timestamp::from_millis(deadline),
        destination: Destination::Webhook { url: String::new(), secrets: Vec::new() },
        message: Message::Json(String::new()),
    }
}

fn says(id: &str, outcome: ReportedOutcome, reason: &str) -> (String, ReportedOutcome, Option<String>) {
    (id.to_owned(), outcome, Some(reason.to_owned()))
}

#[test]
fn a_delivered_attempt_is_reported_with_everything_that_names_it() {
    let play = Play::new(Act::Deliver, 1, 1);
    play.start("n1");
    let receipt = play.receipts.recv_timeout(PATIENCE).unwrap();
    assert_eq!(receipt.notice_id.as_str(), "n1");
    assert_eq!((receipt.attempt, receipt.channel), (3, Channel::Webhook));
    assert_eq!((receipt.outcome, receipt.provider_id.as_deref()), (ReportedOutcome::Delivered, Some("p1")));
    assert_eq!(receipt.at, Timestamp::from_millis(1_000));
    assert!(receipt.took_ms.is_some());
    assert_eq!(play.dispatcher.depth(Channel::Webhook), Depth::default());
}

#[test]
fn a_late_attempt_never_reaches_the_transport() {
    let play = Play::new(Act::Deliver, 1, 1);
    play.dispatcher.start(attempt("n1", 999));
    assert_eq!(play.receipt(), says("n1", ReportedOutcome::Retry, "deadline passed before the first byte"));
    assert!(play.entered.try_recv().is_err());
}

#[test]
fn what_exceeds_the_queue_is_put_off_at_once() {
    let permits = Arc::new(Semaphore::new(0));
    let play = Play::new(Act::WaitThenPass(Arc::clone(&permits)), 1, 1);
    play.start("running");
    play.wait_entered();
    play.start("waiting");
    assert_eq!(play.dispatcher.depth(Channel::Webhook), Depth { waiting: 1, running: 1 });
    play.start("too many");
    assert_eq!(play.receipt(), says("too many", ReportedOutcome::Retry, "queue full"));
    permits.add_permits(2);
    assert_eq!(play.receipt().0, "running");
    assert_eq!(play.receipt().0, "waiting");
    assert_eq!(play.dispatcher.depth(Channel::Webhook), Depth::default());
}

#[test]
fn a_withdrawal_stops_what_waits_and_what_has_not_sent_a_byte_and_nothing_else() {
    let permits = Arc::new(Semaphore::new(0));
    let play = Play::new(Act::WaitThenPass(Arc::clone(&permits)), 8, 1);
    play.start("running");
    play.wait_entered();
    for id in ["waiting", "other", "waiting"] {
        play.start(id);
    }
    play.dispatcher.cancel(&NoticeId::from_text("running"));
    play.dispatcher.cancel(&NoticeId::from_text("waiting"));
    play.dispatcher.cancel(&NoticeId::from_text("nobody's"));
    permits.add_permits(8);
    assert_eq!(play.receipt(), says("running", ReportedOutcome::Refused, "withdrawn"));
    assert_eq!(play.receipt(), says("waiting", ReportedOutcome::Refused, "withdrawn"));
    assert_eq!(play.receipt().1, ReportedOutcome::Delivered);
    assert_eq!(play.receipt(), says("waiting", ReportedOutcome::Refused, "withdrawn"));
    // A later attempt of the same notice is a new matter.
    play.start("waiting");
    assert_eq!(play.receipt().1, ReportedOutcome::Delivered);
}

#[test]
fn what_has_begun_cannot_be_withdrawn() {
    let play = Play::with_timeout(Act::PassThenHang, 1, 1, Duration::from_millis(50));
    play.start("n1");
    play.wait_entered();
    play.dispatcher.cancel(&NoticeId::from_text("n1"));
    let outcome = play.receipt();
    assert_eq!(outcome, says("n1", ReportedOutcome::Unknown, "no outcome within the total timeout"));
}

#[test]
fn a_panic_is_a_retry_before_the_first_byte_and_unknown_after_it() {
    let before = Play::new(Act::PanicBeforeTheGate, 1, 1);
    before.start("n1");
    assert_eq!(before.receipt(), says("n1", ReportedOutcome::Retry, "attempt broken off"));
    // The lane goes on.
    before.start("n2");
    assert_eq!(before.receipt().0, "n2");

    let after = Play::new(Act::PanicAfterTheGate, 1, 1);
    after.start("n1");
    assert_eq!(after.receipt(), says("n1", ReportedOutcome::Unknown, "attempt broken off"));
    assert_eq!(after.dispatcher.depth(Channel::Webhook), Depth::default());
}

#[test]
fn no_more_run_at_once_than_allowed() {
    let permits = Arc::new(Semaphore::new(0));
    let play = Play::new(Act::WaitThenPass(Arc::clone(&permits)), 10, 3);
    for n in 0..10 {
        play.start(&format!("n{n}"));
    }
    for _ in 0..3 {
        play.wait_entered();
    }
    assert_eq!(play.dispatcher.depth(Channel::Webhook).running, 3);
    assert!(play.entered.try_recv().is_err());
    permits.add_permits(10);
    for _ in 0..10 {
        assert_eq!(play.receipt().1, ReportedOutcome::Delivered);
    }
}

#[test]
fn a_shutdown_waits_for_what_runs_and_puts_off_what_waits() {
    let permits = Arc::new(Semaphore::new(0));
    let play = Play::new(Act::WaitThenPass(Arc::clone(&permits)), 8, 1);
    play.start("running");
    play.wait_entered();
    play.start("waiting");
    let stop = play.runtime.spawn({
        let dispatcher = Arc::clone(&play.dispatcher);
        async move { dispatcher.shutdown(PATIENCE).await }
    });
    // Put off at once, while the other still runs.
    assert_eq!(play.receipt(), says("waiting", ReportedOutcome::Retry, "shutting down"));
    permits.add_permits(1);
    assert_eq!(play.receipt().1, ReportedOutcome::Delivered);
    play.runtime.block_on(stop).unwrap();
    play.start("later");
    assert_eq!(play.receipt(), says("later", ReportedOutcome::Retry, "shutting down"));
}

#[test]
fn a_shutdown_breaks_off_what_does_not_end_and_reports_it() {
    let play = Play::new(Act::PassThenHang, 8, 2);
    play.start("n1");
    play.wait_entered();
    play.stop(Duration::ZERO);
    assert_eq!(play.receipts.try_recv().unwrap().outcome, ReportedOutcome::Unknown);
}

#[test]
fn an_attempt_for_a_channel_that_is_not_there_is_put_off() {
    let play = Play::new(Act::Deliver, 1, 1);
    let destination = Destination::Email { address: String::new(), name: None };
    play.dispatcher.start(Attempt { destination, ..attempt("n1", 2_000) });
    assert_eq!(play.receipt(), says("n1", ReportedOutcome::Retry, "channel not configured here"));
}
