//! What can be done to devices and mounts.

use std::fmt;
use std::time::Duration;

use super::MountOrigin;
use crate::types::{Propagation, Size, quote};

/// One step that changes devices or mounts, or waits for them.
#[derive(Debug, Clone, PartialEq)]
pub enum StorageStep {
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
    /// Overwrite a device with random data.
    FillRandom {
        /// Which.
        device: String,
        /// Its size.
        size: Size,
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

/// The step as the command that does the same.
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
