//! "Did you get it?": a parcel that is said to be delivered though nobody set out with it, its page in a browser, one tap, and
//! what follows from it.

use serde_json::{Value, json};

use super::super::{ago, shipment};
use super::served::{NOWHERE, Served};
use crate::browser::{Browser, Looks};

const PARCEL: &str = "SF1024000000055";

/// Said to be delivered a moment ago.
fn doubted() -> Option<Served> {
    let served = Served::start(NOWHERE, NOWHERE, "[limits]\nsuspect_signature = \"1s\"\n")?;
    let mut announced = shipment(PARCEL);
    announced["ordered_at"] = json!(ago(3600));
    announced["promise"] = json!(ago(-48 * 3600));
    announced["recipient"] = json!({"id": "c-55", "name": "Ann Lee", "phone": "+8613800000055", "locale": "en"});
    served.flow.put("shipments.v1", [(PARCEL, announced)]);
    served.scan(PARCEL, "delivered", 0);
    changed(&served, "opened");
    Some(served)
}

/// Waits for a change of the doubt.
fn changed(served: &Served, change: &str) -> Value {
    let is_it = |c: &Value| c["condition"] == "suspect_signature" && c["change"] == change;
    let changes = served.flow.until("conditions.v1", "the doubt", |changes| changes.iter().any(is_it));
    changes.into_iter().find(is_it).expect("it was just there")
}

fn says(text: &str, words: &str) -> Result<(), String> {
    if text.contains(words) { Ok(()) } else { Err(format!("expected {words:?}")) }
}

#[test]
fn one_tap_says_that_a_parcel_did_not_come_and_another_that_it_did_after_all() {
    let Some(served) = doubted() else { return };
    let Some(browser) = Browser::start(&Looks::narrow().without_javascript()) else { return };
    let page = format!("http://{}{}", served.public, served.path(PARCEL, 3));
    for (language, asks) in [("zh-CN", "您收到了吗"), ("zh-TW", "您收到了嗎"), ("en", "Did you get it?")] {
        browser.open(&format!("{page}?lang={language}"));
        browser.reload_until("the question", |text| says(text, asks));
        browser.judge();
        browser.prefer_dark();
        browser.judge();
    }
    assert!(served.flow.values("reroutes.v1").is_empty(), "who looks answers nothing");

    browser.press("No, I do not have it");
    browser.reload_until("the denial to be shown", |text| says(text, "You told us that you do not have it"));
    browser.judge();
    let denial = served.flow.until("reroutes.v1", "the denial", |records| !records.is_empty()).remove(0);
    assert_eq!(
        (&denial["change"], &denial["by"], &denial["option"]),
        (&json!("denied"), &json!("recipient"), &Value::Null)
    );
    let case = served.flow.until("work-orders.v1", "the case", |orders| !orders.is_empty()).remove(0);
    assert_eq!((&case["change"], &case["kind"]), (&json!("created"), &json!("case")));
    assert_eq!((&case["condition"], &case["reroute_id"]), (&json!("suspect_signature"), &denial["id"]));

    browser.press("I have it now");
    browser.reload_until("the confirmation to be shown", |text| says(text, "You told us that you have it"));
    browser.judge();
    assert_eq!(changed(&served, "cleared")["cause"], "reroute");
    let orders = served.flow.until("work-orders.v1", "the case's end", |orders| orders.len() > 1);
    assert_eq!((orders.len(), &orders[1]["change"], &orders[1]["id"]), (2, &json!("cancelled"), &case["id"]));
    served.daemon.stop();
}
