//! Permission bits.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Mismatch, ParamType, ParamValue, Value};

/// The twelve permission bits of a file, written in octal as for chmod(1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Mode(u32);

impl Mode {
    /// Creates a mode from its bits; bits above the twelve permission bits are dropped.
    pub const fn new(bits: u32) -> Self {
        Self(bits & 0o7777)
    }

    /// Returns the bits.
    pub const fn bits(self) -> u32 {
        self.0
    }

    /// Returns whether users other than the owner may read, write or execute the file.
    pub const fn open_to_others(self) -> bool {
        self.0 & 0o077 != 0
    }
}

fn is_octal(text: &str) -> bool {
    (3..=4).contains(&text.len()) && text.bytes().all(|b| matches!(b, b'0'..=b'7'))
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04o}", self.0)
    }
}

impl ParamValue for Mode {
    const TYPE: ParamType = ParamType::new("mode", "permission bits as an octal string, \"0644\"");

    fn decode(value: &Value) -> Result<Self, Mismatch> {
        // A number would be ambiguous: 644 and 0o644 are easily confused.
        match value {
            Value::Text(text) if is_octal(text) => u32::from_str_radix(text, 8)
                .map(Self)
                .map_err(|_| Mismatch::because(&Self::TYPE, value.to_string())),
            Value::Text(_) => Err(Mismatch::because(&Self::TYPE, value.to_string())),
            other => Err(Mismatch::kind(&Self::TYPE, other)),
        }
    }

    fn encode(&self) -> Value {
        Value::Text(self.to_string())
    }
}
