//! Aliyun's (Alibaba Cloud's) Short Message Service, dysmsapi 2017-05-25: approved templates with parameters.
//!
//! `SendSms` does not recognise a repeat, but it keeps an `OutId` of ours, which `QuerySendDetails` tells again. So an
//! attempt that repeats one of unknown outcome asks for that first (`lookup`), and sends only where it is not found.
//!
//! Parameters stand in the query and not in a form, because there Aliyun's interface description has them; the
//! connection hides them. No error and no log line of ours shows a URL.

mod code;
mod lookup;
mod sign;

use std::sync::Arc;
use std::time::Duration;

use reqwest::{RequestBuilder, Url};
use serde::Deserialize;

use self::code::Meaning;
use self::sign::Signed;
use super::super::settings::{Aliyun as Account, Sms as Settings};
use super::super::strangers::real_time;
use super::api::{Answer, Api};
use super::callback::is_path_secret;
use super::{Attempt, Gate, Outcome, Phone, Problem, Secrets, check_secret, reference, secret};
use crate::callback::{Reference, is_biz_id, shown};
use crate::model::SmsTemplate;

/// An account at Aliyun.
pub(super) struct Aliyun {
    account: Account,
    url: Url,
    secrets: Arc<Secrets>,
}

/// A question as it is asked: an operation and its parameters.
type Parameters<'a> = [(&'a str, &'a str)];

/// What every answer says.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Said {
    code: String,
    biz_id: Option<String>,
}

impl Aliyun {
    /// Prepares; connects to nothing.
    ///
    /// # Errors
    /// The first setting that cannot be used.
    pub(super) fn open(settings: &Settings, secrets: &Arc<Secrets>) -> Result<Aliyun, Problem> {
        let account = settings.aliyun.clone();
        check_secret(secrets, "sms.aliyun.access_key_secret", &account.access_key_secret)?;
        check_secret(secrets, "sms.aliyun.callback_secret", &account.callback_secret)?;
        if !account.callback_secret.is_empty() && !is_path_secret(secrets, &account.callback_secret) {
            let message = "expected a secret of at least 16 letters, digits, - and _: it is part of a path";
            return Err(Problem::at("sms.aliyun.callback_secret", message));
        }
        let url = Url::parse(&account.api).map_err(|_| Problem::at("sms.aliyun.api", "expected a URL"))?;
        Ok(Aliyun { account, url, secrets: Arc::clone(secrets) })
    }

    /// Sends one text, unless an earlier attempt has.
    ///
    /// # Errors
    /// The outcome where it ended before the answer.
    pub(super) async fn send(
        &self,
        api: &Api,
        attempt: &Attempt,
        phone: &Phone<'_>,
        template: &SmsTemplate,
        gate: &Arc<Gate>,
    ) -> Result<Outcome, Outcome> {
        let number = phone.for_aliyun().ok_or_else(|| Outcome::refused("aliyun sends no texts to this number"))?;
        let reference = reference(attempt)?;
        let filled_in = serde_json::to_string(&template.parameters)
            .map_err(|_| Outcome::refused("the template's parameters are no JSON"))?;
        let out_id = reference.to_string();
        let parameters = [
            ("OutId", out_id.as_str()),
            ("PhoneNumbers", number),
            ("SignName", &self.account.sign_name),
            ("TemplateCode", &template.code),
            ("TemplateParam", &filled_in),
        ];
        gate.look()?;
        let end = api.end();
        if let Some(since) = attempt.unknown_since
            && let Some(found) = self.look_up(api, &reference, number, since, end - api.half()).await?
        {
            return Ok(found);
        }
        gate.look()?;
        let question = self.question(api, "SendSms", &parameters)?;
        Ok(outcome(&api.send("aliyun", question, String::new(), gate, end).await?))
    }

