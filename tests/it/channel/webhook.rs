//! Webhooks to an endpoint that verifies them with the standardwebhooks library.

use std::process::Command;

use parcelwatch::model::{Destination, Message, Receipt, ReportedOutcome};
use serde_json::json;
use tempfile::NamedTempFile;

use super::{Certificates, Outside, Server};

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const OTHER_SECRET: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
/// Spaces and order that a serializer would change: what is verified must be what was handed in.
const BODY: &str = "{ \"specversion\":\"1.0\",  \"id\":\"ntc_1\", \"data\":{\"text\":\"您的包裹\"} }";

/// Loopback and http allowed, as the tests' endpoint needs.
const LOCAL: &str = "[webhook]\nallow_private = [\"127.0.0.0/8\"]\nallow_http = [\"127.0.0.1\", \"localhost\"]\n";

struct Endpoint {
    server: Server,
    secrets: Vec<NamedTempFile>,
}

impl Endpoint {
    /// Verifies with [`SECRET`]; we sign with these.
    fn start(secrets: &[&str], more: &[&str]) -> Option<Endpoint> {
        let mut arguments = vec!["--secret", SECRET];
        arguments.extend(more);
        let server = Server::start("webhook.py", &arguments)?;
        let file = |secret: &&str| {
            let file = NamedTempFile::new().unwrap();
            std::fs::write(file.path(), secret).unwrap();
            file
        };
        Some(Endpoint { server, secrets: secrets.iter().map(file).collect() })
    }

    fn at(&self, scheme_and_host: &str, path: &str) -> Destination {
        Destination::Webhook {
            url: format!("{scheme_and_host}:{}{path}", self.server.port),
            secrets: self.secrets.iter().map(|file| format!("file:{}", file.path().display())).collect(),
        }
    }

    fn send(&self, settings: &str, path: &str) -> Receipt {
        send(&Outside::new(settings), self.at("http://127.0.0.1", path))
    }
}

fn send(outside: &Outside, destination: Destination) -> Receipt {
    outside.send("ntc_1", destination, Message::Json(BODY.to_owned()))
}

fn outcome(receipt: &Receipt) -> (ReportedOutcome, &str) {
    (receipt.outcome, receipt.reason.as_deref().unwrap_or_default())
}

#[test]
fn a_webhook_arrives_as_handed_in_and_is_verified() {
    let Some(endpoint) = Endpoint::start(&[SECRET], &[]) else { return };
    assert_eq!(outcome(&endpoint.send(LOCAL, "/hook?token=t")), (ReportedOutcome::Delivered, ""));
    let request = endpoint.server.next("request");
    assert_eq!((&request["path"], &request["refusal"]), (&json!("/hook?token=t"), &json!(null)));
    assert_eq!(request["body"], BODY);
    let headers = &request["headers"];
    assert_eq!(headers["webhook-id"], "ntc_1");
    assert_eq!(headers["content-type"], "application/cloudevents+json");
    assert!(headers["user-agent"].as_str().is_some_and(|agent| agent.starts_with("parcelwatch/")));
}

#[test]
fn during_a_rotation_either_secret_verifies() {
    for secrets in [[OTHER_SECRET, SECRET], [SECRET, OTHER_SECRET]] {
        let Some(endpoint) = Endpoint::start(&secrets, &[]) else { return };
        assert_eq!(endpoint.send(LOCAL, "/hook").outcome, ReportedOutcome::Delivered);
    }
}

#[test]
fn a_webhook_under_a_wrong_secret_is_refused_by_its_receiver() {
    let Some(endpoint) = Endpoint::start(&[OTHER_SECRET], &[]) else { return };
    assert_eq!(outcome(&endpoint.send(LOCAL, "/hook")), (ReportedOutcome::Retry, "endpoint answered 401"));
    assert_eq!(endpoint.server.next("request")["refusal"], "No matching signature found");
}

#[test]
fn a_redirect_is_not_followed() {
    let Some(endpoint) = Endpoint::start(&[SECRET], &[]) else { return };
    let receipt = endpoint.send(LOCAL, "/redirect");
    assert_eq!(outcome(&receipt), (ReportedOutcome::Retry, "endpoint redirects (302), which is not followed"));
    assert_eq!(endpoint.server.finish(), ["request"]);
}

#[test]
fn a_gone_endpoint_is_reported_as_gone() {
    let Some(endpoint) = Endpoint::start(&[SECRET], &[]) else { return };
    let receipt = endpoint.send(LOCAL, "/status/410");
    assert_eq!((receipt.outcome, receipt.endpoint_gone), (ReportedOutcome::Refused, true));
}

#[test]
fn an_endpoint_that_asks_to_wait_is_heard_and_one_in_trouble_may_have_taken_it() {
    let Some(endpoint) = Endpoint::start(&[SECRET], &[]) else { return };
    for (path, outcome, after) in [
        ("/status/429?retry-after=7", ReportedOutcome::Retry, Some(7_000)),
        ("/status/503?retry-after=7", ReportedOutcome::Retry, Some(7_000)),
        ("/status/502?retry-after=7", ReportedOutcome::Unknown, Some(7_000)),
        ("/status/500?retry-after=7", ReportedOutcome::Unknown, None),
        ("/status/503", ReportedOutcome::Unknown, None),
        ("/status/403", ReportedOutcome::Retry, None),
    ] {
        let receipt = endpoint.send(LOCAL, path);
        assert_eq!((receipt.outcome, receipt.retry_after_ms), (outcome, after), "{path}");
    }
}

