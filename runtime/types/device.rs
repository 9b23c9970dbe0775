//! Paths of block devices.

use std::fmt;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::path::{PATH, too_long};
use super::{Completes, Mismatch, ParamType, ParamValue, Value};

/// An absolute path below `/dev`, by any of the names of a device.
///
/// This is only a name. The machine model resolves it to a device and checks that the device is
/// still the approved one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DevicePath(String);

impl DevicePath {
    /// Creates a path that was reported by the machine itself, without validation.
    pub fn assume_valid(path: impl Into<String>) -> Self {
        Self(path.into())
    }

    /// Returns the path as a string.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the path as a [`Path`].
    pub fn as_path(&self) -> &Path {
        Path::new(&self.0)
    }

    fn acceptable(text: &str) -> bool {
        text.strip_prefix("/dev/").is_some_and(|rest| {
            !rest.is_empty() && rest.split('/').all(|part| !matches!(part, "" | "." | ".."))
        })
    }
}

impl fmt::Display for DevicePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl ParamValue for DevicePath {
    const TYPE: ParamType = ParamType::new("device", "the path of a block device below /dev")
        .completes(Completes::Devices);

    fn decode(value: &Value) -> Result<Self, Mismatch> {
        match value {
            Value::Text(text) if !Self::acceptable(text) => {
                Err(Mismatch::because(&Self::TYPE, value.to_string()))
            }
            Value::Text(text) => match PATH.fault(text).or_else(|| too_long(text)) {
                None => Ok(Self(text.clone())),
                Some(fault) => Err(Mismatch::refused(&Self::TYPE, text, &fault)),
            },
            other => Err(Mismatch::kind(&Self::TYPE, other)),
        }
    }

    fn encode(&self) -> Value {
        Value::Text(self.0.clone())
    }
}
