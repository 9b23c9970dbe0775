//! Whether a fact is so: on the model of a machine and among its files.

use super::fact::{Fact, MountOrigin, NewPartition};
use super::files::{Files, Look, Text};
use super::probe::parse_luks;
use super::storage::is_below;
use super::{Content, Device, Kind, Machine, Mount};
use crate::types::{Place, sha256};

impl Fact {
    /// Whether it is so. `None`: the simulation can't know.
    pub fn holds(&self, machine: &Machine, files: &dyn Files) -> Option<bool> {
        match self {
            Self::File { .. }
            | Self::HeaderSaved { .. }
            | Self::Dir { .. }
            | Self::Subvolume { .. }
            | Self::Link { .. }
            | Self::Absent { .. }
            | Self::Mode { .. }
            | Self::Owned { .. } => self.holds_among_files(files),
            _ => Some(self.holds_on_machine(machine)),
        }
    }

    pub(crate) fn holds_on_machine(&self, machine: &Machine) -> bool {
        let volume = |group: &str, volume: &str| {
            machine.groups.get(group).and_then(|group| group.volumes.get(volume))
        };
        match self {
            Self::Partitioned { disk, table, parts } => {
                machine.find(disk).is_some_and(|d| d.table.as_ref() == Some(table))
                    && machine.partitions(disk).len() == parts.len()
                    && parts.iter().all(|part| part.exists(machine, disk))
            }
            Self::Blank { device } => {
                machine.find(device).is_some_and(|d| d.content.is_none() && d.table.is_none())
                    && machine.partitions(device).is_empty()
            }
            Self::Header { device, guessed: true, .. } => machine
                .find(device)
                .is_some_and(|d| matches!(d.content, Some(Content::Luks { .. }))),
            Self::Holds { device, content } | Self::Header { device, content, .. } => {
                machine.find(device).is_some_and(|d| d.content.as_ref() == Some(content))
            }
            Self::Opened { on, name, .. } => machine
                .find(&format!("/dev/mapper/{name}"))
                .is_some_and(|d| matches!(&d.kind, Kind::Crypt { on: below } if below == on)),
            Self::Closed { name } => machine.find(&format!("/dev/mapper/{name}")).is_none(),
            Self::GroupMade { group, members, .. } => {
                machine.groups.get(group).is_some_and(|found| found.has_members(members))
            }
            Self::GroupGone { group } => !machine.groups.contains_key(group),
            Self::GroupActive { group, active } => machine
                .groups
                .get(group)
                .is_some_and(|found| found.volumes.values().all(|v| v.active == *active)),
            Self::VolumeMade { group, volume: name, extents, kind } => volume(group, name)
                .is_some_and(|v| v.extents == *extents && v.active && v.kind == *kind),
            Self::VolumeInactive { group, volume: name } => {
                volume(group, name).is_some_and(|v| !v.active)
            }
            Self::VolumeGone { group, volume: name } => volume(group, name).is_none(),
            Self::ArrayRunning { array, members, .. } => {
                machine.find(array).is_some_and(|device| match &device.kind {
                    Kind::Raid { members: found, .. } => {
                        found.len() == members.len() && members.iter().all(|m| found.contains(m))
                    }
                    _ => false,
                })
            }
            Self::ArrayStopped { array } => machine.find(array).is_none(),
            Self::Mounted { at, origin, options } => machine.mounts.iter().any(|mount| {
                mount.at == *at
                    && origin.is_mounted_as(mount, machine)
                    && options.is_subset(&mount.options)
            }),
            Self::Unmounted { at } => !machine.mounts.iter().any(|mount| is_below(&mount.at, at)),
            Self::Swapping { device, on } => machine.swaps.contains_key(device) == on.is_some(),
            _ => false,
        }
    }

    fn holds_among_files(&self, files: &dyn Files) -> Option<bool> {
        let look = |place: &Place| match files.look(place) {
            Ok(Look::Unknown(_)) => None,
            Ok(look) => Some(look),
            Err(_) => Some(Look::Missing),
        };
        match self {
            Self::File { place, digest, mode } => match look(place)? {
                Look::File { mode: found, .. } => {
                    let mode_fits = mode.is_none_or(|wanted| wanted == found);
                    let Some(digest) = digest else { return Some(mode_fits) };
                    match files.read(place) {
                        Ok(Text::Known(bytes)) => Some(mode_fits && sha256(&bytes) == *digest),
                        Ok(Text::Unknown(_)) => None,
                        Err(_) => Some(false),
                    }
                }
                _ => Some(false),
            },
            Self::HeaderSaved { place, content } => match files.read(place) {
                Ok(Text::Known(bytes)) => Some(parse_luks(&bytes).as_ref() == Some(content)),
                Ok(Text::Unknown(_)) => None,
                Err(_) => Some(false),
            },
            Self::Dir { place } => Some(matches!(look(place)?, Look::Dir { .. })),
            Self::Subvolume { place } => {
                Some(matches!(look(place)?, Look::Dir { subvolume: true, .. }))
            }
            Self::Link { place, to } => Some(
                matches!(look(place)?, Look::Link { to: found } if found.as_os_str() == to.as_str()),
            ),
            Self::Absent { place } => Some(look(place)? == Look::Missing),
            Self::Mode { place, mode } => match look(place)? {
                Look::File { mode: found, .. } | Look::Dir { mode: found, .. } => {
                    Some(found == *mode)
                }
                _ => Some(false),
            },
            Self::Owned { place, uid, gid } => match look(place)? {
                Look::File { uid: u, gid: g, .. } | Look::Dir { uid: u, gid: g, .. } => {
                    Some((u, g) == (*uid, *gid))
                }
                _ => Some(false),
            },
            _ => None,
        }
    }
}

impl NewPartition {
    /// Whether a partition is this one, apart from its identifier.
    pub fn is_laid_out_as(&self, device: &Device) -> bool {
        device.size == self.size
            && device.partition().is_some_and(|found| {
                (found.number, found.start) == (self.number, self.start)
                    && (&found.code, &found.name) == (&self.code, &self.name)
            })
    }

    fn exists(&self, machine: &Machine, disk: &str) -> bool {
        machine.partitions(disk).iter().any(|device| {
            device.size == self.size
                && device.partition().is_some_and(|p| {
                    p.number == self.number && p.start == self.start && p.uuid == self.uuid
                })
        })
    }
}

impl MountOrigin {
    fn is_mounted_as(&self, mount: &Mount, machine: &Machine) -> bool {
        match self {
            Self::Device { device, kind, part } => {
                mount.source == *device && mount.kind == *kind && mount.part == *part
            }
            Self::Pseudo { kind } => mount.kind == *kind,
            Self::Bind { from, .. } => machine
                .mounted_view(from)
                .is_some_and(|view| view.source == mount.source && view.part == mount.part),
        }
    }
}
