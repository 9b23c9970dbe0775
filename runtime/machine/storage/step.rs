//! Steps on devices and mounts.

use std::fmt;
use std::time::Duration;

use super::{MountOrigin, is_below};
use crate::types::{Propagation, Size, quote};

/// A step that changes devices or mounts, or waits for devices.
#[derive(Debug, Clone, PartialEq)]
pub enum StorageStep {
    /// Mounts a filesystem.
    Mount(MountCall),
    /// Unmounts one mount point.
    Unmount {
        /// The mount point.
        at: String,
    },
    /// Enables swapping to a device or file.
    SwapOn {
        /// The device or file.
        device: String,
        /// Its priority, 0 or higher; by default the kernel chooses one.
        priority: Option<u16>,
    },
    /// Disables swapping to a device or file.
    SwapOff {
        /// The device or file.
        device: String,
    },
    /// Checks that a device is free and still the one that was probed first.
    Claim {
        /// The device.
        device: String,
        /// The disks that the device is on.
        disks: Vec<String>,
    },
    /// Overwrites a device with random data.
    FillRandom {
        /// The device.
        device: String,
        /// Its size.
        size: Size,
    },
    /// Waits until device nodes exist.
    WaitFor {
        /// The paths of the nodes.
        nodes: Vec<String>,
        /// Time limit.
        limit: Duration,
    },
}

/// A call of mount(2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MountCall {
    /// The source of the mount.
    pub origin: MountOrigin,
    /// The mount point.
    pub at: String,
    /// Flags under their names in mount(8), such as `ro` and `noatime`.
    pub flags: Vec<String>,
    /// Options that the filesystem interprets, such as `umask=0077`.
    pub data: Option<String>,
    /// Propagation of mount events from the new mount.
    pub propagation: Option<Propagation>,
}

impl MountCall {
    /// Returns the devices that the filesystem's options name: those of a btrfs, or a log.
    pub fn named_devices(&self) -> impl Iterator<Item = &str> {
        let options = self.data.iter().flat_map(|data| data.split(','));
        let values = options.filter_map(|option| Some(option.split_once('=')?.1));
        values.filter(|value| is_below(value, "/dev"))
    }
}

/// Displays the step as the command that does the same.
impl fmt::Display for StorageStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
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
            Self::Claim { device, .. } => write!(f, "lsblk {device}"),
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
