//! What happens to those who have no link, or try more with one than a page lets them: nothing changes, nothing is told.

use std::collections::BTreeSet;

use parcelwatch::model::Audience;
use parcelwatch::reroute::{Link, LinkKey, Links};
use serde_json::{Value, json};

use super::form::Form;
use super::served::{CLIENT, NOWHERE, Served};
use crate::browser::{Browser, Looks};
use crate::http::{Answer, Request};
use crate::support::until;

const PARCEL: &str = "SF1024000000017";

/// How many links are guessed, and by how many at once.
const GUESSES: usize = 1000;
const GUESSERS: usize = 20;

/// A parcel that can be rerouted, and how many records it has left behind until now.
fn served(more: &str) -> Option<(Served, [usize; 5])> {
    let served = Served::start(NOWHERE, NOWHERE, more)?;
    served.let_stall(
        PARCEL,
        &json!({"id": "c-77", "name": "Ann Lee", "phone": "+8613800000000", "email": "ann@example.com", "locale": "en"}),
    );
    served.flow.until("notices.v1", "the stall to be told", |notices| !notices.is_empty());
    until("the page to be there", super::super::PATIENCE, || match served.get(&served.path(PARCEL, 3)).status {
        200 => Ok(()),
        status => Err(format!("it is {status}")),
    });
    let footprint = served.footprint();
    Some((served, footprint))
}

/// Fails if a page tells anything of the parcel or of its recipient.
fn tells_nothing(answer: &Answer) {
    for secret in [PARCEL, "0017", "Hangzhou", "HGH01", "Ann", "0000", "ann@", "LK-0310", "Xujiahui"] {
        assert!(!answer.body.contains(secret), "{secret} is in {} {}", answer.status, answer.body);
    }
    assert!(answer.body.contains("<h1"), "a page that helps: {}", answer.body);
}

/// What can be compared of two answers: all but when they were given.
fn told(answer: &Answer) -> (u16, Vec<(String, String)>, String) {
    let headers = answer.headers.iter().filter(|(name, _)| name != "date").cloned().collect();
    (answer.status, headers, answer.body.clone())
}

#[test]
fn forged_and_expired_links_tell_nothing_and_change_nothing() {
    let Some((served, footprint)) = served("") else { return };
    let genuine = served.path(PARCEL, 3);
    let form = Form::of(&served.get(&genuine));
    let strangers = Links::new("", LinkKey::new("another key, as long as the tests'"));
    let day = Links::day(parcelwatch::model::Timestamp::parse(&super::super::ago(-3 * 24 * 3600)).expect("a time"));
    let forged = strangers.token(PARCEL, Link { journey: 1, audience: Audience::Recipient, day });
    let cut = served.token(PARCEL, 3)[..12].to_owned();

    for token in [forged.as_str(), &cut, "0000000000000", "%2e%2e", "ééééééé", &served.token("SF1024000000099", 3)]
    {
        let token = if token.is_ascii() { token.to_owned() } else { crate::http::encoded(token) };
        let (known, unknown) = (format!("/r/{PARCEL}/{token}"), format!("/r/SF1024000000088/{token}"));
        let answer = served.get(&known);
        assert_eq!(told(&answer), told(&served.get(&unknown)), "whether a parcel exists is not to be seen");
        assert!((400..500).contains(&answer.status), "{token}: {}", answer.status);
        tells_nothing(&answer);
        let posted = served.ask(&form.post(&known, "locker"));
        assert!((400..500).contains(&posted.status), "{token}: {}", posted.status);
        tells_nothing(&posted);
    }
    // Genuine but for their day, and genuine for a journey that never was.
    let revoked = served.links.token(PARCEL, Link { journey: 2, audience: Audience::Recipient, day });
    for path in [served.path(PARCEL, -2), format!("/r/{PARCEL}/{revoked}")] {
        for answer in [served.get(&path), served.ask(&form.post(&path, "locker"))] {
            assert!((400..500).contains(&answer.status), "{path}: {}", answer.status);
            tells_nothing(&answer);
        }
    }
    let Some(browser) = Browser::start(&Looks::narrow()) else { return };
    for path in [format!("/r/{PARCEL}/{cut}"), served.path(PARCEL, -2), format!("/r/{PARCEL}/{revoked}")] {
        browser.open(&format!("http://{}{path}", served.public));
        browser.judge();
    }
    only_the_genuine_choice_counts(&served, footprint);
    served.daemon.stop();
}

