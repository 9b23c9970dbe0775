//! Mounting filesystems, binding folders, swapping.

mod swap;

pub use swap::{SwapOff, SwapOn};

use std::path::Path;

use crate::args;
use crate::error::{Exit, Result, Rule};
use crate::machine::files::Look;
use crate::machine::{Content, MountOrigin, Release, StorageFact, StorageRelease, is_below};
use crate::operation::{Action, Effect, Plan, Planning, ProgramEffect, StorageEffect, Undo};
use crate::system::{FilesStep, MOUNT_FLAGS, MountCall, Step, StorageStep};
use crate::types::{AbsPath, DevicePath, Mode, MountOptions, Place, Propagation, Size, quote};

args! {
    /// Mounts the filesystem on a device, by a system call. The folder is made if it is missing.
    /// Returns the mount point.
    ///
    /// Source: mount(2), mount(8); guide ER, "Formatting And Mounting Required Partitions".
    ///
    /// ```
    /// mount::mount("/dev/sdb1", "/mnt/stick", #{ options: "umask=0077,noatime" });
    /// ```
    ///
    /// `subvol=NAME` shows one subvolume of a btrfs; of a btrfs on several devices, any one will do.
    "mount.mount" => pub struct MountFs {
        /// The partition or volume.
        pub device: DevicePath,
        /// Where.
        pub at: AbsPath,
        /// Options as in fstab, with commas.
        pub options: Option<MountOptions>,
    }
}

args! {
    /// Mounts an empty filesystem that lies in memory and is gone after a reboot. Returns the mount
    /// point.
    ///
    /// Source: tmpfs(5).
    ///
    /// ```
    /// mount::tmpfs("/mnt/new", #{ size: "1G" });
    /// ```
    "mount.tmpfs" => pub struct Tmpfs {
        /// Where.
        pub at: AbsPath,
        /// The most that it holds; half of the memory when absent.
        pub size: Option<Size>,
        /// Permission bits of its root.
        pub mode: Mode = "0755",
    }
}

args! {
    /// Shows a folder in a second place. Returns the mount point.
    ///
    /// Source: mount(2), `MS_BIND`; mount_namespaces(7); guide ER, `mount --rbind /dev`.
    ///
    /// ```
    /// mount::bind("/dev", "/mnt/gentoo/dev", #{ recursive: true, propagation: "slave" });
    /// ```
    "mount.bind" => pub struct Bind {
        /// The folder.
        pub from: AbsPath,
        /// Where it is shown.
        pub at: AbsPath,
        /// Whether what is mounted below it comes along.
        pub recursive: bool = false,
        /// How later mounts spread between both places.
        pub propagation: Option<Propagation>,
        /// Whether nothing can be written in the second place.
        pub read_only: bool = false,
    }
}

args! {
    /// Unmounts a mount point. Never more than that unless `recursive`: then what is mounted below
    /// goes first, the newest before the older.
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
        /// Whether to unmount what is mounted below it as well.
        pub recursive: bool = false,
    }
}

/// A rule about mounting that was broken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MountRule {
    /// No filesystem on the device.
    #[error("{device} holds {}, which can't be mounted", found.as_deref().unwrap_or("no filesystem"))]
    NotMountable {
        /// The device.
        device: String,
        /// What is there.
        found: Option<String>,
    },
    /// Something else is mounted there.
    #[error("{at} is taken: {source_of} is mounted there")]
    Taken {
        /// The mount point.
        at: String,
        /// What is mounted there.
        source_of: String,
    },
    /// Options that the first mount has decided for as long as it lasts.
    #[error("{device} is mounted at {at} already, with its own options: {options} would not count")]
    Decided {
        /// The device.
        device: String,
        /// Where it is mounted.
        at: String,
        /// What was asked for.
        options: String,
    },
    /// The mount point is no folder.
    #[error("{at} is not a folder")]
    NotAFolder {
        /// The path.
        at: String,
    },
    /// The folder to bind does not exist.
    #[error("there is no folder {from} to bind")]
    NothingToBind {
        /// The path.
        from: String,
    },
    /// More is mounted below.
    #[error("{at} can't be unmounted: {} below it", below.join(", "))]
    Below {
        /// The mount point.
        at: String,
        /// What is mounted below.
        below: Vec<String>,
    },
    /// The running system's own.
    #[error("{at} belongs to the running system")]
    Ours {
        /// The mount point.
        at: String,
    },
    /// No swap area.
    #[error("{device} is not a swap area{}", found.as_ref().map(|f| format!(", but holds {f}")).unwrap_or_default())]
    NotSwap {
        /// The device.
        device: String,
        /// What is there.
        found: Option<String>,
    },
}

impl Rule for MountRule {
    fn remedy(&self) -> Option<String> {
        Some(match self {
            Self::NotMountable { found: Some(found), .. } if found.starts_with("LUKS") => {
                "open the container first: luks::open".into()
            }
            Self::NotMountable { .. } => "see what is there with lsblk -f".into(),
            Self::Taken { at, .. } => format!("choose another folder, or free it: umount {at}"),
            Self::Decided { at, .. } => format!("unmount it first: umount {}", quote(at)),
            Self::NotAFolder { .. } | Self::NothingToBind { .. } => "name a folder".into(),
            Self::Below { at, .. } => {
                format!(
                    "unmount those first, or all: mount::unmount({at:?}, #{{ recursive: true }})"
                )
            }
            Self::Ours { .. } => "only what a recipe mounted is for a recipe to unmount".into(),
            Self::NotSwap { .. } => "make one with fs::swap".into(),
        })
    }

