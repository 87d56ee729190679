//! Where notices arrive: one endpoint for the webhooks of every merchant and of customer service, one relay for all mail.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Flow, MERCHANT_SECRET};
use crate::channel::Server;
use crate::daemon::Settings;

/// Running servers.
pub struct Ends {
    endpoint: Server,
    relay: Server,
}

impl Ends {
    /// None where servers cannot be run; that has been said.
    pub fn start() -> Option<Ends> {
        let endpoint = Server::start("webhook.py", &["--secret", MERCHANT_SECRET])?;
        Some(Ends { endpoint, relay: Server::start("smtp.py", &["--tls", "none"])? })
    }

    /// The endpoint's URL.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/hook", self.endpoint.port)
    }

    /// Registers merchants `M-0`, `M-1`, ... whose webhooks arrive here.
    pub fn register(&self, flow: &Flow, merchants: usize) {
        for n in 0..merchants {
            flow.merchant(&format!("M-{n}"), &self.url());
        }
    }

    /// Settings under which mail and whatever customer service and hubs are told arrives here.
    pub fn settings(&self, flow: &Flow) -> Settings {
        let secret = "env:PARCELWATCH_TEST_MERCHANT_SECRET";
        let webhook = format!("webhook = {{ url = {:?}, secrets = [{secret:?}] }}", self.url());
        flow.settings().with(&format!(
            "[email]\nhost = \"127.0.0.1\"\nport = {}\ntls = \"none\"\nfrom = \"notice@courier.example\"\n\
             [contact.service]\n{webhook}\n[contact.hub.default]\n{webhook}",
            self.relay.port
        ))
    }

    /// Ends the servers; how often each notice arrived, by its id.
    pub fn received(self) -> BTreeMap<String, usize> {
        let mut received = BTreeMap::new();
        for event in self.endpoint.finish_with_events() {
            if event["event"] == "request" {
                assert_eq!(event["refusal"], Value::Null, "the signature is right: {event:#}");
                *received.entry(text(&event["headers"]["webhook-id"]).to_owned()).or_default() += 1;
            }
        }
        for event in self.relay.finish_with_events() {
            if event["event"] == "body" {
                let id = text(&event["headers"]["message-id"]).trim_start_matches('<');
                *received.entry(id.split('@').next().unwrap_or_default().to_owned()).or_default() += 1;
            }
        }
        received
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("expected a text, found {value}"))
}
