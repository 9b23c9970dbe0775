//! The specification of a sandbox: the command, and the files that are visible to it.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde::{Deserialize, Serialize};

use super::user::Owner;
use crate::system::real::die_with_parent;

/// The exit code if the sandbox could not be set up and no machine was started.
pub(in crate::vm) const SETUP_FAILED: i32 = 126;

/// A file or directory of the host that is visible at the same path in the sandbox.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Share {
    /// The absolute path, without symlinks.
    pub path: PathBuf,
    /// Whether the sandbox may write to it.
    pub writable: bool,
}

impl Share {
    /// Creates a read-only share.
    pub fn readable(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), writable: false }
    }

    /// Creates a writable share.
    pub fn writable(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), writable: true }
    }
}

/// The specification of a sandbox: the command, and the files that are visible to it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::vm) struct Sandbox {
    /// The program and its arguments.
    pub(in crate::vm) command: Vec<String>,
    /// Files and directories of the host.
    pub(in crate::vm) shares: Vec<Share>,
    /// Files to create, with their content; only the sandbox's user can read them.
    pub(in crate::vm) files: Vec<(PathBuf, String)>,
    /// The size of `/dev/shm` in bytes.
    pub(in crate::vm) shared_memory: u64,
    /// The maximum size of a file in bytes.
    pub(in crate::vm) largest_file: u64,
    /// Whether all its processes run on the same processor.
    pub(in crate::vm) one_processor: bool,
    /// The user and group of the command.
    pub(in crate::vm) owner: Owner,
}

impl Sandbox {
    /// Starts the sandbox; `program` is this executable. The rest of its standard input is passed to
    /// the command.
    pub(in crate::vm) fn spawn(&self, program: &Path, stdin: SandboxStdin) -> io::Result<Child> {
        let text = serde_json::to_vec(self)?;
        let mut command = Command::new(program);
        command
            .arg("sandbox")
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        die_with_parent(&mut command, None);
        let mut child = command.spawn()?;
        let Some(mut pipe) = child.stdin.take() else { return Ok(child) };
        let length = u32::try_from(text.len()).map_err(io::Error::other)?;
        // If the sandbox has already exited, the reason is on its standard error.
        let _ = pipe.write_all(&length.to_le_bytes()).and_then(|()| pipe.write_all(&text));
        child.stdin = matches!(stdin, SandboxStdin::Kept).then_some(pipe);
        Ok(child)
    }
}

/// The state of a sandbox's standard input after the start.
#[derive(Clone, Copy)]
pub(in crate::vm) enum SandboxStdin {
    /// Closed.
    Closed,
    /// Open for writing.
    Kept,
}
