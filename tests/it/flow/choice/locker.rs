//! From a stalled parcel to a locker: the text, its link in a browser, the choice, its confirmation, the next text.

use serde_json::{Value, json};

use super::served::{ALIYUN_SECRET, NOWHERE, Served};
use crate::browser::{Browser, Looks};
use crate::channel::Server;
use crate::support::shared_data;

/// What the page says in a language.
struct Words {
    locker: &'static str,
    button: &'static str,
    requested: &'static str,
    accepted: &'static str,
}

const EN: Words = Words {
    locker: "Xujiahui metro",
    button: "Send to locker LK-0310, free",
    requested: "We have your choice",
    accepted: "Confirmed",
};

const ZH_CN: Words = Words {
    locker: "徐家汇地铁9号口",
    button: "放到快递柜 LK-0310，免费",
    requested: "已收到您的选择",
    accepted: "已确认",
};

/// Opens the link, chooses the locker, has it accepted, and looks at everything that this leaves behind.
fn choose(served: &Served, parcel: &str, link: &str, looks: &Looks, words: &Words) {
    let Some(browser) = Browser::start(looks) else { return };
    browser.open(link);
    browser.judge();
    assert!(browser.text().contains(words.locker), "{}", browser.text());
    browser.choose(words.locker);
    browser.press(words.button);
    browser.reload_until("the choice to be shown", |text| shows(text, words.requested));
    browser.judge();

    let choice = served.flow.until("reroutes.v1", "the choice", |records| !records.is_empty()).remove(0);
    assert_eq!((&choice["change"], &choice["option"]), (&json!("requested"), &json!("locker")));
    assert_eq!((&choice["detail"]["place"], &choice["fee"]["amount"]), (&json!("LK-0310"), &json!("0.00")));
    let order = served.flow.until("work-orders.v1", "the work order", |orders| !orders.is_empty()).remove(0);
    assert_eq!((&order["change"], &order["reroute_id"]), (&json!("created"), &choice["id"]));
    assert_eq!((&order["detail"]["place"], &order["consent"]), (&json!("LK-0310"), &json!("locker")));

    served.accept(&choice);
    browser.reload_until("the choice to be confirmed", |text| shows(text, words.accepted));
    browser.judge();
    assert!(!browser.text().contains(words.requested), "{}", browser.text());
    assert_eq!(served.flow.values("work-orders.v1").len(), 1, "an answer makes no work");

    // The stall ends with the next scan, and says what was chosen meanwhile.
    served.scan(parcel, "departed_hub", 0);
    let ended = |change: &Value| change["condition"] == "stalled" && change["change"] == "cleared";
    let changes = served.flow.until("conditions.v1", "the stall's end", |changes| changes.iter().any(ended));
    let ended = changes.iter().find(|change| ended(change)).expect("it was just there");
    assert!(ended["choice"].to_string().contains("locker"), "{ended:#}");
}

fn shows(text: &str, words: &str) -> Result<(), String> {
    if text.contains(words) { Ok(()) } else { Err(format!("expected {words:?}")) }
}

/// The notice that tells of the confirmation.
fn confirmation(served: &Served) -> Value {
    let is_it = |notice: &Value| notice["kind"] == "choice" && notice["facts"]["choice"]["change"] == "accepted";
    let notices = served.flow.until("notices.v1", "the confirmation", |notices| notices.iter().any(is_it));
    notices.into_iter().find(is_it).expect("it was just there")
}

#[test]
fn a_link_in_a_text_by_aliyun_leads_to_a_locker_on_a_phone() {
    let Some(aliyun) = Server::start("aliyun.py", &["--secret", ALIYUN_SECRET]) else { return };
    let Some(served) = Served::start(NOWHERE, aliyun.port, "") else { return };
    let parcel = "SF1024000000017";
    served.let_stall(
        parcel,
        &json!({"id": "c-77", "name": "王芳", "phone": "+8613800000000", "locale": "zh-CN", "time_zone": "Asia/Shanghai"}),
    );

    let asked = aliyun.next("question");
    let parameters = template_parameters(&asked);
    let token = parameters.iter().find(|value| served.links.read(parcel, value).is_some());
    let token = token.unwrap_or_else(|| panic!("expected a link's token among {parameters:?}"));
    assert!(parameters.contains(&parcel.to_owned()), "the link's other half is a parameter too: {parameters:?}");
    // The SDK's algorithm has confirmed the signature, or it would not be delivered.
    assert_eq!(served.told(parcel)["outcome"], "delivered");

    let link = format!("http://{}/r/{parcel}/{token}", served.public);
    for looks in [Looks::narrow(), Looks::desktop()] {
        let Some(browser) = Browser::start(&looks) else { return };
        for page in ["", "?lang=en", "?lang=zh-TW"] {
            browser.open(&format!("{link}{page}"));
            browser.judge();
        }
        browser.prefer_dark();
        browser.judge();
    }
    choose(&served, parcel, &link, &Looks::phone(), &ZH_CN);
    assert_eq!(confirmation(&served)["facts"]["choice"]["place"], "LK-0310");
    let asked = aliyun.next("question");
    assert_eq!(asked["parameters"]["PhoneNumbers"], "13800000000");
    assert!(
        template_parameters(&asked).iter().any(|value| value.contains("LK-0310") || value.contains("徐家汇")),
        "{asked:#}"
    );
    let log = served.daemon.log();
    assert!(!log.contains("13800000000") && !log.contains(token.as_str()), "no number and no link is in a log");
    served.daemon.stop();
}

#[test]
fn a_link_in_a_text_by_twilio_leads_to_a_locker_without_javascript() {
    let Some(spec) = shared_data("data/twilio_oai/spec/json/twilio_api_v2010.json") else { return };
    let (spec, prism) = (spec.display().to_string(), crate::support::prism());
    let Some(prism) = prism.map(|prism| prism.display().to_string()) else { return };
    let Some(twilio) = Server::start("twilio_messages.py", &["--spec", &spec, "--prism", &prism]) else { return };
    let Some(served) = Served::start(twilio.port, NOWHERE, "") else { return };
    let parcel = "SF1024000000024";
    served.let_stall(
        parcel,
        &json!({"id": "c-78", "name": "Ann Lee", "phone": "+14155550123", "locale": "en", "time_zone": "America/New_York"}),
    );

    let sent = twilio.next("request");
    assert_eq!(sent["status"], 201, "prism, which has Twilio's own description, takes it: {sent:#}");
    assert_eq!(sent["form"]["To"], "+14155550123");
    let body = sent["form"]["Body"].as_str().expect("a text");
    let link =
        body.split_whitespace().find(|word| word.contains("/r/")).unwrap_or_else(|| panic!("no link in {body:?}"));

    choose(&served, parcel, link, &Looks::phone().without_javascript(), &EN);
    assert_eq!(confirmation(&served)["facts"]["choice"]["place"], "LK-0310");
    let sent = twilio.next("request");
    assert_eq!(sent["status"], 201);
    assert!(
        sent["form"]["Body"].as_str().is_some_and(|body| body.contains("Xujiahui") || body.contains("LK-0310")),
        "{sent:#}"
    );
    served.daemon.stop();
}

fn template_parameters(asked: &Value) -> Vec<String> {
    assert_eq!(asked["operation"], "SendSms", "{asked:#}");
    let parameters = asked["parameters"]["TemplateParam"].as_str().expect("parameters");
    let parameters: serde_json::Map<String, Value> = serde_json::from_str(parameters).expect("parameters are JSON");
    parameters.values().map(|value| value.as_str().unwrap_or_default().to_owned()).collect()
}
