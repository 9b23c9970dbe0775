//! Probing the machine: the installed programs, and the state of its storage.
//!
//! A probe does no more than necessary: mounts and swap are read from `/proc`; lsblk, blkid and LVM
//! are only queried about what an operation may have changed.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{Seek, SeekFrom};
use std::os::unix::fs::FileExt;
use std::path::Path;

use super::held::with_holders;
use super::links::owners;
use super::loops::{loops_on_disks, with_loops};
use super::stamp::stamp;
use super::unfinished::unfinished;
use crate::machine::probe::{
    BlkidInfo, Findings, LSBLK_COLUMNS, LsblkDevice, MD_HEADER, luks_header_len,
    md_superblock_offsets, parse_blkid, parse_fullreport, parse_lsblk, parse_luks, parse_md,
    parse_mountinfo, parse_swaps,
};
use crate::machine::{Content, Device, DeviceKind, Group, GroupLock, Machine, Scope};
use crate::system::real::Real;
use crate::system::real::search::find_program;
use crate::system::{Cmd, FailureKind, NoopWatch, Outcome, PROGRAMS, StepError};

impl Real {
    pub(crate) fn probe_storage(
        &mut self,
        known: &Machine,
        scope: Option<&Scope>,
    ) -> Result<Machine, StepError> {
        let mut machine = known.clone();
        if scope.is_none() {
            machine.host.udev = Path::new("/run/udev/control").exists();
            machine.host.programs = Some(installed_programs());
        }
        let blocks = match scope {
            None => Some(self.devices(&[], &machine)?),
            Some(scope) if scope.storage.topology.is_empty() => None,
            Some(scope) => {
                let disks: BTreeSet<String> = scope
                    .storage
                    .topology
                    .iter()
                    .flat_map(|path| machine.base_disks(path))
                    .map(|disk| disk.path.clone())
                    .collect();
                let disks: Vec<&str> = disks.iter().map(String::as_str).collect();
                Some(self.devices(&disks, &machine)?)
            }
        };
        // The new devices must be known before their signatures can be assigned to them.
        let aliases = scope.is_none().then(udev_links);
        let first = Findings { blocks, aliases, ..Findings::default() };
        let widened = scope.map(|scope| widen(scope, &machine));
        machine = machine.with_findings(first, widened.as_ref());
        let mut asked = signatures_to_read(&machine, scope);
        let mut groups_due = scope.is_none_or(|scope| !scope.storage.groups.is_empty());
        let mut remembered = None;
        loop {
            let signatures = self.contents(asked, &mut machine.host.secondhand, &mut remembered)?;
            // A container that was opened or a disk that was found can contain a volume group.
            let physical = |(path, signature): (&String, &BlkidInfo)| {
                matches!(signature.content, Some(Content::Physical { .. }))
                    && machine.find(path).is_some_and(|device| device.unprobed)
            };
            groups_due |= signatures.iter().any(physical);
            let seen = Findings { signatures, ..Findings::default() };
            machine = machine.with_findings(seen, scope);
            if std::mem::take(&mut groups_due) && machine.has_physical_volumes() {
                let groups = Some(match &mut remembered {
                    // LVM only works for root.
                    Some(known) => std::mem::take(&mut known.groups),
                    None => self.groups(machine.host.udev)?,
                });
                let found = group_findings(groups, &machine);
                machine = machine.with_findings(found, scope);
            }
            asked = unseen(&machine);
            if asked.is_empty() {
                break;
            }
        }
        if scope.is_none() {
            let lowest = machine.storage.devices.values().filter(|d| machine.parents(d).is_empty());
            self.stamps = lowest.map(|d| (d.path.clone(), stamp(&d.path))).collect();
        }
        let rest = Findings {
            mounts: Some(parse_mountinfo(&read_proc("/proc/self/mountinfo")?)),
            swaps: Some(parse_swaps(&read_proc("/proc/swaps")?)),
            ..Findings::default()
        };
        let machine = machine.with_findings(rest, scope);
        Ok(if scope.is_none() { with_holders(machine) } else { machine })
    }

    /// Returns the devices on these disks; all devices for an empty list.
    fn devices(&mut self, disks: &[&str], known: &Machine) -> Result<Vec<LsblkDevice>, StepError> {
        let cmd = Cmd::tool("lsblk")
            .args(["--json", "--bytes", "--output", LSBLK_COLUMNS])
            .args(disks.iter().copied())
            .args(loops_on_disks(disks, known));
        let listed = self.run(&cmd, &mut NoopWatch)?;
        Ok(with_loops(parse_lsblk(listed.stdout.as_bytes())?, known))
    }

