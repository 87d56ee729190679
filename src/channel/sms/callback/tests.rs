//! Callbacks as they are received. Signatures of Twilio are made by its own library in the integration tests; the ones
//! here are of its documentation's kind and made here.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use proptest::prelude::*;
use sha1::Sha1;
use tempfile::NamedTempFile;

use super::*;
use crate::callback::{Reference, twilio_status_url};
use crate::model::{Channel, OptChange, Receipt, ReceiptKind, Recipient, RecipientKey, Reply, ReportedOutcome};

const TOKEN: &str = "12345";
const SECRET: &str = "s3cret-segment_01";
const STATUS: &str = "/callbacks/twilio/status/ntc_1/p:9f2c/2";
const MESSAGE: &str = "/callbacks/twilio/message";

struct Ear {
    callbacks: Callbacks,
    // Removed with this.
    _files: [NamedTempFile; 2],
}

fn now() -> Timestamp {
    Timestamp::parse("2026-11-22T08:00:00Z").unwrap()
}

fn ear() -> Ear {
    let file = |secret: &str| {
        let file = NamedTempFile::new().unwrap();
        std::fs::write(file.path(), secret).unwrap();
        file
    };
    let files = [file(TOKEN), file(SECRET)];
    let name = |at: usize| format!("file:{}", files[at].path().display());
    let mut settings = Settings { callback_url: "https://parcels.example/pw/".to_owned(), ..Settings::default() };
    settings.twilio.account_sid = "AC".to_owned();
    settings.twilio.auth_token = name(0);
    settings.aliyun.callback_secret = name(1);
    let callbacks = Callbacks::new(&settings, &Arc::new(Secrets::new()), HashKey::new(*b"key")).unwrap();
    Ear { callbacks, _files: files }
}

/// Signs as Twilio does, for names in alphabetical order.
fn sign(token: &str, url: &str, form: &[(&str, &str)]) -> String {
    let mut mac = Hmac::<Sha1>::new_from_slice(token.as_bytes()).unwrap();
    mac.update(url.as_bytes());
    form.iter().for_each(|(name, value)| mac.update(format!("{name}{value}").as_bytes()));
    STANDARD.encode(mac.finalize().into_bytes())
}

fn body(form: &[(&str, &str)]) -> Vec<u8> {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish().into_bytes()
}

fn headers(signature: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(callback::SIGNATURE, signature.parse().unwrap());
    headers
}

impl Ear {
    fn twilio(&self, path: &str, form: &[(&str, &str)]) -> Result<Vec<Heard>, Refusal> {
        let signature = sign(TOKEN, &format!("https://parcels.example/pw{path}"), form);
        let said = self.callbacks.hear(path, &headers(&signature), &body(form), now())?;
        assert_eq!((said.content_type, &said.answer[said.answer.len() - 11..]), ("text/xml", "<Response/>"));
        Ok(said.heard)
    }

