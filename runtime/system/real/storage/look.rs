//! Probing the machine: the installed programs, and the state of its storage.
//!
//! A probe does no more than necessary: mounts and swap are read from `/proc`; lsblk, blkid and LVM
//! are only queried about what an operation may have changed.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use super::headers::with_detached_headers;
use super::held::with_holders;
use super::links::active_group_uuids;
use super::lists::{KernelLists, MOUNTS, SWAPS};
use super::loops::{loops_on_disks, with_loops};
use super::stamp::{stamp, sysfs};
use crate::machine::probe::{
    BlkidInfo, Findings, LSBLK_COLUMNS, LsblkDevice, parse_fullreport, parse_lsblk,
    parse_mountinfo, parse_swaps, skipped_lines,
};
use crate::machine::{Content, Device, DeviceKind, Group, GroupLock, Machine, Scope};
use crate::system::real::Real;
use crate::system::real::host;
use crate::system::real::search::find_program;
use crate::system::{Cmd, NoopWatch, PROGRAMS, StepError};

impl Real {
    /// Probes devices, mounts and swap. Probing the whole machine ends at the first Ctrl-C, because
    /// nothing has to be finished.
    pub(crate) fn probe_storage(
        &mut self,
        known: &Machine,
        scope: Option<&Scope>,
    ) -> Result<Machine, StepError> {
        let stop_at = match scope {
            None => self.interrupts.count().min(1) + 1,
            Some(_) => self.stop_at,
        };
        let before = std::mem::replace(&mut self.stop_at, stop_at);
        let found = self.find_storage(known, scope);
        self.stop_at = before;
        found
    }

    fn find_storage(
        &mut self,
        known: &Machine,
        scope: Option<&Scope>,
    ) -> Result<Machine, StepError> {
        let mut machine = known.clone();
        if scope.is_none() {
            machine.host.udev = Path::new("/run/udev/control").exists();
            machine.host.programs = Some(installed_programs());
            machine.host.architecture = host::architecture();
            machine.host.firmware = Some(host::firmware());
            machine.host.notes.clear();
        }
        let blocks = match scope {
            None => Some(self.devices(&[], &mut machine)?),
            Some(scope) if scope.storage.topology.is_empty() => None,
            Some(scope) => {
                let disks = disks_of(scope, &machine);
                let disks: Vec<&str> = disks.iter().map(String::as_str).collect();
                Some(self.devices(&disks, &mut machine)?)
            }
        };
        // The new devices must be known before their signatures can be assigned to them.
        let aliases = scope.is_none().then(udev_links);
        let first = Findings { blocks, aliases, ..Findings::default() };
        let widened = scope.map(|scope| extend_to_disks(scope, &machine));
        machine = machine.with_findings(first, widened.as_ref());
        machine = self.find_contents(machine, scope)?;
        if scope.is_none() {
            let lowest = machine.storage.devices.values().filter(|d| machine.parents(d).is_empty());
            self.stamps = lowest.map(|d| (d.path.clone(), stamp(&d.path))).collect();
        }
        let lists = KernelLists::read()?;
        let (mounts, swaps) = (parse_mountinfo(&lists.mounts), parse_swaps(&lists.swaps));
        // The first line of the list of swap areas is its heading.
        let notes = [(MOUNTS, &lists.mounts, mounts.len()), (SWAPS, &lists.swaps, swaps.len() + 1)];
        let notes = notes.map(|(file, text, read)| skipped_lines(file, text, read));
        for note in notes.into_iter().flatten() {
            if !machine.host.notes.contains(&note) {
                machine.host.notes.push(note);
            }
        }
        let rest = Findings { mounts: Some(mounts), swaps: Some(swaps), ..Findings::default() };
        let mut machine = with_detached_headers(machine.with_findings(rest, scope));
        if scope.is_none() {
            machine = with_holders(machine);
            machine.note_contradictions();
        }
        self.kernel_lists = Some(lists);
        Ok(machine)
    }

