//! Sizes as written by administrators, and the two parameters in which a size may be relative.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{Mismatch, ParamType, ParamValue};
use crate::types::Value;

/// One mebibyte, the alignment of all partitions that this program creates.
pub const MIB: u64 = 1 << 20;

/// The largest size: the kernel's offsets in files and devices are signed 64-bit (`loff_t`). The
/// sum of two sizes therefore never overflows a `u64`.
const MAX_BYTES: u64 = i64::MAX.cast_unsigned();

/// A number of bytes. `512M` and `512MiB` are mebibytes, as in LVM and sfdisk; `512MB` is decimal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Size(u64);

impl Size {
    /// Creates a size from a number of bytes.
    pub const fn bytes(bytes: u64) -> Self {
        Self(bytes)
    }

    /// Creates a size from a number of mebibytes.
    pub const fn mib(count: u64) -> Self {
        Self(count * MIB)
    }

    /// Returns the number of bytes.
    pub const fn get(self) -> u64 {
        self.0
    }
}

/// Formats the size in the largest suitable unit with at most one decimal place: `512 MiB`, `1.5
/// GiB`, `2 TiB`.
impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const UNITS: [&str; 6] = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
        let mut unit = 0;
        let mut scale = 1_u64;
        while unit + 1 < UNITS.len() && self.0 >= scale * 1024 {
            unit += 1;
            scale *= 1024;
        }
        let (whole, tenth) = (self.0 / scale, self.0 % scale * 10 / scale);
        match tenth {
            0 => write!(f, "{whole} {}", UNITS[unit]),
            _ => write!(f, "{whole}.{tenth} {}", UNITS[unit]),
        }
    }
}

impl FromStr for Size {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
        let (number, unit) = text.split_at(digits);
        let scale = unit_scale(unit.trim()).ok_or_else(|| format!("{text:?}"))?;
        let bytes = match number.split_once('.') {
            None => number.parse::<u64>().ok().and_then(|n| n.checked_mul(scale)),
            Some((whole, fraction)) => fixed_point(whole, fraction, scale),
        };
        match bytes {
            Some(bytes) if bytes <= MAX_BYTES => Ok(Self(bytes)),
            _ if number.bytes().any(|b| b.is_ascii_digit()) => {
                Err(format!("{text:?}: invalid fraction, or not below 8 EiB"))
            }
            _ => Err(format!("{text:?}")),
        }
    }
}

/// Computes `whole.fraction` × `scale` in integers, so that `1.5T` is exact.
fn fixed_point(whole: &str, fraction: &str, scale: u64) -> Option<u64> {
    let digits = u32::try_from(fraction.len()).ok().filter(|n| (1..=9).contains(n))?;
    let whole = whole.parse::<u64>().ok()?.checked_mul(scale)?;
    let part = u128::from(fraction.parse::<u64>().ok()?) * u128::from(scale);
    whole.checked_add(u64::try_from(part / 10_u128.pow(digits)).ok()?)
}

fn unit_scale(unit: &str) -> Option<u64> {
    let power = |letter: u8| (1..).zip(b"kmgtp").find(|(_, k)| **k == letter).map(|(i, _)| i);
    match unit.to_ascii_lowercase().as_bytes() {
        b"" | b"b" => Some(1),
        &[letter] | &[letter, b'i', b'b'] => Some(1024_u64.pow(power(letter)?)),
        &[letter, b'b'] => Some(1000_u64.pow(power(letter)?)),
        _ => None,
    }
}

impl ParamValue for Size {
    const TYPE: ParamType = ParamType::new("size", "a size such as \"512M\", \"4G\" or \"1.5T\"");

    fn decode(value: &Value) -> Result<Self, Mismatch> {
        match value {
            Value::Text(text) => {
                text.parse().map_err(|why: String| Mismatch::because(&Self::TYPE, why))
            }
            Value::Int(bytes) => u64::try_from(*bytes)
                .map(Self)
                .map_err(|_| Mismatch::because(&Self::TYPE, value.to_string())),
            other => Err(Mismatch::kind(&Self::TYPE, other)),
        }
    }

    fn encode(&self) -> Value {
        Value::Text(self.exact())
    }
}

impl Size {
    /// Returns the shortest string that parses to exactly this size, in the format of the tools:
    /// `512M`, `1000`.
    pub fn exact(self) -> String {
        const UNITS: [(&str, u64); 4] =
            [("T", 1 << 40), ("G", 1 << 30), ("M", 1 << 20), ("K", 1 << 10)];
        UNITS
            .iter()
            .find(|(_, scale)| self.0 != 0 && self.0.is_multiple_of(*scale))
            .map_or_else(|| self.0.to_string(), |(unit, scale)| format!("{}{unit}", self.0 / scale))
    }
}

/// The size of a partition: a fixed size, all remaining space, or all but a fixed size at the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PartSize {
    /// A fixed size: `"512M"`.
    Exactly(Size),
    /// All remaining space: `"rest"`.
    Rest,
    /// All space up to a distance from the end: `"-8G"` ends 8 GiB before the end of the disk.
    AllBut(Size),
}

