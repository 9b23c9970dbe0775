//! The firmware of a machine.

use serde::{Deserialize, Serialize};

/// The firmware that booted the running system.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum FirmwareState {
    /// A BIOS, or EFI in its compatibility mode.
    Bios,
    /// EFI.
    Efi {
        /// The word size of the firmware, which loads programs of this size only.
        bits: u32,
        /// Whether the firmware only loads programs with a signature that it trusts.
        secure_boot: bool,
        /// Whether the variables of the firmware can be written.
        variables: bool,
    },
}