    /// Returns the signatures of devices. blkid stops at the first device without any signature, so
    /// it is called again for the rest.
    pub(crate) fn signatures(
        &mut self,
        asked: &[String],
    ) -> Result<BTreeMap<String, BlkidInfo>, StepError> {
        let mut found = BTreeMap::new();
        let mut open: Vec<&str> = asked.iter().map(String::as_str).collect();
        while !open.is_empty() {
            let cmd = Cmd::tool("blkid")
                .args(["--probe", "--output", "export"])
                .args(open.iter().copied())
                .accept_any_exit_code();
            let outcome = self.run(&cmd, &mut NoopWatch)?;
            if !is_answer(&outcome) {
                // A disk must not count as blank because it could not be read.
                let said: Vec<String> = outcome.stderr.lines().map(str::to_owned).collect();
                let failed = StepError::new(&cmd, FailureKind::Exit(outcome.code));
                return Err(StepError { tail: said, ..failed });
            }
            let answers = parse_blkid(&[], &outcome.stdout, &outcome.stderr);
            // blkid stopped at the first device that it did not report.
            let stop = open.iter().position(|path| !answers.contains_key(*path));
            let seen = &open[..stop.map_or(open.len(), |at| at + 1)];
            found.extend(parse_blkid(seen, &outcome.stdout, &outcome.stderr));
            open = stop.map_or_else(Vec::new, |at| open[at + 1..].to_vec());
            open.retain(|path| !found.contains_key(*path));
        }
        for (path, signature) in &mut found {
            let header = match &signature.content {
                Some(Content::Luks { .. }) => luks_header(path),
                Some(Content::RaidMember { .. }) => md_superblock(path),
                Some(content) => unfinished(path, content),
                None => None,
            };
            signature.content = header.or(signature.content.take());
        }
        Ok(found)
    }

    fn groups(&mut self, udev: bool) -> Result<BTreeMap<String, Group>, StepError> {
        let cmd = Cmd::lvm("fullreport", udev)
            .args(["--all", "--foreign", "--reportformat", "json"])
            .args(["--units", "b", "--nosuffix"]);
        let outcome = self.run(&cmd, &mut NoopWatch)?;
        let mut groups = parse_fullreport(outcome.stdout.as_bytes())?;
        let foreign = |group: &Group| matches!(group.lock, Some(GroupLock::Foreign(_)));
        if groups.values().any(foreign) {
            let own = self.run(&Cmd::lvm("systemid", udev), &mut NoopWatch)?;
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
    let owners = groups.as_ref().map(|groups| owners(groups, machine)).unwrap_or_default();
    Findings { groups, owners, ..Findings::default() }
}

/// Returns whether blkid has read the devices: it found a signature, none (2), or too many (8).
fn is_answer(blkid: &Outcome) -> bool {
    match blkid.code {
        0 => !blkid.stdout.trim().is_empty(),
        code => [2, 8].contains(&code),
    }
}

/// Extends a scope to everything on the same disks: a change on one device can affect all of it.
fn widen(scope: &Scope, machine: &Machine) -> Scope {
    let disks = scope
        .storage
        .topology
        .iter()
        .flat_map(|path| machine.base_disks(path))
        .map(|disk| disk.path.clone());
    let mut widened = scope.clone();
    widened.storage.topology = disks.collect();
    widened
}

/// Returns the devices that can have a signature, starting with those that probably have one: each
/// device without one requires another run of blkid.
fn signatures_to_read(machine: &Machine, scope: Option<&Scope>) -> Vec<String> {
    let readable = |path: &&String| {
        machine
            .storage
            .devices
            .get(path.as_str())
            .is_some_and(|device| device.size > 0 && !matches!(device.kind, DeviceKind::Rom))
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

/// Reads the properties of a LUKS header that blkid does not report.
fn luks_header(device: &str) -> Option<Content> {
    let file = fs::File::open(device).ok()?;
    let mut header = vec![0; 4096];
    file.read_exact_at(&mut header, 0).ok()?;
    header.resize(luks_header_len(&header), 0);
    file.read_exact_at(&mut header, 0).ok()?;
    parse_luks(&header)
}

/// Reads the properties of an array member's superblock that blkid does not report.
fn md_superblock(device: &str) -> Option<Content> {
    let file = fs::File::open(device).ok()?;
    let size = (&file).seek(SeekFrom::End(0)).ok()?;
    let mut header = [0; MD_HEADER];
    md_superblock_offsets(size).into_iter().find_map(|place| {
        file.read_exact_at(&mut header, place).ok()?;
        parse_md(&header, place)
    })
}

/// Returns the devices that have appeared and have not been probed yet.
fn unseen(machine: &Machine) -> Vec<String> {
    let readable = |device: &&Device| {
        device.unprobed && device.size > 0 && !matches!(device.kind, DeviceKind::Rom)
    };
    machine.storage.devices.values().filter(readable).map(|device| device.path.clone()).collect()
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

fn read_proc(path: &str) -> Result<Vec<u8>, StepError> {
    match fs::read(path) {
        Ok(text) => Ok(text),
        // A kernel without swap support does not have this file.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(StepError::kernel(format!("read {path}"), error)),
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
