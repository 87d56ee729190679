//! Texts to prism, which answers as Twilio's own OpenAPI description says, and the outcomes of Twilio's test numbers.

use parcelwatch::model::{Message, Receipt, ReportedOutcome, SmsProvider};
use tempfile::NamedTempFile;

use super::super::{Certificates, Outside, Server};
use super::{KEY, NOTICE, TEXT, attempt, outcome, secret_file};
use crate::support;

const ACCOUNT: &str = "AC0123456789abcdef0123456789ABCDEF";
const TOKEN: &str = "0123456789abcdef0123456789abcdef";

struct Twilio {
    server: Server,
    token: NamedTempFile,
}

impl Twilio {
    /// Answers by number.
    fn by_number() -> Option<Twilio> {
        let server = Server::start("twilio_messages.py", &["--account", ACCOUNT, "--login", TOKEN])?;
        Some(Twilio { server, token: secret_file(TOKEN) })
    }

    /// Answers by the description.
    fn by_description(more: &[&str]) -> Option<Twilio> {
        let spec = support::shared_data("data/twilio_oai/spec/json/twilio_api_v2010.json")?;
        let prism = support::prism()?;
        let mut arguments = vec!["--spec", spec.to_str()?, "--prism", prism.to_str()?];
        arguments.extend(more);
        let server = Server::start("twilio_messages.py", &arguments)?;
        Some(Twilio { server, token: secret_file(TOKEN) })
    }

    fn outside(&self, more: &str) -> Outside {
        let (token, port) = (self.token.path().display(), self.server.port);
        Outside::new(&format!(
            "[sms]\nallow_http = [\"127.0.0.1\"]\ncallback_url = \"https://parcels.example/pw/\"\ntimeout = \"20s\"\n\
             [sms.twilio]\naccount_sid = \"{ACCOUNT}\"\nauth_token = \"file:{token}\"\n\
             api = \"http://127.0.0.1:{port}\"\nvalidity = \"30m\"\n{more}\n"
        ))
    }

    fn send(&self, phone: &str) -> Receipt {
        self.outside(FROM).attempt(attempt(SmsProvider::Twilio, phone, 2, false))
    }
}

const FROM: &str = "from = \"+14155552346\"";

#[test]
fn twilio_s_description_accepts_a_text() {
    let Some(twilio) = Twilio::by_description(&[]) else { return };
    let receipt = twilio.send("+14155552345");
    assert_eq!(outcome(&receipt), (ReportedOutcome::Delivered, ""));
    assert_eq!(receipt.provider_id.as_deref(), Some("SMaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"));
    let request = twilio.server.next("request");
    assert_eq!((&request["status"], &request["path"]), (&201.into(), &path().into()));
    let callback = format!("https://parcels.example/pw/callbacks/twilio/status/{NOTICE}/{KEY}/2");
    let form = [
        ("To", "+14155552345"),
        ("From", "+14155552346"),
        ("Body", TEXT),
        ("ValidityPeriod", "1800"),
        ("StatusCallback", &callback),
    ];
    assert_eq!(
        request["form"],
        serde_json::Value::Object(form.map(|(name, value)| (name.into(), value.into())).into_iter().collect())
    );
}

#[test]
fn twilio_s_description_accepts_a_messaging_service() {
    let Some(twilio) = Twilio::by_description(&[]) else { return };
    let service = "messaging_service_sid = \"MG0123456789abcdef0123456789ABCDEF\"";
    let receipt = twilio.outside(service).attempt(attempt(SmsProvider::Twilio, "+8613800000000", 1, false));
    assert_eq!(receipt.outcome, ReportedOutcome::Delivered);
    let form = &twilio.server.next("request")["form"];
    assert_eq!(form["MessagingServiceSid"], "MG0123456789abcdef0123456789ABCDEF");
    assert!(form.get("From").is_none());
}

#[test]
fn twilio_s_description_refuses_a_text_that_lost_its_number_or_its_login() {
    for (lost, status, expected) in [
        ("To", 422, (ReportedOutcome::Refused, "twilio refused the text (422)")),
        ("authorization", 401, (ReportedOutcome::Retry, "twilio refused our account (401)")),
    ] {
        let Some(twilio) = Twilio::by_description(&["--without", lost]) else { return };
        assert_eq!(outcome(&twilio.send("+14155552345")), expected, "{lost}");
        assert_eq!(twilio.server.next("request")["status"], status, "{lost}");
    }
}

#[test]
fn every_answer_has_its_outcome() {
    let Some(twilio) = Twilio::by_number() else { return };
    let outside = twilio.outside(FROM);
    let send = |phone: &str| outside.attempt(attempt(SmsProvider::Twilio, phone, 1, false));
    for (phone, expected, reason) in [
        ("+15005550006", ReportedOutcome::Delivered, ""),
        ("+15005550001", ReportedOutcome::Refused, "twilio sends no texts to this number (400, 21211)"),
        ("+15005550002", ReportedOutcome::Refused, "twilio sends no texts to this number (400, 21612)"),
        ("+15005550003", ReportedOutcome::Refused, "twilio sends no texts to this number (400, 21408)"),
        ("+15005550004", ReportedOutcome::Refused, "recipient opted out at twilio (400, 21610)"),
        ("+15005550009", ReportedOutcome::Refused, "twilio sends no texts to this number (400, 21614)"),
        ("+15005550021", ReportedOutcome::Retry, "twilio asks to wait (429, 20429)"),
        ("+15005550022", ReportedOutcome::Retry, "twilio is in trouble (503, 20503)"),
        ("+15005550023", ReportedOutcome::Retry, "twilio refused our account (401, 20003)"),
        ("+15005550025", ReportedOutcome::Unknown, "no answer from twilio"),
        ("+15005550026", ReportedOutcome::Delivered, ""),
        ("13800000000", ReportedOutcome::Refused, "not an international number"),
    ] {
        let receipt = send(phone);
        assert_eq!(outcome(&receipt), (expected, reason), "{phone}");
        assert_eq!(receipt.opted_out, phone == "+15005550004", "{phone}");
        let is_told_to_wait = ["+15005550021", "+15005550022"].contains(&phone);
        assert_eq!(receipt.retry_after_ms, is_told_to_wait.then_some(7_000), "{phone}");
    }
}

