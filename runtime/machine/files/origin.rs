//! The origin of a mounted path: the path that a bind mount makes visible.

use std::path::{Path, PathBuf};

use crate::machine::is_below;
use crate::machine::probe::RawMount;

/// Filesystems that are interfaces of the kernel and do not store files.
const KERNEL_FILESYSTEMS: [&str; 18] = [
    "binfmt_misc",
    "bpf",
    "cgroup",
    "cgroup2",
    "configfs",
    "debugfs",
    "devpts",
    "devtmpfs",
    "efivarfs",
    "fusectl",
    "hugetlbfs",
    "mqueue",
    "proc",
    "pstore",
    "securityfs",
    "selinuxfs",
    "sysfs",
    "tracefs",
];

/// Directories of kernel interfaces, even in a container, whose `/dev` is an ordinary filesystem.
const KERNEL_DIRECTORIES: [&str; 3] = ["/dev", "/proc", "/sys"];

/// Returns whether filesystems of this type are interfaces of the kernel.
pub fn is_kernel_filesystem(kind: &str) -> bool {
    KERNEL_FILESYSTEMS.contains(&kind)
}

/// The mounts of the machine, in the order of the kernel.
#[derive(Debug, Clone, Default)]
pub struct MountTable(Vec<RawMount>);

impl MountTable {
    /// Creates a table of these mounts.
    pub fn new(mounts: Vec<RawMount>) -> Self {
        Self(mounts)
    }

    /// Returns the table without the newest mount at this mount point and the mounts below it;
    /// `None` if nothing is mounted there.
    pub fn without(&self, at: &str) -> Option<Self> {
        let newest = self.0.iter().rposition(|mount| mount.at == at)?;
        let below = |mount: &RawMount| mount.at != at && is_below(&mount.at, at);
        let left = self.0.iter().enumerate();
        let left = left.filter(|(index, mount)| *index != newest && !below(mount));
        Some(Self(left.map(|(_, mount)| mount.clone()).collect()))
    }

    /// Returns the mount that contains a path without symbolic links.
    fn covering(&self, path: &str) -> Option<&RawMount> {
        // Of several mounts with the longest mount point, the newest hides the others.
        let around = self.0.iter().filter(|mount| is_below(path, &mount.at));
        around.max_by_key(|mount| mount.at.len())
    }

    /// Returns the path of a file in the running system: of all mounts that show the file, the
    /// root's path, otherwise the oldest mount's.
    pub fn origin(&self, path: &Path) -> PathBuf {
        let text = path.to_string_lossy();
        let Some(mount) = self.covering(&text) else { return path.to_owned() };
        let inner = join_below(&mount.part, rest(&text, &mount.at));
        let shown = |other: &&RawMount| {
            let same = other.number == mount.number && is_below(&inner, &other.part);
            // The file is not visible where another mount covers it.
            same && self
                .covering(&join_below(&other.at, rest(&inner, &other.part)))
                .is_some_and(|top| std::ptr::eq(top, *other))
        };
        let mut all: Vec<&RawMount> = self.0.iter().filter(shown).collect();
        all.sort_by_key(|other| other.at != "/");
        match all.first() {
            Some(other) => join_below(&other.at, rest(&inner, &other.part)).into(),
            None => path.to_owned(),
        }
    }

    /// Returns the type of the filesystem at a path if it is an interface of the kernel.
    pub fn kernel_filesystem_type(&self, path: &Path) -> Option<String> {
        let text = path.to_string_lossy();
        let mount = self.covering(&text)?;
        let devices = self.covering("/dev").filter(|dev| dev.at == "/dev");
        let of_devices = devices.is_some_and(|dev| dev.number == mount.number);
        (is_kernel_filesystem(&mount.kind) || of_devices).then(|| mount.kind.clone())
    }
}

