//! Whoever says stop is told no more, by whichever way it is said; and only who may say so is believed.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha1::Sha1;

use super::served::{ALIYUN_SECRET, NOWHERE, PUSH_SECRET, Served, TWILIO_TOKEN};
use crate::browser::{Browser, Looks};
use crate::channel::Server;
use crate::http::Request;

const FIRST: &str = "SF1024000000031";
const NEXT: &str = "SF1024000000048";

/// Lets another parcel of the same person stall, and waits until that is suppressed for the one reason.
fn is_told_no_more(served: &Served, person: &Value) {
    served.let_stall(NEXT, person);
    let of_next = |delivery: &&Value| {
        delivery["parcel_id"] == NEXT && delivery["recipient_key"].as_str().is_some_and(|key| key.starts_with("p:"))
    };
    let deliveries = served
        .flow
        .until("deliveries.v1", "what becomes of the next notice", |all| all.iter().any(|one| of_next(&one)));
    let next: Vec<_> = deliveries.iter().filter(of_next).collect();
    assert!(next.iter().all(|one| one["decision"] == "suppressed" && one["reason"] == "opted out"), "{next:#?}");
    let known = served.flow.values("preferences.v1");
    assert!(!known.is_empty(), "what somebody wants is written down");
    assert!(!format!("{known:?}").contains("+86") && !format!("{known:?}").contains('@'), "by a keyed hash: {known:?}");
}

/// Lets a parcel of a person stall who has said nothing: they are told.
fn somebody_else_is_told(served: &Served, person: &Value) {
    let parcel = "SF1024000000055";
    served.let_stall(parcel, person);
    served.told(parcel);
}

#[test]
fn one_click_in_a_mail_stops_the_next_one() {
    let Some(relay) = Server::start("smtp.py", &[]) else { return };
    let email = format!(
        "[email]\nhost = \"127.0.0.1\"\nport = {}\ntls = \"none\"\nfrom = \"notice@courier.example\"",
        relay.port
    );
    let Some(served) = Served::start(NOWHERE, NOWHERE, &email) else { return };
    let ann = json!({"id": "c-1", "email": "ann@example.com", "locale": "en"});
    served.let_stall(FIRST, &ann);
    let mail = relay.next("body");
    let headers = &mail["headers"];
    assert_eq!(headers["list-unsubscribe-post"], "List-Unsubscribe=One-Click", "{headers:#}");
    let url = headers["list-unsubscribe"].as_str().expect("a link").trim_matches(['<', '>']).to_owned();
    let path = url.strip_prefix(&format!("http://{}", served.public)).expect("a link to our page");

    // A scanner that follows links opens a page and ends nothing, nor does who changes somebody else's link.
    assert_eq!(served.get(path).status, 200);
    let forged = format!("{}0000000000000", &path[..path.len() - 13]);
    let click = |path: &str| served.ask(&Request::new("POST", path).form(&[("List-Unsubscribe", "One-Click")])).status;
    assert!((400..500).contains(&click(&forged)));
    assert!(served.flow.values("preferences.v1").is_empty());
    // The mail program's own servers post, without cookies, without a form of ours.
    assert_eq!(click(path), 200);
    served
        .flow
        .until("preferences.v1", "the preference", |known| known.iter().any(|one| one["opt_out"] == json!(["email"])));

    is_told_no_more(&served, &ann);
    somebody_else_is_told(&served, &json!({"id": "c-2", "email": "bob@example.com", "locale": "en"}));
    assert_eq!(relay.next("body")["to"], json!(["bob@example.com"]), "and no mail to Ann came before it");
    served.daemon.stop();
}

#[test]
fn the_preferences_page_stops_the_next_text() {
    let Some(aliyun) = Server::start("aliyun.py", &["--secret", ALIYUN_SECRET]) else { return };
    let Some(served) = Served::start(NOWHERE, aliyun.port, "") else { return };
    let person = json!({"id": "c-77", "phone": "+8613800000000", "locale": "zh-CN", "time_zone": "Asia/Shanghai"});
    served.let_stall(FIRST, &person);
    served.told(FIRST);
    let Some(browser) = Browser::start(&Looks::phone().without_javascript()) else { return };
    browser.open(&format!("http://{}{}", served.public, served.path(FIRST, 3)));
    browser.press("通知方式");
    browser.judge();
    assert!(browser.is_chosen("短信"));
    browser.choose("短信");
    browser.press("保存");
    assert!(browser.text().contains("已保存"), "{}", browser.text());
    assert!(!browser.is_chosen("短信"));
    served
        .flow
        .until("preferences.v1", "the preference", |known| known.iter().any(|one| one["opt_out"] == json!(["sms"])));
    is_told_no_more(&served, &person);
    served.daemon.stop();
}

