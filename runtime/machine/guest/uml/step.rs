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

/// A network card of a guest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UmlCard {
    /// The tap device of this system.
    pub tap: String,
    /// The MAC address of the card.
    pub mac: String,
}

impl fmt::Display for UmlCard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "transport=tap,ifname={},depth=128,mac={}", self.tap, self.mac)
    }
}

/// The start of a kernel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UmlStart {
    /// The directory of the guest.
    pub guest: String,
    /// The user that its processes belong to.
    pub user: String,
    /// The directory of the file with its memory; that of the kernel if it is not given.
    pub tmp: Option<String>,
    /// The kernel.
    pub kernel: String,
    /// Its network cards.
    pub cards: Vec<UmlCard>,
    /// The other options of the kernel.
    pub options: Vec<String>,
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
    /// Starts a kernel in a session of its own, and waits until it has made its management console.
    Start(UmlStart),
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

impl UmlStep {
    /// Returns the programs that the step starts.
    pub(crate) fn tools(&self) -> Vec<&'static str> {
        match self {
            Self::Start(_) => vec!["sh", "setpriv", "setsid"],
            _ => Vec::new(),
        }
    }
}

impl fmt::Display for UmlStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CheckImages { images, .. } => write!(f, "fuser {}", images.join(" ")),
            Self::Start(start) => start.fmt(f),
            Self::Await { guest } => mconsole(f, guest, "version"),
            Self::Stop { guest, .. } => mconsole(f, guest, "cad"),
            Self::Command { guest, command } => mconsole(f, guest, command),
        }
    }
}

impl fmt::Display for UmlStart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { guest, user, tmp, kernel, cards, options } = self;
        if let Some(tmp) = tmp {
            write!(f, "TMPDIR={} ", quote(tmp))?;
        }
        write!(f, "setpriv --reuid={user} --init-groups setsid {}", quote(kernel))?;
        options.iter().try_for_each(|option| write!(f, " {}", quote(option)))?;
        let mut cards = cards.iter().enumerate();
        cards.try_for_each(|(at, card)| write!(f, " vec{at}:{card}"))?;
        write!(f, " >{} &", quote(&format!("{guest}/{CONSOLE_LOG}")))
    }
}

/// Writes the command that a user would type.
fn mconsole(f: &mut fmt::Formatter<'_>, guest: &str, command: &str) -> fmt::Result {
    write!(f, "uml_mconsole {} {}", quote(&mconsole_socket(guest)), quote(command))
}
