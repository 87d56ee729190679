//! From a scan on Kafka to a mail and a webhook at servers that are not ours.

use serde_json::{Value, json};

use super::{Flow, MERCHANT_SECRET, ago, shipment};
use crate::channel::{Certificates, Server};
use crate::daemon::{Daemon, Settings};

/// A parcel that has lain in a hub for 25 hours.
fn let_one_stall(flow: &Flow) {
    let mut announced = shipment("SF1024000000017");
    announced["ordered_at"] = json!(ago(26 * 3600));
    announced["recipient"] = json!({"id": "c-77", "name": "王芳", "email": "wf@example.com", "locale": "zh-CN",
                                    "time_zone": "Asia/Shanghai"});
    flow.put("shipments.v1", [("SF1024000000017", announced)]);
    let at = ago(25 * 3600);
    let scanned = json!({"parcel_id": "SF1024000000017", "code": "arrived_hub", "hub": "HGH01", "event_time": at,
                         "upload_time": at});
    flow.put("scans.v1", [("SF1024000000017", scanned)]);
}

fn mail(settings: Settings, port: u16, ca: &str) -> Settings {
    settings.with(&format!(
        "[email]\nhost = \"localhost\"\nport = {port}\nca_file = {ca:?}\nfrom = \"顺达 <notice@courier.example>\""
    ))
}

#[test]
fn a_stalled_parcel_makes_a_mail_and_a_verified_webhook() {
    let Some(flow) = Flow::new() else { return };
    let Some(certificates) = Certificates::make() else { return };
    let (cert, key) = (certificates.path("server.pem"), certificates.path("server.key"));
    let Some(relay) = Server::start("smtp.py", &["--tls", "starttls", "--cert", &cert, "--key", &key]) else { return };
    let Some(endpoint) = Server::start("webhook.py", &["--secret", MERCHANT_SECRET]) else { return };
    flow.merchant("M-1", &format!("http://127.0.0.1:{}/hook", endpoint.port));
    let daemon = Daemon::start(&mail(flow.settings(), relay.port, &certificates.path("ca.pem")));
    let_one_stall(&flow);

    let received = relay.next("body");
    assert_eq!(received["to"], json!(["wf@example.com"]));
    assert_eq!(received["tls"], true);
    assert!(received["text"].as_str().is_some_and(|text| text.contains("0017")), "{received:#}");
    let requested = endpoint.next("request");
    assert_eq!(requested["refusal"], Value::Null, "standardwebhooks verifies it");
    let event: Value = serde_json::from_str(requested["body"].as_str().unwrap()).unwrap();
    assert_eq!((&event["specversion"], &event["type"]), (&json!("1.0"), &json!("parcelwatch.notice.stalled")));
    assert_eq!(event["id"], requested["headers"]["webhook-id"]);

    let deliveries = flow.until("deliveries.v1", "both deliveries", |deliveries| {
        deliveries.iter().filter(|delivery| delivery["outcome"] == "delivered").count() == 2
    });
    assert!(!format!("{deliveries:?}").contains("wf@example.com"), "no address is in deliveries");
    assert!(!daemon.log().contains("wf@example.com"), "nor in a log");
    let parcel = daemon.get("/v1/parcels/SF1024000000017").body;
    assert!(parcel.contains("stalled") && !parcel.contains("wf@example.com"), "{parcel}");
    daemon.stop();
}

#[test]
fn a_wrong_secret_and_a_relay_without_tls_are_refused() {
    let Some(flow) = Flow::new() else { return };
    let Some(certificates) = Certificates::make() else { return };
    let Some(relay) = Server::start("smtp.py", &["--tls", "none"]) else { return };
    let other_secret = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
    let Some(endpoint) = Server::start("webhook.py", &["--secret", other_secret]) else { return };
    flow.merchant("M-1", &format!("http://127.0.0.1:{}/hook", endpoint.port));
    let daemon = Daemon::start(&mail(flow.settings(), relay.port, &certificates.path("ca.pem")));
    let_one_stall(&flow);

    assert_ne!(endpoint.next("request")["refusal"], Value::Null, "standardwebhooks refuses it");
    let deliveries = flow.until("deliveries.v1", "an outcome on each channel", |deliveries| {
        ["email", "webhook"].iter().all(|channel| deliveries.iter().any(|d| d["channel"] == *channel))
    });
    assert!(deliveries.iter().all(|delivery| delivery["outcome"] != "delivered"), "{deliveries:#?}");
    daemon.stop();
    let said = relay.finish();
    assert!(!said.iter().any(|event| event == "mail" || event == "body"), "nothing is said in clear: {said:?}");
}
