//! The error of a trial.

use std::io;

use crate::recipe::ParamError;
use crate::vm::{Firmware, VmError};

/// The reason why a trial failed.
#[derive(Debug)]
pub enum TrialError {
    /// A file of the trial could not be written.
    Io(io::Error),
    /// The virtual machine failed.
    Vm(VmError),
    /// A command in the guest failed.
    Command {
        /// The number of the boot, starting at 1.
        boot: u32,
        /// The exit code.
        code: i32,
    },
    /// The guest could not run its commands.
    Guest(String),
    /// A trial has no value for a parameter.
    Unanswered {
        /// The parameter.
        error: Box<ParamError>,
        /// The virtual disks and the stick.
        devices: String,
    },
    /// There would be more virtual disks than a virtual machine can have.
    TooManyDisks {
        /// The maximum.
        most: usize,
    },
    /// The passphrase that was typed at the prompt was visible on the console.
    Echoed,
    /// The disk has no boot loader for this firmware.
    NoBootLoader(Firmware),
}

impl From<io::Error> for TrialError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<VmError> for TrialError {
    fn from(error: VmError) -> Self {
        Self::Vm(error)
    }
}
