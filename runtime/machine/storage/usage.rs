//! What uses a device, and what releases it.

use std::fmt;

use crate::machine::{Content, Device, DeviceKind, Machine, Mount, Release, StorageRelease};
use crate::types::printable;

/// A reason why a device cannot be overwritten now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Use {
    /// A filesystem on it is mounted.
    Mounted {
        /// The mounted device: the requested one, or one above it.
        device: String,
        /// The mount point.
        at: String,
    },
    /// The device is active swap space.
    Swap {
        /// The swap device.
        device: String,
    },
    /// The device is open as another device.
    Opened {
        /// The lower device.
        device: String,
        /// The upper device.
        by: String,
        /// The type of the upper device: `encrypted mapping`, `volume group vg`, `raid1 array`.
        what: String,
    },
    /// The kernel reports that the device is in use, by something that the model does not
    /// represent.
    ReportedByKernel {
        /// The device.
        device: String,
        /// A description of the user, such as a process that sees it mounted.
        who: String,
    },
}

/// Follows the device in the description of a user that is a device.
const ON_IT: &str = " is on it";

impl Use {
    /// Returns the use of a device or file by the mapping whose LUKS header it contains.
    fn header(at: &str, mapping: &Device) -> Self {
        let (device, by) = (at.to_owned(), mapping.path.clone());
        Self::Opened { device, by, what: "detached header".into() }
    }

    /// Describes a device that uses another one, for [`Use::ReportedByKernel`].
    pub fn by_device(path: &str) -> String {
        format!("{path}{ON_IT}")
    }

    /// Returns the device that [`Use::by_device`] describes.
    pub fn reported_device(&self) -> Option<&str> {
        match self {
            Self::ReportedByKernel { who, .. } => who.strip_suffix(ON_IT),
            _ => None,
        }
    }
}

impl fmt::Display for Use {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Mounted { device, at } => {
                write!(f, "{device} is mounted at {}", printable(at))
            }
            Self::Swap { device } => write!(f, "{device} is active swap space"),
            Self::Opened { device, by, what } => write!(f, "{device} is open as {by} ({what})"),
            Self::ReportedByKernel { device, who } => write!(f, "{device}: {}", printable(who)),
        }
    }
}

impl Machine {
    /// Returns the reasons why this device, or any device above it, is in use, from the bottom up.
    /// Empty if the device is free.
    pub fn uses(&self, path: &str) -> Vec<Use> {
        let Some(device) = self.find(path) else { return Vec::new() };
        let stack = self.sharing(device);
        let mut uses = Vec::new();
        for device in stack {
            for child in self.children(&device.path) {
                if let Some(what) = opened_as(child) {
                    let (device, by) = (device.path.clone(), child.path.clone());
                    uses.push(Use::Opened { device, by, what });
                }
            }
            for mapping in self.opened_with_header(device) {
                uses.push(Use::header(&device.path, mapping));
            }
            if let Some(group) = self.group_with_active_pool(device) {
                let what = format!("volume group {group}");
                uses.push(Use::Opened { device: device.path.clone(), by: group.to_owned(), what });
            }
            let same = self.same_filesystem(device);
            for mount in &self.storage.mounts {
                if same.iter().any(|other| other.path == mount.source) {
                    let (device, at) = (device.path.clone(), mount.at.clone());
                    uses.push(Use::Mounted { device, at });
                }
            }
            uses.extend(self.swap_files(&same).map(|file| Use::Swap { device: file.to_owned() }));
            if self.storage.swaps.contains_key(&device.path) {
                uses.push(Use::Swap { device: device.path.clone() });
            }
            let held = |who: &String| Use::ReportedByKernel {
                device: device.path.clone(),
                who: who.clone(),
            };
            uses.extend(device.held_by.iter().map(held));
        }
        uses
    }

    /// Returns the acts that release this device, in the required order.
    pub fn releases(&self, path: &str) -> Vec<Release> {
        self.storage_releases(path).into_iter().map(Release::Storage).collect()
    }

