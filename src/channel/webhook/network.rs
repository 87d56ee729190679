//! A range of addresses, `10.0.0.0/8`.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use serde::{Deserialize, Deserializer, de};

/// All addresses of one family that begin with the same bits.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Network {
    base: IpAddr,
    bits: u32,
}

impl Network {
    pub(super) const fn v4(a: u8, b: u8, c: u8, d: u8, bits: u32) -> Network {
        Network { base: IpAddr::V4(Ipv4Addr::new(a, b, c, d)), bits }
    }

    pub(super) const fn v6(head: [u16; 6], bits: u32) -> Network {
        let [a, b, c, d, e, f] = head;
        Network { base: IpAddr::V6(Ipv6Addr::new(a, b, c, d, e, f, 0, 0)), bits }
    }

    /// Whether the address lies in it. An IPv4 address and its IPv6 form are different addresses.
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.base, address) {
            (IpAddr::V4(base), IpAddr::V4(address)) => {
                u32::from(base) ^ u32::from(address) <= u32::MAX.checked_shr(self.bits).unwrap_or(0)
            }
            (IpAddr::V6(base), IpAddr::V6(address)) => {
                u128::from(base) ^ u128::from(address) <= u128::MAX.checked_shr(self.bits).unwrap_or(0)
            }
            _ => false,
        }
    }
}

/// Why a text is no network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a network like \"10.0.0.0/8\" or \"fd00::/8\", with no bit set beyond its length")]
pub struct ParseNetworkError;

impl FromStr for Network {
    type Err = ParseNetworkError;

    fn from_str(text: &str) -> Result<Network, ParseNetworkError> {
        let (base, bits) = text.split_once('/').ok_or(ParseNetworkError)?;
        let base: IpAddr = base.parse().map_err(|_| ParseNetworkError)?;
        let bits: u32 = bits.parse().map_err(|_| ParseNetworkError)?;
        let is_exact = match base {
            IpAddr::V4(base) => bits <= 32 && u32::from(base) & u32::MAX.checked_shr(bits).unwrap_or(0) == 0,
            IpAddr::V6(base) => bits <= 128 && u128::from(base) & u128::MAX.checked_shr(bits).unwrap_or(0) == 0,
        };
        if is_exact { Ok(Network { base, bits }) } else { Err(ParseNetworkError) }
    }
}

impl<'de> Deserialize<'de> for Network {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Network, D::Error> {
        let text = String::deserialize(d)?;
        text.parse().map_err(|error| de::Error::custom(format!("{error}, found \"{text}\"")))
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.base, self.bits)
    }
}

impl fmt::Debug for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_holds_what_begins_alike() {
        for (network, address, is_in) in [
            ("10.0.0.0/8", "10.255.255.255", true),
            ("10.0.0.0/8", "11.0.0.0", false),
            ("127.0.0.1/32", "127.0.0.1", true),
            ("127.0.0.1/32", "127.0.0.2", false),
            ("0.0.0.0/0", "203.0.113.9", true),
            ("0.0.0.0/0", "::1", false),
            ("fd00::/8", "fdff::1", true),
            ("fd00::/8", "fe00::1", false),
            ("::/0", "2001:db8::1", true),
            ("::1/128", "::2", false),
        ] {
            assert_eq!(network.parse::<Network>().unwrap().contains(address.parse().unwrap()), is_in, "{network}");
        }
    }

    #[test]
    fn what_is_no_network_is_refused() {
        for text in ["10.0.0.0", "10.0.0.1/8", "10.0.0.0/33", "fd00::/129", "localhost/8", "10.0.0.0/", ""] {
            assert_eq!(text.parse::<Network>(), Err(ParseNetworkError), "{text}");
        }
    }
}