/// Returns the kernel directory that contains a path of the running system.
pub fn kernel_directory(origin: &Path) -> Option<&'static str> {
    let text = origin.to_string_lossy();
    KERNEL_DIRECTORIES.into_iter().find(|place| is_below(&text, place))
}

/// Returns the remainder of a path below a directory: empty, or starting with a slash.
fn rest<'a>(path: &'a str, directory: &str) -> &'a str {
    if directory == "/" { path } else { path.get(directory.len()..).unwrap_or_default() }
}

fn join_below(directory: &str, rest: &str) -> String {
    let rest = rest.trim_start_matches('/');
    match (directory, rest) {
        (directory, "") => directory.to_owned(),
        ("/", rest) => format!("/{rest}"),
        (directory, rest) => format!("{directory}/{rest}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::probe::parse_mountinfo;

    const TABLE: &str = "\
22 1 254:0 / / rw - ext4 /dev/root rw
23 22 0:21 / /proc rw - proc proc rw
24 22 0:6 / /dev rw - devtmpfs dev rw
25 22 0:24 / /run rw - tmpfs tmpfs rw
30 22 254:0 / /mnt/t rw - ext4 /dev/root rw
31 22 254:0 /srv/data /mnt/data rw - ext4 /dev/root rw
32 22 0:24 /user /mnt/gentoo/run rw - tmpfs tmpfs rw
33 22 0:6 / /mnt/nodes rw - devtmpfs dev rw
34 22 254:0 /etc/hosts /mnt/hosts rw - ext4 /dev/root rw
35 22 0:40 /@ /mnt/sub rw - btrfs /dev/sdb rw
36 22 0:40 / /mnt/top rw - btrfs /dev/sdb rw
";

    fn origin(path: &str) -> String {
        let table = MountTable::new(parse_mountinfo(TABLE.as_bytes()));
        table.origin(Path::new(path)).to_string_lossy().into_owned()
    }

    #[test]
    fn bind_mounts_resolve_to_their_source() {
        for (path, real) in [
            ("/", "/"),
            ("/home/x", "/home/x"),
            ("/mnt/t", "/"),
            ("/mnt/t/etc/shadow", "/etc/shadow"),
            ("/mnt/data", "/srv/data"),
            ("/mnt/data/a", "/srv/data/a"),
            ("/mnt/datax/a", "/mnt/datax/a"),
            ("/mnt/hosts", "/etc/hosts"),
            ("/mnt/gentoo/run/1000/bus", "/run/user/1000/bus"),
            ("/mnt/nodes/sda", "/dev/sda"),
            ("/mnt/top/@/f", "/mnt/sub/f"),
            ("/mnt/top/x", "/mnt/top/x"),
        ] {
            assert_eq!(origin(path), real, "{path}");
        }
    }

    #[test]
    fn removed_mounts_do_not_resolve() {
        let table = MountTable::new(parse_mountinfo(TABLE.as_bytes()));
        assert!(table.without("/mnt/none").is_none());
        let table = table.without("/mnt/sub").expect("a filesystem is mounted there");
        assert_eq!(table.origin(Path::new("/mnt/sub")), Path::new("/mnt/sub"));
        assert_eq!(table.origin(Path::new("/mnt/top/@/f")), Path::new("/mnt/top/@/f"));
    }

    #[test]
    fn paths_under_another_mount_do_not_resolve() {
        assert_eq!(origin("/mnt/t/proc/x"), "/mnt/t/proc/x");
    }

    #[test]
    fn kernel_filesystems_are_detected_by_type() {
        let table = MountTable::new(parse_mountinfo(TABLE.as_bytes()));
        let kernel = |path: &str| table.kernel_filesystem_type(Path::new(path));
        assert_eq!(kernel("/mnt/nodes/sda").as_deref(), Some("devtmpfs"));
        assert_eq!(kernel("/proc/self").as_deref(), Some("proc"));
        assert_eq!(kernel("/mnt/t/etc"), None);
        assert_eq!(kernel("/run/x"), None);
    }
}
