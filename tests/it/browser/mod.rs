//! Pages as people have them: a real headless Chromium, driven as a hand or a screen reader would, by role and name.
//!
//! ```ignore
//! let Some(browser) = Browser::start(&Looks::phone().without_javascript()) else { return };
//! browser.open(&link);
//! browser.choose("LK-0310");
//! browser.press("Send to locker");
//! assert!(browser.text().contains("requested"));
//! browser.judge();
//! ```
//!
//! Whether a page can be used by everybody is judged by axe-core and by a few rules of our own ([`judge`]); every rule has a
//! page in [`tests`] that breaks it. A browser is gone when its test is, however it ended.

mod driver;
mod judge;
#[cfg(test)]
mod tests;

use std::fmt::Display;
use std::path::Path;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use driver::{Driver, Element};

use crate::support::until;

/// How long a page may take to come; only a failing test waits so long.
const PATIENCE: Duration = Duration::from_secs(30);

/// What can be pressed, chosen or filled in.
const CONTROLS: &str = "a[href], button, input:not([type=hidden]), select, textarea, summary";

/// What the browser is like.
#[derive(Clone, Debug)]
pub struct Looks {
    pub width: u32,
    pub height: u32,
    /// Whether pages' own scripts run.
    pub javascript: bool,
    /// What it asks pages for.
    pub language: String,
}

impl Looks {
    /// A usual phone.
    pub fn phone() -> Looks {
        Looks { width: 390, height: 844, javascript: true, language: "en".to_owned() }
    }

    /// The narrowest phone that pages are made for.
    pub fn narrow() -> Looks {
        Looks { width: 320, height: 640, ..Looks::phone() }
    }

    /// A desk's screen.
    pub fn desktop() -> Looks {
        Looks { width: 1280, height: 900, ..Looks::phone() }
    }

    pub fn without_javascript(self) -> Looks {
        Looks { javascript: false, ..self }
    }

    fn is_phone(&self) -> bool {
        self.width < 600
    }
}

/// A browser with one window.
pub struct Browser {
    driver: Driver,
    looks: Looks,
}

impl Browser {
    /// Starts one; none where Chromium is not installed, and the calling test is to return.
    pub fn start(looks: &Looks) -> Option<Browser> {
        let browser = Driver::start(looks).map(|driver| Browser { driver, looks: looks.clone() })?;
        browser.prefer("light");
        Some(browser)
    }

    /// Opens a page and waits until it is loaded.
    pub fn open(&self, url: &str) {
        self.driver.post("/url", &json!({ "url": url }));
    }

    /// Opens the page again.
    pub fn reload(&self) {
        self.driver.post("/refresh", &json!({}));
    }

    /// The address of the page.
    pub fn url(&self) -> String {
        self.driver.get("/url").as_str().expect("an address").to_owned()
    }

    pub fn title(&self) -> String {
        self.driver.get("/title").as_str().expect("a title").to_owned()
    }

    /// What can be read on the page.
    pub fn text(&self) -> String {
        self.driver.run("return document.body.innerText").as_str().expect("a text").to_owned()
    }

    /// The page's HTML as it is now.
    pub fn source(&self) -> String {
        self.driver.get("/source").as_str().expect("a source").to_owned()
    }

    /// Opens the page again and again until its text satisfies `enough`; gives the text.
    pub fn reload_until<E: Display>(&self, what: &str, enough: impl Fn(&str) -> Result<(), E>) -> String {
        until(what, PATIENCE, || {
            self.reload();
            let text = self.text();
            enough(&text).map(|()| text.clone()).map_err(|error| format!("{error} on:\n{text}"))
        })
    }

    /// Presses the button or follows the link whose name contains `name`, and waits for the page to which it leads.
    pub fn press(&self, name: &str) {
        let control = self.control(&["button", "link"], name);
        let before = self.document();
        self.driver.act(&control, "click", &json!({}));
        until("the next page", PATIENCE, || {
            let is_there = self.document() != before && self.driver.run("return document.readyState") == "complete";
            if is_there { Ok(()) } else { Err(format!("still {}", self.url())) }
        });
    }

