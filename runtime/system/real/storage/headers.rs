//! Containers that were opened with a header on another device: the kernel knows the UUID of the
//! header, and not where it is.

use std::fs;
use std::os::unix::fs::MetadataExt;

use super::stamp::sysfs;
use crate::machine::{Content, DeviceKind, Machine};

/// Adds the UUID of its header to each open container that has none on its own device.
pub(super) fn with_detached_headers(mut machine: Machine) -> Machine {
    let open: Vec<(String, String)> = machine
        .storage
        .devices
        .values()
        .filter_map(|device| match &device.kind {
            DeviceKind::Crypt { on, .. } => Some((device.path.clone(), on.clone())),
            _ => None,
        })
        .collect();
    for (path, on) in open {
        let own = machine.find(&on).and_then(|device| match &device.content {
            Some(Content::Luks { uuid, .. }) => Some(uuid.clone()),
            _ => None,
        });
        let found = header_uuid(&path).filter(|uuid| own.as_ref() != Some(uuid));
        if let Some(device) = machine.storage.devices.get_mut(&path)
            && let DeviceKind::Crypt { header, .. } = &mut device.kind
        {
            *header = found;
        }
    }
    machine
}

/// Returns the UUID of the header of an open LUKS container. cryptsetup calls a mapping
/// `CRYPT-LUKS2-`, the UUID without dashes, `-` and its name.
fn header_uuid(path: &str) -> Option<String> {
    let directory = sysfs(fs::metadata(path).ok()?.rdev());
    let text = fs::read_to_string(directory.join("dm/uuid")).ok()?;
    let digits = text.strip_prefix("CRYPT-LUKS")?.get(2..34)?;
    uuid::Uuid::try_parse(digits).ok().map(|uuid| uuid.hyphenated().to_string())
}
