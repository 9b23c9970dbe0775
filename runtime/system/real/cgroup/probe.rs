//! Reading the hierarchies and groups of the real machine.

use std::collections::BTreeSet;
use std::io;
use std::os::fd::OwnedFd;
use std::path::Path;

use super::files::{open_group, read_in};
use super::moves::groups_in;
use crate::machine::cgroup::{
    CgroupLimit, ControlGroup, ControlGroups, ROOT, has_devices, hierarchies, with_paths,
};

/// The most groups that are read.
const MOST: usize = 20_000;

/// The deepest nesting of groups that is read.
const DEEPEST: usize = 32;

/// Returns all hierarchies and groups; `None` if this process cannot see the mounts.
pub(super) fn all() -> Option<ControlGroups> {
    let mounts = std::fs::read_to_string("/proc/self/mountinfo").ok()?;
    let mut found = hierarchies(&mounts);
    let mounts: BTreeSet<String> =
        found.unified.iter().chain(found.legacy.values()).cloned().collect();
    let mut names = BTreeSet::from([ROOT.to_owned()]);
    for mount in &mounts {
        collect(mount, mount, 0, &mut names);
    }
    for name in names {
        // A group that this user cannot read does not prevent the probe of all others.
        if again(&mut found, &name).is_err() {
            found.groups.remove(&name);
        }
    }
    Some(found)
}

fn collect(mount: &str, directory: &str, depth: usize, names: &mut BTreeSet<String>) {
    for below in groups_in(directory) {
        if names.len() >= MOST || depth >= DEEPEST {
            return;
        }
        let name = below[mount.len()..].trim_start_matches('/').to_owned();
        names.insert(name);
        collect(mount, &below, depth + 1, names);
    }
}

/// Reads a group again, or removes it if it does not exist.
pub(super) fn again(found: &mut ControlGroups, name: &str) -> io::Result<()> {
    let mut group = ControlGroup::default();
    let mut exists = false;
    let base = found.base().map(str::to_owned);
    if let Some(directory) = found.unified.as_ref().and(found.base_directory(name))
        && let Some(open) = open(&directory)?
    {
        exists = true;
        group.controllers = words(&read(&open, "cgroup.controllers")?);
        group.enabled = words(&read(&open, "cgroup.subtree_control")?);
        group.frozen = read(&open, "cgroup.freeze")?.trim() == "1";
        group.processes = processes(&open, name)?;
        let controllers = group.controllers.clone();
        read_limits(&mut group, &open, |controller| controllers.contains(controller), false)?;
    }
    for (controller, mount) in &found.legacy {
        let Some((directory, _)) = found.directory_of(controller, name) else { continue };
        let Some(open) = open(&directory)? else { continue };
        exists = true;
        if name != ROOT {
            group.controllers.insert(controller.clone());
        }
        if base.as_ref() == Some(mount) {
            group.processes = processes(&open, name)?;
        }
        if controller == "freezer" && found.unified.is_none() {
            let state = read(&open, "freezer.state")?;
            group.frozen = !state.is_empty() && state.trim() != "THAWED";
        }
        read_limits(&mut group, &open, |other| other == controller, true)?;
    }
    match exists {
        true => found.groups.insert(name.to_owned(), group),
        false => found.groups.remove(name),
    };
    Ok(())
}

/// Opens the directory of a group; `None` if it does not exist.
fn open(directory: &str) -> io::Result<Option<OwnedFd>> {
    match open_group(Path::new(directory)) {
        Ok(open) => Ok(Some(open)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Reads a file of a group; empty if the kernel does not have it, or the group was just removed.
fn read(directory: &OwnedFd, name: &str) -> io::Result<String> {
    use nix::errno::Errno::{ENODEV, EOPNOTSUPP};
    match read_in(directory, name) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(String::new()),
        Err(error)
            if [ENODEV, EOPNOTSUPP]
                .map(|code| Some(code as i32))
                .contains(&error.raw_os_error()) =>
        {
            Ok(String::new())
        }
        found => found,
    }
}

/// Returns the content of a file of sysfs(5).
pub(super) fn sysfs(path: &str) -> Option<String> {
    std::fs::read_to_string(path).ok()
}

fn processes(directory: &OwnedFd, name: &str) -> io::Result<BTreeSet<u32>> {
    if name == ROOT {
        return Ok(BTreeSet::new());
    }
    let text = read(directory, "cgroup.procs")?;
    Ok(text.lines().filter_map(|line| line.parse().ok()).filter(|pid| *pid != 0).collect())
}

fn words(text: &str) -> BTreeSet<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

fn read_limits(
    group: &mut ControlGroup,
    directory: &OwnedFd,
    has: impl Fn(&str) -> bool,
    legacy: bool,
) -> io::Result<()> {
    for limit in CgroupLimit::ALL.into_iter().filter(|limit| has(limit.controller())) {
        let mut texts = Vec::new();
        for file in limit.files(legacy) {
            let text = read(directory, file)?;
            texts.push(match has_devices(file) {
                true => with_paths(&text, &sysfs),
                false => text,
            });
        }
        let empty = texts.iter().any(String::is_empty) && limit != CgroupLimit::IoMax;
        if texts.is_empty() || empty {
            continue;
        }
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        if let Some(value) = limit.parse(&texts, legacy).filter(|value| *value != limit.initial()) {
            group.limits.insert(limit, value);
        }
    }
    Ok(())
}
