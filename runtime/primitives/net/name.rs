//! Names of links.

use crate::types::{Mismatch, ParamType, ParamValue, Value};

/// The name of a network link: one that the kernel accepts (`dev_valid_name` in `net/core/dev.c`),
/// limited to characters that are not special to shells and terminals.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkName(String);

/// The length of the longest name, in bytes.
const MAX_LENGTH: usize = 15;

impl LinkName {
    /// Returns the name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl ParamValue for LinkName {
    const TYPE: ParamType = ParamType::new(
        "link name",
        "a name of 1 to 15 letters, digits, +, _, . or -, not starting with -",
    );

    fn decode(value: &Value) -> Result<Self, Mismatch> {
        let plain = |b: u8| b.is_ascii_alphanumeric() || b"+_.-".contains(&b);
        let fits = |name: &str| {
            !name.is_empty()
                && name.len() <= MAX_LENGTH
                && !name.starts_with('-')
                && !matches!(name, "." | "..")
                && name.bytes().all(plain)
        };
        match value {
            Value::Text(name) if fits(name) => Ok(Self(name.clone())),
            Value::Text(_) => Err(Mismatch::because(&Self::TYPE, value.to_string())),
            other => Err(Mismatch::kind(&Self::TYPE, other)),
        }
    }

    fn encode(&self) -> Value {
        Value::Text(self.0.clone())
    }
}