impl ParamValue for PartSize {
    const TYPE: ParamType =
        ParamType::new("partition size", "a size (\"512M\"), \"rest\", or \"-8G\" from the end");

    fn decode(value: &Value) -> Result<Self, Mismatch> {
        let wrong = || Mismatch::because(&Self::TYPE, value.to_string());
        match value {
            Value::Text(text) if text == "rest" => Ok(Self::Rest),
            Value::Text(text) => match text.strip_prefix('-') {
                Some(size) => size.parse().map(Self::AllBut).map_err(|_| wrong()),
                None => text.parse().map(Self::Exactly).map_err(|_| wrong()),
            },
            other => Size::decode(other).map(Self::Exactly).map_err(|_| wrong()),
        }
    }

    fn encode(&self) -> Value {
        Value::Text(match self {
            Self::Exactly(size) => size.exact(),
            Self::Rest => "rest".into(),
            Self::AllBut(size) => format!("-{}", size.exact()),
        })
    }
}

/// The size of a logical volume: bytes, a number of extents, or a percentage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extents {
    /// Bytes, rounded up to whole extents as by lvcreate: `"4G"`.
    Bytes(Size),
    /// A number of extents: `"250 extents"`, or an integer.
    Count(u64),
    /// A percentage of the free extents: `"100%FREE"`.
    OfFree(u8),
    /// A percentage of all extents of the group: `"50%VG"`.
    OfGroup(u8),
}

/// Parses a string of decimal digits.
fn number(text: &str) -> Option<u64> {
    let text = text.trim();
    text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

impl Extents {
    /// Checks the limit of LVM, which counts extents with 32 bits.
    fn count(count: u64) -> Option<Self> {
        u32::try_from(count).ok().map(|count| Self::Count(count.into()))
    }

    fn parse(text: &str) -> Option<Self> {
        if let Some((percent, of)) = text.split_once('%') {
            let percent = number(percent).and_then(|p| u8::try_from(p).ok());
            let percent = percent.filter(|percent| (1..=100).contains(percent))?;
            return match of.trim().to_ascii_uppercase().as_str() {
                "FREE" => Some(Self::OfFree(percent)),
                "VG" => Some(Self::OfGroup(percent)),
                _ => None,
            };
        }
        match text.strip_suffix("extents").map(str::trim) {
            Some(count) => number(count).and_then(Self::count),
            None => text.parse().ok().map(Self::Bytes),
        }
    }
}

impl ParamValue for Extents {
    const TYPE: ParamType = ParamType::new(
        "volume size",
        "a size (\"4G\"), a percentage (\"100%FREE\", \"50%VG\") or a number of extents",
    );

    fn decode(value: &Value) -> Result<Self, Mismatch> {
        let wrong = || Mismatch::because(&Self::TYPE, value.to_string());
        match value {
            Value::Text(text) => Self::parse(text.trim()).ok_or_else(wrong),
            Value::Int(count) => u64::try_from(*count).ok().and_then(Self::count).ok_or_else(wrong),
            other => Err(Mismatch::kind(&Self::TYPE, other)),
        }
    }

    fn encode(&self) -> Value {
        match self {
            Self::Bytes(size) => Value::Text(size.exact()),
            Self::Count(count) => Value::Text(format!("{count} extents")),
            Self::OfFree(percent) => Value::Text(format!("{percent}%FREE")),
            Self::OfGroup(percent) => Value::Text(format!("{percent}%VG")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_parse_as_administrators_write_them() {
        for (text, bytes) in [
            ("0", 0),
            ("512", 512),
            ("512M", 512 * MIB),
            ("512MiB", 512 * MIB),
            ("512MB", 512_000_000),
            ("24g", 24 << 30),
            ("1.5T", 3 << 39),
            (" 4 G ", 4 << 30),
        ] {
            assert_eq!(text.parse::<Size>().map(Size::get), Ok(bytes), "{text}");
        }
        for text in [
            "",
            "G",
            "4X",
            "-1",
            "1.G",
            "1e3",
            "99999999P",
            "1.2.3G",
            "18446744073709551615",
            "8192P",
        ] {
            assert!(text.parse::<Size>().is_err(), "{text}");
        }
    }

    #[test]
    fn sizes_print_shortly_and_exactly() {
        assert_eq!(Size::mib(512).to_string(), "512 MiB");
        assert_eq!(Size::mib(1536).to_string(), "1.5 GiB");
        assert_eq!(Size::bytes(1000).to_string(), "1000 B");
        assert_eq!(Size::bytes(u64::MAX).to_string(), "16383.9 PiB");
        assert_eq!(Size::mib(1536).exact(), "1536M");
        assert_eq!(Size::bytes(1000).exact(), "1000");
    }

    #[test]
    fn volume_sizes_round_trip() {
        for text in ["4G", "100%FREE", "50%VG", "250 extents"] {
            let size = Extents::decode(&Value::from(text)).expect(text);
            assert_eq!(size.encode(), Value::from(text));
        }
        for text in ["0%FREE", "101%VG", "10%", "10%PVS"] {
            assert!(Extents::decode(&Value::from(text)).is_err(), "{text}");
        }
    }
}
