//! Texts to a service that believes only what Aliyun's official SDK would have signed.

use parcelwatch::model::{Attempt, Message, NoticeId, Receipt, ReportedOutcome, SmsProvider, Timestamp};
use serde_json::{Value, json};
use tempfile::NamedTempFile;

use super::super::{Outside, Server};
use super::{KEY, NOTICE, attempt, outcome, secret_file};

const SECRET: &str = "YourAccessKeySecret";

struct Aliyun {
    server: Server,
    secret: NamedTempFile,
}

impl Aliyun {
    fn start(more: &[&str]) -> Option<Aliyun> {
        let mut arguments = vec!["--secret", SECRET];
        arguments.extend(more);
        let server = Server::start("aliyun.py", &arguments)?;
        Some(Aliyun { server, secret: secret_file(SECRET) })
    }

    fn outside(&self) -> Outside {
        self.looking_again_after("100ms")
    }

    fn looking_again_after(&self, look_up_again: &str) -> Outside {
        let (secret, port) = (self.secret.path().display(), self.server.port);
        Outside::new(&format!(
            "[sms]\nallow_http = [\"127.0.0.1\"]\n\
             [sms.aliyun]\naccess_key_id = \"LTAI-test\"\naccess_key_secret = \"file:{secret}\"\n\
             sign_name = \"顺达\"\napi = \"http://127.0.0.1:{port}\"\nlook_up_again = \"{look_up_again}\"\n"
        ))
    }

    fn send(&self, number: u32, repeats_unknown: bool) -> Receipt {
        self.outside().attempt(attempt(SmsProvider::Aliyun, "+8613800000000", number, repeats_unknown))
    }

    /// What was asked since the start: the names of the operations.
    fn asked(self) -> Vec<String> {
        let events = self.server.finish_with_events();
        let operation = |event: &Value| event["operation"].as_str().map(str::to_owned);
        events.iter().filter_map(operation).collect()
    }
}

#[test]
fn the_service_believes_the_official_sdk_and_nobody_with_another_secret() {
    let Some((_, said)) = Server::start_saying("aliyun.py", &["--secret", SECRET], "sdk") else { return };
    assert_eq!(said, json!({"event": "sdk", "right": "OK", "wrong": "SignatureDoesNotMatch"}));
}

#[test]
fn a_text_signed_as_the_sdk_signs_is_taken() {
    let Some(aliyun) = Aliyun::start(&[]) else { return };
    let receipt = aliyun.send(1, false);
    assert_eq!(outcome(&receipt), (ReportedOutcome::Delivered, ""));
    assert_eq!(receipt.provider_id.as_deref(), Some("900619746936498401^0"));
    let question = aliyun.server.next("question");
    assert_eq!(question["operation"], "SendSms");
    assert_eq!(
        question["parameters"],
        json!({
            "OutId": format!("{NOTICE}.{KEY}.1"),
            "PhoneNumbers": "13800000000",
            "SignName": "顺达",
            "TemplateCode": "SMS_154950909",
            "TemplateParam": r#"{"code":"r/x7","parcel":"尾号0017","when":"明日 14:00–18:00 *~+&'"}"#,
        })
    );
    assert!(aliyun.server.finish().is_empty());
}

#[test]
fn a_number_abroad_has_its_country_code_and_one_that_would_reach_a_stranger_is_refused() {
    let Some(aliyun) = Aliyun::start(&[]) else { return };
    let send = |phone: &str| aliyun.outside().attempt(attempt(SmsProvider::Aliyun, phone, 1, false));
    assert_eq!(send("+85261234567").outcome, ReportedOutcome::Delivered);
    assert_eq!(aliyun.server.next("question")["parameters"]["PhoneNumbers"], "85261234567");
    let expected = (ReportedOutcome::Refused, "aliyun sends no texts to this number");
    assert_eq!(outcome(&send("+14155552345")), expected);
    assert!(aliyun.server.finish().is_empty());
}

#[test]
fn a_wrong_secret_is_not_believed() {
    let Some(mut aliyun) = Aliyun::start(&[]) else { return };
    aliyun.secret = secret_file("AnotherSecret");
    let expected = (ReportedOutcome::Retry, "aliyun refused our account (SignatureDoesNotMatch)");
    assert_eq!(outcome(&aliyun.send(1, false)), expected);
}

#[test]
fn a_text_that_was_changed_on_its_way_is_not_believed() {
    let Some(aliyun) = Aliyun::start(&["--tamper"]) else { return };
    let expected = (ReportedOutcome::Retry, "aliyun refused our account (SignatureDoesNotMatch)");
    assert_eq!(outcome(&aliyun.send(1, false)), expected);
}

#[test]
fn every_code_has_its_outcome() {
    for (code, expected, reason) in [
        ("isv.BUSINESS_LIMIT_CONTROL", ReportedOutcome::Retry, "aliyun asks to wait (isv.BUSINESS_LIMIT_CONTROL)"),
        (
            "isv.MOBILE_NUMBER_ILLEGAL",
            ReportedOutcome::Refused,
            "aliyun sends no texts to this number (isv.MOBILE_NUMBER_ILLEGAL)",
        ),
        ("isv.PARAM_NOT_SUPPORT_URL", ReportedOutcome::Refused, "aliyun refused the text (isv.PARAM_NOT_SUPPORT_URL)"),
        ("isv.AMOUNT_NOT_ENOUGH", ReportedOutcome::Retry, "aliyun refused our account (isv.AMOUNT_NOT_ENOUGH)"),
    ] {
        let Some(aliyun) = Aliyun::start(&["--code", code]) else { return };
        assert_eq!(outcome(&aliyun.send(1, false)), (expected, reason));
    }
}

