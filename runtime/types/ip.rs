//! Addresses of the Internet Protocol.

use std::fmt;
use std::net::IpAddr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Mismatch, ParamType, ParamValue, Value};

/// An IPv4 or IPv6 address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct IpAddress(IpAddr);

/// An IPv4 or IPv6 address of an interface, with the length of its network prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IpPrefix {
    /// The address.
    pub address: IpAddress,
    /// The number of bits of the network.
    pub length: u8,
}

/// The destination of a route: a network, or every address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Destination(Option<IpPrefix>);

impl IpAddress {
    /// Wraps an address that the kernel has reported.
    pub fn new(address: IpAddr) -> Self {
        Self(address)
    }

    /// Returns the address.
    pub fn get(self) -> IpAddr {
        self.0
    }

    /// Returns whether both addresses are of the same version.
    pub fn is_like(self, other: Self) -> bool {
        self.0.is_ipv4() == other.0.is_ipv4()
    }

    /// Returns whether an interface or a host can have the address.
    fn is_usable(self) -> bool {
        let broadcast = matches!(self.0, IpAddr::V4(address) if address.is_broadcast());
        !self.0.is_unspecified() && !self.0.is_multicast() && !broadcast
    }
}

impl IpPrefix {
    /// Returns whether another address is in the same network.
    pub fn contains(self, other: IpAddress) -> bool {
        let bits = |address: IpAddr| match address {
            IpAddr::V4(address) => u128::from(u32::from(address)) << 96,
            IpAddr::V6(address) => u128::from(address),
        };
        let rest = 128 - u32::from(self.length);
        let network = |address: IpAddress| bits(address.0).checked_shr(rest).unwrap_or(0);
        self.address.is_like(other) && network(self.address) == network(other)
    }

    /// Returns whether two networks have an address in common.
    pub fn overlaps(self, other: Self) -> bool {
        match self.length <= other.length {
            true => self.contains(other.address),
            false => other.contains(self.address),
        }
    }

    /// Returns whether this is the network of all addresses, the destination of a default route.
    pub fn is_default(self) -> bool {
        self.length == 0
    }

    /// Returns the network of all addresses of the same version.
    pub fn default_like(address: IpAddress) -> Self {
        let any = match address.0 {
            IpAddr::V4(_) => IpAddr::V4(std::net::Ipv4Addr::UNSPECIFIED),
            IpAddr::V6(_) => IpAddr::V6(std::net::Ipv6Addr::UNSPECIFIED),
        };
        Self { address: IpAddress(any), length: 0 }
    }

    /// Returns whether no bit of the address is set beyond the prefix.
    fn is_network(self) -> bool {
        match self.address.0 {
            IpAddr::V4(address) => {
                u32::from(address).checked_shl(self.length.into()).unwrap_or(0) == 0
            }
            IpAddr::V6(address) => {
                u128::from(address).checked_shl(self.length.into()).unwrap_or(0) == 0
            }
        }
    }

    /// Parses an address and the length of a prefix, of any network.
    fn parse(text: &str) -> Option<Self> {
        let (address, length) = text.split_once('/')?;
        let address: IpAddr = address.parse().ok()?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let digits = length.bytes().all(|byte| byte.is_ascii_digit());
        let length = length.parse().ok().filter(|length| digits && *length <= most)?;
        Some(Self { address: IpAddress(address), length })
    }
}

impl Destination {
    /// Returns the network; `None` for every address.
    pub fn network(self) -> Option<IpPrefix> {
        self.0
    }
}

impl Serialize for IpPrefix {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for IpPrefix {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        let error = || format!("{text:?} is not an address with the length of its prefix");
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom(error()))
    }
}

impl fmt::Display for IpAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for IpPrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.length)
    }
}

impl ParamValue for IpAddress {
    const TYPE: ParamType =
        ParamType::new("IP address", "an address such as 192.0.2.1 or 2001:db8::1");

    fn decode(value: &Value) -> Result<Self, Mismatch> {
        let Value::Text(text) = value else { return Err(Mismatch::kind(&Self::TYPE, value)) };
        let address = text.parse().ok().map(Self).filter(|address| address.is_usable());
        address.ok_or_else(|| Mismatch::because(&Self::TYPE, value.to_string()))
    }

