//! Data on other devices that depends on a device, and devices that could be mistaken for it.

use crate::machine::{Content, Device, DeviceKind, Group, Machine};

impl Machine {
    /// Returns what the probe of this machine could not find out, as sentences.
    pub fn probe_notes(&self) -> Vec<String> {
        let unknown = self.storage.devices.values().filter_map(|device| {
            let why = device.unreadable.as_ref()?;
            Some(format!("the contents of {} are unknown: {why}", device.path))
        });
        self.host.notes.iter().cloned().chain(unknown).collect()
    }

    /// Returns the devices that a probe could not read.
    pub fn unreadable_devices(&self) -> Vec<&str> {
        let unreadable = self.storage.devices.values().filter(|d| d.unreadable.is_some());
        unreadable.map(|device| device.path.as_str()).collect()
    }

    /// Returns the logical volumes, active or not, that are lost with everything on a device, as
    /// `GROUP/VOLUME`.
    pub fn lost_volumes(&self, path: &str) -> Vec<String> {
        let is_on = |group: &Group| group.members.iter().any(|m| self.depends_on(m, path));
        let groups = self.storage.groups.iter().filter(|(_, group)| is_on(group));
        let volumes = groups.flat_map(|(key, group)| {
            let name = group.name.as_deref().unwrap_or(key);
            group.volumes.keys().map(move |volume| format!("{name}/{volume}"))
        });
        volumes.collect()
    }

    /// Returns warnings for the user before everything on this device is lost, as sentences.
    pub fn cautions(&self, path: &str) -> Vec<String> {
        let Some(device) = self.find(path) else { return Vec::new() };
        let mut cautions: Vec<String> = self.shared(device).collect();
        let look_alikes: Vec<&str> =
            self.look_alikes(device).map(|other| other.path.as_str()).collect();
        if !look_alikes.is_empty() {
            let (path, look_alikes) = (&device.path, look_alikes.join(", "));
            cautions.push(format!(
                "{path} and {look_alikes} are of the same model and size and have no serial number: check that this is the right one, or unplug the other"
            ));
        }
        cautions.extend(self.overlapping(device).into_iter().map(|other| {
            let (path, other) = (&device.path, &other.path);
            format!("{path} and {other} overlap: what is lost on {path} is lost on {other} as well")
        }));
        let mut parts = self.descendants(&device.path);
        parts.insert(0, device);
        cautions.extend(parts.into_iter().filter_map(|part| {
            let dynamic = part.partition().filter(|entry| is_dynamic_disk(&entry.code));
            let what = match dynamic {
                Some(_) => "a Windows dynamic disk",
                None => foreign_container(part.content.as_ref()?)?,
            };
            let path = &part.path;
            Some(format!("{path} belongs to {what}: other data that is lost with it is unknown"))
        }));
        cautions
    }

    /// Returns a warning before a filesystem is mounted for writing, if a system is hibernated: the
    /// kernel that resumes knows nothing of what was written meanwhile.
    pub fn hibernation_warning(&self, filesystem: &str) -> Option<String> {
        let hibernated = |device: &&Device| {
            device.content.as_ref().is_some_and(|content| content.kind() == HIBERNATED)
        };
        let swap = &self.storage.devices.values().find(hibernated)?.path;
        Some(format!(
            "a hibernated system is on {swap}: if it uses {filesystem}, writing there damages the filesystem as soon as the system resumes; resume it first, or mount with the option ro"
        ))
    }

    /// Returns the disks that differ from this one only in their current name.
    fn look_alikes<'a>(&'a self, device: &'a Device) -> impl Iterator<Item = &'a Device> {
        let anonymous = |device: &Device| {
            let Device { kind, hardware, .. } = device;
            *kind == DeviceKind::Disk && hardware.serial.is_none() && hardware.wwn.is_none()
        };
        let alike = move |other: &&Device| {
            other.path != device.path
                && anonymous(other)
                && (other.size, &other.hardware.model) == (device.size, &device.hardware.model)
        };
        self.disks().filter(move |_| anonymous(device)).filter(alike)
    }

