//! Texts: what goes to Twilio and Aliyun, and what Twilio signs.

mod aliyun;
mod callback;
mod twilio;

use std::time::{SystemTime, UNIX_EPOCH};

use parcelwatch::model::{
    Attempt, Destination, Message, NoticeId, Receipt, RecipientKey, ReportedOutcome, SmsProvider, SmsTemplate,
    Timestamp,
};
use tempfile::NamedTempFile;

const TEXT: &str = "【顺达】您的快件(尾号0017)预计改为周三14-18点送达,因杭州中转延误。可改时间或自提:pw.cn/r/x7";
const NOTICE: &str = "ntc_0123456789abcdef0123456789abcdef";
const KEY: &str = "p:9f2c00112233445566778899";

/// A file with a secret.
fn secret_file(secret: &str) -> NamedTempFile {
    let file = NamedTempFile::new().expect("a temporary file");
    std::fs::write(file.path(), secret).expect("a writable file");
    file
}

/// The `number`th attempt to tell this notice to a phone.
fn attempt(provider: SmsProvider, phone: &str, number: u32, repeats_unknown: bool) -> Attempt {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a time after 1970").as_millis();
    let parameters = [("parcel", "尾号0017"), ("when", "明日 14:00–18:00 *~+&'"), ("code", "r/x7")];
    let parameters = parameters.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    Attempt {
        notice_id: NoticeId::from_text(NOTICE),
        recipient_key: RecipientKey::from_text(KEY),
        attempt: number,
        unknown_since: repeats_unknown.then(|| Timestamp::from_millis(now as i64)),
        deadline: Timestamp::LAST,
        destination: Destination::Sms { provider, phone: phone.to_owned() },
        message: Message::Text {
            text: TEXT.to_owned(),
            template: Some(SmsTemplate { code: "SMS_154950909".to_owned(), parameters }),
        },
    }
}

fn outcome(receipt: &Receipt) -> (ReportedOutcome, &str) {
    (receipt.outcome, receipt.reason.as_deref().unwrap_or_default())
}
