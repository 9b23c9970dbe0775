//! Names that are passed to tools. They are validated here, so that an error states the violated
//! rule instead of showing a tool's usage message.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::text::{TextRule, is_shown};
use super::{Completes, Mismatch, ParamType, ParamValue, Value};

/// The name of a volume group or logical volume (lvm(8), "VALID NAMES").
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LvmName(String);

/// The name of an opened LUKS container below `/dev/mapper`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MapName(String);

/// The name of an md array, `/dev/md/NAME`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ArrayName(String);

/// An existing md array: its name, or its UUID. Other tools allow any name, such as `0`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ArrayId(String);

/// A filesystem or partition label. Its length is checked where the filesystem is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Label(String);

/// Allows the characters that mkfs, sfdisk and udev's symlinks take unescaped.
const LABEL: TextRule = TextRule::of(|c| is_shown(c) && !"\"'\\/".contains(c), 255)
    .begins(|c| c != '-' && !c.is_whitespace())
    .also(|text| text.is_empty().then(|| "it is empty".into()));

/// Returns whether a name consists of the characters that LVM allows; the same rule is used for
/// device-mapper names.
fn plain(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with('-')
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"+_.-".contains(&b))
        && !matches!(name, "." | "..")
}

/// Returns whether a name has a prefix or infix that LVM reserves for internal volumes (lvm(8),
/// "VALID NAMES").
pub fn is_reserved_by_lvm(name: &str) -> bool {
    const INFIXES: [&str; 17] = [
        "_cdata", "_cmeta", "_corig", "_cpool", "_cvol", "_imeta", "_iorig", "_mimage", "_mlog",
        "_pmspare", "_rimage", "_rmeta", "_tdata", "_tmeta", "_vdata", "_vorigin", "_wcorig",
    ];
    name.starts_with("snapshot")
        || name.starts_with("pvmove")
        || INFIXES.iter().any(|infix| name.contains(infix))
}

fn decode<T: ParamValue>(
    value: &Value,
    fits: impl Fn(&str) -> bool,
    make: impl Fn(String) -> T,
) -> Result<T, Mismatch> {
    match value {
        Value::Text(text) if fits(text) => Ok(make(text.clone())),
        Value::Text(_) => Err(Mismatch::because(&T::TYPE, value.to_string())),
        other => Err(Mismatch::kind(&T::TYPE, other)),
    }
}

impl ParamValue for LvmName {
    const TYPE: ParamType = ParamType::new(
        "lvm name",
        "a name of letters, digits and + _ . - that does not begin with - and is not reserved by \
         LVM",
    )
    .completes(Completes::Groups);

    fn decode(value: &Value) -> Result<Self, Mismatch> {
        let fits = |name: &str| plain(name) && name.len() <= 127 && !is_reserved_by_lvm(name);
        decode(value, fits, Self)
    }

    fn encode(&self) -> Value {
        Value::Text(self.0.clone())
    }
}

impl ParamValue for MapName {
    const TYPE: ParamType = ParamType::new(
        "mapping name",
        "a name below /dev/mapper of letters, digits and + _ . -, at most 127 of them",
    )
    .completes(Completes::Mappings);

    fn decode(value: &Value) -> Result<Self, Mismatch> {
        decode(value, |name| plain(name) && name.len() <= 127 && name != "control", Self)
    }

    fn encode(&self) -> Value {
        Value::Text(self.0.clone())
    }
}

impl ParamValue for ArrayName {
    const TYPE: ParamType = ParamType::new(
        "array name",
        "a name of letters, digits and + _ . -, at most 28 of them and not only digits",
    )
    .completes(Completes::Arrays);

    fn decode(value: &Value) -> Result<Self, Mismatch> {
        // The 32 bytes in the superblock hold the host name, a colon and the array name; mdadm
        // takes a numeric name as the device number.
        let numeric = |name: &str| name.bytes().all(|b| b.is_ascii_digit());
        decode(value, |name| plain(name) && name.len() <= 28 && !numeric(name), Self)
    }

    fn encode(&self) -> Value {
        Value::Text(self.0.clone())
    }
}

impl ParamValue for ArrayId {
    const TYPE: ParamType =
        ParamType::new("array", "the name or UUID of an array, as md.list returns it")
            .completes(Completes::Arrays);

    fn decode(value: &Value) -> Result<Self, Mismatch> {
        let fits = |name: &str| !name.is_empty() && name.len() <= 64 && name.chars().all(is_shown);
        decode(value, fits, Self)
    }

    fn encode(&self) -> Value {
        Value::Text(self.0.clone())
    }
}

impl ParamValue for Label {
    const TYPE: ParamType = ParamType::new(
        "label",
        "a label without control characters, quotes, slashes or backslashes, which does not begin with - or a space",
    );

    fn decode(value: &Value) -> Result<Self, Mismatch> {
        let Value::Text(text) = value else { return Err(Mismatch::kind(&Self::TYPE, value)) };
        match LABEL.fault(text) {
            None => Ok(Self(text.clone())),
            Some(fault) => Err(Mismatch::refused(&Self::TYPE, text, &fault)),
        }
    }

    fn encode(&self) -> Value {
        Value::Text(self.0.clone())
    }
}

impl LvmName {
    /// Creates a name that was reported by LVM itself, without validation.
    pub fn new_unchecked(name: impl Into<String>) -> Self {
        Self(name.into())
    }

    /// Returns the name as a string.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl MapName {
    /// Returns the name as a string.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the path of the opened device.
    pub fn path(&self) -> String {
        format!("/dev/mapper/{}", self.0)
    }
}

impl ArrayName {
    /// Returns the name as a string.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl ArrayId {
    /// Returns the name or UUID as a string.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Label {
    /// Returns the label as a string.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for LvmName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for ArrayName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for ArrayId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for MapName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lvm_names_follow_lvm() {
        for name in ["vg", "vg_hostos", "a.b-c+d", "x1"] {
            assert!(LvmName::decode(&Value::from(name)).is_ok(), "{name}");
        }
        for name in ["", "-vg", ".", "..", "a b", "a/b", "vg_mlog", "snapshot1", "ü"] {
            assert!(LvmName::decode(&Value::from(name)).is_err(), "{name}");
        }
    }
}
