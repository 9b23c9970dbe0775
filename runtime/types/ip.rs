//! Addresses of the Internet Protocol.

use std::fmt;
use std::net::IpAddr;

use super::{Mismatch, ParamType, ParamValue, Value};

/// An IPv4 or IPv6 address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IpAddress(IpAddr);

/// An IPv4 or IPv6 address of an interface, with the length of its network prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IpPrefix {
    /// The address.
    pub address: IpAddress,
    /// The number of bits of the network.
    pub length: u8,
}

impl IpAddress {
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
        let parse = || {
            let (address, length) = text.split_once('/')?;
            let address = IpAddress::decode(&Value::from(address)).ok()?;
            let most = if address.0.is_ipv4() { 32 } else { 128 };
            let digits = length.bytes().all(|byte| byte.is_ascii_digit());
            let length = length.parse().ok().filter(|length| digits && (1..=most).contains(length));
            Some(Self { address, length: length? })
        };
        parse().ok_or_else(|| Mismatch::because(&Self::TYPE, value.to_string()))
    }

    fn encode(&self) -> Value {
        Value::Text(self.to_string())
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