    fn aliyun(&self, path: &str, body: &str) -> Result<Vec<Heard>, Refusal> {
        let said = self.callbacks.hear(path, &HeaderMap::new(), body.as_bytes(), now())?;
        assert_eq!((said.content_type, said.answer), ("application/json", r#"{"code":0,"msg":"OK"}"#));
        Ok(said.heard)
    }
}

fn receipts(heard: &[Heard]) -> Vec<&Receipt> {
    heard.iter().map(|heard| if let Heard::Receipt(receipt) = heard { receipt } else { panic!("{heard:?}") }).collect()
}

fn reply(phone: &str, change: OptChange) -> Heard {
    let person = Recipient { phone: Some(phone.to_owned()), ..Recipient::default() };
    let recipient_key = RecipientKey::person(&HashKey::new(*b"key"), &person).unwrap();
    Heard::Reply(Reply { recipient_key, kind: ReceiptKind::Reply, channel: Channel::Sms, change, at: now() })
}

#[test]
fn a_status_is_a_receipt_of_the_attempt_in_its_address() {
    let ear = ear();
    let sid = "SM0123456789abcdef0123456789abcdef";
    let heard = ear.twilio(STATUS, &[("MessageSid", sid), ("MessageStatus", "delivered")]).unwrap();
    let [receipt] = receipts(&heard)[..] else { panic!("{heard:?}") };
    assert_eq!((receipt.notice_id.as_str(), receipt.recipient_key.as_str(), receipt.attempt), ("ntc_1", "p:9f2c", 2));
    assert_eq!((receipt.kind, receipt.channel, receipt.at), (ReceiptKind::Provider, Channel::Sms, now()));
    assert_eq!((receipt.outcome, receipt.provider_id.as_deref()), (ReportedOutcome::Delivered, Some(sid)));

    let heard = ear.twilio(STATUS, &[("ErrorCode", "30005"), ("MessageStatus", "undelivered")]).unwrap();
    let [receipt] = receipts(&heard)[..] else { panic!("{heard:?}") };
    assert_eq!(receipt.outcome, ReportedOutcome::Refused);
    assert_eq!(receipt.reason.as_deref(), Some("twilio reports undelivered (30005)"));
    assert!(!receipt.opted_out);

    let heard = ear.twilio(STATUS, &[("ErrorCode", "21610"), ("MessageStatus", "failed")]).unwrap();
    assert!(receipts(&heard)[0].opted_out);

    for status in ["accepted", "queued", "sending", "sent", "read", ""] {
        assert_eq!(ear.twilio(STATUS, &[("MessageStatus", status)]), Ok(Vec::new()), "{status}");
    }
}

#[test]
fn an_address_as_it_is_made_is_heard() {
    let ear = ear();
    for key in ["p:9f2c", "merchant:M 0042/ü?"] {
        let reference = Reference::from_parts("ntc_ab12", key, "3").unwrap();
        let url = twilio_status_url("https://parcels.example/pw/", &reference);
        let path = url.strip_prefix("https://parcels.example/pw").unwrap();
        let heard = ear.twilio(path, &[("MessageStatus", "delivered")]).unwrap();
        let [receipt] = receipts(&heard)[..] else { panic!("{heard:?}") };
        assert_eq!((receipt.recipient_key.as_str(), receipt.attempt), (key, 3));
    }
}

#[test]
fn what_twilio_did_not_sign_is_not_believed() {
    let ear = ear();
    let form = [("MessageStatus", "delivered")];
    let url = format!("https://parcels.example/pw{STATUS}");
    let right = sign(TOKEN, &url, &form);
    let hear = |path: &str, headers: &HeaderMap, form: &[(&str, &str)]| {
        ear.callbacks.hear(path, headers, &body(form), now()).map(|said| said.heard.len())
    };
    assert_eq!(hear(STATUS, &headers(&right), &form), Ok(1));
    for (path, headers, form) in [
        (STATUS, HeaderMap::new(), &form),
        (STATUS, headers("AAAA"), &form),
        (STATUS, headers("no base64!"), &form),
        (STATUS, headers(&sign("other token", &url, &form)), &form),
        (STATUS, headers(&right), &[("MessageStatus", "failed")]),
        ("/callbacks/twilio/status/ntc_2/p:9f2c/2", headers(&right), &form),
        ("/callbacks/twilio/status/ntc_1/p:9f2c/2?x=1", headers(&right), &form),
        (MESSAGE, headers(&right), &form),
    ] {
        assert_eq!(hear(path, &headers, form), Err(Refusal::Signature), "{path}");
    }
}

#[test]
fn a_word_in_a_reply_changes_the_preference_of_who_sent_it() {
    let ear = ear();
    let hear = |form: &[(&str, &str)]| ear.twilio(MESSAGE, form).unwrap();
    let from = ("From", "+14155552345");
    assert_eq!(hear(&[("Body", "Stop"), from]), [reply("+14155552345", OptChange::OptOut)]);
    assert_eq!(hear(&[("Body", "unstop"), from]), [reply("+14155552345", OptChange::OptIn)]);
    let decided = [("Body", "ARRET"), from, ("OptOutType", "STOP")];
    assert_eq!(hear(&decided), [reply("+14155552345", OptChange::OptOut)]);
    for form in [
        vec![("Body", "where is my parcel?"), from],
        vec![("Body", "STOP"), from, ("OptOutType", "HELP")],
        vec![("Body", "STOP"), ("From", "whatsapp:+14155552345")],
        vec![from],
    ] {
        assert_eq!(hear(&form), [], "{form:?}");
    }
}

#[test]
fn a_push_of_reports_gives_a_receipt_for_each_of_ours() {
    let push = r#"[
        {"phone_number":"13800000000","send_time":"2026-11-22 15:59:00","report_time":"2026-11-22 15:59:30",
         "success":true,"err_code":"DELIVERED","err_msg":"用户接收成功","sms_size":"1","biz_id":"123^0","out_id":"ntc_1.p:9f.1"},
        {"phone_number":"13800000001","report_time":"2026-11-22 15:59:31","success":false,"err_code":"MOBILE_NOT_ON_SERVICE",
         "err_msg":"13800000001 停机","biz_id":"124^0","out_id":"ntc_2.p:aa.3"},
        {"phone_number":"13800000002","success":true,"out_id":"order-77"},
        {"phone_number":"13800000003","success":true,"out_id":null},
        "garbage"]"#;
    let heard = ear().aliyun(&format!("/callbacks/aliyun/{SECRET}/report"), push).unwrap();
    let [arrived, failed] = receipts(&heard)[..] else { panic!("{heard:?}") };
    assert_eq!((arrived.outcome, arrived.attempt), (ReportedOutcome::Delivered, 1));
    assert_eq!((arrived.provider_id.as_deref(), arrived.reason.as_deref()), (Some("123^0"), None));
    assert_eq!(arrived.at.to_string(), "2026-11-22T07:59:30.000Z");
    assert_eq!((failed.outcome, failed.attempt), (ReportedOutcome::Refused, 3));
    assert_eq!(failed.reason.as_deref(), Some("carrier reports a failure (MOBILE_NOT_ON_SERVICE)"));
    assert!(!format!("{heard:?}").contains("1380000"));
}

#[test]
fn a_push_of_replies_gives_those_that_are_words() {
    let push = r#"[
        {"phone_number":"13800000000","content":"ＴＤ","send_time":"2026-11-22 16:00:00","dest_code":"1","sequence_id":1},
        {"phone_number":"13800000001","content":"放门口","send_time":"2026-11-22 16:00:00"},
        {"phone_number":"no number","content":"TD"},
        {"phone_number":"13800000002","content":"恢复订阅","send_time":"2026-11-22 16:00:00","sign_name":"顺达"}]"#;
    let heard = ear().aliyun(&format!("/callbacks/aliyun/{SECRET}/up"), push).unwrap();
    assert_eq!(heard, [reply("+8613800000000", OptChange::OptOut), reply("+8613800000002", OptChange::OptIn)]);
}