    fn exit(&self) -> Exit {
        match self {
            Self::Taken { .. } | Self::Decided { .. } | Self::Below { .. } | Self::Ours { .. } => {
                Exit::Refused
            }
            _ => Exit::Usage,
        }
    }
}

/// Words of fstab that mount(8) keeps to itself, and what everybody gets anyway.
const NOT_THE_KERNELS: &str = " defaults rw relatime auto noauto nofail _netdev user nouser users \
    owner group exec suid dev async sw ";

/// Sorts options into flags that mount(2) knows and text for the filesystem.
fn split_options(options: Option<&str>) -> (Vec<String>, Option<String>) {
    let words = options.unwrap_or_default().split(',').map(str::trim);
    let words = words.filter(|word| {
        !NOT_THE_KERNELS.contains(&format!(" {word} "))
            && !word.is_empty()
            && !word.starts_with("x-")
    });
    let (flags, data): (Vec<&str>, Vec<&str>) =
        words.partition(|word| MOUNT_FLAGS.iter().any(|(flag, _)| flag == word));
    let data = (!data.is_empty()).then(|| data.join(","));
    (flags.into_iter().map(str::to_owned).collect(), data)
}

/// Whether nothing may be mounted over a place, or unmounted from it: everything else here relies on what
/// is there.
fn is_ours(origin: &Path) -> bool {
    const EXACTLY: [&str; 6] = ["/", "/etc", "/proc", "/run", "/sys", "/usr"];
    EXACTLY.iter().any(|path| origin == Path::new(path))
        || ["/dev", "/proc"].iter().any(|path| origin.starts_with(path))
}

/// A mount, with its folder made first; nothing to do where it is there already.
pub(super) fn mounting(call: MountCall, cx: &Planning<'_>) -> Result<Plan<()>> {
    let reach = cx.files.reach(&Place::here(&call.at), true)?;
    let at = reach.place.to_string();
    let call = MountCall { at: at.clone(), ..call };
    let fact = call.fact();
    let place = Place::here(&at);
    let mut plan = Plan::steps(Vec::new());
    if fact.holds(cx.machine, cx.files) != Some(true) {
        if let Some(other) = cx.machine.storage.mounts.iter().find(|mount| mount.at == at) {
            return Err(MountRule::Taken { at, source_of: other.source.clone() }.into());
        }
        if is_ours(&reach.origin) {
            return Err(MountRule::Ours { at }.into());
        }
        match cx.look(&place)? {
            Look::Dir { .. } => {}
            Look::Missing | Look::Unknown(_) => {
                plan = plan.then(FilesStep::MakeDir { place, mode: Mode::new(0o755) });
            }
            _ => return Err(MountRule::NotAFolder { at }.into()),
        }
    }
    Ok(plan.then(StorageStep::Mount(call)).makes(fact).undo(Undo::Release))
}

impl Action for MountFs {
    type Output = String;

    fn effects(&self) -> Vec<Effect> {
        vec![Effect::Storage(StorageEffect::Mounts { at: self.at.to_string() })]
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<String>> {
        let device = cx.device(&self.device)?;
        let same = cx.machine.same_filesystem(device);
        let device = same.first().copied().unwrap_or(device);
        let kind = match &device.content {
            Some(Content::Filesystem { kind, .. }) => kind.clone(),
            // Only a simulation meets a device that nobody has looked at.
            None if device.unseen => "auto".to_owned(),
            other => {
                let found = other.as_ref().map(ToString::to_string);
                return Err(MountRule::NotMountable { device: device.path.clone(), found }.into());
            }
        };
        let (flags, data) = split_options(self.options.as_deref());
        let mut data: Vec<String> =
            data.iter().flat_map(|data| data.split(',')).map(str::to_owned).collect();
        decided(&data, &device.path, &cx.real(&self.at)?.to_string(), cx)?;
        let subvolume = data.iter().find_map(|option| option.strip_prefix("subvol="));
        let part = match subvolume.filter(|_| kind == "btrfs") {
            Some(name) => format!("/{}", name.trim_matches('/')),
            None => "/".to_owned(),
        };
        // The kernel has to be told of all of them, since nobody has looked for them.
        let others = same.iter().filter(|_| same.len() > 1);
        data.extend(others.map(|device| format!("device={}", device.path)));
        let call = MountCall {
            origin: MountOrigin::Device { device: device.path.clone(), kind, part },
            at: self.at.to_string(),
            flags,
            data: (!data.is_empty()).then(|| data.join(",")),
            propagation: None,
        };
        Ok(mounting(call, cx)?.hint(DAMAGED).returns(self.at.to_string()))
    }
}

/// What to think of when the kernel refuses a filesystem.
const DAMAGED: &str = "if its filesystem is damaged, look before you repair: fs::check tells without \
    writing, and the last lines of dmesg say what the kernel saw";

/// A filesystem has its options once, however often it is mounted: a second mount with umask=0077
/// would leave every key on a FAT stick readable, and succeed. Which subvolume is seen is for each
/// mount to say.
fn decided(data: &[String], device: &str, at: &str, cx: &Planning<'_>) -> Result<()> {
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
        Ok(mounting(call, cx)?.returns(self.at.to_string()))
    }
}

impl Action for Bind {
    type Output = String;

    fn effects(&self) -> Vec<Effect> {
        vec![Effect::Storage(StorageEffect::Mounts { at: self.at.to_string() })]
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<String>> {
        let from = cx.real(&self.from)?;
        if cx.look(&Place::new(&from, None))? == Look::Missing {
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
        Ok(mounting(call, cx)?.returns(self.at.to_string()))
    }
}

/// Unmounts everything at and below a place, newest first.
pub(super) fn unmounting(at: &str, cx: &Planning<'_>) -> Plan<()> {
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
        Ok(unmounting(&at, cx))
    }
}
