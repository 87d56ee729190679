//! What is wrong with `[sms]`.

use std::ops::RangeInclusive;
use std::time::Duration;

use reqwest::Url;

use super::super::super::{Secrets, webhook};
use super::super::sms::{Aliyun, Sms, Twilio};
use super::{Problem, check_limits};

/// What Twilio takes as `ValidityPeriod`.
const VALIDITY_MAX: Duration = Duration::from_secs(36_000);

impl Sms {
    pub(super) fn check(&self, problems: &mut Vec<Problem>) {
        let mut found = Found(problems);
        // Also while nothing is sent: what stands there instead of a name is the secret itself, and would be shown.
        for (key, name) in [
            ("sms.twilio.auth_token", &self.twilio.auth_token),
            ("sms.twilio.api_key_secret", &self.twilio.api_key_secret),
            ("sms.aliyun.access_key_secret", &self.aliyun.access_key_secret),
            ("sms.aliyun.callback_secret", &self.aliyun.callback_secret),
        ] {
            if !name.is_empty()
                && let Err(error) = Secrets::check(name)
            {
                found.0.push(Problem::at(key, error.to_string()));
            }
        }
        self.twilio.check(self, &mut found);
        self.aliyun.check(self, &mut found);
        if self.providers().is_empty() {
            return;
        }
        found.unless(
            self.callback_url.is_empty() || is_callback_url(&self.callback_url, &self.allow_http),
            "sms.callback_url",
            "expected an https URL without query and fragment, its host without underscores, or http with its host in \
             sms.allow_http",
        );
        found.unless(
            self.allow_http.iter().all(|host| webhook::is_host(host)),
            "sms.allow_http",
            "expected host names or addresses as they stand in a URL, in lower case, without scheme and port",
        );
        check_limits(
            [("sms.connect_timeout", self.connect_timeout), ("sms.timeout", self.timeout)],
            [("sms.queue", self.queue), ("sms.concurrency", self.concurrency)],
            problems,
        );
    }
}

impl Twilio {
    fn check(&self, sms: &Sms, found: &mut Found<'_>) {
        let rest = [&self.auth_token, &self.api_key_sid, &self.api_key_secret, &self.from, &self.messaging_service_sid];
        if self.account_sid.is_empty() {
            let message = "expected an account (AC...) beside the other settings of Twilio, found none";
            return found.unless(rest.iter().all(|text| text.is_empty()), "sms.twilio.account_sid", message);
        }
        found.unless(
            is_sid("AC", &self.account_sid),
            "sms.twilio.account_sid",
            "expected AC and 32 hexadecimal digits, found something else",
        );
        found.unless(
            self.from.is_empty() != self.messaging_service_sid.is_empty(),
            "sms.twilio.from",
            "expected exactly one of from and messaging_service_sid",
        );
        found.unless(
            self.from.is_empty() || is_sender(&self.from),
            "sms.twilio.from",
            "expected a number (+14155552345), a short code or a name of at most 11 letters and digits",
        );
        found.unless(
            self.messaging_service_sid.is_empty() || is_sid("MG", &self.messaging_service_sid),
            "sms.twilio.messaging_service_sid",
            "expected MG and 32 hexadecimal digits, found something else",
        );
        found.unless(
            self.api_key_sid.is_empty() == self.api_key_secret.is_empty(),
            "sms.twilio.api_key_secret",
            "expected API key and its secret both or neither, found one",
        );
        found.unless(
            !self.auth_token.is_empty() || !self.api_key_secret.is_empty(),
            "sms.twilio.auth_token",
            "expected an auth token or an API key, found neither: a text needs a login",
        );
        found.unless(
            !self.auth_token.is_empty() || sms.callback_url.is_empty(),
            "sms.twilio.auth_token",
            "expected an auth token beside sms.callback_url, found none: it is what Twilio signs its callbacks with",
        );
        found.unless(
            is_api(&self.api, &sms.allow_http),
            "sms.twilio.api",
            "expected an https URL without path, or http with its host in sms.allow_http",
        );
        found.unless(
            (Duration::from_secs(1)..=VALIDITY_MAX).contains(&self.validity),
            "sms.twilio.validity",
            "expected 1s to 10h",
        );
    }
}

