//! A courier with a public page: a daemon with offers, links and both providers of texts.

use parcelwatch::model::{Audience, Timestamp};
use parcelwatch::reroute::{Link, LinkKey, Links};
use serde_json::{Value, json};

use super::super::{Flow, ago, shipment};
use crate::daemon::{Daemon, Settings};
use crate::http::{Answer, Request};

/// What links are signed under.
const LINK_KEY: &str = "a link key of the tests, 32 chars";
/// What Twilio signs its callbacks with.
pub const TWILIO_TOKEN: &str = "a token of the tests";
/// Of Aliyun's access key.
pub const ALIYUN_SECRET: &str = "a secret of the tests";
/// Part of the address that Aliyun pushes to.
pub const PUSH_SECRET: &str = "a-secret-in-a-path-0001";

/// In which a client is named: tests' requests all come from one address.
pub const CLIENT: &str = "x-forwarded-for";

/// Nobody listens there: what goes there is attempted, and fails.
pub const NOWHERE: u16 = 1;

/// Free and paid, near and far, so that a page has something to choose from at any hour.
const OFFERS: &str = r#"
currency = "CNY"
[[areas]]
prefix = "3101"
time_zone = "Asia/Shanghai"
tour = "08:00-20:00"
slots = ["09:00-13:00", "14:00-18:00"]
days_ahead = 2
[[places]]
id = "LK-0310"
kind = "locker"
areas = ["310104"]
name = { en = "Xujiahui metro, exit 9", zh-CN = "徐家汇地铁9号口", zh-TW = "徐家匯地鐵9號口" }
address = "华山路2068号"
hours = "00:00-24:00"
max_days = 2
[[places]]
id = "ST-0021"
kind = "station"
areas = ["310104"]
name = { en = "Tianping Road", zh-CN = "天平路驿站", zh-TW = "天平路驛站" }
hours = "09:00-21:00"
fee = "2.00"
[options.reschedule]
fee = "0.00"
cut_off = "2h"
[options.locker]
fee = "0.00"
cut_off = "2h"
[options.station]
fee = "0.00"
cut_off = "2h"
"#;

/// A running daemon and what a test needs beside it.
pub struct Served {
    pub flow: Flow,
    pub links: Links,
    /// Where pages are and callbacks go: `127.0.0.1:PORT`.
    pub public: String,
    pub daemon: Daemon,
}

impl Served {
    /// Starts it, with the providers of texts on these ports and more settings; none where brokers cannot be run.
    pub fn start(twilio: u16, aliyun: u16, more: &str) -> Option<Served> {
        let flow = Flow::new()?;
        let settings = settings(&flow, twilio, aliyun).with(more);
        let public = settings.public().to_owned();
        let links = Links::new(&format!("http://{public}"), LinkKey::new(LINK_KEY));
        let daemon = Daemon::start(&settings);
        Some(Served { flow, links, public, daemon })
    }

    /// Lets a parcel of this person lie in a hub for 25 hours, so that it is told.
    pub fn let_stall(&self, parcel: &str, recipient: &Value) {
        let mut announced = shipment(parcel);
        announced["ordered_at"] = json!(ago(26 * 3600));
        // Not so long ago that it counts as never handed over until its scan is read.
        announced["shipped_at"] = json!(ago(3600));
        announced["promise"] = json!(ago(-48 * 3600));
        announced["destination"] = json!({"hub": "SHA02", "area": "310104"});
        announced["recipient"] = recipient.clone();
        self.flow.put("shipments.v1", [(parcel, announced)]);
        self.scan(parcel, "arrived_hub", 25 * 3600);
    }

    /// A scan of so many seconds ago.
    pub fn scan(&self, parcel: &str, code: &str, seconds: i64) {
        let at = ago(seconds);
        let scan = json!({"parcel_id": parcel, "code": code, "hub": "HGH01", "event_time": at, "upload_time": at});
        self.flow.put("scans.v1", [(parcel, scan)]);
    }

