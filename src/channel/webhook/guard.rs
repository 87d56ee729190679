//! Keeps webhooks out of networks that are not public (server-side request forgery).
//!
//! Whoever may enter an endpoint could otherwise make us call the cloud's metadata service or an admin port of
//! our own network. What counts is the address that is dialled, not the name: a name may resolve to anything, and
//! to something else the next time. So addresses in a URL are checked here, and names by the
//! [resolver](super::resolver), whose answers are the only ones that are dialled.

use std::collections::HashSet;
use std::fmt;
use std::net::IpAddr;

use reqwest::Url;

use super::Network;

/// What is not public, by the registries of IANA for special purposes.
const REFUSED: &[Network] = &[
    // This host and "this network".
    Network::v4(0, 0, 0, 0, 8),
    // Private (RFC 1918).
    Network::v4(10, 0, 0, 0, 8),
    Network::v4(172, 16, 0, 0, 12),
    Network::v4(192, 168, 0, 0, 16),
    // Shared behind a provider's NAT; a cloud's metadata too.
    Network::v4(100, 64, 0, 0, 10),
    Network::v4(127, 0, 0, 0, 8),
    // Link-local, and with it 169.254.169.254, the metadata of most clouds.
    Network::v4(169, 254, 0, 0, 16),
    // Protocol assignments.
    Network::v4(192, 0, 0, 0, 24),
    // Documentation (TEST-NET-1, 2, 3).
    Network::v4(192, 0, 2, 0, 24),
    Network::v4(198, 51, 100, 0, 24),
    Network::v4(203, 0, 113, 0, 24),
    // 6to4 relays.
    Network::v4(192, 88, 99, 0, 24),
    // Benchmarks.
    Network::v4(198, 18, 0, 0, 15),
    // Multicast, reserved, broadcast.
    Network::v4(224, 0, 0, 0, 4),
    Network::v4(240, 0, 0, 0, 4),
    // All of IPv6 but global unicast (2000::/3): unspecified, loopback, IPv4 mapped, compatible and translated
    // (NAT64 64:ff9b::/96 and 64:ff9b:1::/48), discard-only 100::/64, unique local fc00::/7, link-local fe80::/10,
    // site-local fec0::/10, multicast ff00::/8, and what is not assigned.
    Network::v6([0, 0, 0, 0, 0, 0], 3),
    Network::v6([0x4000, 0, 0, 0, 0, 0], 2),
    Network::v6([0x8000, 0, 0, 0, 0, 0], 1),
    // Within global unicast: protocol assignments with Teredo, benchmarks and ORCHID.
    Network::v6([0x2001, 0, 0, 0, 0, 0], 23),
    // 6to4 carries an IPv4 address of anybody's choice.
    Network::v6([0x2002, 0, 0, 0, 0, 0], 16),
    // Documentation.
    Network::v6([0x2001, 0xdb8, 0, 0, 0, 0], 32),
    Network::v6([0x3fff, 0, 0, 0, 0, 0], 20),
];

/// Why an endpoint may not be called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Forbidden {
    /// Neither https nor http.
    Scheme,
    /// http, and its host is not on the list.
    Clear,
    /// An address outside of the public Internet, and not on the list.
    Address,
}

impl Forbidden {
    pub(super) fn reason(self) -> &'static str {
        match self {
            Forbidden::Scheme => "the endpoint's URL is not https",
            Forbidden::Clear => "the endpoint's URL is http and its host not in webhook.allow_http",
            Forbidden::Address => "the endpoint's address is not public and not in webhook.allow_private",
        }
    }
}

impl fmt::Display for Forbidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.reason())
    }
}

impl std::error::Error for Forbidden {}

/// Decides what may be called.
pub(super) struct Guard {
    allow_private: Vec<Network>,
    allow_http: HashSet<String>,
}

impl Guard {
    pub(super) fn new(allow_private: &[Network], allow_http: &[String]) -> Guard {
        Guard { allow_private: allow_private.to_vec(), allow_http: allow_http.iter().cloned().collect() }
    }

    /// Scheme and literal address; a name passes and is checked when it has been resolved.
    pub(super) fn check_url(&self, url: &Url) -> Result<(), Forbidden> {
        let host = url.host_str().ok_or(Forbidden::Scheme)?;
        match url.scheme() {
            "https" => {}
            "http" if self.allow_http.contains(host) => {}
            "http" => return Err(Forbidden::Clear),
            _ => return Err(Forbidden::Scheme),
        }
        // The URL's parser has written every spelling of an address (0x7f.1, 2130706433) in the common form.
        match host.trim_start_matches('[').trim_end_matches(']').parse() {
            Ok(address) => self.check_address(address),
            Err(_) => Ok(()),
        }
    }

    /// An address that is about to be dialled.
    pub(super) fn check_address(&self, address: IpAddr) -> Result<(), Forbidden> {
        let among = |networks: &[Network]| networks.iter().any(|network| network.contains(address));
        if among(REFUSED) && !among(&self.allow_private) { Err(Forbidden::Address) } else { Ok(()) }
    }
}