#[test]
fn no_answer_leaves_the_outcome_unknown() {
    let Some(endpoint) = Endpoint::start(&[SECRET], &[]) else { return };
    let quick = format!("{LOCAL}timeout = \"2s\"\nconnect_timeout = \"1s\"");
    for (path, reason) in
        [("/silent", "endpoint did not answer in time"), ("/cut", "connection to the endpoint lost before its answer")]
    {
        assert_eq!(outcome(&endpoint.send(&quick, path)), (ReportedOutcome::Unknown, reason), "{path}");
        // It did have the request: this is why nobody may say that it did not arrive.
        assert_eq!(endpoint.server.next("request")["refusal"], json!(null));
    }
}

#[test]
fn an_endless_answer_is_not_read_to_its_end() {
    let Some(endpoint) = Endpoint::start(&[SECRET], &[]) else { return };
    let outside = Outside::new(LOCAL);
    let receipt = send(&outside, endpoint.at("http://127.0.0.1", "/endless"));
    assert_eq!(receipt.outcome, ReportedOutcome::Delivered);
    endpoint.server.next("hung up");
}

#[test]
fn an_endpoint_that_nobody_serves_is_a_retry() {
    let Some(endpoint) = Endpoint::start(&[SECRET], &[]) else { return };
    let destination = endpoint.at("http://127.0.0.1", "/hook");
    endpoint.server.finish();
    let receipt = send(&Outside::new(LOCAL), destination);
    assert_eq!(outcome(&receipt), (ReportedOutcome::Retry, "cannot connect to the endpoint"));
}

#[test]
fn a_name_that_does_not_exist_is_a_retry() {
    // RFC 6761: `invalid` never resolves.
    let Some(endpoint) = Endpoint::start(&[SECRET], &[]) else { return };
    let receipt = send(&Outside::new(LOCAL), endpoint.at("https://shop.invalid", "/hook"));
    assert_eq!(outcome(&receipt), (ReportedOutcome::Retry, "cannot connect to the endpoint"));
}

#[test]
fn a_private_address_is_refused_unless_allowed() {
    let Some(endpoint) = Endpoint::start(&[SECRET], &[]) else { return };
    let http = "[webhook]\nallow_http = [\"127.0.0.1\", \"localhost\"]";
    let elsewhere = format!("{http}\nallow_private = [\"10.0.0.0/8\"]");
    let refused = "the endpoint's address is not public and not in webhook.allow_private";
    for host in ["http://127.0.0.1", "http://localhost"] {
        for settings in [http, &elsewhere] {
            let receipt = send(&Outside::new(settings), endpoint.at(host, "/hook"));
            assert_eq!(outcome(&receipt), (ReportedOutcome::Refused, refused), "{host}");
        }
        let receipt = send(&Outside::new(LOCAL), endpoint.at(host, "/hook"));
        assert_eq!(receipt.outcome, ReportedOutcome::Delivered, "{host}");
    }
    assert_eq!(endpoint.server.finish(), ["request", "request"]);
}

#[test]
fn a_proxy_of_the_environment_is_not_used() {
    let proxied = "channel::webhook::a_webhook_arrives_as_handed_in_and_is_verified";
    let mut again = Command::new(std::env::current_exe().unwrap());
    again.args(["--exact", proxied]).env_remove("NO_PROXY").env_remove("no_proxy");
    for variable in ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"] {
        // Nobody listens on port 1: a webhook that went there would not arrive.
        again.env(variable, "http://127.0.0.1:1");
    }
    let output = again.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

#[test]
fn http_is_refused_unless_allowed() {
    let Some(endpoint) = Endpoint::start(&[SECRET], &[]) else { return };
    let receipt = endpoint.send("[webhook]\nallow_private = [\"127.0.0.0/8\"]", "/hook");
    let refused = "the endpoint's URL is http and its host not in webhook.allow_http";
    assert_eq!(outcome(&receipt), (ReportedOutcome::Refused, refused));
    assert!(endpoint.server.finish().is_empty());
}

#[test]
fn https_is_believed_only_under_a_trusted_authority() {
    let (Some(certificates), Some(strangers)) = (Certificates::make(), Certificates::make()) else { return };
    let (cert, key) = (certificates.path("server.pem"), certificates.path("server.key"));
    let Some(endpoint) = Endpoint::start(&[SECRET], &["--cert", &cert, "--key", &key]) else { return };
    let trusting = |path: &str| {
        let settings = format!("[webhook]\nallow_private = [\"127.0.0.0/8\"]\nca_file = \"{path}\"");
        send(&Outside::new(&settings), endpoint.at("https://localhost", "/hook"))
    };
    for path in [strangers.path("ca.pem"), String::new()] {
        assert_eq!(outcome(&trusting(&path)), (ReportedOutcome::Retry, "cannot connect to the endpoint"));
    }
    assert_eq!(trusting(&certificates.path("ca.pem")).outcome, ReportedOutcome::Delivered);
    assert_eq!(endpoint.server.finish(), ["request"]);
}
