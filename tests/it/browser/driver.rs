//! A session with Chromium over chromedriver: the commands of W3C WebDriver (JSON over HTTP) and of the DevTools protocol.

use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};

use serde_json::{Value, json};

use super::Looks;
use crate::http::Request;
use crate::support::need;

/// Under this name WebDriver hands out references to elements.
const REFERENCE: &str = "element-6066-11e4-a52e-4f735466cecf";

/// No sandbox, which root cannot have; and a browser that speaks to nobody but the page's own host, not even to its maker.
const ARGUMENTS: [&str; 11] = [
    "--headless=new",
    "--hide-scrollbars",
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--disable-crash-reporter",
    "--disable-breakpad",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
    "--no-proxy-server",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
];

/// chromedriver and one browser. Both are gone when this is dropped, or when the test's process ends in whatever way.
pub struct Driver {
    shell: Child,
    /// `None` only while being dropped.
    alive: Option<ChildStdin>,
    address: String,
    session: String,
}

/// A reference to an element of the page that was open when it was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Element(String);

impl Driver {
    /// Starts a browser; none where Chromium is not installed, and the calling test is to return.
    pub fn start(looks: &Looks) -> Option<Driver> {
        let present = ["chromium", "chromedriver"].into_iter().all(is_on_the_path) && axe().exists();
        if !need("Chromium with its driver, and axe-core in tests/.browser", present) {
            return None;
        }
        let folder = tempfile::TempDir::new().expect("a temporary folder").keep();
        let mut shell = Command::new("sh")
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/browser/supervise.sh"))
            .arg(&folder)
            .env("FONTCONFIG_FILE", Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser/fonts.conf"))
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("expected a POSIX shell as sh");
        let alive = shell.stdin.take();
        let said = BufReader::new(shell.stdout.take().expect("standard output is piped"));
        let port = said.lines().map_while(Result::ok).find_map(|line| {
            line.strip_prefix("ChromeDriver was started successfully on port ")
                .map(|port| port.trim_end_matches('.').to_owned())
        });
        let address = format!("127.0.0.1:{}", port.expect("expected chromedriver to name its port"));
        let mut driver = Driver { shell, alive, address, session: String::new() };
        let session =
            driver.command("POST", "/session", &json!({"capabilities": {"alwaysMatch": capabilities(looks)}}));
        driver.session = session["sessionId"].as_str().expect("a session").to_owned();
        Some(driver)
    }

    /// Has the browser do something, by a path within the session.
    pub fn post(&self, path: &str, body: &Value) -> Value {
        self.command("POST", &format!("/session/{}{path}", self.session), body)
    }

    /// Asks the browser something, by a path within the session.
    pub fn get(&self, path: &str) -> Value {
        self.command("GET", &format!("/session/{}{path}", self.session), &Value::Null)
    }

    /// Gives a command of the DevTools protocol.
    pub fn devtools(&self, command: &str, parameters: &Value) -> Value {
        self.post("/goog/cdp/execute", &json!({"cmd": command, "params": parameters}))
    }

    /// Runs a function's body in the page, beside its own scripts and their absence; gives what it returns or resolves to.
    pub fn run(&self, script: &str) -> Value {
        self.post("/execute/sync", &json!({"script": script, "args": []}))
    }

    /// Everything that a CSS selector finds.
    pub fn elements(&self, selector: &str) -> Vec<Element> {
        let found = self.post("/elements", &json!({"using": "css selector", "value": selector}));
        let found = found.as_array().expect("a list of elements").iter();
        found.map(|element| Element(element[REFERENCE].as_str().expect("a reference").to_owned())).collect()
    }

    /// What a hand presses to choose a radio button or box, which may itself be too small to be seen: its label, if it has one.
    pub fn label(&self, control: &Element) -> Element {
        let control = json!({REFERENCE: control.0});
        let script = "return (arguments[0].labels || [])[0] || arguments[0]";
        let label = self.post("/execute/sync", &json!({"script": script, "args": [control]}));
        Element(label[REFERENCE].as_str().expect("a reference").to_owned())
    }

    /// Asks about an element: `text`, `computedrole`, `computedlabel`, `selected`, ...
    pub fn of(&self, element: &Element, what: &str) -> Value {
        self.get(&format!("/element/{}/{what}", element.0))
    }

    /// Does something to an element: `click`, `clear`, `value`.
    pub fn act(&self, element: &Element, what: &str, how: &Value) {
        self.post(&format!("/element/{}/{what}", element.0), how);
    }

    fn command(&self, method: &'static str, path: &str, body: &Value) -> Value {
        let mut request = Request::new(method, path);
        if !body.is_null() {
            request = request.json(body);
        }
        let answer = request.send(&self.address).unwrap_or_else(|error| panic!("{method} {path}: {error}"));
        let value = answer.json()["value"].take();
        assert!(answer.status == 200, "{method} {path}: {} {}", value["error"], value["message"]);
        value
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        // The shell would end the browser too, but less politely.
        let _ = Request::new("DELETE", &format!("/session/{}", self.session)).send(&self.address);
        self.alive = None;
        // It ends by itself once the pipe is closed; an error would mean that it is gone already.
        let _ = self.shell.wait();
    }
}

/// Where `tests/prepare` puts axe-core.
pub fn axe() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/.browser/node_modules/axe-core/axe.min.js")
}

fn capabilities(looks: &Looks) -> Value {
    let mut arguments: Vec<String> = ARGUMENTS.map(str::to_owned).to_vec();
    arguments.push(format!("--lang={}", looks.language));
    arguments.push(format!("--window-size={},{}", looks.width, looks.height));
    if !looks.javascript {
        arguments.push("--blink-settings=scriptEnabled=false".to_owned());
    }
    let mut options = json!({"args": arguments, "prefs": {"intl.accept_languages": looks.language}});
    if looks.is_phone() {
        // Without touch: chromedriver's taps wait for scripts that may be switched off.
        options["mobileEmulation"] = json!({"deviceMetrics": {"width": looks.width, "height": looks.height,
            "pixelRatio": 2.0, "touch": false, "mobile": true}});
    }
    json!({"browserName": "chrome", "goog:chromeOptions": options, "goog:loggingPrefs": {"performance": "ALL"}})
}

fn is_on_the_path(program: &str) -> bool {
    std::env::var_os("PATH")
        .is_some_and(|path| std::env::split_paths(&path).any(|folder| folder.join(program).exists()))
}