    fn encode(&self) -> Value {
        Value::Text(self.to_string())
    }
}

impl ParamValue for IpPrefix {
    const TYPE: ParamType = ParamType::new(
        "address with prefix",
        "an address with the length of its prefix, such as 192.0.2.10/24 or 2001:db8::10/64",
    );

    fn decode(value: &Value) -> Result<Self, Mismatch> {
        let Value::Text(text) = value else { return Err(Mismatch::kind(&Self::TYPE, value)) };
        Self::parse(text)
            .filter(|prefix| prefix.length > 0 && prefix.address.is_usable())
            .ok_or_else(|| Mismatch::because(&Self::TYPE, value.to_string()))
    }

    fn encode(&self) -> Value {
        Value::Text(self.to_string())
    }
}

impl ParamValue for Destination {
    const TYPE: ParamType = ParamType::new(
        "network",
        "a network such as 192.0.2.0/24 or 2001:db8::/64, without bits beyond its prefix, or \
         default",
    );

    fn decode(value: &Value) -> Result<Self, Mismatch> {
        let Value::Text(text) = value else { return Err(Mismatch::kind(&Self::TYPE, value)) };
        if text == "default" {
            return Ok(Self(None));
        }
        IpPrefix::parse(text)
            .filter(|prefix| prefix.length > 0 && prefix.is_network())
            .filter(|prefix| prefix.address.is_usable())
            .map(|prefix| Self(Some(prefix)))
            .ok_or_else(|| Mismatch::because(&Self::TYPE, value.to_string()))
    }

    fn encode(&self) -> Value {
        Value::Text(self.0.map_or_else(|| "default".to_owned(), |network| network.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_are_addresses_of_interfaces() {
        let decode = |text: &str| IpPrefix::decode(&Value::from(text));
        for good in ["192.0.2.10/24", "10.0.0.1/8", "192.0.2.1/32", "2001:db8::10/64"] {
            assert_eq!(decode(good).expect(good).to_string(), good);
        }
        for bad in [
            "192.0.2.10",
            "192.0.2.10/33",
            "192.0.2.10/0",
            "192.0.2/24",
            "0.0.0.0/8",
            "::/64",
            "224.0.0.1/4",
            "255.255.255.255/24",
            "192.0.2.10/+24",
            "192.0.2.10/24\n",
            "x/24",
            "2001:db8::10/129",
            "$(id)/24",
        ] {
            assert!(decode(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn destinations_are_networks() {
        let decode = |text: &str| Destination::decode(&Value::from(text));
        for good in ["default", "192.0.2.0/24", "192.0.2.1/32", "2001:db8::/64", "128.0.0.0/1"] {
            assert_eq!(decode(good).expect(good).encode(), Value::from(good));
        }
        for bad in ["192.0.2.1/24", "0.0.0.0/0", "2001:db8::1/64", "192.0.2.0", "224.0.0.0/4"] {
            assert!(decode(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn networks_overlap_if_one_contains_the_other() {
        let prefix = |text: &str| IpPrefix::parse(text).expect(text);
        let overlap = |a: &str, b: &str| {
            assert_eq!(prefix(a).overlaps(prefix(b)), prefix(b).overlaps(prefix(a)));
            prefix(a).overlaps(prefix(b))
        };
        assert!(overlap("10.0.0.1/8", "10.9.0.0/16") && overlap("0.0.0.0/0", "10.0.0.1/8"));
        assert!(!overlap("10.0.0.1/16", "10.9.0.0/16") && !overlap("::/0", "10.0.0.1/8"));
    }

    #[test]
    fn a_gateway_is_in_the_network() {
        let is_in = |prefix: &str, address: &str| {
            let prefix = IpPrefix::decode(&Value::from(prefix)).expect(prefix);
            prefix.contains(IpAddress::decode(&Value::from(address)).expect(address))
        };
        assert!(is_in("192.0.2.10/24", "192.0.2.1") && is_in("10.1.2.3/8", "10.9.9.9"));
        assert!(!is_in("192.0.2.10/24", "192.0.3.1") && !is_in("192.0.2.10/24", "2001:db8::1"));
        assert!(is_in("2001:db8::10/64", "2001:db8::1"));
        assert!(!is_in("2001:db8::10/64", "2001:db8:0:1::1"));
    }
}
