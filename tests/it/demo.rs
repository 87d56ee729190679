//! The demonstration as a newcomer starts it: the binary, nothing else. Its page tells what arrived.

use std::fs::File;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::browser::{Browser, Looks};
use crate::http::get;
use crate::support::until;

/// README promises the first notice within some 20 s of the start; a test machine runs other tests as well.
const FIRST_WITHIN: Duration = Duration::from_secs(90);

/// A newcomer presses Ctrl-C and wants the prompt back.
const ENDS_WITHIN: Duration = Duration::from_secs(10);

/// A running demonstration.
struct Demo {
    child: Child,
    page: String,
    said: PathBuf,
    _folder: tempfile::TempDir,
}

impl Demo {
    fn start() -> Demo {
        let folder = tempfile::tempdir().expect("a folder for what it says");
        let said = folder.path().join("said");
        let child = Command::new(env!("CARGO_BIN_EXE_parcelwatch"))
            .args(["demo", "--port", "0", "--speed", "480"])
            // What it leaves behind when it is killed goes with the test.
            .env("TMPDIR", folder.path())
            .stdin(Stdio::null())
            .stdout(File::create(&said).expect("the folder is ours"))
            .stderr(Stdio::inherit())
            .spawn()
            .expect("the binary was built with this test");
        let mut demo = Demo { child, page: String::new(), said, _folder: folder };
        demo.page = until("the page's address", FIRST_WITHIN, || {
            let said = demo.said();
            let url = said.split_whitespace().find_map(|word| word.strip_prefix("http://")?.strip_suffix('/'));
            url.map(str::to_owned).ok_or(said)
        });
        demo
    }

    fn said(&self) -> String {
        std::fs::read_to_string(&self.said).expect("the file is ours")
    }

    fn feed(&self) -> Value {
        let answer = get(&self.page, "/feed.json").unwrap_or_else(|error| panic!("{error}\n{}", self.said()));
        serde_json::from_str(&answer.body).expect("the feed is JSON")
    }

    /// Waits until something of the feed's list fits, and returns it.
    fn wait_for(&self, what: &str, list: &str, fits: impl Fn(&Value) -> bool) -> Value {
        until(what, FIRST_WITHIN, || {
            let feed = self.feed();
            let found = feed[list].as_array().and_then(|list| list.iter().find(|one| fits(one)).cloned());
            found.ok_or_else(|| feed["counts"].to_string())
        })
    }

    /// Ctrl-C.
    fn interrupt(mut self) -> (ExitStatus, String) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-INT", &pid]).status().expect("kill is part of every system").success());
        let status = until("the demonstration to end", ENDS_WITHIN, || {
            self.child.try_wait().expect("a child of ours").ok_or("it runs on")
        });
        (status, self.said())
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        // Already gone is just as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_newcomer_sees_messages_and_signed_webhooks_and_ends_it_cleanly() {
    let demo = Demo::start();
    assert!(demo.said().contains("This is a demonstration"), "{}", demo.said());
    let webhook = demo.wait_for("a webhook", "webhooks", |_| true);
    assert_eq!(webhook["verified"], true, "{webhook}");
    let mail = demo.wait_for("a mail", "messages", |one| one["what"] == "mail");
    assert!(mail["to"].as_str().unwrap().ends_with("@example.com"), "{mail}");
    let page = get(&demo.page, "/").unwrap();
    let subject = mail["subject"].as_str().unwrap();
    assert!(page.status == 200 && page.body.contains(subject), "{subject}\n{}", page.body);
    let (status, said) = demo.interrupt();
    assert!(status.success(), "{status}\n{said}");
    assert!(said.contains("What next?") && said.contains("parcelwatch check --default"), "{said}");
}

#[test]
fn its_page_is_for_everybody() {
    let demo = Demo::start();
    demo.wait_for("a message", "messages", |_| true);
    demo.wait_for("a webhook", "webhooks", |_| true);
    demo.wait_for("a change", "changes", |_| true);
    let page = format!("http://{}/", demo.page);
    for looks in [Looks::desktop(), Looks::narrow(), Looks::narrow().without_javascript()] {
        let Some(browser) = Browser::start(&looks) else { return };
        browser.open(&page);
        browser.judge();
        browser.prefer_dark();
        browser.judge();
    }
}

#[test]
fn choosing_a_locker_changes_the_parcel() {
    let demo = Demo::start();
    // Emily Carter was not at home.
    let is_hers = |one: &Value| one["body"].as_str().is_some_and(|body| body.contains("/r/PW0031/"));
    let text = demo.wait_for("a text with a link", "messages", is_hers);
    let link = text["body"].as_str().and_then(|body| body.split_whitespace().find(|word| word.starts_with("http://")));
    let Some(browser) = Browser::start(&Looks::phone().without_javascript()) else { return };
    browser.open(link.expect("a link"));
    browser.choose("West Nanjing Road");
    browser.press("Send to locker");
    let is_order = |one: &Value| one["what"] == "choice" && one["parcel_id"] == "PW0031";
    let order = demo.wait_for("the work order", "changes", is_order);
    assert_eq!((order["option"].as_str(), order["detail"]["place"].as_str()), (Some("locker"), Some("LK-SHA")));
    // The courier's systems answer, and then the parcel is where she wanted it.
    let tells = |what: &'static str| {
        move |one: &Value| {
            let body = one["body"].as_str().unwrap_or_default();
            body.contains("0031") && body.contains(what)
        }
    };
    demo.wait_for("the confirmation", "messages", tells("onfirmed"));
    let ready = demo.wait_for("the code", "messages", tells("West Nanjing Road"));
    assert!(ready["number"].as_u64() > text["number"].as_u64());
    browser.reload_until("the page to say so", |text| {
        if text.contains("West Nanjing Road") { Ok(()) } else { Err(text.to_owned()) }
    });
}
