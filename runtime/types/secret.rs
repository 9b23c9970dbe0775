//! Passphrases and keys that never print.

use std::fmt;
use std::rc::Rc;

use zeroize::Zeroizing;

use super::{Completes, Mismatch, ParamType, ParamValue};
use crate::types::Value;

/// A passphrase: zeroed when the last copy of the handle goes, printed as `***`.
///
/// It carries the name under which it was asked for, so that a resumed run can ask again.
#[derive(Clone)]
pub struct Secret {
    name: Rc<str>,
    bytes: Rc<Zeroizing<Vec<u8>>>,
}

impl Secret {
    /// Takes the bytes over; the caller's buffer is moved, not copied.
    pub fn new(name: &str, bytes: Vec<u8>) -> Self {
        Self { name: name.into(), bytes: Rc::new(Zeroizing::new(bytes)) }
    }

    /// The question this secret answered.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The bytes, for the one place that hands them to a program's standard input.
    pub fn expose(&self) -> &[u8] {
        &self.bytes
    }

    /// Whether nothing was entered.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }
}

/// Two handles are equal when they name the same question; contents are never compared.
impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl ParamValue for Secret {
    const TYPE: ParamType = ParamType::new(
        "secret",
        "a secret (declare a parameter of type \"secret\"; text in a recipe is not secret)",
    )
    .completes(Completes::Nothing);

    fn decode(value: &Value) -> Result<Self, Mismatch> {
        match value {
            Value::Secret(secret) if secret.is_empty() => {
                Err(Mismatch::because(&Self::TYPE, "an empty secret"))
            }
            Value::Secret(secret) => Ok(secret.clone()),
            other => Err(Mismatch::kind(&Self::TYPE, other)),
        }
    }

    fn encode(&self) -> Value {
        Value::Secret(self.clone())
    }
}
