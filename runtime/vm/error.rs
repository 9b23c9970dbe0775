//! Errors of virtual machines, and the packages that they require.

use std::path::PathBuf;
use std::time::Duration;

use crate::system::ProgramInfo;

/// The package that contains the kernel.
pub(super) const UML: ProgramInfo = ProgramInfo {
    name: "linux.uml",
    debian: "user-mode-linux",
    gentoo: "sys-kernel/usermode-sources (built with ARCH=um)",
    is_long_running: true,
};

/// The package that contains the emulator.
pub(super) const QEMU: ProgramInfo = ProgramInfo {
    name: "qemu-system-x86_64",
    debian: "qemu-system-x86",
    gentoo: "app-emulation/qemu",
    is_long_running: true,
};

/// An error of a virtual machine.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VmError {
    /// No User Mode Linux kernel is installed.
    #[error("User Mode Linux (linux.uml) is not installed")]
    NoKernel,
    /// No emulator is installed.
    #[error("no PC emulator is installed ({})", QEMU.name)]
    NoEmulator,
    /// No EFI firmware is installed.
    #[error("no EFI firmware for the emulated PC is installed")]
    NoFirmware,
    /// The firmware is installed without its variables file.
    #[error("the firmware variables are missing: there is no {}", missing.display())]
    NoVariables {
        /// The path of the missing file.
        missing: PathBuf,
    },
    /// The machine exited or timed out before it printed an expected string.
    #[error("the emulated PC did not print {when:?} {}", limit.map_or("before it ended".to_owned(), |limit| format!("within {} s", limit.as_secs())))]
    Silent {
        /// The expected string.
        when: String,
        /// The time limit, if the machine timed out.
        limit: Option<Duration>,
        /// The last lines of the console.
        console: Vec<String>,
    },
    /// The machine printed a string that must not occur.
    #[error("the emulated PC printed {text:?}")]
    Unwanted {
        /// The string.
        text: String,
        /// The last lines of the console.
        console: Vec<String>,
    },
    /// The machine could not be started.
    #[error("failed to start the virtual machine: {0}")]
    Start(String),
    /// The process could not be confined, so the machine was not started.
    #[error("failed to confine the virtual machine: {0}")]
    Unconfined(String),
    /// The machine exited without a report.
    #[error("the virtual machine ended before the recipe was finished")]
    Died {
        /// The last lines of the console.
        console: Vec<String>,
    },
    /// The machine exceeded its time limit.
    #[error("the virtual machine timed out after {} s", limit.as_secs())]
    TimedOut {
        /// The time limit.
        limit: Duration,
        /// The last lines of the console.
        console: Vec<String>,
    },
    /// The user pressed Ctrl-C.
    #[error("stopped on request")]
    Interrupted,
}

impl VmError {
    /// Returns a suggestion to fix the error.
    pub fn remedy(&self) -> Option<String> {
        match self {
            Self::NoKernel => Some(format!(
                "install it: apt install {} (Debian), {} (Gentoo)",
                UML.debian, UML.gentoo
            )),
            Self::NoEmulator => Some(format!(
                "install it: apt install {} (Debian), {} (Gentoo)",
                QEMU.debian, QEMU.gentoo
            )),
            Self::NoFirmware | Self::NoVariables { .. } => {
                Some("install it: apt install ovmf (Debian), sys-firmware/edk2-bin (Gentoo)".into())
            }
            Self::Silent { .. } | Self::Unwanted { .. } => Some(
                "the last lines of its console show where it stopped; keep its disk for \
                 inspection with --keep DIR"
                    .into(),
            ),
            Self::Unconfined(_) => Some(
                "run as root: sudo gscript try …; or enable unprivileged user namespaces: \
                 sysctl kernel.unprivileged_userns_clone=1 (Debian), \
                 kernel.apparmor_restrict_unprivileged_userns=0 (Ubuntu)"
                    .into(),
            ),
            Self::Start(_) | Self::Died { .. } => Some(
                "check the free memory (free -m), or give the guest less: --memory SIZE".into(),
            ),
            _ => None,
        }
    }

    /// Returns the last lines of the console, if the error includes them.
    pub fn console(&self) -> &[String] {
        match self {
            Self::Died { console }
            | Self::TimedOut { console, .. }
            | Self::Silent { console, .. }
            | Self::Unwanted { console, .. } => console,
            _ => &[],
        }
    }
}
