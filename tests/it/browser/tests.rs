//! The browser and its judge on pages of their own: a good one passes, and for every rule a page that breaks it is refused.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;

use super::{Browser, Looks};

const GOOD: &str = r#"<!doctype html><html lang="en"><head><title>A parcel</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>:root{color-scheme:light dark} label,button{display:block;min-height:44px;font:inherit}
body{color:#333;background:#fff} @media (prefers-color-scheme: dark){body{color:#eee;background:#111}}</style></head>
<body><main><h1>Your parcel</h1><p>It is in Hangzhou.</p>
<form method="post" action="/choose"><fieldset><legend>Where to</legend>
<label><input type="radio" name="option" value="a"> Locker LK-0310, free</label>
<label><input type="radio" name="option" value="b"> Station ST-7, free</label></fieldset>
<label>Note <input name="note"></label><button>Send it there</button></form></main>
<script>document.title = "a script ran"</script></body></html>"#;

/// Serves the good page with one replacement, and says of a form what came; gives its address.
fn site(replace: &str, with: &str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free loopback port");
    let address = format!("http://{}/", listener.local_addr().expect("a bound listener"));
    let page = GOOD.replace(replace, with);
    // Serves until the test's process ends.
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let mut reader = BufReader::new(stream);
            let head: Vec<String> =
                reader.by_ref().lines().map_while(Result::ok).take_while(|line| !line.is_empty()).collect();
            let length =
                head.iter().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
            let mut form = vec![0; length.unwrap_or(0)];
            // A browser that opened a connection to be quick later sends nothing.
            let _ = reader.read_exact(&mut form);
            let body = if form.is_empty() {
                page.clone()
            } else {
                format!("<p>got {}", String::from_utf8_lossy(&form).replace('&', "&amp;"))
            };
            let answer = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
                body.len()
            );
            let _ = reader.get_mut().write_all(answer.as_bytes());
        }
    });
    address
}

#[test]
fn a_form_is_used_by_role_and_name_with_and_without_javascript() {
    for (looks, title) in [(Looks::phone(), "a script ran"), (Looks::phone().without_javascript(), "A parcel")] {
        let Some(browser) = Browser::start(&looks) else { return };
        browser.open(&site("", ""));
        assert_eq!(browser.title(), title, "what a script does shows whether scripts run");
        browser.choose("Locker");
        assert!(browser.is_chosen("Locker") && !browser.is_chosen("Station"));
        browser.fill("Note", "ring twice");
        browser.press("Send it there");
        assert_eq!(browser.text(), "got option=a&note=ring+twice");
        assert!(browser.url().ends_with("/choose"));
    }
}

#[test]
fn a_good_page_is_for_everybody_in_light_and_dark_and_on_the_narrowest_phone() {
    for looks in [Looks::narrow(), Looks::narrow().without_javascript(), Looks::desktop()] {
        let Some(browser) = Browser::start(&looks) else { return };
        browser.open(&site("", ""));
        browser.judge();
        browser.prefer_dark();
        browser.judge();
    }
}

#[test]
fn a_page_that_breaks_a_rule_is_refused() {
    let Some(browser) = Browser::start(&Looks::narrow()) else { return };
    for (good, bad, fault) in [
        (r#"<html lang="en">"#, "<html>", "html-has-lang"),
        ("color:#333", "color:#bbb", "color-contrast"),
        ("<label>Note <input name=\"note\"></label>", "<input name=note style=height:44px>", "label:"),
        (", initial-scale=1", ", user-scalable=no", "meta-viewport"),
        ("<h1>Your parcel</h1>", "<h3>Your parcel</h3>", "heading"),
        ("min-height:44px", "min-height:20px", "a target "),
        (
            "It is in Hangzhou.",
            "<span style=white-space:nowrap>It is in Hangzhou, and that is far to the right of here.</span>",
            "px wider than the screen",
        ),
        ("It is in Hangzhou.", "<img alt=map src=http://127.0.0.2/map.png>", "a request to http://127.0.0.2/map.png"),
    ] {
        browser.open(&site(good, bad));
        let faults = browser.faults();
        assert!(faults.iter().any(|found| found.contains(fault)), "expected {fault:?} of {bad:?}, found {faults:#?}");
    }
}

#[test]
fn a_picture_shows_the_whole_page_on_a_phone_and_in_the_dark() {
    let Some(browser) = Browser::start(&Looks::phone()) else { return };
    browser.open(&site("It is in Hangzhou.", "<span style=display:block;height:2000px>Hangzhou</span>"));
    let folder = tempfile::TempDir::new().expect("a temporary folder");
    let picture = |name: &str| {
        let file = folder.path().join(name);
        browser.picture(&file, None);
        std::fs::read(file).expect("a picture")
    };
    let light = picture("light.png");
    browser.prefer_dark();
    assert_ne!(light, picture("dark.png"));
    // PNG: width and height stand in the first block.
    let number = |at: usize| u32::from_be_bytes(light[at..at + 4].try_into().expect("four bytes"));
    assert_eq!((&light[1..4], number(16)), (&b"PNG"[..], 2 * 390));
    assert!(number(20) > 2 * 2000, "{}", number(20));
}