    /// Returns warnings about groups, arrays and filesystems that are on this device and on others.
    fn shared<'a>(&'a self, device: &'a Device) -> impl Iterator<Item = String> + 'a {
        let here = |path: &&str| self.depends_on(path, &device.path);
        let sentence = move |what: String, members: Vec<&str>| {
            let (inside, outside): (Vec<&str>, Vec<&str>) = members.into_iter().partition(here);
            (!inside.is_empty() && !outside.is_empty()).then(|| {
                let (inside, outside) = (inside.join(", "), outside.join(", "));
                format!("{what} also lies on {outside}: losing {inside} may destroy all of it")
            })
        };
        let groups = self.storage.groups.iter().filter_map(move |(name, group)| {
            let members = group.members.iter().map(String::as_str).collect();
            sentence(format!("volume group {name}"), members)
        });
        let locked = self.storage.groups.iter().filter_map(move |(name, group)| {
            let lock = group.lock.as_ref()?;
            let inside = group.members.iter().find(|member| here(&member.as_str()))?;
            Some(format!("volume group {name} on {inside} {lock}"))
        });
        let spread = self.members_elsewhere(device).into_iter();
        groups
            .chain(locked)
            .chain(spread.filter_map(move |(what, members)| sentence(what, members)))
    }

    /// Returns the arrays and filesystems with a member on this device, each with all its members.
    fn members_elsewhere(&self, device: &Device) -> Vec<(String, Vec<&str>)> {
        let mut parts = self.descendants(&device.path);
        parts.push(device);
        // A copy has the identifiers of the original, and nothing else of it.
        let copies: Vec<&str> = parts
            .iter()
            .flat_map(|part| self.copies(part))
            .map(|copy| copy.path.as_str())
            .collect();
        let mut spread: Vec<(String, Vec<&str>)> = Vec::new();
        for part in parts {
            let Some((what, uuid)) = part.content.as_ref().and_then(multi_device_kind) else {
                continue;
            };
            let what = format!("{what} {uuid}");
            if spread.iter().any(|(known, _)| *known == what) {
                continue;
            }
            let same = |other: &&Device| {
                let kind = other.content.as_ref().and_then(multi_device_kind);
                kind.is_some_and(|(_, other)| other == uuid)
                    && !copies.contains(&other.path.as_str())
            };
            let members =
                self.storage.devices.values().filter(same).map(|d| d.path.as_str()).collect();
            spread.push((what, members));
        }
        spread
    }
}

/// What blkid(8) calls a swap area with the memory of a hibernated system.
const HIBERNATED: &str = "swsuspend";

/// Returns whether a partition type is one of Windows' Logical Disk Manager, whose volumes span disks.
fn is_dynamic_disk(code: &str) -> bool {
    const METADATA: &str = "5808c8aa-7e8f-42e0-85d2-e1e90434cfb3";
    const DATA: &str = "af9b60a0-1431-4f62-bc68-3311714a69ad";
    [METADATA, DATA, "0x42"].contains(&code)
}

/// Returns the kind of item that the content is a member of, if this program cannot inspect it.
fn foreign_container(content: &Content) -> Option<&'static str> {
    Some(match content.kind() {
        "zfs_member" => "a ZFS pool",
        "bcache" => "a bcache",
        "drbd" => "a DRBD device",
        "mpath_member" => "a multipath device",
        "jbd" => "an ext4 filesystem, which has its journal there",
        "xfs_external_log" => "an XFS filesystem, which has its log there",
        "vdo" => "a VDO volume",
        "stratis" => "a Stratis pool",
        "ceph_bluestore" => "a Ceph cluster",
        HIBERNATED => "a hibernated system",
        "DM_snapshot_cow" => "a snapshot",
        "DM_integrity" => "a device with integrity checksums",
        kind if kind.ends_with("_raid_member") && kind != "linux_raid_member" => "a firmware RAID",
        _ => return None,
    })
}

/// Returns the kind of item that the content is a member of, if it can span several devices, and
/// the identifier that the members share.
fn multi_device_kind(content: &Content) -> Option<(&'static str, &str)> {
    let what = match content.kind() {
        "linux_raid_member" => "RAID array",
        "btrfs" => "btrfs filesystem",
        _ => return None,
    };
    Some((what, content.uuid()?))
}
