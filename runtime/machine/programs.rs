//! The system's tools that primitives may use, and the packages that provide them.

use std::fmt;

/// A tool and the packages that provide it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProgramInfo {
    /// The file name of the tool.
    pub name: &'static str,
    /// The Debian package.
    pub debian: &'static str,
    /// The Gentoo atom.
    pub gentoo: &'static str,
    /// Whether it may read or write a whole device, so that its duration depends on the device's
    /// size.
    pub is_long_running: bool,
}

const fn tool(name: &'static str, debian: &'static str, gentoo: &'static str) -> ProgramInfo {
    ProgramInfo { name, debian, gentoo, is_long_running: false }
}

const fn device_tool(
    name: &'static str,
    debian: &'static str,
    gentoo: &'static str,
) -> ProgramInfo {
    ProgramInfo { is_long_running: true, ..tool(name, debian, gentoo) }
}

/// In place of a package, for what only Gentoo has.
const NOT_IN_DEBIAN: &str = "";

/// All tools. A command can only run a tool in this list.
pub const PROGRAMS: &[ProgramInfo] = &[
    tool("blkid", "util-linux", "sys-apps/util-linux"),
    device_tool("btrfs", "btrfs-progs", "sys-fs/btrfs-progs"),
    device_tool("cp", "coreutils", "sys-apps/coreutils"),
    device_tool("cryptsetup", "cryptsetup-bin", "sys-fs/cryptsetup"),
    tool("curl", "curl", "net-misc/curl"),
    tool("distcc", "distcc", "sys-devel/distcc"),
    device_tool("e2fsck", "e2fsprogs", "sys-fs/e2fsprogs"),
    device_tool("fsck.f2fs", "f2fs-tools", "sys-fs/f2fs-tools"),
    device_tool("fsck.vfat", "dosfstools", "sys-fs/dosfstools"),
    tool("emerge", NOT_IN_DEBIAN, "sys-apps/portage"),
    tool("git", "git", "dev-vcs/git"),
    tool("gpg", "gnupg", "app-crypt/gnupg"),
    tool("gpgconf", "gnupg", "app-crypt/gnupg"),
    tool("lsblk", "util-linux", "sys-apps/util-linux"),
    device_tool("lvm", "lvm2", "sys-fs/lvm2"),
    tool("lxc-attach", "lxc", "app-containers/lxc"),
    tool("lxc-cgroup", "lxc", "app-containers/lxc"),
    device_tool("lxc-create", "lxc", "app-containers/lxc"),
    device_tool("lxc-destroy", "lxc", "app-containers/lxc"),
    tool("lxc-freeze", "lxc", "app-containers/lxc"),
    tool("lxc-info", "lxc", "app-containers/lxc"),
    tool("lxc-start", "lxc", "app-containers/lxc"),
    tool("lxc-stop", "lxc", "app-containers/lxc"),
    tool("lxc-unfreeze", "lxc", "app-containers/lxc"),
    device_tool("mdadm", "mdadm", "sys-fs/mdadm"),
    device_tool("mkfs.btrfs", "btrfs-progs", "sys-fs/btrfs-progs"),
    device_tool("mkfs.ext2", "e2fsprogs", "sys-fs/e2fsprogs"),
    device_tool("mkfs.ext4", "e2fsprogs", "sys-fs/e2fsprogs"),
    device_tool("mkfs.f2fs", "f2fs-tools", "sys-fs/f2fs-tools"),
    device_tool("mkfs.vfat", "dosfstools", "sys-fs/dosfstools"),
    device_tool("mkfs.xfs", "xfsprogs", "sys-fs/xfsprogs"),
    device_tool("mkswap", "util-linux", "sys-apps/util-linux"),
    tool("portageq", NOT_IN_DEBIAN, "sys-apps/portage"),
    tool("qemu-system-x86_64", "qemu-system-x86", "app-emulation/qemu"),
    tool("rc-service", "openrc", "sys-apps/openrc"),
    tool("rc-update", "openrc", "sys-apps/openrc"),
    tool("sh", "dash", "app-shells/bash"),
    tool("setpriv", "util-linux", "sys-apps/util-linux[caps]"),
    tool("setsid", "util-linux", "sys-apps/util-linux"),
    tool("sfdisk", "fdisk", "sys-apps/util-linux"),
    tool("ssh-keygen", "openssh-client", "net-misc/openssh"),
    tool("ssh-keyscan", "openssh-client", "net-misc/openssh"),
    tool("systemd-cryptenroll", "systemd", "sys-apps/systemd"),
    tool("systemctl", "systemd", "sys-apps/systemd"),
    device_tool("tar", "tar", "app-arch/tar"),
    device_tool("thin_check", "thin-provisioning-tools", "sys-block/thin-provisioning-tools"),
    tool("usermod", "passwd", "sys-apps/shadow"),
    tool("virtiofsd", "virtiofsd", "app-emulation/virtiofsd"),
    tool("wget", "wget", "net-misc/wget"),
    device_tool("wipefs", "util-linux", "sys-apps/util-linux"),
    device_tool("xfs_repair", "xfsprogs", "sys-fs/xfsprogs"),
];

/// Directories outside the search path in which distributions install a tool that other programs start: Gentoo and Debian 13,
/// Debian 12 with QEMU, and Arch.
pub const HIDDEN_DIRECTORIES: &[(&str, &[&str])] =
    &[("virtiofsd", &["/usr/libexec", "/usr/lib/qemu", "/usr/lib"])];

/// Returns the entry of a tool.
pub fn program_info(name: &str) -> Option<&'static ProgramInfo> {
    PROGRAMS.iter().find(|info| info.name == name)
}

/// A tool that is not installed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissingProgram {
    /// The name of the tool.
    pub name: String,
    /// The entry of the tool, if it is known.
    pub info: Option<&'static ProgramInfo>,
}

impl MissingProgram {
    /// Creates an entry for the tool with this name.
    pub fn named(name: &str) -> Self {
        Self { name: name.to_owned(), info: program_info(name) }
    }

    /// Returns the command that installs the tool.
    pub fn remedy(&self) -> String {
        match self.info {
            Some(info) if info.debian == NOT_IN_DEBIAN => {
                "only Gentoo has it: run this there, or give the mount point of a Gentoo system"
                    .into()
            }
            Some(info) => format!(
                "install it: emerge {} (Gentoo), apt install {} (Debian)",
                info.gentoo, info.debian
            ),
            None => format!("install the package that provides {}", self.name),
        }
    }
}

impl fmt::Display for MissingProgram {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the program {} is not installed", self.name)
    }
}
