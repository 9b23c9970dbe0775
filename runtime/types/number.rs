//! Integers with a range: each type defines its minimum and maximum.

use super::{Mismatch, ParamType, ParamValue, Value};

/// Defines a type per entry: `Name, "short name", "accepted values", range, further condition`.
macro_rules! numbers {
    ($($(#[doc = $doc:literal])* $name:ident, $short:literal, $expects:literal, $range:expr, $also:expr;)*) => { $(
        $(#[doc = $doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub struct $name(u32);

        impl $name {
            /// The largest allowed number.
            pub const MAX: u32 = *$range.end();

            /// Returns the number.
            pub const fn get(self) -> u32 {
                self.0
            }
        }

        impl ParamValue for $name {
            const TYPE: ParamType = ParamType::new($short, $expects);

            fn decode(value: &Value) -> Result<Self, Mismatch> {
                let also: fn(u32) -> bool = $also;
                match value {
                    Value::Int(number) => u32::try_from(*number)
                        .ok()
                        .filter(|number| $range.contains(number) && also(*number))
                        .map(Self)
                        .ok_or_else(|| Mismatch::because(&Self::TYPE, value.to_string())),
                    other => Err(Mismatch::kind(&Self::TYPE, other)),
                }
            }

            fn encode(&self) -> Value {
                Value::Int(i64::from(self.0))
            }
        }
    )* };
}

numbers! {
    /// The length of a key file. cryptsetup reads at most 8192 KiB of a key file (`cryptsetup
    /// --help`).
    KeyBytes, "key length", "a number of bytes from 32 to 8388608", (32..=8 << 20), |_| true;

    /// The size of a volume key in bits.
    KeyBits, "key size", "a multiple of 64 from 128 to 1024: 512 for aes-xts, 256 for other modes",
    (128..=1024), |bits| bits.is_multiple_of(64);

    /// The size of an encrypted sector in bytes.
    SectorSize, "sector size", "512, 1024, 2048 or 4096", (512..=4096), u32::is_power_of_two;

    /// The priority of a swap area (swapon(8)).
    SwapPriority, "swap priority", "a number from 0 to 32767", (0..=32767), |_| true;

    /// The number of concurrent processes, or a load average.
    Jobs, "jobs", "a number from 1 to 4096", (1..=4096), |_| true;

    /// The number of a user (credentials(7)); the largest number means no user.
    UserId, "user ID", "a number from 0 to 4294967294", (0..=u32::MAX - 1), |_| true;

    /// The identifier of a VLAN (IEEE 802.1Q); 0 and 4095 are reserved.
    VlanId, "VLAN ID", "a number from 1 to 4094", (1..=4094), |_| true;

    /// A time limit in seconds.
    Seconds, "time limit", "a number of seconds from 1 to 86400", (1..=86400), |_| true;

    /// The value of one of the last two fields of an fstab line.
    FstabNumber, "fstab number", "a number from 0 to 9", (0..=9), |_| true;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_and_conditions_hold() {
        let bits = |number| KeyBits::decode(&Value::Int(number)).is_ok();
        assert!(bits(128) && bits(512) && bits(1024));
        assert!(!bits(100) && !bits(0) && !bits(-512) && !bits(1088) && !bits(1 << 33));
        assert!(KeyBytes::decode(&Value::Int(1 << 30)).is_err());
        assert!(SwapPriority::decode(&Value::Text("1".into())).is_err());
    }
}
