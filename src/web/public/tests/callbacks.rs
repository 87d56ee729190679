//! Providers' callbacks: believed ones are written down before they are answered, others say nothing.

use super::*;
use crate::channel::settings::Sms;
use crate::channel::{Secrets, sms};
use crate::model::HashKey;

const SECRET: &str = "s3cret-segment_01";
const REPORT: &str = r#"[{"phone_number":"13800000000","success":true,"report_time":"2026-11-24 10:29:00",
    "biz_id":"932702304080415357^0","out_id":"ntc_1 p:1 1"},{"unreadable":true}]"#;
const UP: &str = r#"[{"phone_number":"13800000000","content":"TD","send_time":"2026-11-24 10:29:00"},
    {"phone_number":"13800000000","content":"thank you","send_time":"2026-11-24 10:29:30"}]"#;

/// A listener that hears Aliyun, with the file of its secret.
async fn hearing() -> (Served, tempfile::NamedTempFile) {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), SECRET).unwrap();
    let mut settings = Sms { callback_url: "https://pw.example".to_owned(), ..Sms::default() };
    settings.aliyun.callback_secret = format!("file:{}", file.path().display());
    let callbacks = sms::callback::Callbacks::new(&settings, &Arc::new(Secrets::new()), HashKey::new(*b"key"));
    assert!(callbacks.is_some());
    (serve_with(|public| public.callbacks = callbacks).await, file)
}

async fn post(served: &Served, path: &str, body: &str) -> Got {
    served.send(served.client.post(format!("{}{path}", served.address)).body(body.to_owned())).await
}

#[tokio::test]
async fn a_reply_is_written_down_before_it_is_answered() {
    let (served, _file) = hearing().await;
    let up = format!("/callbacks/aliyun/{SECRET}/up");
    let got = post(&served, &up, UP).await;
    assert_eq!(got.status, StatusCode::OK, "{}", got.body);
    assert!(got.body.contains("\"code\":0"), "{}", got.body);
    let told = served.owner().told.clone();
    let [Record::Reply(reply)] = &told[..] else { panic!("{told:?}") };
    assert_eq!((reply.channel, reply.change), (Channel::Sms, OptChange::OptOut));

    // The brokers take nothing: it is pushed again.
    served.owner().takes = false;
    assert_eq!(post(&served, &up, UP).await.status, StatusCode::SERVICE_UNAVAILABLE);
    // Nothing to write is answered all the same.
    assert_eq!(post(&served, &up, "[]").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_report_that_can_be_read_counts_beside_one_that_cannot() {
    let (served, _file) = hearing().await;
    let got = post(&served, &format!("/callbacks/aliyun/{SECRET}/report"), REPORT).await;
    assert_eq!(got.status, StatusCode::OK);
    assert!(served.owner().told.iter().all(|record| matches!(record, Record::Receipt(_))));
}

#[tokio::test]
async fn who_cannot_prove_to_be_the_provider_is_refused_without_a_word() {
    let (served, _file) = hearing().await;
    for path in ["/callbacks/aliyun/another-secret-01/up", "/callbacks/twilio/message", "/callbacks/other"] {
        let got = post(&served, path, UP).await;
        assert!(got.status.is_client_error() && got.body.is_empty(), "{path} {}", got.status);
    }
    let huge = "x".repeat(sms::callback::BODY_MAX + 1);
    let got = post(&served, &format!("/callbacks/aliyun/{SECRET}/up"), &huge).await;
    assert_eq!(got.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(served.owner().told.is_empty());
    let metrics = served.metrics.render();
    assert!(metrics.contains(r#"public_requests_total{page="callback",result="refused"} 3"#), "{metrics}");
    assert_eq!(post(&serve().await, "/callbacks/twilio/message", "").await.status, StatusCode::NOT_FOUND);
}
