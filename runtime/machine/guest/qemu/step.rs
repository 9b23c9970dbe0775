//! Steps on guests of QEMU. The directory of a guest has its monitor, the messages of its serial console, and the command that started it last.

use std::fmt;

use crate::machine::guest::entry::path_and_name;
use crate::types::quote;

/// The directory of the guests of QEMU, unless another one is given.
pub const QEMU_PATH: &str = "/var/lib/qemu";

/// The file with the command that started a guest last, in the directory of the guest. A directory with it is a guest.
pub const QEMU_COMMAND: &str = "qemu.command";
/// The file with the number of the process.
pub const QEMU_PID: &str = "qemu.pid";
/// The socket of the monitor (qemu-qmp-ref(7)).
pub const QEMU_MONITOR: &str = "monitor";
/// The file with what the guest prints on its serial console.
pub const QEMU_CONSOLE: &str = "console.log";
/// The file with the messages of QEMU itself.
pub const QEMU_LOG: &str = "qemu.log";

/// The name of the program.
const QEMU: &str = "qemu-system-x86_64";

/// A step on a guest of QEMU, which is named by its directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum QemuStep {
    /// Starts QEMU in the background, with KVM where that works.
    Start {
        /// The directory of the guest.
        guest: String,
        /// The user that the process belongs to, if it is not that of this program.
        user: Option<String>,
        /// The options, without those of the processor.
        options: Vec<String>,
    },
    /// Presses the power button, and waits; then, if allowed, ends QEMU by its monitor or kills it.
    Stop {
        /// The directory of the guest.
        guest: String,
        /// How long to wait for the shutdown, in seconds.
        timeout: u32,
        /// Whether to end a guest that has not shut down.
        kill: bool,
    },
}

impl QemuStep {
    /// Returns the programs that the step starts.
    pub(crate) fn tools(&self) -> Vec<&'static str> {
        match self {
            Self::Start { user, .. } => {
                let user = user.iter().map(|_| "setpriv");
                [QEMU, "setsid", "sh"].into_iter().chain(user).collect()
            }
            Self::Stop { .. } => Vec::new(),
        }
    }
}

impl fmt::Display for QemuStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Start { guest, user, options } => {
                if let Some(user) = user {
                    write!(f, "setpriv --reuid={user} --init-groups ")?;
                }
                write!(f, "{QEMU} -machine accel=kvm:tcg")?;
                options.iter().try_for_each(|option| write!(f, " {}", quote(option)))?;
                write!(f, " >{} 2>&1 &", quote(&format!("{guest}/{QEMU_LOG}")))
            }
            Self::Stop { guest, timeout, kill } => {
                let name = path_and_name(guest).1;
                write!(f, "system_powerdown by the monitor of {name}; wait {timeout} s")?;
                if *kill { f.write_str("; quit; kill") } else { Ok(()) }
            }
        }
    }
}
