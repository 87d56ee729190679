//! Aliyun's signatures, version 3 (`ACS3-HMAC-SHA256`).
//!
//! Signed is a digest of method, path, query, some headers and the body's digest. The headers are those that name the
//! operation and make the question unrepeatable: the host, the action, its version, the date and a number used once.

use std::hash::{BuildHasher, RandomState};

use chrono::{DateTime, SecondsFormat, Utc};
use hmac::{Hmac, KeyInit, Mac};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::Url;
use sha2::{Digest, Sha256};

/// The version of the interface.
const VERSION: &str = "2017-05-25";

const ALGORITHM: &str = "ACS3-HMAC-SHA256";

/// What RFC 3986 leaves as it is stays; everything else is encoded.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// A question, ready to be asked by POST without a body.
pub(super) struct Signed {
    pub(super) url: Url,
    pub(super) headers: Vec<(&'static str, String)>,
}

impl Signed {
    /// Signs an operation with these parameters at `api`.
    pub(super) fn new(
        api: &Url,
        operation: &str,
        parameters: &[(&str, &str)],
        key_id: &str,
        secret: &str,
        now: DateTime<Utc>,
    ) -> Signed {
        let query = canonical_query(parameters);
        let mut url = api.clone();
        url.set_path("/");
        // Encoded as far as a URL's parser would, so it leaves it alone.
        url.set_query(Some(&query));
        let mut headers = vec![
            ("host", host(api)),
            ("x-acs-action", operation.to_owned()),
            ("x-acs-content-sha256", hex::encode(Sha256::digest(b""))),
            ("x-acs-date", now.to_rfc3339_opts(SecondsFormat::Secs, true)),
            ("x-acs-signature-nonce", nonce()),
            ("x-acs-version", VERSION.to_owned()),
        ];
        headers.push(("authorization", authorization(&query, &headers, key_id, secret)));
        Signed { url, headers }
    }
}

/// The header that proves who asks; `headers` in the order of their names, without blanks around values.
fn authorization(query: &str, headers: &[(&'static str, String)], key_id: &str, secret: &str) -> String {
    let lines: String = headers.iter().map(|(name, value)| format!("{name}:{value}\n")).collect();
    let names = headers.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(";");
    let body = hex::encode(Sha256::digest(b""));
    let canonical = format!("POST\n/\n{query}\n{lines}\n{names}\n{body}");
    let to_sign = format!("{ALGORITHM}\n{}", hex::encode(Sha256::digest(canonical)));
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("HMAC takes a key of any length");
    mac.update(to_sign.as_bytes());
    let signature = hex::encode(mac.finalize().into_bytes());
    format!("{ALGORITHM} Credential={key_id},SignedHeaders={names},Signature={signature}")
}

/// Sorted by name, encoded.
fn canonical_query(parameters: &[(&str, &str)]) -> String {
    let mut sorted = parameters.to_vec();
    sorted.sort_unstable();
    let encode = |text| utf8_percent_encode(text, ENCODED);
    let pairs = sorted.into_iter().map(|(name, value)| format!("{}={}", encode(name), encode(value)));
    pairs.collect::<Vec<_>>().join("&")
}

/// As the `Host` header says it.
fn host(api: &Url) -> String {
    let name = api.host_str().unwrap_or_default();
    api.port().map_or_else(|| name.to_owned(), |port| format!("{name}:{port}"))
}

/// Another one each time: Aliyun refuses a question whose number it has seen. It need not be hard to guess, so the
/// standard library's seeds, which are of the system's randomness and different for each call, will do.
fn nonce() -> String {
    let half = || RandomState::new().hash_one(VERSION);
    format!("{:016x}{:016x}", half(), half())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documentation_s_example_is_met() {
        // "V3 request structure and signature", its example with fixed values.
        let query = canonical_query(&[
            ("RegionId", "cn-shanghai"),
            ("ImageId", "win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd"),
        ]);
        let headers = [
            ("host", "ecs.cn-shanghai.aliyuncs.com"),
            ("x-acs-action", "RunInstances"),
            ("x-acs-content-sha256", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            ("x-acs-date", "2023-10-26T10:22:32Z"),
            ("x-acs-signature-nonce", "3156853299f313e23d1673dc12e1703d"),
            ("x-acs-version", "2014-05-26"),
        ]
        .map(|(name, value)| (name, value.to_owned()));
        assert_eq!(
            authorization(&query, &headers, "YourAccessKeyId", "YourAccessKeySecret"),
            "ACS3-HMAC-SHA256 Credential=YourAccessKeyId,SignedHeaders=host;x-acs-action;x-acs-content-sha256;\
             x-acs-date;x-acs-signature-nonce;x-acs-version,\
             Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0"
        );
    }

    #[test]
    fn the_query_goes_out_as_it_was_signed() {
        let api = Url::parse("https://dysmsapi.aliyuncs.com").unwrap();
        let parameters = [("TemplateParam", r#"{"when":"明日 14:00–18:00 *~'()+&=%/?#"}"#), ("OutId", "a.b_c-d")];
        let signed = Signed::new(&api, "SendSms", &parameters, "id", "secret", DateTime::UNIX_EPOCH);
        assert_eq!(signed.url.query().unwrap(), canonical_query(&parameters));
        assert_eq!((signed.url.path(), signed.url.host_str()), ("/", Some("dysmsapi.aliyuncs.com")));
        assert!(signed.url.query().unwrap().starts_with("OutId=a.b_c-d&TemplateParam=%7B%22when%22%3A%22%E6%98%8E"));
    }

    #[test]
    fn a_port_belongs_to_the_host_unless_it_is_the_usual_one() {
        for (url, expected) in [
            ("https://dysmsapi.aliyuncs.com", "dysmsapi.aliyuncs.com"),
            ("https://dysmsapi.aliyuncs.com:443", "dysmsapi.aliyuncs.com"),
            ("http://127.0.0.1:8080", "127.0.0.1:8080"),
        ] {
            assert_eq!(host(&Url::parse(url).unwrap()), expected);
        }
    }

    #[test]
    fn no_number_is_used_twice() {
        let numbers: std::collections::HashSet<_> = (0..1_000).map(|_| nonce()).collect();
        assert_eq!(numbers.len(), 1_000);
    }
}
