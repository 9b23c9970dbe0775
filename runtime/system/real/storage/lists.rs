//! The kernel's lists of mounts and swap areas.

use std::fs;

use crate::system::StepError;

pub(super) const MOUNTS: &str = "/proc/self/mountinfo";
pub(super) const SWAPS: &str = "/proc/swaps";

/// The kernel's lists of mounts and swap areas.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct KernelLists {
    pub(super) mounts: Vec<u8>,
    pub(super) swaps: Vec<u8>,
}

impl KernelLists {
    pub(super) fn read() -> Result<Self, StepError> {
        Ok(Self { mounts: read_proc(MOUNTS)?, swaps: read_proc(SWAPS)? })
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
