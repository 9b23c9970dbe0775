//! Safety checks that cannot be disabled: a device that is in use is never overwritten.

use crate::error::{Exit, InUse, Result, Rule};
use crate::machine::{Device, Machine};
use crate::operation::Effect;

/// A device to which the kernel does not allow writing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{device} is write-protected")]
struct WriteProtected {
    device: String,
}

impl Rule for WriteProtected {
    fn remedy(&self) -> Option<String> {
        Some(format!(
            "choose another device, or remove the write protection: a switch on the card or \
             stick, or blockdev --setrw {}",
            self.device
        ))
    }

    fn exit(&self) -> Exit {
        Exit::Refused
    }
}

/// A device that a probe could not read: it may contain anything.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the contents of {device} are unknown: {why}")]
struct UnknownContents {
    device: String,
    why: String,
}

impl Rule for UnknownContents {
    fn remedy(&self) -> Option<String> {
        Some(format!("check the cause: dmesg | tail; smartctl --all {}", self.device))
    }

    fn exit(&self) -> Exit {
        Exit::Refused
    }
}

/// A change of a link that the armed rollback would not restore.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("network link {link}: not restored by the rollback of network change {change}")]
struct NotRestored {
    link: String,
    change: String,
}

impl Rule for NotRestored {
    fn remedy(&self) -> Option<String> {
        Some(format!("add {:?} to the links of net::arm_rollback", self.link))
    }

    fn exit(&self) -> Exit {
        Exit::Refused
    }
}

/// Refuses to change a link that the armed rollback would not restore: what it restores may depend
/// on that link.
pub fn check_restored(machine: &Machine, effect: &Effect) -> Result<()> {
    let Effect::Net(effect) = effect else { return Ok(()) };
    let Some(at) = effect.changed_link().filter(|at| at.netns.is_none()) else { return Ok(()) };
    match machine.net.armed() {
        Some((change, one)) if !one.links.contains(&at.link) => {
            Err(NotRestored { link: at.link.clone(), change: change.to_owned() }.into())
        }
        _ => Ok(()),
    }
}

/// Refuses to destroy the contents of a device that is write-protected or in use, or that could not
/// be read.
pub fn check_destroyable(machine: &Machine, device: &str) -> Result<()> {
    if machine.find(device).is_some_and(|device| device.read_only) {
        return Err(WriteProtected { device: device.to_owned() }.into());
    }
    machine.find(device).map_or(Ok(()), check_readable)?;
    check_unused(machine, device)
}

/// Refuses a device that a probe could not read.
pub fn check_readable(device: &Device) -> Result<()> {
    match &device.unreadable {
        None => Ok(()),
        Some(why) => {
            let (device, why) = (device.path.clone(), why.clone());
            Err(UnknownContents { device, why }.into())
        }
    }
}

/// Refuses a device that holds the running system, is mounted, is used as swap, or lies below an
/// open device.
pub fn check_unused(machine: &Machine, device: &str) -> Result<()> {
    let uses = machine.uses(device);
    let system = machine.is_system(device);
    if uses.is_empty() && !system {
        return Ok(());
    }
    let releases = machine.releases(device);
    Err(InUse { device: device.to_owned(), uses, releases, system }.into())
}
