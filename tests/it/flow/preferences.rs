//! Opt-outs through Apache Kafka: each way stops the next notice, a restart forgets none of them, and the compacted topic says what
//! the notifier goes by.

use serde_json::{Value, json};

use super::{Flow, ago};
use crate::channel::Server;
use crate::daemon::{Daemon, Settings};

/// A notice to a person who has mail, as the tracker would issue it.
fn notice(id: &str, person: &str) -> Value {
    json!({"id": id, "change": "issued", "parcel_id": format!("SF-{id}"), "journey": 1, "kind": "stalled", "episode": 1,
           "level": "warn", "revision": 1, "audience": "recipient", "merchant": "M-1", "severity": "warn", "at": ago(0),
           "recipient": {"email": format!("{person}@example.com"), "locale": "en"},
           "expires": ago(-24 * 3600), "facts": {"stage": "arrived_hub"}})
}

fn tell(flow: &Flow, id: &str, person: &str) {
    flow.put("notices.v1", [(key(person).as_str(), notice(id, person))]);
}

fn key(person: &str) -> String {
    format!("p:{person}")
}

/// What was decided about a notice, once that is on record.
fn decided(flow: &Flow, id: &str) -> (Value, Value) {
    let is_its = |delivery: &&Value| delivery["notice_id"] == id;
    let deliveries = flow.until("deliveries.v1", id, |deliveries| deliveries.iter().any(|d| is_its(&d)));
    let last = deliveries.iter().rfind(is_its).expect("it was waited for");
    let why = if last["outcome"].is_null() { &last["reason"] } else { &last["outcome"] };
    (last["decision"].clone(), why.clone())
}

fn settings(flow: &Flow, relay: &Server) -> Settings {
    flow.settings().with(&format!(
        "[email]\nhost = \"localhost\"\nport = {}\ntls = \"none\"\nfrom = \"notice@courier.example\"",
        relay.port
    ))
}

#[test]
fn an_opt_out_by_each_way_stops_the_next_notice_and_outlives_a_restart() {
    let Some(flow) = Flow::new() else { return };
    let Some(relay) = Server::start("smtp.py", &[]) else { return };
    let settings = settings(&flow, &relay);
    let told = (json!("sent"), json!("delivered"));
    let stopped = (json!("suppressed"), json!("opted out"));

    let daemon = Daemon::start(&settings);
    for person in ["replies", "chooses", "stays"] {
        tell(&flow, &format!("ntc_1{person}"), person);
        assert_eq!(decided(&flow, &format!("ntc_1{person}")), told, "{person}");
    }
    // A word in a reply, or one click in a mail.
    let reply = json!({"recipient_key": key("replies"), "kind": "reply", "channel": "email", "change": "opt_out", "at": ago(0)});
    flow.put("receipts.v1", [(key("replies").as_str(), reply)]);
    let written = flow.until("preferences.v1", "the changed preference", |found| !found.is_empty());
    assert_eq!((&written[0]["recipient_key"], &written[0]["opt_out"]), (&json!("p:replies"), &json!(["email"])));
    // The page behind the link.
    let choice = json!({"recipient_key": key("chooses"), "opt_out": ["email", "sms"], "at": ago(0)});
    flow.put("preferences.v1", [(key("chooses").as_str(), choice)]);

    let next = |round: u32| {
        for (person, expected) in [("replies", &stopped), ("chooses", &stopped), ("stays", &told)] {
            let id = format!("ntc_{round}{person}");
            tell(&flow, &id, person);
            assert_eq!(decided(&flow, &id), *expected, "{id}");
        }
    };
    next(2);
    daemon.stop();

    let daemon = Daemon::start(&settings);
    next(3);
    let opted_in =
        json!({"recipient_key": key("replies"), "kind": "reply", "channel": "email", "change": "opt_in", "at": ago(0)});
    flow.put("receipts.v1", [(key("replies").as_str(), opted_in)]);
    flow.until("preferences.v1", "the opt-in", |found| found.last().is_some_and(|last| last["opt_out"] == json!([])));
    tell(&flow, "ntc_5replies", "replies");
    assert_eq!(decided(&flow, "ntc_5replies"), told);
    daemon.stop();

    let of_replies = |value: &&Value| value["recipient_key"] == "p:replies";
    let records = flow.values("preferences.v1");
    assert_eq!(
        records.iter().filter(of_replies).count(),
        2,
        "one record a change, whoever reads it again: {records:#?}"
    );
    let mails = relay.finish().into_iter().filter(|event| event == "body").count();
    assert_eq!(mails, 6, "three first ones, two to who stays, one after the opt-in");
}