    fn storage_releases(&self, path: &str) -> Vec<StorageRelease> {
        let Some(device) = self.find(path) else { return Vec::new() };
        self.stack_releases(&self.sharing(device), Some(device))
    }

    /// Returns the uses of a file, and what releases it: as swap, by a loop device, or by the open
    /// containers of the LUKS header with this UUID, whose data cannot be decrypted without it.
    pub fn file_uses(&self, file: &str, header: Option<&str>) -> (Vec<Use>, Vec<Release>) {
        let mut uses: Vec<Use> = Vec::new();
        let mut stack: Vec<&Device> = Vec::new();
        let mut releases: Vec<StorageRelease> = Vec::new();
        if self.storage.swaps.contains_key(file) {
            uses.push(Use::Swap { device: file.to_owned() });
            releases.push(StorageRelease::SwapOff { device: file.to_owned() });
        }
        let shows_it = |device: &&Device| device.backing_file.as_deref() == Some(file);
        let loops = self.storage.devices.values().filter(shows_it).map(|device| {
            let (device, by) = (file.to_owned(), &device.path);
            (by, Use::Opened { device, by: by.clone(), what: "loop device".into() })
        });
        let mappings = header.into_iter().flat_map(|uuid| self.opened_with(uuid));
        let mappings = mappings.map(|mapping| (&mapping.path, Use::header(file, mapping)));
        for (path, held) in loops.chain(mappings) {
            uses.push(held);
            uses.extend(self.uses(path));
            stack.extend(self.find(path));
            stack.extend(self.descendants(path));
        }
        releases.extend(self.stack_releases(&stack, None));
        (uses, releases.into_iter().map(Release::Storage).collect())
    }

    /// Returns what releases all these devices but one, in the required order.
    fn stack_releases(&self, stack: &[&Device], kept: Option<&Device>) -> Vec<StorageRelease> {
        let mut held: Vec<&Device> = Vec::new();
        for device in stack {
            held.extend(self.same_filesystem(device));
        }
        let mut releases: Vec<StorageRelease> = Vec::new();
        for file in self.swap_files(&held) {
            let release = StorageRelease::SwapOff { device: file.to_owned() };
            if !releases.contains(&release) {
                releases.push(release);
            }
        }
        // A later mount may be inside an earlier one, so the newest comes first.
        let on = |mount: &&Mount| held.iter().any(|device| device.path == mount.source);
        let mounts = self.storage.mounts.iter().rev().filter(on);
        releases.extend(mounts.map(|mount| StorageRelease::Unmount { at: mount.at.clone() }));
        for device in stack.iter().rev() {
            if self.storage.swaps.contains_key(&device.path) {
                releases.push(StorageRelease::SwapOff { device: device.path.clone() });
            }
            if let Some(group) = self.group_with_active_pool(device) {
                releases.push(StorageRelease::Deactivate { group: group.to_owned() });
            }
            let release = match &device.kind {
                DeviceKind::Logical { group, .. } => {
                    StorageRelease::Deactivate { group: group.clone() }
                }
                DeviceKind::Crypt { .. } => {
                    StorageRelease::Close { name: device.name().to_owned() }
                }
                DeviceKind::Raid { .. } => StorageRelease::Stop { array: device.path.clone() },
                _ => continue,
            };
            let kept = kept.is_some_and(|kept| kept.path == device.path);
            if !kept && !releases.contains(&release) {
                releases.push(release);
            }
        }
        // The members of a firmware RAID are in its container and in its arrays, which are first.
        let is_container = |release: &StorageRelease| match release {
            StorageRelease::Stop { array } => {
                self.storage.devices.get(array).is_some_and(Device::is_inactive_array)
            }
            _ => false,
        };
        releases.sort_by_key(is_container);
        releases
    }

