//! A channel that is dead and one that is slow, both with full queues, while scans go on: deciding and the third channel do not notice, the
//! queues show it, and once the dead one is back everybody has been told once.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Flow, MERCHANT_SECRET, PATIENCE, ago, scan};
use crate::channel::Server;
use crate::daemon::{Daemon, Settings};
use crate::http::Request;
use crate::support::until;

const ACCOUNT: &str = "AC0123456789abcdef0123456789ABCDEF";
const TOKEN: &str = "0123456789abcdef0123456789abcdef";

/// How many may wait for the dead and for the slow channel, and how many may run at once.
const QUEUE: usize = 5;
const CONCURRENCY: usize = 2;

/// Parcels before the queues are full, and after. More than queues and concurrency together; each is a notice by the dead channel and one
/// by another.
const BEFORE: usize = 40;
const AFTER: usize = 20;

/// The first lines belong to `[webhook]`, with which a flow's settings end.
fn settings(flow: &Flow, relay: &Server, twilio: &Server) -> Settings {
    flow.settings().variable("PARCELWATCH_TEST_TWILIO_TOKEN", TOKEN).with(&format!(
        "queue = {QUEUE}\nconcurrency = {CONCURRENCY}\n\
         [email]\nhost = \"127.0.0.1\"\nport = {}\ntls = \"none\"\nfrom = \"notice@courier.example\"\nqueue = {QUEUE}\nconcurrency = 1\n\
         [sms]\nallow_http = [\"127.0.0.1\"]\n[sms.twilio]\naccount_sid = \"{ACCOUNT}\"\n\
         auth_token = \"env:PARCELWATCH_TEST_TWILIO_TOKEN\"\nfrom = \"+14155552346\"\napi = \"http://127.0.0.1:{}\"\n\
         [notify.sms_providers]\n\"+\" = \"twilio\"\n\
         [notify.webhook]\nretries = [\"1s\"]\nunknown_max = 200\n[notify.email]\nretries = [\"1s\"]",
        relay.port, twilio.port
    ))
}

/// Damaged parcels: their merchant is told by webhook, every second recipient by mail, the others by text.
fn damage(flow: &Flow, parcels: std::ops::Range<usize>) {
    let id = |n: usize| format!("Q{n:04}");
    let recipient = |n: usize| match n % 2 {
        0 => json!({"id": format!("c-{n}"), "email": format!("c{n}@example.com"), "locale": "en"}),
        _ => json!({"id": format!("c-{n}"), "phone": format!("+1415555{n:04}"), "locale": "en"}),
    };
    let ids: Vec<(usize, String)> = parcels.map(|n| (n, id(n))).collect();
    let shipment = |n: usize, id: &str| json!({"parcel_id": id, "merchant": "M-1", "service": "inter-city", "ordered_at": ago(3600), "recipient": recipient(n)});
    flow.put("shipments.v1", ids.iter().map(|(n, id)| (id.as_str(), shipment(*n, id))));
    flow.put("scans.v1", ids.iter().map(|(_, id)| (id.as_str(), scan(id, "damaged"))));
}

fn delivered(deliveries: &[Value], channel: &str) -> usize {
    deliveries.iter().filter(|one| one["channel"] == channel && one["outcome"] == "delivered").count()
}

/// How often each notice arrived, by what its server says.
fn arrived(server: Server, event: &str, id: impl Fn(&Value) -> String) -> BTreeMap<String, usize> {
    let mut arrived = BTreeMap::new();
    for said in server.finish_with_events().iter().filter(|said| said["event"] == event) {
        *arrived.entry(id(said)).or_default() += 1;
    }
    arrived
}

#[test]
fn beside_a_dead_and_a_slow_channel_deciding_and_the_other_channel_go_on() {
    let Some(flow) = Flow::new() else { return };
    let Some(endpoint) = Server::start("webhook.py", &["--secret", MERCHANT_SECRET]) else { return };
    let Some(relay) = Server::start("smtp.py", &["--slow", "0.3"]) else { return };
    let Some(twilio) = Server::start("twilio_messages.py", &["--account", ACCOUNT, "--login", TOKEN]) else { return };
    let address = format!("127.0.0.1:{}", endpoint.port);
    flow.merchant("M-1", &format!("http://{address}/dead"));
    let daemon = Daemon::start(&settings(&flow, &relay, &twilio));

    damage(&flow, 0..BEFORE);
    let waiting = |channel: &str| daemon.metric("parcelwatch_attempts_waiting", &[channel]);
    for channel in ["webhook", "email"] {
        until(&format!("the queue of {channel} to be full"), PATIENCE, || match waiting(channel) {
            full if full == QUEUE as f64 => Ok(()),
            found => Err(found),
        });
    }
    let running = daemon.metric("parcelwatch_attempts_running", &["webhook"]);
    assert!(running <= CONCURRENCY as f64, "{running}");

    // What is scanned now is decided, and told by the channel that works.
    damage(&flow, BEFORE..BEFORE + AFTER);
    let texts = (BEFORE + AFTER) / 2;
    let deliveries = flow.until("deliveries.v1", "every text", |all| delivered(all, "sms") == texts);
    assert_eq!(delivered(&deliveries, "webhook"), 0, "the endpoint is still dead");
    assert!(deliveries.iter().any(|one| one["channel"] == "webhook" && one["reason"] == "queue full"));
    let opened = flow.values("conditions.v1");
    assert_eq!(opened.iter().filter(|change| change["condition"] == "damaged").count(), BEFORE + AFTER);
    until("what waits for the dead channel to be shown", PATIENCE, || {
        match daemon.metric("parcelwatch_threads_open", &[]) {
            open if open >= (BEFORE + AFTER) as f64 => Ok(()),
            found => Err(found),
        }
    });

    assert_eq!(Request::new("POST", "/revive").send(&address).expect("an answer").status, 200);
    let all = (BEFORE + AFTER, texts);
    flow.until("deliveries.v1", "everything", |found| (delivered(found, "webhook"), delivered(found, "email")) == all);
    daemon.stop();
    let hooks = arrived(endpoint, "request", |said| said["headers"]["webhook-id"].to_string());
    let mails = arrived(relay, "body", |said| said["headers"]["message-id"].to_string());
    let texted = arrived(twilio, "request", |said| said["form"]["To"].to_string());
    assert_eq!((hooks.len(), mails.len(), texted.len()), (BEFORE + AFTER, texts, texts));
    for (id, times) in hooks.iter().chain(&mails).chain(&texted) {
        assert_eq!(*times, 1, "{id}");
    }
}
