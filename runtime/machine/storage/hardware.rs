//! What identifies a disk as a piece of hardware.

use serde::{Deserialize, Serialize};

/// Properties that identify a piece of hardware.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Hardware {
    /// Manufacturer and model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Serial number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub serial: Option<String>,
    /// World wide name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wwn: Option<String>,
    /// Connection, such as `sata`, `nvme` or `usb`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bus: Option<String>,
}

impl Hardware {
    pub(super) fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
