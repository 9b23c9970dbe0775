//! What went wrong in a trial.

use std::io;

use crate::vm::{Firmware, VmError};

/// How a boot ended.
#[derive(Debug)]
pub enum BootFailure {
    /// A file of the trial could not be written.
    Io(io::Error),
    /// The virtual machine failed.
    Vm(VmError),
    /// A command in it failed with this exit code.
    Command {
        /// Which of the boots.
        boot: u32,
        /// The code.
        code: i32,
    },
    /// The guest could not run its commands.
    Guest(String),
    /// What was typed at the prompt could be read on the console.
    Echoed,
    /// The disk holds nothing that this firmware could boot.
    NoBootLoader(Firmware),
}

impl From<io::Error> for BootFailure {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<VmError> for BootFailure {
    fn from(error: VmError) -> Self {
        Self::Vm(error)
    }
}
