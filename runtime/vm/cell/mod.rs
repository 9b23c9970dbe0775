//! The confinement of a virtual machine's process: what is in it acts with the rights of that process.
//!
//! User Mode Linux hands its own rights to the guest: root in the guest can mount `hostfs` and reach every file that the process
//! reaches. So the process has nothing to give away. It runs as a user of its own, without groups and capabilities, in
//! namespaces of its own, and its root is a directory with the host's programs, read-only, and with the few files that it was
//! given. `root` makes that directory, `inside` becomes that user. The emulator of a PC runs in the same way.
//!
//! It takes two programs in a row, both this one: the first (`gscript cell`) leaves the namespaces of the host and makes the
//! root; the second is the first process of the new process namespace, so that the kernel ends everything else in it together
//! with this process, whatever state it is in.

mod inside;
mod root;
mod user;

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde::{Deserialize, Serialize};

use crate::system::real::end_with_us;

pub use inside::{Inside, inside};
pub use root::cell;
pub(super) use user::{Owner, give};

/// The exit code of a cell that could not be made: no machine was started.
pub(super) const UNMADE: i32 = 126;

/// A file or directory of the host that is at the same place in the cell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Share {
    /// By its path from the root, without links.
    pub path: PathBuf,
    /// Whether it can be changed.
    pub writable: bool,
}

impl Share {
    /// One that can be read.
    pub fn readable(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), writable: false }
    }

    /// One that can be changed.
    pub fn writable(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), writable: true }
    }
}

/// What runs in a cell, and what it finds there.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Cell {
    /// The program and its arguments.
    pub(super) command: Vec<String>,
    /// Files and directories of the host.
    pub(super) shares: Vec<Share>,
    /// Files with these texts, which only the cell's user can read.
    pub(super) files: Vec<(PathBuf, String)>,
    /// How much fits into `/dev/shm`.
    pub(super) shared_memory: u64,
    /// No file becomes larger.
    pub(super) largest_file: u64,
    /// Who it runs as.
    pub(super) owner: Owner,
}

impl Cell {
    /// Starts it: `program` is this program. Its standard input goes on to what runs in it.
    pub(super) fn spawn(&self, program: &Path, stdin: Stdin) -> io::Result<Child> {
        let text = serde_json::to_vec(self)?;
        let mut command = Command::new(program);
        command
            .arg("cell")
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        end_with_us(&mut command, None);
        let mut child = command.spawn()?;
        let Some(mut pipe) = child.stdin.take() else { return Ok(child) };
        let length = u32::try_from(text.len()).map_err(io::Error::other)?;
        // Where it has ended already, it has said why.
        let _ = pipe.write_all(&length.to_le_bytes()).and_then(|()| pipe.write_all(&text));
        child.stdin = matches!(stdin, Stdin::Kept).then_some(pipe);
        Ok(child)
    }
}

/// What becomes of the standard input of a cell.
#[derive(Clone, Copy)]
pub(super) enum Stdin {
    /// It is at its end.
    Closed,
    /// It can be written to.
    Kept,
}