#[test]
fn a_text_without_an_approved_template_is_refused() {
    let Some(aliyun) = Aliyun::start(&[]) else { return };
    let mut bare = attempt(SmsProvider::Aliyun, "+8613800000000", 1, false);
    bare.message = Message::Text { text: "x".to_owned(), template: None };
    let receipt = aliyun.outside().attempt(bare);
    assert_eq!(outcome(&receipt), (ReportedOutcome::Refused, "no approved template for this notice"));
    assert!(aliyun.server.finish().is_empty());
}

#[test]
fn a_text_whose_answer_was_lost_is_found_and_not_sent_again() {
    let Some(aliyun) = Aliyun::start(&["--lose-first"]) else { return };
    assert_eq!(outcome(&aliyun.send(1, false)), (ReportedOutcome::Unknown, "no answer from aliyun"));
    assert_eq!(outcome(&aliyun.send(2, true)), (ReportedOutcome::Delivered, ""));
    assert_eq!(aliyun.asked(), ["SendSms", "QuerySendDetails"]);
}

#[test]
fn a_text_that_is_found_only_later_is_waited_for() {
    // The first look is at two days.
    let Some(aliyun) = Aliyun::start(&["--lose-first", "--hide-for", "2"]) else { return };
    assert_eq!(aliyun.send(1, false).outcome, ReportedOutcome::Unknown);
    assert_eq!(aliyun.send(2, true).outcome, ReportedOutcome::Delivered);
    assert_eq!(aliyun.asked(), ["SendSms", "QuerySendDetails", "QuerySendDetails", "QuerySendDetails"]);
}

#[test]
fn a_text_that_never_arrived_there_is_sent_again() {
    let Some(aliyun) = Aliyun::start(&["--drop-first"]) else { return };
    assert_eq!(aliyun.send(1, false).outcome, ReportedOutcome::Unknown);
    let receipt = aliyun.send(2, true);
    assert_eq!((receipt.outcome, receipt.provider_id.is_some()), (ReportedOutcome::Delivered, true));
    let asked = aliyun.asked();
    assert_eq!((asked.len(), asked.last().map(String::as_str)), (6, Some("SendSms")), "{asked:?}");
}

#[test]
fn a_text_that_is_withdrawn_during_the_look_up_is_not_sent() {
    let Some(aliyun) = Aliyun::start(&[]) else { return };
    let outside = aliyun.looking_again_after("3s");
    let receipt = outside.attempt_while(attempt(SmsProvider::Aliyun, "+8613800000000", 2, true), || {
        assert_eq!(aliyun.server.next("question")["operation"], "QuerySendDetails");
        outside.withdraw(&NoticeId::from_text(NOTICE));
    });
    assert_eq!(outcome(&receipt), (ReportedOutcome::Refused, "withdrawn"));
    assert!(!aliyun.asked().contains(&"SendSms".to_owned()));
}

#[test]
fn a_text_that_passes_its_deadline_during_the_look_up_is_not_sent() {
    let Some(aliyun) = Aliyun::start(&[]) else { return };
    let outside = aliyun.looking_again_after("3s");
    let repeat = attempt(SmsProvider::Aliyun, "+8613800000000", 2, true);
    let receipt = outside.attempt_while(Attempt { deadline: Timestamp::FIRST, ..repeat }, || {
        assert_eq!(aliyun.server.next("question")["operation"], "QuerySendDetails");
        outside.set_clock(Timestamp::LAST);
    });
    assert_eq!(outcome(&receipt), (ReportedOutcome::Retry, "deadline passed before the first byte"));
    assert!(!aliyun.asked().contains(&"SendSms".to_owned()));
}

#[test]
fn a_text_that_failed_at_the_carrier_is_refused_so_that_another_channel_is_tried() {
    let Some(aliyun) = Aliyun::start(&["--lose-first", "--failed"]) else { return };
    assert_eq!(aliyun.send(1, false).outcome, ReportedOutcome::Unknown);
    let expected = (ReportedOutcome::Refused, "carrier did not deliver an earlier attempt (UNDELIV)");
    assert_eq!(outcome(&aliyun.send(2, true)), expected);
}

#[test]
fn nothing_is_sent_while_nobody_says_what_became_of_the_earlier_attempt() {
    let Some(aliyun) = Aliyun::start(&["--lose-first", "--silent-query"]) else { return };
    assert_eq!(aliyun.send(1, false).outcome, ReportedOutcome::Unknown);
    let expected = (ReportedOutcome::Retry, "aliyun did not say whether an earlier attempt arrived");
    assert_eq!(outcome(&aliyun.send(2, true)), expected);
    assert_eq!(aliyun.asked(), ["SendSms", "QuerySendDetails"]);
}
