//! Values of the global table `merchants.v1`.

use super::notice::{bounded, typed};
use crate::model::{Merchant, Reject, Webhook};

/// What is kept of a merchant at most, as JSON. Larger: a table of all merchants fills the memory of every instance. Smaller: a long URL
/// with its secrets does not fit.
const KEPT_BYTES_MAX: usize = 4 * 1024;

/// Decodes a merchant's entry; none where it was deleted (an absent or empty value).
///
/// # Errors
/// What could not be used of it; the reader of the table keeps the last good value then.
pub fn merchant(key: &[u8], value: Option<&[u8]>) -> Result<Option<Merchant>, Reject> {
    let Some(value) = value.filter(|value| !value.is_empty()) else { return Ok(None) };
    let merchant: Merchant = typed(value, "a merchant")?;
    bounded(value, &merchant, KEPT_BYTES_MAX)?;
    if merchant.merchant.as_bytes() != key {
        return Err(Reject::at("key", "merchant", "expected the record's key, found another"));
    }
    if merchant.merchant.is_empty() || merchant.merchant.chars().any(char::is_control) {
        return Err(Reject::at("range", "merchant", "expected a printable name, found another"));
    }
    if let Some(webhook) = &merchant.webhook {
        check(webhook)?;
    }
    if merchant.email.as_ref().is_some_and(|email| !email.contains('@')) {
        return Err(Reject::at("range", "email", "expected a mail address, found a text without @"));
    }
    Ok(Some(merchant))
}

fn check(webhook: &Webhook) -> Result<(), Reject> {
    let rest = webhook.url.strip_prefix("https://").or_else(|| webhook.url.strip_prefix("http://"));
    let has_host = rest.is_some_and(|rest| !rest.is_empty() && !rest.starts_with(['/', ':', '?', '#']));
    if !has_host || webhook.url.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Err(Reject::at("range", "webhook.url", "expected an https URL with a host, found another text"));
    }
    if !webhook.secrets.iter().all(|secret| secret.starts_with("env:") || secret.starts_with("file:")) {
        // What stands there instead may be the secret itself.
        let expected = "expected names of secrets (env:NAME, file:PATH), found another text";
        return Err(Reject::at("range", "webhook.secrets", expected));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const FULL: &str = r#"{"merchant":"M-0042","name":"Shop","webhook":{"url":"https://hooks.example.com/p?t=1",
        "secrets":["env:M0042_SECRET"]},"email":"ops@m.example","locale":"zh-CN","audiences":["merchant"],"digest":"1h"}"#;

    fn read(value: &str) -> Result<Option<Merchant>, Reject> {
        merchant(b"M-0042", Some(value.as_bytes()))
    }

    #[test]
    fn an_entry_is_read_and_an_empty_value_deletes_it() {
        let found = read(FULL).unwrap().unwrap();
        assert_eq!(found.webhook.unwrap().secrets, ["env:M0042_SECRET"]);
        assert_eq!(read(""), Ok(None));
        assert_eq!(merchant(b"M-0042", None), Ok(None));
    }

    #[test]
    fn a_digest_that_cannot_be_leaves_the_merchant_as_it_is_told_now() {
        let window = |digest: &str| read(&FULL.replace("\"1h\"", digest)).unwrap().unwrap().digest_window();
        assert_eq!(window("\"1h\""), Some(std::time::Duration::from_secs(3600)));
        for digest in
            ["null", "7", "[]", "\"\"", "\"often\"", "\"0s\"", "\"1s\"", "\"8days\"", "\"99999999999999999years\""]
        {
            assert_eq!(window(digest), None, "{digest}");
        }
    }

    #[test]
    fn rubbish_is_refused_and_a_secret_in_it_is_not_repeated() {
        for (from, to, reason, path) in [
            ("M-0042\",\"name", "M-1\",\"name", "key", "merchant"),
            ("https://hooks", "ftp://hooks", "range", "webhook.url"),
            ("https://hooks.example.com/p?t=1", "https:///p", "range", "webhook.url"),
            ("https://hooks", "https://ho oks", "range", "webhook.url"),
            ("env:M0042_SECRET", "whsec_abc", "range", "webhook.secrets"),
            ("ops@m.example", "ops", "range", "email"),
            ("\"url\":\"https://hooks.example.com/p?t=1\",", "", "missing", "url"),
            ("{\"merchant\"", "{\"merchant", "json", ""),
            ("zh-CN", &"z".repeat(5000), "range", ""),
        ] {
            let reject = read(&FULL.replace(from, to)).expect_err(to);
            assert_eq!((reject.reason, &*reject.path), (reason, path), "{to}: {reject}");
            assert!(!reject.to_string().contains("whsec"), "{reject}");
        }
    }
}
