//! Mounting filesystems, bind mounts and swap areas.

mod external;
mod list;
mod rule;
mod swap;

pub use list::List;
pub use rule::MountRule;
pub use swap::{SwapOff, SwapOn};

use std::path::Path;

use super::copies::reject_mount_of_copies;
use crate::args;
use crate::error::Result;
use crate::machine::files::FileStatus;
use crate::machine::{Content, MountOrigin, Release, StorageFact, StorageRelease, is_below};
use crate::operation::{Action, Effect, Plan, Planning, ProgramEffect, StorageEffect, Undo};
use crate::system::{FilesStep, MOUNT_FLAGS, MountCall, Step, StorageStep};
use crate::types::{AbsPath, DevicePath, Mode, MountOptions, Place, Propagation, Size};

args! {
    /// Mounts the filesystem on a device and returns the mount point.
    ///
    /// A missing mount point is created. For a btrfs filesystem on several devices, any of them may
    /// be given; the option `subvol=NAME` mounts one of its subvolumes, otherwise its default one is
    /// mounted; `device=` is ignored, because all devices are found. The options `logdev=` and
    /// `journal_path=` must name a log of XFS or a journal of ext4; `rtdev=` and `journal_dev=` are
    /// rejected. If the filesystem is already mounted elsewhere, options that apply to all its mounts
    /// are rejected: only flags of mount(2), `subvol` and `subvolid` are allowed. Filesystems that the
    /// kernel can only read, such as `iso9660` and `squashfs`, are mounted read-only. Undo unmounts
    /// the filesystem.
    ///
    /// Source: mount(2), mount(8); guide ER, "Formatting And Mounting Required Partitions".
    ///
    /// ```
    /// mount::mount("/dev/sdb1", "/mnt/stick", #{ options: "umask=0077,noatime" });
    /// ```
    "mount.mount" => pub struct MountFs {
        /// The partition or volume.
        pub device: DevicePath,
        /// The mount point.
        pub at: AbsPath,
        /// The mount options, separated by commas as in fstab(5). Options for mount(8) itself, such
        /// as `noauto`, are ignored.
        pub options: Option<MountOptions>,
    }
}

args! {
    /// Mounts an empty filesystem in memory and returns the mount point.
    ///
    /// Its contents are lost on unmount or reboot; undo unmounts it.
    ///
    /// Source: tmpfs(5).
    ///
    /// ```
    /// mount::tmpfs("/mnt/new", #{ size: "1G" });
    /// ```
    "mount.tmpfs" => pub struct Tmpfs {
        /// The mount point, which is created if it is missing.
        pub at: AbsPath,
        /// The maximum size; by default half of the memory.
        pub size: Option<Size>,
        /// The permission bits of its root directory.
        pub mode: Mode = "0755",
    }
}

args! {
    /// Bind-mounts a directory at a second mount point, which is returned.
    ///
    /// Undo unmounts it.
    ///
    /// Source: mount(2), `MS_BIND`; mount_namespaces(7); guide ER, `mount --rbind /dev`.
    ///
    /// ```
    /// mount::bind("/dev", "/mnt/gentoo/dev", #{ recursive: true, propagation: "slave" });
    /// ```
    "mount.bind" => pub struct Bind {
        /// The directory to mount.
        pub from: AbsPath,
        /// The second mount point, which is created if it is missing.
        pub at: AbsPath,
        /// Whether to include the mounts below the directory (`mount --rbind`).
        pub recursive: bool = false,
        /// The propagation of later mounts between both mount points; see mount_namespaces(7).
        pub propagation: Option<Propagation>,
        /// Whether the second mount point is read-only.
        pub read_only: bool = false,
    }
}

args! {
    /// Unmounts a mount point.
    ///
    /// Fails if other filesystems are mounted below it, unless `recursive` is set: then these are
    /// unmounted first, newest first. Mount points of the running system, such as `/` and `/dev`,
    /// are rejected.
    ///
    /// Source: umount2(2).
    ///
    /// ```
    /// mount::mount("/dev/sdb1", "/mnt/stick");
    /// mount::unmount("/mnt/stick");
    /// ```
    "mount.unmount" => pub struct Unmount {
        /// The mount point.
        pub at: AbsPath,
        /// Whether to unmount all mounts below the mount point as well.
        pub recursive: bool = false,
    }
}

/// fstab(5) options that only mount(8) interprets, and options that are the default.
const NOT_THE_KERNELS: &str = " defaults rw relatime auto noauto nofail _netdev user nouser users \
    owner group exec suid dev async sw ";

/// Filesystems that the kernel can only read. It refuses to mount most of them for writing.
const READ_ONLY: [&str; 5] = ["cramfs", "erofs", "iso9660", "romfs", "squashfs"];

/// What blkid(8) calls a filesystem, and Linux cannot mount by itself.
const NO_DRIVER: [&str; 3] = ["VMFS", "apfs", "zfs_member"];