#[test]
fn a_wrong_token_is_put_off_until_somebody_puts_it_right() {
    let Some(mut twilio) = Twilio::by_number() else { return };
    twilio.token = secret_file("another token");
    let expected = (ReportedOutcome::Retry, "twilio refused our account (401, 20003)");
    assert_eq!(outcome(&twilio.send("+15005550006")), expected);
}

#[test]
fn an_api_key_logs_in_instead_of_the_account() {
    let Some(server) = Server::start("twilio_messages.py", &["--account", "SK01", "--login", "key secret"]) else {
        return;
    };
    let twilio = Twilio { server, token: secret_file(TOKEN) };
    let secret = secret_file("key secret");
    let key = format!("{FROM}\napi_key_sid = \"SK01\"\napi_key_secret = \"file:{}\"", secret.path().display());
    let receipt = twilio.outside(&key).attempt(attempt(SmsProvider::Twilio, "+15005550006", 1, false));
    assert_eq!(receipt.outcome, ReportedOutcome::Delivered);
}

#[test]
fn silence_leaves_doubt_and_an_unreached_twilio_none() {
    let Some(twilio) = Twilio::by_number() else { return };
    let (token, port) = (twilio.token.path().display().to_string(), twilio.server.port);
    let impatient = Outside::new(&format!(
        "[sms]\nallow_http = [\"127.0.0.1\"]\ntimeout = \"1s\"\nconnect_timeout = \"500ms\"\n\
         [sms.twilio]\naccount_sid = \"{ACCOUNT}\"\nauth_token = \"file:{token}\"\n\
         api = \"http://127.0.0.1:{port}\"\n{FROM}\n[sms.aliyun]\nlook_up_again = \"0s\"\n"
    ));
    let send = |phone: &str| impatient.attempt(attempt(SmsProvider::Twilio, phone, 1, false));
    assert_eq!(outcome(&send("+15005550024")), (ReportedOutcome::Unknown, "no answer from twilio"));
    let form = twilio.server.next("request")["form"].clone();
    assert!(form.get("StatusCallback").is_none(), "nobody hears callbacks here: {form}");
    twilio.server.finish();
    assert_eq!(outcome(&send("+15005550006")), (ReportedOutcome::Retry, "cannot connect to twilio"));
}

#[test]
fn only_texts_go_out_and_only_by_who_is_configured() {
    let Some(twilio) = Twilio::by_number() else { return };
    let outside = twilio.outside(FROM);
    let mut mail = attempt(SmsProvider::Twilio, "+15005550006", 1, false);
    mail.message = Message::Json(String::new());
    assert_eq!(outcome(&outside.attempt(mail)), (ReportedOutcome::Refused, "not a text"));
    let elsewhere = outside.attempt(attempt(SmsProvider::Aliyun, "+8613800000000", 1, false));
    assert_eq!(outcome(&elsewhere), (ReportedOutcome::Retry, "aliyun not configured here"));
    assert!(twilio.server.finish().is_empty());
}

#[test]
fn twilio_is_told_nothing_unless_a_trusted_authority_vouches_for_it() {
    let (Some(certificates), Some(strangers)) = (Certificates::make(), Certificates::make()) else { return };
    let (cert, key) = (certificates.path("server.pem"), certificates.path("server.key"));
    // Any server will do: it is reached, or it is not.
    let arguments = ["--secret", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "--cert", &cert, "--key", &key];
    let Some(server) = Server::start("webhook.py", &arguments) else { return };
    let token = secret_file(TOKEN);
    let trusting = |authority: &str| {
        let outside = Outside::new(&format!(
            "[sms]\nca_file = \"{authority}\"\n[sms.twilio]\naccount_sid = \"{ACCOUNT}\"\n\
             auth_token = \"file:{}\"\napi = \"https://localhost:{}\"\n{FROM}\n",
            token.path().display(),
            server.port
        ));
        outside.attempt(attempt(SmsProvider::Twilio, "+14155552345", 1, false))
    };
    for authority in [strangers.path("ca.pem"), String::new()] {
        assert_eq!(outcome(&trusting(&authority)), (ReportedOutcome::Retry, "cannot connect to twilio"));
    }
    let trusted = trusting(&certificates.path("ca.pem"));
    assert_eq!(outcome(&trusted), (ReportedOutcome::Retry, "twilio refused our account (401)"));
    assert_eq!(server.finish(), ["request"]);
}

fn path() -> String {
    format!("/2010-04-01/Accounts/{ACCOUNT}/Messages.json")
}
