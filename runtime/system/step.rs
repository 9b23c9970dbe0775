//! The closed list of things that can be done to a machine.

use std::fmt;
use std::time::Duration;

use super::{Cmd, Program};
use crate::machine::files::Text;
use crate::machine::{Fact, MountOrigin, Release, StorageFact, StorageRelease};
use crate::types::{Mode, Place, Propagation, Size, quote};

/// One step of a plan.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// Run a program.
    Run(Cmd),
    /// Replace a file, atomically; owner and mode of an old one are kept.
    Write {
        /// Which.
        place: Place,
        /// The new content; unknown only in a simulation.
        content: Text,
        /// Permission bits; those of the old file, or 0644, when absent.
        mode: Option<Mode>,
    },
    /// Copy a regular file, following links at the source.
    Copy {
        /// From where.
        from: Place,
        /// To where.
        to: Place,
        /// Permission bits; those of the source when absent.
        mode: Option<Mode>,
    },
    /// Copy a folder with everything in it, as it is; what is there with the same name is replaced.
    CopyTree {
        /// From where.
        from: Place,
        /// To where.
        to: Place,
    },
    /// Make a folder, and those above it.
    MakeDir {
        /// Which.
        place: Place,
        /// Permission bits of the last one.
        mode: Mode,
    },
    /// Make a symbolic link, replacing one that is there.
    Link {
        /// Where.
        place: Place,
        /// Its text.
        to: String,
    },
    /// Remove a file, a link or an empty folder.
    Remove {
        /// Which.
        place: Place,
    },
    /// Change permission bits.
    Chmod {
        /// Of which.
        place: Place,
        /// To what.
        mode: Mode,
    },
    /// Change the owner.
    Chown {
        /// Of which.
        place: Place,
        /// User number.
        uid: u32,
        /// Group number.
        gid: u32,
    },
    /// Make a new file of random bytes, readable by nobody else from its first moment.
    MakeKey {
        /// Which; it must not exist.
        place: Place,
        /// How many bytes.
        bytes: u32,
    },
    /// Keep what a program prints in a new file, readable by nobody else from its first moment.
    Keep {
        /// The program.
        cmd: Cmd,
        /// Which; it must not exist.
        place: Place,
    },
    /// Keep the header of a container in a new file, where nobody takes the devices below for the container.
    SaveHeader {
        /// The program, up to the name of the file that it writes.
        cmd: Cmd,
        /// Which; it must not exist.
        place: Place,
        /// The devices that the file lies on.
        beneath: Vec<String>,
    },
    /// Make a sparse file.
    MakeImage {
        /// Which; it must not exist.
        place: Place,
        /// Its length.
        size: Size,
    },
    /// Make a file that has all its blocks, readable by root only.
    Allocate {
        /// Which; it must not exist.
        place: Place,
        /// Its length.
        size: Size,
        /// Whether it is written in place on a filesystem that otherwise copies on write.
        nocow: bool,
    },
    /// Mount something.
    Mount(MountCall),
    /// Unmount one mount point.
    Unmount {
        /// Which.
        at: String,
    },
    /// Start swapping to a device.
    SwapOn {
        /// Which.
        device: String,
        /// Its priority, from 0; the kernel chooses when absent.
        priority: Option<u16>,
    },
    /// Stop swapping to a device.
    SwapOff {
        /// Which.
        device: String,
    },
    /// Make sure that a device is free and still the one that was looked at in the beginning.
    Claim {
        /// Which.
        device: String,
        /// The disks it lies on.
        disks: Vec<String>,
    },
    /// Bring what was written to these filesystems to their disks (syncfs(2)).
    Settle {
        /// Any place on each.
        at: Vec<String>,
    },
    /// Overwrite a device with random data.
    FillRandom {
        /// Which.
        device: String,
        /// Its size.
        size: Size,
    },
    /// Compare an archive with its signed digests; prints what was verified as JSON.
    Verify {
        /// The archive.
        archive: Place,
        /// The digest file.
        digests: Place,
        /// A detached signature of the digest file.
        signature: Option<Place>,
        /// The public keys to trust.
        keys: Place,
        /// The only one of them to trust.
        fingerprint: Option<String>,
    },
    /// Unpack a tar archive as the numeric owners and attributes in it say.
    Unpack {
        /// The archive.
        archive: Place,
        /// Into which folder.
        into: Place,
    },
    /// Wait until device nodes are there.
    WaitFor {
        /// Which.
        nodes: Vec<String>,
        /// For how long.
        limit: Duration,
    },
}