#[test]
fn a_push_under_another_secret_finds_nothing() {
    let ear = ear();
    for path in [
        "/callbacks/aliyun/s3cret-segment_02/report",
        "/callbacks/aliyun//report",
        "/callbacks/aliyun/report",
        "/callbacks/aliyun/s3cret-segment_01/other",
        "/callbacks/tencent/s3cret-segment_01/report",
        "/other",
    ] {
        assert_eq!(ear.aliyun(path, "[]"), Err(Refusal::Address), "{path}");
    }
    for body in ["", "{}", "nonsense"] {
        assert_eq!(ear.aliyun(&format!("/callbacks/aliyun/{SECRET}/report"), body), Err(Refusal::Form), "{body}");
    }
}

#[test]
fn nobody_is_heard_where_nothing_is_configured() {
    let secrets = Arc::new(Secrets::new());
    assert!(Callbacks::new(&Settings::default(), &secrets, HashKey::new(*b"key")).is_none());
    let settings = Settings { callback_url: "https://parcels.example".to_owned(), ..Settings::default() };
    let callbacks = Callbacks::new(&settings, &secrets, HashKey::new(*b"key")).unwrap();
    for path in [STATUS, MESSAGE, "/callbacks/aliyun//up"] {
        assert_eq!(callbacks.hear(path, &headers("AAAA"), b"", now()), Err(Refusal::Address), "{path}");
    }
}

#[test]
fn an_unreadable_secret_asks_to_come_again() {
    let mut settings = Settings { callback_url: "https://parcels.example".to_owned(), ..Settings::default() };
    settings.aliyun.callback_secret = "file:/no/such/file".to_owned();
    let callbacks = Callbacks::new(&settings, &Arc::new(Secrets::new()), HashKey::new(*b"key")).unwrap();
    let refusal = callbacks.hear("/callbacks/aliyun/x/up", &HeaderMap::new(), b"[]", now()).unwrap_err();
    assert_eq!((refusal, refusal.status()), (Refusal::Secret, 503));
}

proptest! {
    #[test]
    fn rubbish_is_refused_and_never_a_panic(
        rest in "[ -~]{0,60}",
        body in proptest::collection::vec(any::<u8>(), 0..200),
        signature in "[ -~]{0,40}",
    ) {
        let ear = ear();
        for path in [rest.clone(), format!("/callbacks/{rest}"), STATUS.to_owned(), MESSAGE.to_owned()] {
            prop_assert!(ear.callbacks.hear(&path, &headers(&signature), &body, now()).is_err());
        }
        for what in ["report", "up"] {
            let path = format!("/callbacks/aliyun/{SECRET}/{what}");
            let heard = ear.callbacks.hear(&path, &HeaderMap::new(), &body, now()).map(|said| said.heard);
            prop_assert!(matches!(heard, Err(Refusal::Form)) || heard == Ok(Vec::new()));
        }
    }
}
