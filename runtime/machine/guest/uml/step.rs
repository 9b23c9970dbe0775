//! Steps on guests of User Mode Linux, and the paths of a guest.
//!
//! The directory of a guest has its images. The kernel gets the directory [`RUN`] in it as `uml_dir`, and removes every file of the directory below it
//! when it ends: images must never be there.

use std::fmt;

use crate::machine::guest::entry::path_and_name;
use crate::types::quote;

/// The directory of the guests, unless another one is given.
pub const UML_PATH: &str = "/var/lib/uml";

/// The directory of sockets below the directory of a guest.
pub const RUN: &str = "run";

/// The file with the output of the kernel and of the first console, below the directory of a guest.
pub const CONSOLE_LOG: &str = "console.log";

/// Returns the socket of the management console of a guest, which is named by its directory.
pub fn mconsole_socket(guest: &str) -> String {
    format!("{guest}/{RUN}/{}/mconsole", path_and_name(guest).1)
}

/// A step on a guest of UML, which is named by its directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UmlStep {
    /// Checks that no process has locked these images.
    CheckImages {
        /// The directory of the guest.
        guest: String,
        /// The images.
        images: Vec<String>,
    },
    /// Waits until the kernel answers on its management console, and finds its root.
    Await {
        /// The directory of the guest.
        guest: String,
    },
    /// Stops a guest, with a time limit for each attempt.
    Stop {
        /// The directory of the guest.
        guest: String,
        /// How long to wait for the shutdown after ctrl-alt-del, in seconds.
        wait: u32,
        /// Whether to kill its processes if nothing else helps.
        kill: bool,
    },
    /// Sends a command to the management console.
    Command {
        /// The directory of the guest.
        guest: String,
        /// The command.
        command: String,
    },
}

impl fmt::Display for UmlStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CheckImages { images, .. } => write!(f, "fuser {}", images.join(" ")),
            Self::Await { guest } => mconsole(f, guest, "version"),
            Self::Stop { guest, .. } => mconsole(f, guest, "cad"),
            Self::Command { guest, command } => mconsole(f, guest, command),
        }
    }
}

/// Writes the command that a user would type.
fn mconsole(f: &mut fmt::Formatter<'_>, guest: &str, command: &str) -> fmt::Result {
    write!(f, "uml_mconsole {} {}", quote(&mconsole_socket(guest)), quote(command))
}
