//! The channels as the runtime uses them: settings in, attempts in, receipts out.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

use parcelwatch::channel::{self, Dispatcher, Secrets, Settings};
use parcelwatch::model::{Attempt, Destination, Message, NoticeId, Receipt, RecipientKey, Timestamp};

/// Only a failing test waits so long.
const PATIENCE: Duration = Duration::from_secs(60);

/// A dispatcher over what the settings configure.
pub struct Outside {
    // Before the runtime, so that it is dropped first.
    dispatcher: Dispatcher,
    receipts: Receiver<Receipt>,
    clock: Arc<AtomicI64>,
    _runtime: tokio::runtime::Runtime,
}

impl Outside {
    /// Opens the channels of these settings (TOML).
    pub fn new(settings: &str) -> Outside {
        let settings: Settings = toml_edit::de::from_str(settings).expect("settings");
        let transports = channel::open(&settings, &Arc::new(Secrets::new())).expect("channels");
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.expect("a runtime");
        let (report, receipts) = mpsc::channel();
        let clock = Arc::new(AtomicI64::new(Timestamp::FIRST.as_millis()));
        let now = Arc::clone(&clock);
        let dispatcher = Dispatcher::spawn(
            runtime.handle(),
            transports,
            Arc::new(move || Timestamp::from_millis(now.load(Ordering::SeqCst))),
            Arc::new(move |receipt| {
                // A test that has seen enough is gone.
                let _ = report.send(receipt);
            }),
        );
        Outside { dispatcher, receipts, clock, _runtime: runtime }
    }

    /// Attempts one message and gives its receipt.
    pub fn send(&self, id: &str, destination: Destination, message: Message) -> Receipt {
        self.attempt(Attempt {
            notice_id: NoticeId::from_text(id),
            recipient_key: RecipientKey::service(),
            attempt: 1,
            unknown_since: None,
            deadline: Timestamp::LAST,
            destination,
            message,
        })
    }

    /// Makes an attempt and gives its receipt.
    pub fn attempt(&self, attempt: Attempt) -> Receipt {
        self.attempt_while(attempt, || ())
    }

    /// Withdraws what has not begun of a notice.
    pub fn withdraw(&self, id: &NoticeId) {
        self.dispatcher.cancel(id);
    }

    /// What the wall clock says from now on; at first [`Timestamp::FIRST`].
    pub fn set_clock(&self, now: Timestamp) {
        self.clock.store(now.as_millis(), Ordering::SeqCst);
    }

    /// Makes an attempt, does this while it is under way, and gives its receipt.
    pub fn attempt_while(&self, attempt: Attempt, meanwhile: impl FnOnce()) -> Receipt {
        let id = attempt.notice_id.clone();
        self.dispatcher.start(attempt);
        meanwhile();
        let receipt = self.receipts.recv_timeout(PATIENCE).expect("a receipt for every attempt");
        assert_eq!(receipt.notice_id, id);
        receipt
    }
}