    /// Finds the contents of the devices in the scope, of those that appear with them, and the
    /// volume groups.
    fn find_contents(
        &mut self,
        mut machine: Machine,
        scope: Option<&Scope>,
    ) -> Result<Machine, StepError> {
        let mut due = signatures_to_read(&machine, scope);
        let mut asked = BTreeSet::new();
        let mut groups_due = scope.is_none_or(|scope| !scope.storage.groups.is_empty());
        let mut remembered = None;
        loop {
            let signatures = self.contents(&due, &mut machine.host.secondhand, &mut remembered)?;
            asked.extend(due);
            // A container that was opened or a disk that was found can contain a volume group.
            let physical = |(path, signature): (&String, &BlkidInfo)| {
                matches!(signature.content, Some(Content::Physical { .. }))
                    && machine.find(path).is_some_and(|device| device.unprobed)
            };
            groups_due |= signatures.iter().any(physical);
            let seen = Findings { signatures, ..Findings::default() };
            machine = machine.with_findings(seen, scope);
            place_partitions(&mut machine);
            if std::mem::take(&mut groups_due) && machine.has_physical_volumes() {
                let groups = Some(match &mut remembered {
                    // LVM only works for root.
                    Some(known) => std::mem::take(&mut known.groups),
                    None => self.groups(&mut machine)?,
                });
                let found = group_findings(groups, &machine);
                machine = machine.with_findings(found, scope);
            }
            due = unprobed_devices(&machine);
            due.retain(|path| !asked.contains(path));
            if due.is_empty() {
                return Ok(machine);
            }
        }
    }

    /// Returns the devices on these disks; all devices for an empty list.
    fn devices(
        &mut self,
        disks: &[&str],
        known: &mut Machine,
    ) -> Result<Vec<LsblkDevice>, StepError> {
        let cmd = Cmd::tool("lsblk")
            .args(["--json", "--bytes", "--output", LSBLK_COLUMNS])
            .args(disks.iter().copied())
            .args(loops_on_disks(disks, known));
        let listed = self.run(&cmd, &mut NoopWatch)?;
        let blocks = parse_lsblk(listed.stdout.as_bytes(), &mut known.host.notes)?;
        Ok(with_loops(blocks, known))
    }

    /// Returns the volume groups. LVM must not read devices that do not answer: it would wait for
    /// them.
    fn groups(&mut self, machine: &mut Machine) -> Result<BTreeMap<String, Group>, StepError> {
        let mut cmd = Cmd::lvm("fullreport", machine.host.udev)
            .ignoring(&machine.unreadable_devices())
            .args(["--all", "--foreign", "--shared", "--reportformat", "json"])
            .args(["--units", "b", "--nosuffix"]);
        // The report does not depend on the size of a device.
        cmd.works_long = false;
        let outcome = self.run(&cmd, &mut NoopWatch)?;
        let mut groups = parse_fullreport(outcome.stdout.as_bytes(), &mut machine.host.notes)?;
        let foreign = |group: &Group| matches!(group.lock, Some(GroupLock::Foreign(_)));
        if groups.values().any(foreign) {
            let own = self.run(&Cmd::lvm("systemid", machine.host.udev), &mut NoopWatch)?;
            let own = own.stdout.trim().rsplit(": ").next().unwrap_or_default().to_owned();
            for group in groups.values_mut() {
                if group.lock == Some(GroupLock::Foreign(own.clone())) {
                    group.lock = None;
                }
            }
        }
        Ok(groups)
    }
}

fn group_findings(groups: Option<BTreeMap<String, Group>>, machine: &Machine) -> Findings {
    let owners =
        groups.as_ref().map(|groups| active_group_uuids(groups, machine)).unwrap_or_default();
    Findings { groups, owners, ..Findings::default() }
}

