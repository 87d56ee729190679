//! Whether a page can be used by everybody: by axe-core, which we did not write, and by rules of words.md that it does not
//! know: nothing from other hosts, no scrolling sideways, targets that a thumb hits.

use serde_json::Value;

use super::{Browser, driver};

/// In CSS pixels; smaller targets are missed. WCAG 2.5.5 and the makers of phones say so.
const TARGET_MIN: f64 = 44.0;

/// Of WCAG 2.2 up to AA, and what is good practice beside it.
const AXE: &str = "
const context = document;
const options = {resultTypes: ['violations'], runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']};
return axe.run(context, options).then(result => result.violations.map(
    violation => violation.id + ': ' + violation.help + ' ' + violation.nodes.map(node => node.html).join(' ')));";

/// Of each control: what a thumb may hit, which is a label's area too. Links within a sentence are text.
const TARGETS: &str = "
const seen = element => element.checkVisibility({visibilityProperty: true});
const controls = [...document.querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea, summary')].filter(seen);
const inSentence = element => element.matches('a') && element.parentElement.matches('p, li, dd')
    && element.parentElement.innerText.trim() !== element.innerText.trim();
const height = element => Math.max(...[element, ...(element.labels || [])].map(one => one.getBoundingClientRect().height));
return controls.filter(element => !inSentence(element)).map(element => ({html: element.outerHTML.slice(0, 120), height: height(element)}));";

impl Browser {
    /// Fails the test with everything that is wrong with the page and its requests so far.
    pub fn judge(&self) {
        let faults = self.faults();
        assert!(faults.is_empty(), "{} is not for everybody: {faults:#?}", self.url());
    }

    /// Everything that is wrong with the page, and with the requests since it was last asked.
    pub fn faults(&self) -> Vec<String> {
        // axe-core waits by the page's timers, which stand still where scripts are switched off.
        let mut faults = if self.looks.javascript { self.axe() } else { Vec::new() };
        faults.extend(self.small_targets());
        faults.extend(self.sideways());
        faults.extend(self.foreign_requests());
        faults
    }

    fn axe(&self) -> Vec<String> {
        let axe = std::fs::read_to_string(driver::axe()).expect("tests/prepare has fetched it");
        let found = self.driver.run(&format!("{axe};{AXE}"));
        found.as_array().expect("a list of violations").iter().map(text).collect()
    }

    fn small_targets(&self) -> Vec<String> {
        let targets = self.driver.run(TARGETS);
        let targets = targets.as_array().expect("a list of targets").iter();
        let small = targets.filter(|target| target["height"].as_f64().expect("a height") < TARGET_MIN);
        small.map(|target| format!("a target {} px high: {}", target["height"], text(&target["html"]))).collect()
    }

    fn sideways(&self) -> Option<String> {
        let beyond =
            self.driver.run("return document.documentElement.scrollWidth - document.documentElement.clientWidth");
        (beyond != 0).then(|| format!("the page is {beyond} px wider than the screen"))
    }

    fn foreign_requests(&self) -> Vec<String> {
        let page = self.url();
        let host = |url: &str| url.split('/').take(3).collect::<Vec<_>>().join("/");
        let own = host(&page);
        let requests = self.requests().into_iter();
        // A page's own data is no request.
        requests
            .filter(|url| host(url) != own && !url.starts_with("data:"))
            .map(|url| format!("a request to {url}"))
            .collect()
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
