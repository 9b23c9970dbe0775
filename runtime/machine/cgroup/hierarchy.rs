//! The hierarchies of control groups: where they are mounted, and the directories of a group.

use std::collections::{BTreeMap, BTreeSet};

use super::{CgroupLimit, ControlGroup, ControlGroups, ROOT};

/// The mount point that is assumed for version 2 if the machine was not probed.
pub const DEFAULT_MOUNT: &str = "/sys/fs/cgroup";

/// The controllers of version 1, by their name in version 2 where it has changed.
const LEGACY_NAMES: [(&str, &str); 1] = [("blkio", "io")];

/// Controllers of version 1 that limit nothing, and are not chosen by name.
const FREEZER: &str = "freezer";

/// Finds the hierarchies in the content of `/proc/self/mountinfo` (proc_pid_mountinfo(5)). Of
/// several mounts of a hierarchy, the first counts.
pub fn hierarchies(mountinfo: &str) -> ControlGroups {
    let mut found = ControlGroups::default();
    for line in mountinfo.lines() {
        let Some((head, tail)) = line.split_once(" - ") else { continue };
        let Some(at) = head.split(' ').nth(4) else { continue };
        let mut tail = tail.split(' ');
        let (kind, options) = (tail.next().unwrap_or_default(), tail.nth(1).unwrap_or_default());
        match kind {
            "cgroup2" if found.unified.is_none() => found.unified = Some(at.to_owned()),
            "cgroup" => {
                let flags = ["rw", "ro", "xattr", "clone_children", "noprefix"];
                let named = |option: &&str| !option.contains('=') && !flags.contains(option);
                for controller in options.split(',').filter(named) {
                    let new = LEGACY_NAMES.iter().find(|(old, _)| *old == controller);
                    let name = new.map_or(controller, |(_, new)| *new).to_owned();
                    found.legacy.entry(name).or_insert_with(|| at.to_owned());
                }
            }
            _ => {}
        }
    }
    found
}

impl ControlGroups {
    /// Returns version 2 at its usual mount point, with unknown groups.
    pub fn assumed() -> Self {
        Self { unified: Some(DEFAULT_MOUNT.into()), ..Self::default() }
    }

    /// Returns `v1`, `v2`, `hybrid` (version 1 with version 2 beside it), or `none`.
    pub fn version(&self) -> &'static str {
        match (&self.unified, self.legacy.is_empty()) {
            (Some(_), true) => "v2",
            (Some(_), false) => "hybrid",
            (None, false) => "v1",
            (None, true) => "none",
        }
    }

    /// Returns the mount point of the hierarchy in which processes are listed, frozen and killed.
    pub fn base(&self) -> Option<&str> {
        let legacy = || self.legacy.get(FREEZER).or_else(|| self.legacy.values().next());
        self.unified.as_ref().or_else(legacy).map(String::as_str)
    }

    /// Returns the directory of a group in the hierarchy of [`Self::base`].
    pub fn base_directory(&self, group: &str) -> Option<String> {
        self.base().map(|mount| directory(mount, group))
    }

    /// Returns the directory in which a controller acts on a group, and whether it is of version 1.
    pub fn directory_of(&self, controller: &str, group: &str) -> Option<(String, bool)> {
        match self.legacy.get(controller) {
            Some(mount) => Some((directory(mount, group), true)),
            None => self.unified.as_ref().map(|mount| (directory(mount, group), false)),
        }
    }

    /// Returns the directories of a group with these controllers, each once, the base first.
    pub fn directories<'a>(
        &self,
        group: &str,
        controllers: impl IntoIterator<Item = &'a String>,
    ) -> Vec<String> {
        let mut directories: Vec<String> = self.base_directory(group).into_iter().collect();
        for controller in controllers {
            if let Some((directory, _)) = self.directory_of(controller, group)
                && !directories.contains(&directory)
            {
                directories.push(directory);
            }
        }
        directories
    }

    /// Returns all controllers that can be given to a group.
    pub fn available(&self) -> BTreeSet<String> {
        let unified = self.groups.get(ROOT).map(|root| root.controllers.clone());
        unified.into_iter().flatten().chain(self.legacy.keys().cloned()).collect()
    }

    /// Returns the limits that a new group has from the beginning: `cpuset` of version 1 needs
    /// processors before a process can be added.
    pub fn inherited(&self, parent: &ControlGroup) -> BTreeMap<CgroupLimit, String> {
        let old = self.legacy.contains_key(CgroupLimit::Cpus.controller());
        let both = [CgroupLimit::Cpus, CgroupLimit::Mems].into_iter().filter(|_| old);
        both.filter_map(|limit| Some((limit, parent.limits.get(&limit)?.clone()))).collect()
    }
}

/// Returns the directory of a group below a mount point.
fn directory(mount: &str, group: &str) -> String {
    match group {
        ROOT => mount.to_owned(),
        group => format!("{}/{group}", mount.trim_end_matches('/')),
    }
}

/// Returns the group that contains a group.
pub(super) fn parent(group: &str) -> &str {
    group.rsplit_once('/').map_or(ROOT, |(parent, _)| parent)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HYBRID: &str = "\
30 24 0:26 / /sys/fs/cgroup rw - tmpfs tmpfs rw,mode=755
31 30 0:27 / /sys/fs/cgroup/cpu,cpuacct rw,nosuid - cgroup cgroup rw,cpu,cpuacct
32 30 0:28 / /sys/fs/cgroup/blkio rw - cgroup cgroup rw,xattr,blkio
33 30 0:29 / /sys/fs/cgroup/freezer rw - cgroup cgroup rw,freezer
34 30 0:30 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,name=systemd
35 30 0:31 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw,nsdelegate
36 30 0:31 / /mnt/again rw - cgroup2 cgroup2 rw,nsdelegate
";

    #[test]
    fn hierarchies_of_each_version_are_found() {
        let found = hierarchies(HYBRID);
        assert_eq!(found.version(), "hybrid");
        assert_eq!(found.base(), Some("/sys/fs/cgroup/unified"));
        let legacy: Vec<&str> = found.legacy.keys().map(String::as_str).collect();
        assert_eq!(legacy, ["cpu", "cpuacct", "freezer", "io"]);
        let both = ["cpu".to_owned(), "cpuacct".into(), "hugetlb".into()];
        assert_eq!(
            found.directories("a/b", &both),
            ["/sys/fs/cgroup/unified/a/b", "/sys/fs/cgroup/cpu,cpuacct/a/b"]
        );
        let old = hierarchies(&HYBRID.replace("- cgroup2", "- none"));
        assert_eq!((old.version(), old.base()), ("v1", Some("/sys/fs/cgroup/freezer")));
        assert_eq!(old.directories(ROOT, &[]), ["/sys/fs/cgroup/freezer"]);
        let new = hierarchies("29 23 0:26 / /sys/fs/cgroup rw shared:4 - cgroup2 cgroup2 rw\n");
        assert_eq!((new.version(), new.base()), ("v2", Some(DEFAULT_MOUNT)));
        assert_eq!(hierarchies("").version(), "none");
        assert_eq!((parent("a/b"), parent("a")), ("a", ROOT));
    }
}