#[test]
fn a_thousand_guesses_open_nothing() {
    let Some((served, footprint)) = served("") else { return };
    let guess = |parcel: &str, client: &str, number: usize| {
        // Of the right form and for a day to come: the first three characters are the day.
        let day = &served.token(parcel, 3)[..3];
        let digit = |place: usize| char::from(b"0123456789abcdefghjkmnpqrstvwxyz"[(number >> (place * 3)) & 31]);
        let path = format!("/r/{parcel}/{day}{}", (0..10).map(digit).collect::<String>());
        served.ask(&Request::new("GET", &path).header(CLIENT, client))
    };
    let guess_many = |parcel: &str, client: &str| -> BTreeSet<(u16, String)> {
        let some =
            |guesser: usize| (guesser..GUESSES / 2).step_by(GUESSERS).map(|number| guess(parcel, client, number));
        std::thread::scope(|scope| {
            let guessers: Vec<_> =
                (0..GUESSERS).map(|guesser| scope.spawn(move || some(guesser).collect::<Vec<_>>())).collect();
            let answers = guessers.into_iter().flat_map(|guesser| guesser.join().expect("no panic"));
            answers.inspect(tells_nothing).map(|answer| (answer.status, answer.body)).collect()
        })
    };
    let known = guess_many(PARCEL, "192.0.2.1");
    assert_eq!(known, guess_many("SF1024000000088", "192.0.2.2"), "whether a parcel exists is not to be seen");
    let statuses: Vec<u16> = known.iter().map(|(status, _)| *status).collect();
    assert_eq!(statuses, [404, 429], "who guesses is stopped");
    // Nobody is kept from a link of their own, whoever guesses behind the same address.
    let genuine =
        |client: &str| served.ask(&Request::new("GET", &served.path(PARCEL, 3)).header(CLIENT, client)).status;
    assert_eq!((genuine("192.0.2.1"), genuine("192.0.2.3")), (200, 200));
    assert_eq!(served.footprint(), footprint);
    served.daemon.stop();
}

#[test]
fn what_only_looks_never_chooses() {
    let Some((served, footprint)) = served("") else { return };
    let path = served.path(PARCEL, 3);
    let form = Form::of(&served.get(&path));
    let query = format!(
        "{path}?form={}&revision={}&option={}",
        form.hidden("form"),
        form.hidden("revision"),
        crate::http::encoded(form.option("locker"))
    );
    // As scanners of mails and messengers that show previews do.
    for method in ["GET", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE"] {
        for path in [&path, &query] {
            let answer = served.ask(&Request::new(method, path));
            let expected: &[u16] = if matches!(method, "GET" | "HEAD") { &[200] } else { &[200, 204, 405] };
            assert!(expected.contains(&answer.status), "{method}: {}", answer.status);
            assert!(method != "HEAD" || answer.body.is_empty());
        }
    }
    only_the_genuine_choice_counts(&served, footprint);
    served.daemon.stop();
}

