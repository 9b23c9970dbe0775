//! What no flag turns off: a device that is in use is not overwritten.

use crate::error::{InUse, Result};
use crate::machine::Machine;

/// Refuses a device that holds the running system, is mounted or swapped to, or lies below
/// something that is open.
pub fn must_be_free(machine: &Machine, device: &str) -> Result<()> {
    let uses = machine.uses(device);
    let system = machine.is_system(device);
    if uses.is_empty() && !system {
        return Ok(());
    }
    let releases = machine.releases(device);
    Err(InUse { device: device.to_owned(), uses, releases, system }.into())
}