    /// Returns this device, what lies on it, and the partitions that share bytes with it.
    fn sharing<'a>(&'a self, device: &'a Device) -> Vec<&'a Device> {
        let mut stack = vec![device];
        stack.extend(self.descendants(&device.path));
        for other in self.overlapping(device) {
            stack.push(other);
            stack.extend(self.descendants(&other.path));
        }
        let with_header: Vec<&Device> =
            stack.iter().flat_map(|device| self.opened_with_header(device)).collect();
        for mapping in with_header {
            stack.push(mapping);
            stack.extend(self.descendants(&mapping.path));
        }
        stack
    }

    /// Returns the mappings whose detached LUKS header is on this device. Without the header, their
    /// data cannot be decrypted again.
    fn opened_with_header<'a>(&'a self, device: &'a Device) -> impl Iterator<Item = &'a Device> {
        let header = match &device.content {
            Some(Content::Luks { uuid, .. }) => Some(uuid.as_str()),
            _ => None,
        };
        header.into_iter().flat_map(|uuid| self.opened_with(uuid))
    }

    /// Returns whether any mapping was opened with a detached LUKS header.
    pub fn has_detached_headers(&self) -> bool {
        let detached =
            |device: &Device| matches!(device.kind, DeviceKind::Crypt { header: Some(_), .. });
        self.storage.devices.values().any(detached)
    }

    /// Returns the mappings that were opened with the detached LUKS header of this UUID.
    fn opened_with(&self, uuid: &str) -> impl Iterator<Item = &Device> {
        self.storage.devices.values().filter(move |mapping| match &mapping.kind {
            DeviceKind::Crypt { header: Some(found), .. } => found == uuid,
            _ => false,
        })
    }

    /// Returns the group that uses this physical volume although none of its volumes has a device:
    /// only a thin pool is active.
    fn group_with_active_pool(&self, device: &Device) -> Option<&str> {
        let group = |(_, group): &(&String, &crate::machine::Group)| {
            let shown = |volume: &crate::machine::Volume| volume.active && volume.has_device();
            group.members.contains(&device.path)
                && group.active()
                && !group.volumes.values().any(shown)
        };
        self.storage.groups.iter().find(group).map(|(name, _)| name.as_str())
    }

    /// Returns the active swap files on filesystems of these devices.
    fn swap_files<'a>(&'a self, devices: &[&Device]) -> impl Iterator<Item = &'a str> {
        let on = |file: &&String| {
            let source = self.mount_of(file).map(|mount| &mount.source);
            !self.storage.devices.contains_key(*file)
                && source.is_some_and(|source| devices.iter().any(|d| d.path == *source))
        };
        self.storage.swaps.keys().filter(on).map(String::as_str).collect::<Vec<_>>().into_iter()
    }

    /// Returns whether the root filesystem of the running system is on this device.
    pub fn is_system(&self, path: &str) -> bool {
        let roots = self.storage.mounts.iter().filter(|mount| mount.at == "/");
        let roots = roots.filter_map(|root| self.find(&root.source));
        let mut devices = roots.flat_map(|root| self.same_filesystem(root));
        devices.any(|device| self.depends_on(&device.path, path))
    }
}

/// Returns the type of a device if its existence means that the device below it is in use.
fn opened_as(device: &Device) -> Option<String> {
    match &device.kind {
        DeviceKind::Crypt { .. } => Some("encrypted mapping".into()),
        DeviceKind::Logical { group, .. } => Some(format!("volume group {group}")),
        DeviceKind::Raid { level, .. } => Some(format!("{level} array")),
        DeviceKind::Mapped { what, .. } => Some(match what.as_str() {
            "mpath" => "multipath".into(),
            "bcache" => "bcache".into(),
            "drbd" => "DRBD".into(),
            "vdo" => "VDO".into(),
            "loop" => "loop device".into(),
            what => format!("device-mapper {what}"),
        }),
        DeviceKind::Partition(_) | DeviceKind::Disk | DeviceKind::Rom | DeviceKind::Loop => None,
    }
}

#[cfg(test)]
mod tests;