/// Returns the disks of everything in the scope.
fn disks_of(scope: &Scope, machine: &Machine) -> BTreeSet<String> {
    let top = scope.storage.topology.iter();
    top.flat_map(|path| machine.base_disks(path)).map(|disk| disk.path.clone()).collect()
}

/// Extends a scope to everything on the same disks: a change on one device can affect all of it.
fn extend_to_disks(scope: &Scope, machine: &Machine) -> Scope {
    let mut widened = scope.clone();
    widened.storage.topology = disks_of(scope, machine);
    widened
}

/// Returns the devices that can have a signature, starting with those that probably have one: each
/// device without one requires another run of blkid.
fn signatures_to_read(machine: &Machine, scope: Option<&Scope>) -> Vec<String> {
    let readable = |path: &&String| {
        machine.storage.devices.get(path.as_str()).is_some_and(|device| device.size > 0)
    };
    let mut paths: Vec<String> = match scope {
        None => machine.storage.devices.keys().filter(readable).cloned().collect(),
        Some(scope) => scope
            .storage
            .signatures
            .iter()
            .filter_map(|path| machine.find(path).map(|device| device.path.clone()))
            .collect(),
    };
    paths.sort_by_key(|path| {
        machine.find(path).is_none_or(|device| {
            device.content.is_none() && device.table.is_none() && device.partition().is_none()
        })
    });
    paths
}

/// Returns the devices that have appeared and have not been probed yet. A device that could not be
/// read is not read again for every action, and neither is an optical drive without a medium.
fn unprobed_devices(machine: &Machine) -> Vec<String> {
    let readable = |device: &&Device| {
        device.unprobed
            && device.unreadable.is_none()
            && device.size > 0
            && !matches!(device.kind, DeviceKind::Rom)
    };
    machine.storage.devices.values().filter(readable).map(|device| device.path.clone()).collect()
}

/// Adds the places of partitions that blkid does not report, because it cannot read the disk or does
/// not know its partition table.
fn place_partitions(machine: &mut Machine) {
    for device in machine.storage.devices.values_mut() {
        let DeviceKind::Partition(entry) = &mut device.kind else { continue };
        if !entry.code.is_empty() || entry.start > 0 {
            continue;
        }
        let Ok(meta) = fs::metadata(&device.path) else { continue };
        let told = |what: &str| -> Option<u64> {
            let file = sysfs(meta.rdev()).join(what);
            fs::read_to_string(file).ok()?.trim().parse().ok()
        };
        // In units of 512 bytes, regardless of the sector size of the disk.
        entry.start = told("start").unwrap_or(0).saturating_mul(512);
        if let Some(number) = told("partition").and_then(|number| u32::try_from(number).ok()) {
            entry.number = number;
        }
    }
}

impl Machine {
    /// Returns whether a query of LVM can have any result.
    fn has_physical_volumes(&self) -> bool {
        let mut contents =
            self.storage.devices.values().filter_map(|device| device.content.as_ref());
        // A known group may have just disappeared, which only LVM can report.
        !self.storage.groups.is_empty()
            || contents.any(|content| matches!(content, Content::Physical { .. }))
    }
}

fn installed_programs() -> BTreeMap<String, String> {
    PROGRAMS
        .iter()
        .filter_map(|info| {
            let path = find_program(info.name)?;
            Some((info.name.to_owned(), path.to_string_lossy().into_owned()))
        })
        .collect()
}

/// Returns udev's symlinks, which identify devices across reboots.
fn udev_links() -> BTreeMap<String, String> {
    let mut links = BTreeMap::new();
    for directory in ["/dev/disk/by-id", "/dev/disk/by-path"] {
        for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
            if let Ok(target) = fs::canonicalize(entry.path()) {
                let alias = entry.path().to_string_lossy().into_owned();
                links.insert(alias, target.to_string_lossy().into_owned());
            }
        }
    }
    links
}