impl Aliyun {
    fn check(&self, sms: &Sms, found: &mut Found<'_>) {
        if self.access_key_id.is_empty() {
            let rest = [&self.access_key_secret, &self.sign_name, &self.callback_secret];
            let message = "expected an access key beside the other settings of Aliyun, found none";
            return found.unless(rest.iter().all(|text| text.is_empty()), "sms.aliyun.access_key_id", message);
        }
        found.unless(
            self.access_key_id.bytes().all(|byte| byte.is_ascii_graphic()),
            "sms.aliyun.access_key_id",
            "expected the id of an access key, found something else",
        );
        found.unless(
            !self.access_key_secret.is_empty(),
            "sms.aliyun.access_key_secret",
            "expected the access key's secret, found none",
        );
        found.unless(
            !self.sign_name.is_empty(),
            "sms.aliyun.sign_name",
            "expected the name of an approved signature, found none",
        );
        found.unless(
            sms.callback_url.is_empty() || !self.callback_secret.is_empty(),
            "sms.aliyun.callback_secret",
            "expected a secret beside sms.callback_url, found none: Aliyun's reports and replies would all be refused",
        );
        found.unless(
            is_api(&self.api, &sms.allow_http),
            "sms.aliyun.api",
            "expected an https URL without path, or http with its host in sms.allow_http",
        );
        found.unless(
            self.look_up_again <= sms.timeout / 4,
            "sms.aliyun.look_up_again",
            "expected at most a quarter of sms.timeout",
        );
    }
}

struct Found<'a>(&'a mut Vec<Problem>);

impl Found<'_> {
    fn unless(&mut self, holds: bool, key: &'static str, message: &str) {
        if !holds {
            self.0.push(Problem::at(key, message));
        }
    }
}