/// Whether this is a host as it stands in a URL.
pub(in super::super) fn is_host(text: &str) -> bool {
    let url = Url::parse(&format!("http://{text}/"));
    url.is_ok_and(|url| url.host_str() == Some(text) && url.port().is_none() && url.path() == "/")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guard(networks: &[&str], hosts: &[&str]) -> Guard {
        let networks: Vec<Network> = networks.iter().map(|text| text.parse().unwrap()).collect();
        let hosts: Vec<String> = hosts.iter().map(|&host| host.to_owned()).collect();
        Guard::new(&networks, &hosts)
    }

    #[test]
    fn no_address_outside_of_the_public_internet_is_called() {
        let refused = "0.0.0.0 0.1.2.3 10.0.0.1 10.255.255.255 100.64.0.1 100.127.255.255 100.100.100.200 127.0.0.1 \
            127.255.255.255 169.254.0.1 169.254.169.254 172.16.0.1 172.31.255.255 192.0.0.1 192.0.0.192 192.0.2.1 \
            192.88.99.1 192.168.0.1 192.168.255.255 198.18.0.1 198.19.255.255 198.51.100.1 203.0.113.1 224.0.0.1 \
            239.255.255.255 240.0.0.1 255.255.255.255 \
            :: ::1 ::7f00:1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:8.8.8.8 ::ffff:0:8.8.8.8 64:ff9b::7f00:1 \
            64:ff9b::808:808 64:ff9b:1::1 100::1 2001::1 2001:0:4136:e378:8000:63bf:3fff:fdd2 2001:2::1 2001:10::1 \
            2001:20::1 2001:db8::1 2002:7f00:1::1 2002:808:808::1 3fff::1 5f00::1 fc00::1 fd00:ec2::254 fdff::1 \
            fe80::1 febf::1 fec0::1 ff02::1 4000::1 8000::1";
        for text in refused.split_whitespace() {
            let address: IpAddr = text.parse().unwrap();
            assert_eq!(guard(&[], &[]).check_address(address), Err(Forbidden::Address), "{text}");
        }
    }

    #[test]
    fn public_addresses_are_called_up_to_the_edges_of_what_is_refused() {
        let public = "1.1.1.1 8.8.8.8 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 126.255.255.255 128.0.0.0 \
            169.253.255.255 169.255.0.0 172.15.255.255 172.32.0.0 192.0.1.0 192.0.3.0 192.88.98.255 192.88.100.0 \
            192.167.255.255 192.169.0.0 198.17.255.255 198.20.0.0 198.51.99.255 198.51.101.0 203.0.112.255 \
            203.0.114.0 223.255.255.255 \
            2000::1 2001:200::1 2001:4860:4860::8888 2001:db7::1 2001:db9::1 2003::1 2606:4700:4700::1111 \
            3ffe:ffff::1 3fff:1000::1";
        for text in public.split_whitespace() {
            assert_eq!(guard(&[], &[]).check_address(text.parse().unwrap()), Ok(()), "{text}");
        }
    }

    #[test]
    fn a_private_network_is_called_where_it_is_allowed_and_no_other() {
        let guard = guard(&["127.0.0.0/8", "fd12::/16"], &[]);
        for (address, expected) in [
            ("127.0.0.1", Ok(())),
            ("fd12::1", Ok(())),
            ("::1", Err(Forbidden::Address)),
            ("::ffff:127.0.0.1", Err(Forbidden::Address)),
            ("10.0.0.1", Err(Forbidden::Address)),
            ("fd13::1", Err(Forbidden::Address)),
        ] {
            assert_eq!(guard.check_address(address.parse().unwrap()), expected, "{address}");
        }
    }

    #[test]
    fn a_url_is_https_to_a_name_or_a_public_address() {
        let guard = guard(&["10.1.0.0/16"], &["10.1.0.1", "hooks.internal", "127.0.0.1"]);
        for (url, expected) in [
            ("https://shop.example/hook", Ok(())),
            ("https://8.8.8.8:8443/hook", Ok(())),
            ("https://10.1.0.1/", Ok(())),
            ("http://10.1.0.1/", Ok(())),
            ("http://HOOKS.internal:8080/", Ok(())),
            ("http://shop.example/hook", Err(Forbidden::Clear)),
            ("ftp://shop.example/", Err(Forbidden::Scheme)),
            ("file:///etc/passwd", Err(Forbidden::Scheme)),
            ("https://127.0.0.1/", Err(Forbidden::Address)),
            ("http://127.0.0.1/", Err(Forbidden::Address)),
            ("https://2130706433/", Err(Forbidden::Address)),
            ("https://0x7f.1/", Err(Forbidden::Address)),
            ("https://0177.0.0.1/", Err(Forbidden::Address)),
            ("https://127.1/", Err(Forbidden::Address)),
            ("https://[::1]/", Err(Forbidden::Address)),
            ("https://[::ffff:169.254.169.254]/", Err(Forbidden::Address)),
            ("https://①②⑦.0.0.1/", Err(Forbidden::Address)),
        ] {
            assert_eq!(guard.check_url(&Url::parse(url).unwrap()), expected, "{url}");
        }
    }

    #[test]
    fn a_host_is_written_as_in_a_url() {
        for (text, is) in [
            ("hooks.internal", true),
            ("10.0.0.1", true),
            ("[::1]", true),
            ("Hooks.internal", false),
            ("http://x", false),
            ("x:80", false),
            ("x/y", false),
            ("", false),
        ] {
            assert_eq!(is_host(text), is, "{text}");
        }
    }
}
