//! Names of links.

use crate::types::{Mismatch, ParamType, ParamValue, Value};

/// The name of a network link, as the kernel takes it (`dev_valid_name` in `net/core/dev.c`), without what a shell or
/// a terminal would take for something else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkName(String);

/// Bytes of the longest name.
const LONGEST: usize = 15;

impl LinkName {
    /// Returns the name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl ParamValue for LinkName {
    const TYPE: ParamType = ParamType::new(
        "link name",
        "a name of letters, digits and + _ . -, at most 15 of them, that does not begin with -",
    );

    fn decode(value: &Value) -> Result<Self, Mismatch> {
        let plain = |b: u8| b.is_ascii_alphanumeric() || b"+_.-".contains(&b);
        let fits = |name: &str| {
            !name.is_empty()
                && name.len() <= LONGEST
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