#[test]
fn a_reply_to_twilio_stops_the_next_text() {
    let Some(served) = Served::start(NOWHERE, NOWHERE, "") else { return };
    let person = json!({"id": "c-78", "phone": "+14155550123", "locale": "en"});
    let reply = |body: &str, token: &str| {
        let form = [
            ("Body", body),
            ("From", "+14155550123"),
            ("MessageSid", "SM00000000000000000000000000000001"),
            ("To", "+14155550100"),
        ];
        let signature = twilio_signature(&format!("http://{}/callbacks/twilio/message", served.public), &form, token);
        served.ask(
            &Request::new("POST", "/callbacks/twilio/message").form(&form).header("x-twilio-signature", &signature),
        )
    };
    // Somebody else's word, and words that ask for nothing.
    assert_eq!(reply("STOP", "a token of somebody else").status, 403);
    assert_eq!(reply("Please stop by at the neighbour's", TWILIO_TOKEN).status, 200);
    served.let_stall(FIRST, &person);
    served.told(FIRST);
    assert!(served.flow.values("preferences.v1").is_empty());

    assert_eq!(reply(" stop ", TWILIO_TOKEN).status, 200);
    served
        .flow
        .until("preferences.v1", "the preference", |known| known.iter().any(|one| one["opt_out"] == json!(["sms"])));
    is_told_no_more(&served, &person);
    // And back again.
    assert_eq!(reply("START", TWILIO_TOKEN).status, 200);
    served
        .flow
        .until("preferences.v1", "the way back", |known| known.last().is_some_and(|one| one["opt_out"] == json!([])));
    somebody_else_is_told(&served, &person);
    served.daemon.stop();
}

#[test]
fn a_reply_that_aliyun_pushes_stops_the_next_text() {
    let Some(aliyun) = Server::start("aliyun.py", &["--secret", ALIYUN_SECRET]) else { return };
    let Some(served) = Served::start(NOWHERE, aliyun.port, "") else { return };
    let person = json!({"id": "c-77", "phone": "+8613800000000", "locale": "zh-CN", "time_zone": "Asia/Shanghai"});
    served.let_stall(FIRST, &person);
    served.told(FIRST);
    let push = |secret: &str| {
        let said = json!([{"phone_number": "13800000000", "content": "T", "send_time": beijing_time(), "sign_name": "顺达",
            "dest_code": "000000", "sequence_id": 1}]);
        served.ask(&Request::new("POST", &format!("/callbacks/aliyun/{secret}/up")).json(&said))
    };
    assert_eq!(push("a-secret-of-somebody-else").status, 404);
    assert!(served.flow.values("preferences.v1").is_empty());
    let answer = push(PUSH_SECRET);
    assert_eq!((answer.status, &answer.json()["code"]), (200, &json!(0)), "or it would be pushed again");
    served
        .flow
        .until("preferences.v1", "the preference", |known| known.iter().any(|one| one["opt_out"] == json!(["sms"])));
    is_told_no_more(&served, &person);
    served.daemon.stop();
}

/// As Twilio describes it: HMAC-SHA1 of the URL and of names and values in the order of names. That our reading agrees with
/// Twilio's own library is shown beside the channel.
pub fn twilio_signature(url: &str, form: &[(&str, &str)], token: &str) -> String {
    let mut form = form.to_vec();
    form.sort_unstable();
    let mut mac = Hmac::<Sha1>::new_from_slice(token.as_bytes()).expect("HMAC takes a key of any length");
    mac.update(url.as_bytes());
    for (name, value) in form {
        mac.update(name.as_bytes());
        mac.update(value.as_bytes());
    }
    STANDARD.encode(mac.finalize().into_bytes())
}

/// This moment as Aliyun writes it.
pub fn beijing_time() -> String {
    (chrono::Utc::now() + chrono::TimeDelta::hours(8)).format("%Y-%m-%d %H:%M:%S").to_string()
}
