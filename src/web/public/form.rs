//! Forms as browsers send them. What one says, and its proof that it is ours, is read by [`crate::reroute::form`]; browsers also
//! say where a form comes from, and what they say is believed where it is against it.

use axum::http::{HeaderMap, header};

pub(super) use crate::reroute::form::{Form, is_proved, is_same, prove};

/// Whether the browser says that another site sent it, or it is no form. Our pages tell browsers to keep quiet about
/// where they come from, so `Origin: null` is usual and says nothing. `base_url` is ours as customers know it; a proxy may
/// have changed `Host`.
pub(super) fn is_foreign(headers: &HeaderMap, base_url: &str) -> bool {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    if let Some(site) = text("sec-fetch-site") {
        return !matches!(site, "same-origin" | "none");
    }
    let Some(origin) = text("origin").filter(|origin| *origin != "null") else { return false };
    let host = |url: &str| url.split_once("://").map(|(_, rest)| rest.split('/').next().unwrap_or_default().to_owned());
    let sender = host(origin);
    sender.is_none() || sender.as_deref() != text(header::HOST.as_str()) && sender != host(base_url)
}

/// Whether the body is what a browser makes of a form.
pub(super) fn is_form(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    kind.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/x-www-form-urlencoded")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_another_site_sends_is_foreign() {
        let is_foreign = |pairs: &[(&'static str, &'static str)]| {
            let mut headers = HeaderMap::new();
            pairs.iter().for_each(|(name, value)| {
                headers.insert(*name, value.parse().unwrap());
            });
            is_foreign(&headers, "https://pw.example/parcels")
        };
        let host = ("host", "pw.example");
        for ours in [
            vec![host],
            vec![host, ("origin", "null")],
            vec![host, ("origin", "https://pw.example")],
            vec![host, ("origin", "null"), ("sec-fetch-site", "same-origin")],
            vec![("host", "10.0.0.1:8080"), ("origin", "https://pw.example")],
            vec![("host", "localhost:8080"), ("origin", "http://localhost:8080")],
        ] {
            assert!(!is_foreign(&ours), "{ours:?}");
        }
        for foreign in [
            vec![host, ("origin", "https://evil.example")],
            vec![host, ("origin", "https://pw.example.evil.example")],
            vec![host, ("origin", "null"), ("sec-fetch-site", "cross-site")],
            vec![host, ("sec-fetch-site", "same-site")],
            vec![host, ("origin", "nonsense")],
        ] {
            assert!(is_foreign(&foreign), "{foreign:?}");
        }
    }
}