#[test]
fn a_form_that_is_not_from_our_page_chooses_nothing() {
    let Some((served, footprint)) = served("") else { return };
    let path = served.path(PARCEL, 3);
    let form = Form::of(&served.get(&path));
    let of_another_link = served.path(PARCEL, 4);
    let another = Form::of(&served.get(&of_another_link));
    for (what, request) in [
        ("without its token", form.clone().without("form").post(&path, "locker")),
        ("with a token of somebody's invention", form.clone().with("form", "0000000000000").post(&path, "locker")),
        ("with another link's token", another.post(&path, "locker")),
        ("from another site", form.post(&path, "locker").header("origin", "https://evil.example")),
        ("as another site's request", form.post(&path, "locker").header("sec-fetch-site", "cross-site")),
        ("from another site's frame", {
            form.post(&path, "locker").header("origin", "null").header("sec-fetch-site", "cross-site")
        }),
        ("as text, which browsers send across sites without asking", {
            let token = form.hidden("form");
            Request::new("POST", &path).body("text/plain", &format!("form={token}&option={}", form.option("locker")))
        }),
    ] {
        let answer = served.ask(&request);
        assert!((400..500).contains(&answer.status), "{what}: {} {}", answer.status, answer.body);
    }
    only_the_genuine_choice_counts(&served, footprint);
    served.daemon.stop();
}

#[test]
fn a_choice_that_is_posted_twice_or_replayed_is_one_choice() {
    let Some((served, _)) = served("") else { return };
    let path = served.path(PARCEL, 3);
    let request = Form::of(&served.get(&path)).post(&path, "locker");
    std::thread::scope(|scope| {
        for _ in 0..10 {
            scope.spawn(|| {
                let answer = served.ask(&request);
                assert!(answer.status < 500, "{} {}", answer.status, answer.body);
            });
        }
    });
    let choice = served.flow.until("work-orders.v1", "the choice's work", |orders| !orders.is_empty()).remove(0);
    let requested = served.flow.values("reroutes.v1");
    let ids: BTreeSet<_> = requested.iter().map(|record| record["id"].to_string()).collect();
    assert_eq!(ids.len(), 1, "{requested:#?}");
    served.accept(&requested[0]);
    let confirmed = |notices: &[Value]| notices.iter().filter(|notice| notice["kind"] == "choice").count();
    served.flow.until("notices.v1", "the confirmation", |notices| confirmed(notices) > 0);

    // The same request again, from a browser's history say, and the answer again.
    for _ in 0..3 {
        served.ask(&request);
    }
    served.accept(&requested[0]);
    // What is read after them is applied after them.
    served.scan(PARCEL, "departed_hub", 0);
    served.flow.until("conditions.v1", "the stall's end", |changes| {
        changes.iter().any(|change| change["change"] == "cleared")
    });
    assert_eq!(served.flow.values("work-orders.v1"), [choice]);
    assert_eq!(confirmed(&served.flow.values("notices.v1")), 1);

    // After the parcel's end nothing can be chosen.
    served.scan(PARCEL, "delivered", 0);
    until("the page to show the end", super::super::PATIENCE, || {
        let page = served.get(&path);
        if page.body.contains("type=\"radio\"") { Err(page.body) } else { Ok(()) }
    });
    let orders = served.flow.values("work-orders.v1").len();
    served.ask(&request);
    served.flow.until("notices.v1", "nothing more", |notices| confirmed(notices) >= 1);
    assert_eq!(served.flow.values("work-orders.v1").len(), orders);
    served.daemon.stop();
}

/// After all that was tried nothing has changed, and the genuine link still chooses: records are read in their order, so that
/// what was tried before would be seen.
fn only_the_genuine_choice_counts(served: &Served, before: [usize; 5]) {
    assert_eq!(served.footprint(), before);
    let path = served.path(PARCEL, 3);
    let page = served.get(&path);
    assert_eq!(page.status, 200, "{}", page.body);
    let answer =
        served.ask(&Form::of(&page).post(&path, "station").header("origin", &format!("http://{}", served.public)));
    assert!(answer.status < 400, "{} {}", answer.status, answer.body);
    let orders = served.flow.until("work-orders.v1", "the genuine choice's work", |orders| !orders.is_empty());
    assert_eq!((orders.len(), &orders[0]["option"]), (1, &json!("station")));
    let requested = served.flow.values("reroutes.v1");
    assert_eq!(requested.len(), 1, "{requested:#?}");
}
