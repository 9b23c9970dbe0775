//! Names of links and network namespaces.

use crate::machine::net::{LinkAt, is_change_id};
use crate::types::{Mismatch, ParamType, ParamValue, Value};

/// The name of a network link: one that the kernel accepts (`dev_valid_name` in `net/core/dev.c`),
/// limited to characters that are not special to shells and terminals.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkName(String);

/// The name of a network namespace: a file in `/run/netns` (ip-netns(8)).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamespaceName(String);

/// The identifier of a change of links that has to be confirmed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeId(String);

/// The length of the longest name of a link (`IFNAMSIZ` in linux/if.h, with the final NUL byte) and
/// of a file (`NAME_MAX` in linux/limits.h), in bytes.
const MAX_LINK: usize = 15;
const MAX_FILE: usize = 255;

impl LinkName {
    /// Returns the name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the link with this name in a namespace.
    pub(super) fn at(&self, netns: Option<&NamespaceName>) -> LinkAt {
        let netns = netns.map(|name| name.0.clone());
        LinkAt { link: self.0.clone(), netns }
    }
}

impl NamespaceName {
    /// Returns the name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl ChangeId {
    /// Returns the identifier.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl ParamValue for ChangeId {
    const TYPE: ParamType =
        ParamType::new("change identifier", "the value that net.arm_rollback returned");

    fn decode(value: &Value) -> Result<Self, Mismatch> {
        match value {
            Value::Text(id) if is_change_id(id) => Ok(Self(id.clone())),
            Value::Text(_) => Err(Mismatch::because(&Self::TYPE, value.to_string())),
            other => Err(Mismatch::kind(&Self::TYPE, other)),
        }
    }

    fn encode(&self) -> Value {
        Value::Text(self.0.clone())
    }
}

/// Decodes a name of at most `max` bytes.
fn decode(value: &Value, of: &ParamType, max: usize) -> Result<String, Mismatch> {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"+_.-".contains(&b);
    let fits = |name: &str| {
        !name.is_empty()
            && name.len() <= max
            && !name.starts_with('-')
            && !matches!(name, "." | "..")
            && name.bytes().all(plain)
    };
    match value {
        Value::Text(name) if fits(name) => Ok(name.clone()),
        Value::Text(_) => Err(Mismatch::because(of, value.to_string())),
        other => Err(Mismatch::kind(of, other)),
    }
}

impl ParamValue for LinkName {
    const TYPE: ParamType = ParamType::new(
        "link name",
        "a name of 1 to 15 letters, digits, +, _, . or -, not starting with -",
    );

    fn decode(value: &Value) -> Result<Self, Mismatch> {
        decode(value, &Self::TYPE, MAX_LINK).map(Self)
    }

    fn encode(&self) -> Value {
        Value::Text(self.0.clone())
    }
}

impl ParamValue for NamespaceName {
    const TYPE: ParamType = ParamType::new(
        "namespace name",
        "a name of 1 to 255 letters, digits, +, _, . or -, not starting with -",
    );

    fn decode(value: &Value) -> Result<Self, Mismatch> {
        decode(value, &Self::TYPE, MAX_FILE).map(Self)
    }

    fn encode(&self) -> Value {
        Value::Text(self.0.clone())
    }
}
