//! What providers report later of a text: heard once, and only of the text that it is about.

use serde_json::{Value, json};

use super::opted_out::{beijing_time, twilio_signature};
use super::served::{ALIYUN_SECRET, NOWHERE, PUSH_SECRET, Served, TWILIO_TOKEN};
use crate::channel::Server;
use crate::http::Request;

const PARCEL: &str = "SF1024000000062";

#[test]
fn late_repeated_and_contradicting_reports_change_nothing() {
    let Some(aliyun) = Server::start("aliyun.py", &["--secret", ALIYUN_SECRET]) else { return };
    let Some(served) = Served::start(NOWHERE, aliyun.port, "") else { return };
    let person =
        |id: &str, phone: &str| json!({"id": id, "phone": phone, "locale": "zh-CN", "time_zone": "Asia/Shanghai"});
    served.let_stall(PARCEL, &person("c-77", "+8613800000000"));
    let told = served.told(PARCEL);
    let asked = aliyun.next("question");
    let out_id = asked["parameters"]["OutId"].as_str().expect("our name for the attempt").to_owned();
    let push = |out_id: &str, success: bool| {
        let code = if success { "DELIVERED" } else { "UNDELIV" };
        let report = json!([{"phone_number": "13800000000", "success": success, "err_code": code, "err_msg": code,
            "report_time": beijing_time(), "send_time": beijing_time(), "sms_size": "1", "biz_id": told["provider_id"], "out_id": out_id}]);
        let answer =
            served.ask(&Request::new("POST", &format!("/callbacks/aliyun/{PUSH_SECRET}/report")).json(&report));
        assert_eq!((answer.status, &answer.json()["code"]), (200, &json!(0)), "or it would be pushed again");
    };
    push(&out_id, true);
    served
        .flow
        .until("receipts.v1", "the report", |receipts| receipts.iter().any(|receipt| receipt["kind"] == "provider"));
    let before = settled(&served, &person("c-1", "+8613800000001"), "SF1024000000079");

    push(&out_id, true);
    push(&out_id, false);
    let (name, attempt) = out_id.rsplit_once('.').expect("NOTICE.KEY.ATTEMPT");
    assert_eq!(attempt, "1");
    for other in [
        format!("{name}.7"),
        out_id.replace("p:", "p:0"),
        out_id.replace("ntc_", "ntc_0"),
        "no name of ours".to_owned(),
    ] {
        push(&other, false);
    }
    let after = settled(&served, &person("c-2", "+8613800000002"), "SF1024000000086");
    assert_eq!(after, before, "neither told again nor decided anew");
    served.daemon.stop();
}

/// Lets a parcel of somebody else be told, so that what came before was read, and gives what was decided for the first one.
fn settled(served: &Served, person: &Value, parcel: &str) -> Vec<Value> {
    served.let_stall(parcel, person);
    served.told(parcel);
    served.flow.values("deliveries.v1").into_iter().filter(|delivery| delivery["parcel_id"] == PARCEL).collect()
}

#[test]
fn a_report_with_a_wrong_signature_is_refused() {
    let Some(served) = Served::start(NOWHERE, NOWHERE, "") else { return };
    let path = "/callbacks/twilio/status/ntc_00000000000000000000000000000001/p%3A9f2c0011/1";
    let form = [("MessageSid", "SM00000000000000000000000000000001"), ("MessageStatus", "failed")];
    let report = |path: &str, token: &str, form: &[(&str, &str)], sent: &[(&str, &str)]| {
        let signature = twilio_signature(&format!("http://{}{path}", served.public), form, token);
        served.ask(&Request::new("POST", path).form(sent).header("x-twilio-signature", &signature)).status
    };
    assert_eq!(report(path, TWILIO_TOKEN, &form, &form), 200);
    assert_eq!(report(path, "a token of somebody else", &form, &form), 403);
    let changed = [("MessageSid", "SM00000000000000000000000000000001"), ("MessageStatus", "delivered")];
    assert_eq!(report(path, TWILIO_TOKEN, &form, &changed), 403);
    let unsigned = served.ask(&Request::new("POST", path).form(&form));
    assert_eq!(unsigned.status, 403);
    served.flow.until("receipts.v1", "the one that is signed", |receipts| receipts.len() == 1);
    served.daemon.stop();
}
