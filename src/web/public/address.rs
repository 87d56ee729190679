//! Whose requests count together: the client's address, as far as it can be known.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use axum::http::{HeaderMap, HeaderName};

/// The client: the other end, or where a trusted proxy names its client, that. An IPv6 client has a whole network of addresses
/// at its hands, so its first half counts.
pub(super) fn client(peer: SocketAddr, headers: &HeaderMap, named_by_proxy: Option<&HeaderName>) -> IpAddr {
    let named = named_by_proxy.and_then(|name| headers.get_all(name).iter().next_back());
    let named = named.and_then(|value| last(value.to_str().ok()?));
    match named.unwrap_or_else(|| peer.ip()).to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        v4 => v4,
    }
}

/// The last address of a list: the one that our proxy itself has added. What stands before it is whatever the client said.
fn last(list: &str) -> Option<IpAddr> {
    let text = list.rsplit(',').next()?.trim();
    text.parse().ok().or_else(|| Some(text.parse::<SocketAddr>().ok()?.ip()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_our_proxy_has_added_is_believed() {
        let header = HeaderName::from_static("x-forwarded-for");
        let peer: SocketAddr = "10.0.0.1:4000".parse().unwrap();
        let client = |value: Option<&'static str>, header: Option<&HeaderName>| {
            let mut headers = HeaderMap::new();
            headers.extend(value.map(|value| (HeaderName::from_static("x-forwarded-for"), value.parse().unwrap())));
            client(peer, &headers, header).to_string()
        };
        assert_eq!(client(Some("192.0.2.1"), None), "10.0.0.1");
        assert_eq!(client(Some("192.0.2.1"), Some(&header)), "192.0.2.1");
        assert_eq!(client(Some("198.51.100.7, 192.0.2.1:5000"), Some(&header)), "192.0.2.1");
        assert_eq!(client(Some("2001:db8:1:2:3:4:5:6"), Some(&header)), "2001:db8:1:2::");
        assert_eq!(client(Some("::ffff:192.0.2.1"), Some(&header)), "192.0.2.1");
        for nonsense in [None, Some(""), Some("unknown"), Some("192.0.2.1, _hidden")] {
            assert_eq!(client(nonsense, Some(&header)), "10.0.0.1");
        }
    }
}