    /// A question that is signed now.
    ///
    /// # Errors
    /// A retry where there is no secret to sign with.
    fn question(&self, api: &Api, operation: &str, parameters: &Parameters<'_>) -> Result<RequestBuilder, Outcome> {
        let secret = secret(&self.secrets, &self.account.access_key_secret)?;
        let signed = Signed::new(&self.url, operation, parameters, &self.account.access_key_id, &secret, real_time());
        let mut question = api.question(signed.url);
        for (name, value) in signed.headers {
            question = question.header(name, value);
        }
        Ok(question)
    }

    /// How long to wait between two looks.
    fn look_up_again(&self) -> Duration {
        self.account.look_up_again
    }
}

/// The meaning of an answer to "send this".
fn outcome(answer: &Answer) -> Outcome {
    let said: Option<Said> = serde_json::from_slice(&answer.body).ok();
    let Some(said) = said else {
        return match answer.status {
            429 => Outcome::Retry { after: answer.retry_after, reason: "aliyun asks to wait (429)".into() },
            status @ 300..=399 => Outcome::retry(format!("aliyun redirects ({status}), which is not followed")),
            status => Outcome::unknown(format!("aliyun answered something else ({status})")),
        };
    };
    let number = shown(&said.code);
    match code::meaning(&said.code, answer.status) {
        Meaning::Taken => Outcome::Delivered { provider_id: said.biz_id.filter(|id| is_biz_id(id)) },
        Meaning::Wait => {
            Outcome::Retry { after: answer.retry_after, reason: format!("aliyun asks to wait ({number})").into() }
        }
        Meaning::Us => Outcome::retry(format!("aliyun refused our account ({number})")),
        Meaning::Number => Outcome::refused(format!("aliyun sends no texts to this number ({number})")),
        Meaning::Text => Outcome::refused(format!("aliyun refused the text ({number})")),
        Meaning::Doubt => Outcome::unknown(format!("aliyun does not know ({number})")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(status: u16, body: &str) -> Outcome {
        outcome(&Answer { status, retry_after: None, body: body.into() })
    }

    #[test]
    fn ok_is_delivered_under_its_name() {
        let ok = r#"{"Message":"OK","RequestId":"R","Code":"OK","BizId":"900619746936498440^0"}"#;
        assert_eq!(of(200, ok), Outcome::Delivered { provider_id: Some("900619746936498440^0".to_owned()) });
        let strange = r#"{"Code":"OK","BizId":"13800000000, +86"}"#;
        assert_eq!(of(200, strange), Outcome::Delivered { provider_id: None });
    }

    #[test]
    fn a_code_decides_and_its_text_is_not_repeated() {
        for (status, code, kind) in [
            (200, "isv.BUSINESS_LIMIT_CONTROL", "Retry"),
            (400, "Throttling.User", "Retry"),
            (404, "InvalidAccessKeyId.NotFound", "Retry"),
            (400, "SignatureDoesNotMatch", "Retry"),
            (200, "isv.OUT_OF_SERVICE", "Retry"),
            (200, "isv.MOBILE_NUMBER_ILLEGAL", "Refused"),
            (200, "isv.PARAM_NOT_SUPPORT_URL", "Refused"),
            (200, "isv.SOMETHING_NEW", "Refused"),
            (400, "MissingPhoneNumbers", "Refused"),
            (500, "InternalError", "Unknown"),
        ] {
            let body = format!(r#"{{"Code":"{code}","Message":"13800000000 is bad","RequestId":"R"}}"#);
            let outcome = format!("{:?}", of(status, &body));
            assert!(outcome.starts_with(kind) && outcome.contains(code), "{outcome}");
            assert!(!outcome.contains("138000"), "{outcome}");
        }
    }

    #[test]
    fn an_answer_without_a_code_leaves_doubt() {
        for (status, body) in [(200, ""), (200, "<html>"), (502, "bad gateway"), (200, "{}")] {
            assert!(matches!(of(status, body), Outcome::Unknown { .. }), "{status} {body}");
        }
        assert!(matches!(of(302, ""), Outcome::Retry { .. }));
        assert!(matches!(of(429, ""), Outcome::Retry { .. }));
    }
}