/// Returns the kernel's name for a filesystem, where it is not the one of blkid(8).
fn kernel_name(kind: String) -> String {
    // The driver since Linux 5.15, and the only one since 6.9.
    if kind == "ntfs" { "ntfs3".into() } else { kind }
}

/// Splits options into flags of mount(2) and filesystem-specific data.
fn split_options(options: Option<&str>) -> (Vec<String>, Option<String>) {
    let words = options.unwrap_or_default().split(',').map(str::trim);
    let words = words.filter(|word| {
        !NOT_THE_KERNELS.contains(&format!(" {word} "))
            && !word.is_empty()
            && !word.starts_with("x-")
            && !external::names_btrfs_device(word)
    });
    let (flags, data): (Vec<&str>, Vec<&str>) =
        words.partition(|word| MOUNT_FLAGS.iter().any(|(flag, _)| flag == word));
    let data = (!data.is_empty()).then(|| data.join(","));
    (flags.into_iter().map(str::to_owned).collect(), data)
}

/// Returns whether a path belongs to the running system, so that nothing may be mounted over it or
/// unmounted from it: all other actions depend on its contents.
fn is_system_path(origin: &Path) -> bool {
    const EXACTLY: [&str; 6] = ["/", "/etc", "/proc", "/run", "/sys", "/usr"];
    EXACTLY.iter().any(|path| origin == Path::new(path))
        || ["/dev", "/proc"].iter().any(|path| origin.starts_with(path))
}

/// Returns the plan of a mount that creates a missing mount point. Existing mounts are unchanged.
pub(super) fn mount_plan(call: MountCall, cx: &Planning<'_>) -> Result<Plan<()>> {
    let reach = cx.files.resolve_place(&Place::here(&call.at), true)?;
    let at = reach.place.to_string();
    let call = MountCall { at: at.clone(), ..call };
    let fact = call.fact();
    let place = Place::here(&at);
    let mut plan = Plan::steps(Vec::new());
    if fact.holds(cx.machine, cx.files) != Some(true) {
        if let Some(other) = cx.machine.storage.mounts.iter().find(|mount| mount.at == at) {
            return Err(MountRule::Taken { at, source_of: other.source.clone() }.into());
        }
        if is_system_path(&reach.origin) {
            return Err(MountRule::Ours { at }.into());
        }
        match cx.look(&place)? {
            FileStatus::Dir { .. } => {}
            FileStatus::Missing | FileStatus::Unknown(_) => {
                plan = plan.then(FilesStep::MakeDir { place, mode: Mode::new(0o755) });
            }
            _ => return Err(MountRule::NotADirectory { at }.into()),
        }
    }
    Ok(plan.then(StorageStep::Mount(call)).makes(fact).undo(Undo::Release))
}

impl Action for MountFs {
    type Output = String;

