//! Errors about chroots.

use std::env::consts::ARCH;
use std::fmt;

use crate::error::{Exit, Rule};

/// A violated rule about chroots.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChrootRule {
    /// The root is that of the running system.
    #[error("{root} is the running system and cannot be used as a chroot")]
    Ourselves {
        /// The directory.
        root: String,
    },
    /// No filesystem is mounted at the root.
    #[error("there is no system at {root}: nothing is mounted there")]
    NotMounted {
        /// The directory.
        root: String,
    },
    /// The list of arguments is empty.
    #[error("the command is empty")]
    NoCommand,
    /// No shell of the root filesystem can run.
    #[error("cannot start a shell in {root}: {problem}")]
    NoShell {
        /// The directory.
        root: String,
        /// The reason.
        problem: ShellProblem,
    },
}

impl Rule for ChrootRule {
    fn remedy(&self) -> Option<String> {
        Some(match self {
            Self::Ourselves { .. } => "name the mount point of the installed system".into(),
            Self::NotMounted { .. } => "mount it first: mount::mount".into(),
            Self::NoCommand => {
                "give the program and its arguments: [\"emerge\", \"--info\"]".into()
            }
            Self::NoShell { problem, .. } => problem.advice(),
        })
    }

    fn exit(&self) -> Exit {
        match self {
            Self::Ourselves { .. } => Exit::Refused,
            _ => Exit::Usage,
        }
    }
}

/// The reason why no shell of a root filesystem can run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ShellProblem {
    /// There is no shell.
    Missing,
    /// The shell is built for another architecture.
    Foreign {
        /// The path of the shell.
        shell: &'static str,
        /// Its architecture.
        machine: String,
    },
    /// The dynamic loader of the shell does not exist.
    NoLoader {
        /// The path of the shell.
        shell: &'static str,
        /// The path of the loader.
        loader: String,
    },
}

impl fmt::Display for ShellProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => f.write_str("neither /bin/bash nor /bin/sh exists"),
            Self::Foreign { shell, machine } => {
                write!(f, "{shell} is built for {machine}, and this machine is {ARCH}")
            }
            Self::NoLoader { shell, loader } => {
                write!(f, "{shell} needs {loader}, which does not exist")
            }
        }
    }
}

impl ShellProblem {
    /// Returns what to do instead of starting a shell.
    pub fn advice(&self) -> String {
        match self {
            Self::Missing | Self::NoLoader { .. } => {
                "mount what the fstab of the system names, such as /usr; otherwise work on its \
                 files from outside of the chroot"
                    .to_owned()
            }
            Self::Foreign { machine, .. } => format!(
                "boot a live medium for {machine}, or register QEMU for {machine} in binfmt_misc \
                 (app-emulation/qemu with static-user); otherwise work on its files from outside \
                 of the chroot"
            ),
        }
    }
}