/// Twilio's names for things: two letters for the kind, 32 hexadecimal digits.
fn is_sid(kind: &str, text: &str) -> bool {
    text.strip_prefix(kind).is_some_and(|rest| rest.len() == 32 && rest.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// What Twilio sends from: a number, a short code, or a name.
fn is_sender(text: &str) -> bool {
    let is_number = |digits: &str, lengths: RangeInclusive<usize>| {
        lengths.contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
    };
    let is_name = |name: &str| {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b" +-_&".contains(&byte);
        (1..=11).contains(&name.len())
            && name.bytes().all(is_plain)
            && name.bytes().any(|byte| byte.is_ascii_alphabetic())
    };
    match text.strip_prefix('+') {
        Some(digits) => is_number(digits, 7..=15) && !digits.starts_with('0'),
        None => is_number(text, 3..=8) || is_name(text),
    }
}

fn is_api(text: &str, allow_http: &[String]) -> bool {
    url(text, allow_http).is_some_and(|url| matches!(url.path(), "" | "/"))
}

/// Twilio refuses host names with underscores.
fn is_callback_url(text: &str, allow_http: &[String]) -> bool {
    url(text, allow_http).is_some_and(|url| url.host_str().is_some_and(|host| !host.contains('_')))
}

/// A URL without login, query and fragment that is https, or http to one of these hosts.
fn url(text: &str, allow_http: &[String]) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let is_plain = url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
    let host = url.host_str()?;
    let is_allowed = match url.scheme() {
        "https" => true,
        "http" => allow_http.iter().any(|allowed| allowed == host),
        _ => false,
    };
    (is_plain && is_allowed && url.password().is_none()).then_some(url)
}

#[cfg(test)]
mod tests {
    use crate::channel::Settings;

    const TWILIO: &str = "[sms.twilio]\naccount_sid = \"ACaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"\n\
                          auth_token = \"env:TOKEN\"\nfrom = \"+14155552346\"\n";
    const ALIYUN: &str =
        "[sms.aliyun]\naccess_key_id = \"LTAI4\"\naccess_key_secret = \"env:SECRET\"\nsign_name = \"顺达\"\n";

    fn keys(toml: &str) -> Vec<&'static str> {
        let settings: Settings = toml_edit::de::from_str(toml).unwrap();
        let problems = settings.check();
        assert!(!format!("{problems:?} {settings:?}").contains("oops"), "{toml}");
        problems.iter().map(|problem| problem.key).collect()
    }

    #[test]
    fn whole_providers_are_right_and_none_needs_nothing() {
        for toml in [
            String::new(),
            "[sms]\nqueue = 0".to_owned(),
            TWILIO.to_owned(),
            ALIYUN.to_owned(),
            format!(
                "[sms]\ncallback_url = \"https://parcels.example/pw\"\n{TWILIO}{ALIYUN}callback_secret = \"env:PATH\""
            ),
            TWILIO.replace("+14155552346", "Linden Exp"),
            TWILIO.replace("+14155552346", "40404"),
        ] {
            assert_eq!(keys(&toml), [""; 0], "{toml}");
        }
    }

    #[test]
    fn half_a_provider_is_said_by_what_lacks() {
        for (toml, expected) in [
            ("[sms.twilio]\nfrom = \"+1\"", vec!["sms.twilio.account_sid"]),
            ("[sms.twilio]\nauth_token = \"oops\"", vec!["sms.twilio.auth_token", "sms.twilio.account_sid"]),
            (
                "[sms.twilio]\naccount_sid = \"AC1\"",
                vec!["sms.twilio.account_sid", "sms.twilio.from", "sms.twilio.auth_token"],
            ),
            ("[sms.aliyun]\naccess_key_id = \"LTAI4\"", vec!["sms.aliyun.access_key_secret", "sms.aliyun.sign_name"]),
            ("[sms.aliyun]\nsign_name = \"x\"", vec!["sms.aliyun.access_key_id"]),
            (
                "[sms.aliyun]\ncallback_secret = \"oops\"",
                vec!["sms.aliyun.callback_secret", "sms.aliyun.access_key_id"],
            ),
        ] {
            assert_eq!(keys(toml), expected, "{toml}");
        }
    }

    #[test]
    fn values_that_a_provider_would_refuse_are_refused_here() {
        let with = |section: &str, line: &str| match section {
            "sms" => format!("[sms]\n{line}\n{TWILIO}"),
            "twilio" => format!("{TWILIO}{line}\n"),
            _ => format!("{ALIYUN}{line}\n"),
        };
        for (section, line, key) in [
            ("sms", "callback_url = \"http://parcels.example\"", "sms.callback_url"),
            ("sms", "callback_url = \"https://par_cels.example\"", "sms.callback_url"),
            ("sms", "callback_url = \"https://parcels.example/?a=b\"", "sms.callback_url"),
            ("sms", "allow_http = [\"http://x\"]", "sms.allow_http"),
            ("sms", "connect_timeout = \"20s\"", "sms.connect_timeout"),
            ("sms", "concurrency = 0", "sms.concurrency"),
            ("twilio", "messaging_service_sid = \"MGx\"", "sms.twilio.messaging_service_sid"),
            ("twilio", "api = \"http://127.0.0.1:1\"", "sms.twilio.api"),
            ("twilio", "api = \"https://api.twilio.com/2010-04-01\"", "sms.twilio.api"),
            ("twilio", "validity = \"11h\"", "sms.twilio.validity"),
            ("twilio", "api_key_sid = \"SK1\"", "sms.twilio.api_key_secret"),
            ("aliyun", "api = \"ftp://x\"", "sms.aliyun.api"),
            ("aliyun", "look_up_again = \"10s\"", "sms.aliyun.look_up_again"),
        ] {
            let found = keys(&with(section, line));
            assert!(found.contains(&key), "{line}: {found:?}");
        }
    }

    #[test]
    fn a_sender_is_a_number_a_short_code_or_a_short_name() {
        for from in
            ["+1", "+04155552345", "14155552345", "Linden Express", "顺达", "whatsapp:+14155552345", "+1415555234x"]
        {
            assert_eq!(keys(&TWILIO.replace("+14155552346", from)), ["sms.twilio.from"], "{from}");
        }
    }

    #[test]
    fn callbacks_need_what_they_are_known_by() {
        let by_key = TWILIO.replace("auth_token = \"env:TOKEN\"", "api_key_sid = \"SK1\"\napi_key_secret = \"env:K\"");
        assert_eq!(keys(&by_key), [""; 0]);
        let heard = format!("[sms]\ncallback_url = \"https://parcels.example\"\n{by_key}");
        assert_eq!(keys(&heard), ["sms.twilio.auth_token"]);
        let heard = format!("[sms]\ncallback_url = \"https://parcels.example\"\n{ALIYUN}");
        assert_eq!(keys(&heard), ["sms.aliyun.callback_secret"]);
    }
}
