//! What runs in a cell, and what it finds there.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde::{Deserialize, Serialize};

use super::user::Owner;
use crate::system::real::end_with_us;

/// The exit code of a cell that could not be made: no machine was started.
pub(in crate::vm) const UNMADE: i32 = 126;

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
pub(in crate::vm) struct Cell {
    /// The program and its arguments.
    pub(in crate::vm) command: Vec<String>,
    /// Files and directories of the host.
    pub(in crate::vm) shares: Vec<Share>,
    /// Files with these texts, which only the cell's user can read.
    pub(in crate::vm) files: Vec<(PathBuf, String)>,
    /// How much fits into `/dev/shm`.
    pub(in crate::vm) shared_memory: u64,
    /// No file becomes larger.
    pub(in crate::vm) largest_file: u64,
    /// Who it runs as.
    pub(in crate::vm) owner: Owner,
}

impl Cell {
    /// Starts it: `program` is this program. Its standard input goes on to what runs in it.
    pub(in crate::vm) fn spawn(&self, program: &Path, stdin: Stdin) -> io::Result<Child> {
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
pub(in crate::vm) enum Stdin {
    /// It is at its end.
    Closed,
    /// It can be written to.
    Kept,
}