/// A call of mount(2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MountCall {
    /// What.
    pub origin: MountOrigin,
    /// Where.
    pub at: String,
    /// Flags by their name in mount(8): `ro`, `noatime` …
    pub flags: Vec<String>,
    /// Options that the filesystem itself reads, `umask=0077,…`.
    pub data: Option<String>,
    /// How mount events spread from there on.
    pub propagation: Option<Propagation>,
}

impl MountCall {
    /// What becomes true.
    pub fn fact(&self) -> Fact {
        Fact::Storage(StorageFact::Mounted {
            at: self.at.clone(),
            origin: self.origin.clone(),
            options: self.flags.iter().cloned().collect(),
        })
    }
}

impl Step {
    /// Whether only root can do it. Making a filesystem in a file of one's own is for everybody.
    pub fn needs_root(&self) -> bool {
        match self {
            Self::Run(Cmd { program, .. }) => {
                !matches!(program, Program::Tool(name) if name.starts_with("mkfs."))
            }
            Self::Mount(_)
            | Self::Unmount { .. }
            | Self::SwapOn { .. }
            | Self::SwapOff { .. }
            | Self::SaveHeader { .. }
            | Self::FillRandom { .. }
            | Self::Unpack { .. }
            | Self::CopyTree { .. }
            | Self::Chown { .. } => true,
            _ => false,
        }
    }

    /// The system's tools that it starts.
    pub fn tools(&self) -> Vec<&'static str> {
        match self {
            Self::Run(cmd) | Self::Keep { cmd, .. } | Self::SaveHeader { cmd, .. } => cmd.tools(),
            Self::Unpack { .. } => vec!["tar"],
            Self::CopyTree { .. } => vec!["cp"],
            Self::Verify { .. } => vec!["gpg"],
            _ => Vec::new(),
        }
    }

    /// The step that carries out a release.
    pub fn release(release: &Release, udev: bool) -> Self {
        let Release::Storage(release) = release else { unreachable!() };
        match release {
            StorageRelease::Unmount { at } => Self::Unmount { at: at.clone() },
            StorageRelease::SwapOff { device } => Self::SwapOff { device: device.clone() },
            StorageRelease::Deactivate { group } => {
                Self::Run(Cmd::lvm("vgchange", udev).args(["-a", "n", group]))
            }
            StorageRelease::DeactivateVolume { group, volume } => {
                let volume = format!("{group}/{volume}");
                Self::Run(Cmd::lvm("lvchange", udev).args(["-a", "n", &volume]))
            }
            StorageRelease::Close { name } => {
                Self::Run(Cmd::tool("cryptsetup").args(["close", name]))
            }
            StorageRelease::Stop { array } => Self::Run(Cmd::tool("mdadm").args(["--stop", array])),
        }
    }
}

fn words(texts: &[String]) -> String {
    texts.iter().map(|text| quote(text)).collect::<Vec<_>>().join(" ")
}