    /// Chooses the radio button, or ticks or unticks the box, whose name contains `name`: by its label, as a hand does.
    pub fn choose(&self, name: &str) {
        let control = self.control(&["radio", "checkbox"], name);
        self.driver.act(&self.driver.label(&control), "click", &json!({}));
    }

    /// Whether the radio button or box whose name contains `name` is chosen.
    pub fn is_chosen(&self, name: &str) -> bool {
        self.driver.of(&self.control(&["radio", "checkbox"], name), "selected") == true
    }

    /// Types into the field whose name contains `name`.
    pub fn fill(&self, name: &str, text: &str) {
        let field = self.control(&["textbox", "searchbox", "spinbutton"], name);
        self.driver.act(&field, "value", &json!({ "text": text }));
    }

    /// What can be used, as a screen reader announces it: role and name.
    pub fn controls(&self) -> Vec<(String, String)> {
        self.driver.elements(CONTROLS).iter().map(|element| self.announced(element)).collect()
    }

    /// Shows pages as to somebody who likes them dark.
    pub fn prefer_dark(&self) {
        self.prefer("dark");
    }

    /// Without anything that moves: what is looked at is to stand still.
    fn prefer(&self, colours: &str) {
        let features = json!([{"name": "prefers-color-scheme", "value": colours},
            {"name": "prefers-reduced-motion", "value": "reduce"}]);
        self.driver.devtools("Emulation.setEmulatedMedia", &json!({ "features": features }));
    }

    /// Writes a picture of the page, as PNG: of the whole, or of its upper part of so many CSS pixels.
    pub fn picture(&self, file: &Path, height: Option<u32>) {
        let mut parameters = json!({"captureBeyondViewport": true});
        if let Some(height) = height {
            parameters["clip"] = json!({"x": 0, "y": 0, "width": self.looks.width, "height": height, "scale": 1});
        }
        let picture = self.driver.devtools("Page.captureScreenshot", &parameters);
        let bytes = STANDARD.decode(picture["data"].as_str().expect("a picture")).expect("base64");
        std::fs::write(file, bytes).expect("the picture's folder is writable");
    }

    /// Where the page's links lead, in its order.
    pub fn links(&self) -> Vec<String> {
        let links = self.driver.run("return [...document.querySelectorAll('a[href]')].map(link => link.href)");
        links.as_array().expect("a list of links").iter().filter_map(|link| Some(link.as_str()?.to_owned())).collect()
    }

    /// Every address that was asked for since the last call, the pages' own included.
    pub fn requests(&self) -> Vec<String> {
        let log = self.driver.post("/se/log", &json!({"type": "performance"}));
        let messages = log.as_array().expect("a log").iter().filter_map(|entry| entry["message"].as_str());
        let messages = messages.filter_map(|text| serde_json::from_str::<Value>(text).ok());
        let sent = messages.filter(|message| message["message"]["method"] == "Network.requestWillBeSent");
        sent.filter_map(|message| Some(message["message"]["params"]["request"]["url"].as_str()?.to_owned())).collect()
    }

    /// The only control of such a role whose name contains `name`.
    fn control(&self, roles: &[&str], name: &str) -> Element {
        let controls = self.driver.elements(CONTROLS);
        let announced: Vec<_> = controls.iter().map(|element| self.announced(element)).collect();
        let fits = |(role, label): &(String, String)| roles.contains(&role.as_str()) && label.contains(name);
        let mut fitting = controls.iter().zip(&announced).filter(|(_, announced)| fits(announced));
        match (fitting.next(), fitting.next()) {
            (Some((element, _)), None) => element.clone(),
            (first, _) => panic!(
                "expected one {roles:?} named {name:?}, found {} among {announced:#?} on:\n{}",
                if first.is_none() { "none" } else { "several" },
                self.text()
            ),
        }
    }

    fn announced(&self, element: &Element) -> (String, String) {
        let of = |what| self.driver.of(element, what).as_str().unwrap_or_default().to_owned();
        (of("computedrole"), of("computedlabel"))
    }

    /// Another one for each page that was loaded.
    fn document(&self) -> Vec<Element> {
        self.driver.elements("html")
    }
}
