//! Why a virtual machine did not do what it was to do, and what it needs.

use std::path::PathBuf;
use std::time::Duration;

use crate::system::ProgramInfo;

/// The package that brings the kernel.
pub(super) const UML: ProgramInfo = ProgramInfo {
    name: "linux.uml",
    debian: "user-mode-linux",
    gentoo: "sys-kernel/usermode-sources (built with ARCH=um)",
    works_long: true,
};

/// The package that brings the emulator.
pub(super) const QEMU: ProgramInfo = ProgramInfo {
    name: "qemu-system-x86_64",
    debian: "qemu-system-x86",
    gentoo: "app-emulation/qemu",
    works_long: true,
};

/// Why the virtual machine did not do what it was to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VmError {
    /// There is no kernel for it.
    #[error("User Mode Linux (linux.uml) is not installed")]
    NoKernel,
    /// There is no emulator.
    #[error("no PC emulator is installed ({})", QEMU.name)]
    NoEmulator,
    /// Nothing that starts an EFI system.
    #[error("no EFI firmware for the emulated PC is installed")]
    NoFirmware,
    /// Firmware without the file that it keeps its variables in.
    #[error("the firmware variables are missing: there is no {}", missing.display())]
    NoVariables {
        /// The file.
        missing: PathBuf,
    },
    /// It ended, or its time was over, before it said what it was to say.
    #[error("the emulated PC did not print {when:?} {}", limit.map_or("before it ended".to_owned(), |limit| format!("within {} s", limit.as_secs())))]
    Silent {
        /// The text that was waited for.
        when: String,
        /// The limit, if it was that.
        limit: Option<Duration>,
        /// The last lines of its console.
        console: Vec<String>,
    },
    /// It said what it must not say.
    #[error("the emulated PC printed {text:?}")]
    Unwanted {
        /// The text.
        text: String,
        /// The last lines of its console.
        console: Vec<String>,
    },
    /// It could not be started.
    #[error("failed to start the virtual machine: {0}")]
    Start(String),
    /// The process that would have run it could not be confined, so it was not started.
    #[error("failed to confine the virtual machine: {0}")]
    Unconfined(String),
    /// It ended without a report.
    #[error("the virtual machine ended before the recipe was finished")]
    Died {
        /// The last lines of its console.
        console: Vec<String>,
    },
    /// It took too long.
    #[error("the virtual machine timed out after {} s", limit.as_secs())]
    TimedOut {
        /// The limit.
        limit: Duration,
        /// The last lines of its console.
        console: Vec<String>,
    },
    /// The person pressed Ctrl-C.
    #[error("stopped on request")]
    Interrupted,
}

impl VmError {
    /// What to do about it.
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

    /// The last lines of the console, if they tell anything.
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