    fn effects(&self) -> Vec<Effect> {
        vec![
            Effect::Storage(StorageEffect::Uses { device: self.device.to_string() }),
            Effect::Storage(StorageEffect::Mounts { at: self.at.to_string() }),
        ]
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<String>> {
        let device = cx.device(&self.device)?;
        let same = cx.machine.same_filesystem(device);
        let first = same.first().copied().unwrap_or(device);
        let kind = match &device.content {
            Some(Content::Filesystem { kind, .. }) if !NO_DRIVER.contains(&kind.as_str()) => {
                kind.clone()
            }
            None if device.unreadable.is_some() => {
                let why = device.unreadable.clone().unwrap_or_default();
                return Err(MountRule::Unreadable { device: device.path.clone(), why }.into());
            }
            // A container that is opened later in the plan.
            None if device.unprobed => "auto".to_owned(),
            other => {
                let found = other.as_ref().map(ToString::to_string);
                return Err(MountRule::NotMountable { device: device.path.clone(), found }.into());
            }
        };
        let (mut flags, data) = split_options(self.options.as_deref());
        let mut data: Vec<String> =
            data.iter().flat_map(|data| data.split(',')).map(str::to_owned).collect();
        external::check(&mut data, cx)?;
        reject_mount_of_copies(device, cx.machine, &data)?;
        let device = first;
        if READ_ONLY.contains(&kind.as_str()) && !flags.iter().any(|flag| flag == "ro") {
            flags.push("ro".into());
        }
        let kind = kernel_name(kind);
        reject_shared_options(&data, &device.path, &cx.real(&self.at)?.to_string(), cx)?;
        let subvolume = data.iter().find_map(|option| option.strip_prefix("subvol="));
        let part = match subvolume {
            Some(name) if kind == "btrfs" => Some(format!("/{}", name.trim_matches('/'))),
            // The filesystem's default subvolume, or the one with the identifier `subvolid`.
            None if kind == "btrfs" => None,
            _ => Some("/".to_owned()),
        };
        // The kernel requires a list of all devices, because no device scan has been run.
        let others = same.iter().filter(|_| same.len() > 1);
        data.extend(others.map(|device| format!("device={}", device.path)));
        let writes = !flags.iter().any(|flag| flag == "ro");
        let warning = writes.then(|| cx.machine.hibernation_warning(&device.path)).flatten();
        let call = MountCall {
            origin: MountOrigin::Device { device: device.path.clone(), kind, part },
            at: self.at.to_string(),
            flags,
            data: (!data.is_empty()).then(|| data.join(",")),
            propagation: None,
        };
        Ok(mount_plan(call, cx)?.warn(warning).hint(DAMAGED).returns(self.at.to_string()))
    }
}

/// Advice that is shown if the kernel cannot mount a filesystem.
const DAMAGED: &str = "if the filesystem is damaged, check before you repair: fs::check only \
    reads, and dmesg shows the kernel's messages";

/// Rejects filesystem-specific options for a filesystem that is already mounted elsewhere.
///
/// These options apply to all its mounts and are fixed by the first one: a second mount with
/// umask=0077 would succeed, but leave the key files on a FAT USB drive readable by all users. Only
/// the subvolume is selected per mount.
fn reject_shared_options(data: &[String], device: &str, at: &str, cx: &Planning<'_>) -> Result<()> {
    let own = |option: &&String| option.starts_with("subvol=") || option.starts_with("subvolid=");
    let shared: Vec<&str> = data.iter().filter(|option| !own(option)).map(String::as_str).collect();
    let mut mounts = cx.machine.storage.mounts.iter().filter(|mount| mount.source == device);
    let already = mounts.clone().any(|mount| mount.at == at);
    match mounts.next() {
        Some(first) if !already && !shared.is_empty() => {
            let (device, at) = (device.to_owned(), first.at.clone());
            Err(MountRule::Decided { device, at, options: shared.join(",") }.into())
        }
        _ => Ok(()),
    }
}

impl Action for Tmpfs {
    type Output = String;

    fn effects(&self) -> Vec<Effect> {
        vec![Effect::Storage(StorageEffect::Mounts { at: self.at.to_string() })]
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<String>> {
        let size = self.size.map(|size| format!(",size={}", size.get())).unwrap_or_default();
        let call = MountCall {
            origin: MountOrigin::Pseudo { kind: "tmpfs".into() },
            at: self.at.to_string(),
            flags: Vec::new(),
            data: Some(format!("mode={}{size}", self.mode)),
            propagation: None,
        };
        Ok(mount_plan(call, cx)?.returns(self.at.to_string()))
    }
}

impl Action for Bind {
    type Output = String;

    fn effects(&self) -> Vec<Effect> {
        vec![Effect::Storage(StorageEffect::Mounts { at: self.at.to_string() })]
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<String>> {
        let from = cx.real(&self.from)?;
        if cx.look(&Place::new(&from, None))? == FileStatus::Missing {
            return Err(MountRule::NothingToBind { from: self.from.to_string() }.into());
        }
        let from = from.to_string();
        let call = MountCall {
            origin: MountOrigin::Bind { from, recursive: self.recursive },
            at: self.at.to_string(),
            flags: if self.read_only { vec!["ro".into()] } else { Vec::new() },
            data: None,
            propagation: self.propagation,
        };
        Ok(mount_plan(call, cx)?.returns(self.at.to_string()))
    }
}

/// Returns the plan that unmounts a mount point and everything below it, newest first.
pub(super) fn unmount_plan(at: &str, cx: &Planning<'_>) -> Plan<()> {
    let mounts = cx.machine.storage.mounts.iter().rev().filter(|mount| is_below(&mount.at, at));
    Plan::steps(
        mounts.map(|mount| Step::Storage(StorageStep::Unmount { at: mount.at.clone() })).collect(),
    )
    .makes(StorageFact::Unmounted { at: at.to_owned() })
}

impl Action for Unmount {
    type Output = ();

    fn effects(&self) -> Vec<Effect> {
        let at = self.at.to_string();
        vec![Effect::Program(ProgramEffect::Ends {
            what: Release::Storage(StorageRelease::Unmount { at }).to_string(),
        })]
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<()>> {
        let at = cx.real(&self.at)?.to_string();
        if ["/", "/proc", "/sys", "/dev", "/run"].contains(&at.as_str()) {
            return Err(MountRule::Ours { at }.into());
        }
        let below: Vec<String> = cx
            .machine
            .storage
            .mounts
            .iter()
            .filter(|mount| mount.at != at && is_below(&mount.at, &at))
            .map(|mount| mount.at.clone())
            .collect();
        if !below.is_empty() && !self.recursive {
            return Err(MountRule::Below { at, below }.into());
        }
        Ok(unmount_plan(&at, cx))
    }
}