    /// Waits until somebody was told of this parcel; gives the delivery.
    pub fn told(&self, parcel: &str) -> Value {
        let is_it = |delivery: &Value| delivery["parcel_id"] == parcel && delivery["decision"] == "sent";
        let deliveries = self.flow.until("deliveries.v1", "somebody to be told", |all| all.iter().any(is_it));
        deliveries.into_iter().find(is_it).expect("it was just there")
    }

    /// The token of the recipient's link, so many days from today.
    pub fn token(&self, parcel: &str, days: i64) -> String {
        let at = Timestamp::parse(&ago(-days * 24 * 3600)).expect("a time");
        self.links.token(parcel, Link { journey: 1, audience: Audience::Recipient, day: Links::day(at) })
    }

    /// The path of that link.
    pub fn path(&self, parcel: &str, days: i64) -> String {
        format!("/r/{parcel}/{}", self.token(parcel, days))
    }

    /// What the public listener answers.
    pub fn ask(&self, request: &Request) -> Answer {
        request.send(&self.public).unwrap_or_else(|error| panic!("{request:?}: {error}\n{}", self.daemon.log()))
    }

    pub fn get(&self, path: &str) -> Answer {
        self.ask(&Request::new("GET", path))
    }

    /// How many records there are of what somebody chose, of work, of parcels' conditions, of notices and of preferences.
    pub fn footprint(&self) -> [usize; 5] {
        ["reroutes.v1", "work-orders.v1", "conditions.v1", "notices.v1", "preferences.v1"]
            .map(|topic| self.flow.values(topic).len())
    }

    /// Answers a choice as the system does that executes it.
    pub fn accept(&self, choice: &Value) {
        let parcel = choice["parcel_id"].as_str().expect("a parcel");
        let answer = json!({"id": choice["id"], "parcel_id": parcel, "journey": choice["journey"], "change": "accepted",
            "option": choice["option"], "at": ago(0), "by": "hub HGH01"});
        self.flow.put("reroutes.v1", [(parcel, answer)]);
    }
}

fn settings(flow: &Flow, twilio: u16, aliyun: u16) -> Settings {
    let settings = flow.settings().with_public(&format!("client_ip_header = {CLIENT:?}"));
    let base = format!("http://{}", settings.public());
    let offers = settings.folder().join("offers.toml");
    std::fs::write(&offers, OFFERS).expect("the test's folder is writable");
    settings
        .variable("PARCELWATCH_TEST_LINK_KEY", LINK_KEY)
        .variable("PARCELWATCH_TEST_TWILIO", TWILIO_TOKEN)
        .variable("PARCELWATCH_TEST_ALIYUN", ALIYUN_SECRET)
        .variable("PARCELWATCH_TEST_PUSH", PUSH_SECRET)
        .with(&format!(
            r#"
[reroute]
base_url = "{base}"
link_key = "env:PARCELWATCH_TEST_LINK_KEY"
offers = {offers:?}
[sms]
callback_url = "{base}"
allow_http = ["127.0.0.1"]
connect_timeout = "2s"
timeout = "8s"
[sms.twilio]
account_sid = "AC00000000000000000000000000000000"
auth_token = "env:PARCELWATCH_TEST_TWILIO"
from = "+14155550100"
api = "http://127.0.0.1:{twilio}"
[sms.aliyun]
access_key_id = "LTAI-test"
access_key_secret = "env:PARCELWATCH_TEST_ALIYUN"
sign_name = "顺达"
api = "http://127.0.0.1:{aliyun}"
look_up_again = "1s"
callback_secret = "env:PARCELWATCH_TEST_PUSH"
[notify.sms_providers]
"+86" = "aliyun"
"+" = "twilio"
[notify.sms_signs]
zh-CN = "顺达"
[notify.sms_codes]
"stalled.zh-CN" = "SMS_1"
"stalled.2.zh-CN" = "SMS_2"
"stalled.3.zh-CN" = "SMS_3"
"choice.zh-CN" = "SMS_4"
[notify.hub_names]
HGH01 = "Hangzhou"
"#,
        ))
}
