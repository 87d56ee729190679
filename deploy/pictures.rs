//! Makes the README's pictures: `pictures PARCELWATCH FOLDER`. Run by `deploy/screenshots`.
//!
//! Runs the demonstration, waits until somebody may choose something, and shows that page as its reader has it (phone and desk,
//! every language, dark), before and after a choice, and then the demonstration itself.

#![allow(clippy::disallowed_methods, reason = "it waits by the real clock; nobody hands it in here")]

#[allow(dead_code, reason = "shared with the tests, which do more in a browser")]
#[path = "../tests/it/browser/mod.rs"]
mod browser;
#[allow(dead_code, reason = "the same, of requests")]
#[path = "../tests/it/http.rs"]
mod http;
#[allow(dead_code, reason = "the same, of what tests lean on")]
#[path = "../tests/it/support.rs"]
mod support;

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use browser::{Browser, Looks};

/// The same day every time.
const SEED: &str = "7";

/// The first notices come within seconds; one whose reader may choose a locker, within a minute or two.
const PATIENCE: Duration = Duration::from_secs(240);

/// Offers of the first page end some minutes after it was found.
const PATIENCE_WITH_OTHERS: Duration = Duration::from_secs(90);

/// What of a phone's page is shown, in CSS pixels: pictures of the same height stand beside each other.
const PHONE_HEIGHT: u32 = 1300;

/// A demonstration that ends with this program.
struct Demo {
    child: Child,
    url: String,
}

impl Demo {
    fn start(program: &str) -> Demo {
        let mut child = Command::new(program)
            .args(["demo", "--port", "0", "--seed", SEED])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("expected to run {program}: {error}"));
        let mut said =
            BufReader::new(child.stdout.take().expect("standard output is piped")).lines().map_while(Result::ok);
        let address =
            |line: String| line.split_whitespace().next().filter(|word| word.starts_with("http://")).map(str::to_owned);
        let url = said.find_map(address).expect("expected the demonstration to name its page");
        // It goes on telling; somebody has to listen.
        std::thread::spawn(move || said.for_each(drop));
        Demo { child, url }
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        // Already gone is just as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, program, folder] = &arguments[..] else { panic!("usage: pictures PARCELWATCH FOLDER") };
    let folder = Path::new(folder);
    std::fs::create_dir_all(folder).expect("expected a folder that can be written to");
    let file = |name: &str| folder.join(format!("{name}.png"));
    let start = |looks: &Looks| Browser::start(looks).expect("expected Chromium: run tests/prepare browser");

    let demo = Demo::start(program);
    let desk = start(&Looks::desktop());
    let find = |language: &str, patience: Duration| {
        let deadline = Instant::now() + patience;
        let mut links = std::iter::repeat_with(|| {
            desk.open(&demo.url);
            choosers(&desk, language).next()
        });
        links.find_map(|found| if found.is_some() || Instant::now() > deadline { Some(found) } else { None }).flatten()
    };
    let link = find("en", PATIENCE).expect("expected somebody who reads English and may choose a locker");
    desk.open(&link);
    desk.picture(&file("page-desk-en"), None);
    let phone = start(&Looks::phone());
    let mut before = link.clone();
    for language in ["zh-TW", "zh-CN"] {
        // Whoever reads the language has the names of places in it, too; else the page before is switched.
        let found = find(language, PATIENCE_WITH_OTHERS);
        phone.open(&found.clone().unwrap_or_else(|| format!("{before}?lang={language}")));
        before = found.unwrap_or(before);
        phone.picture(&file(&format!("page-phone-{language}")), Some(PHONE_HEIGHT));
    }
    phone.open(&link);
    phone.picture(&file("page-phone-en"), Some(PHONE_HEIGHT));
    phone.prefer_dark();
    phone.picture(&file("page-phone-en-dark"), Some(PHONE_HEIGHT));

    let phone = start(&Looks::phone());
    phone.open(&link);
    phone.choose("LK-");
    phone.press("Send to locker");
    phone.reload_until(
        "the courier's answer",
        |text| if text.contains("Confirmed") { Ok(()) } else { Err("no answer") },
    );
    phone.picture(&file("page-phone-en-confirmed"), Some(PHONE_HEIGHT));
    desk.open(&demo.url);
    desk.reload_until(
        "the text that confirms it",
        |text| if text.contains("Confirmed") { Ok(()) } else { Err("no text") },
    );
    desk.picture(&file("demo"), None);
}

/// The links on the demonstration's page whose reader has this language and may choose a locker, the newest first.
fn choosers(desk: &Browser, language: &str) -> impl Iterator<Item = String> {
    let wanted = [format!("<html lang=\"{language}\""), "value=\"locker".to_owned()];
    desk.links().into_iter().filter(move |link| {
        let path = link.strip_prefix("http://").and_then(|rest| rest.split_once('/'));
        let page = path.and_then(|(address, path)| http::get(address, &format!("/{path}")).ok());
        let shows = |page: &http::Answer| wanted.iter().all(|wanted| page.body.contains(wanted));
        link.contains("/r/") && page.is_some_and(|page| page.status == 200 && shows(&page))
    })
}