/// The step as a person would type it; kernel calls as the command that does the same.
impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = |place: &Place| quote(&place.to_string());
        match self {
            Self::Run(cmd) => cmd.fmt(f),
            Self::Write { place, mode: Some(mode), .. } => {
                write!(f, "write {} (mode {mode})", word(place))
            }
            Self::Write { place, mode: None, .. } => write!(f, "write {}", word(place)),
            Self::Copy { from, to, mode } => match mode {
                Some(mode) => write!(f, "install -m {mode} {} {}", word(from), word(to)),
                None => write!(f, "cp -L {} {}", word(from), word(to)),
            },
            Self::CopyTree { from, to } => write!(f, "cp -aT {} {}", word(from), word(to)),
            Self::MakeDir { place, mode } if mode.bits() == 0o755 => {
                write!(f, "mkdir -p {}", word(place))
            }
            Self::MakeDir { place, mode } => write!(f, "mkdir -p -m {mode} {}", word(place)),
            Self::Link { place, to } => write!(f, "ln -sfn {} {}", quote(to), word(place)),
            Self::Remove { place } => write!(f, "rm {}", word(place)),
            Self::Chmod { place, mode } => write!(f, "chmod {mode} {}", word(place)),
            Self::Chown { place, uid, gid } => write!(f, "chown {uid}:{gid} {}", word(place)),
            Self::MakeKey { place, bytes } => {
                write!(f, "(umask 0377; head -c {bytes} /dev/random >{})", word(place))
            }
            Self::Keep { cmd, place } => write!(f, "(umask 0377; {cmd} >{})", word(place)),
            Self::SaveHeader { cmd, place, .. } => write!(f, "{cmd} {}", word(place)),
            Self::MakeImage { place, size } => {
                write!(f, "truncate -s {} {}", size.exact(), word(place))
            }
            Self::Allocate { place, size, nocow } => {
                let (place, size) = (word(place), size.exact());
                let chattr = if *nocow { format!("; chattr +C {place}") } else { String::new() };
                write!(f, "(umask 0177; : >{place}{chattr}; fallocate -l {size} {place})")
            }
            Self::Mount(call) => call.fmt(f),
            Self::Unmount { at } => write!(f, "umount {}", quote(at)),
            Self::SwapOn { device, priority } => {
                let how = priority.map(|priority| format!("-p {priority} ")).unwrap_or_default();
                write!(f, "swapon {how}{device}")
            }
            Self::SwapOff { device } => write!(f, "swapoff {device}"),
            Self::FillRandom { device, .. } => {
                write!(f, "dd if=/dev/urandom of={device} bs=1M oflag=direct")
            }
            Self::Verify { digests, signature, .. } => {
                let apart = signature.as_ref().map(|file| word(file) + " ").unwrap_or_default();
                write!(f, "gpg --verify {apart}{0} && sha512sum --check {0}", word(digests))
            }
            Self::Unpack { archive, into } => write!(
                f,
                "tar xpf {} --xattrs-include='*.*' --numeric-owner -C {}",
                word(archive),
                word(into)
            ),
            Self::Claim { device, .. } => write!(f, "lsblk {device}"),
            Self::Settle { at } => write!(f, "sync -f {}", words(at)),
            Self::WaitFor { nodes, .. } => write!(f, "wait for {}", nodes.join(" ")),
        }
    }
}

impl fmt::Display for MountCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("mount")?;
        let options: Vec<&str> =
            self.flags.iter().map(String::as_str).chain(self.data.as_deref()).collect();
        if !options.is_empty() {
            write!(f, " -o {}", quote(&options.join(",")))?;
        }
        let at = quote(&self.at);
        match &self.origin {
            MountOrigin::Device { device, kind, .. } => write!(f, " -t {kind} {device} {at}"),
            MountOrigin::Pseudo { kind } => write!(f, " -t {kind} {kind} {at}"),
            MountOrigin::Bind { from, recursive } => {
                let how = if *recursive { "--rbind" } else { "--bind" };
                write!(f, " {how} {} {at}", quote(from))
            }
        }?;
        match self.propagation {
            Some(how) => write!(f, " && mount --make-r{} {at}", format!("{how:?}").to_lowercase()),
            None => Ok(()),
        }
    }
}
