//! The removal of a directory after the program that created it has exited, for any reason.

use std::fs;
use std::io::{self, Read};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// Processes that are killed together with the program may still write for a moment.
const TRIES: u32 = 50;
const PAUSE: Duration = Duration::from_millis(100);

/// A process that removes a directory when this value is dropped or the program is killed.
#[derive(Debug)]
pub struct Sweeper(Child);

impl Sweeper {
    /// Starts the process; `program` is this executable.
    pub fn start(program: &Path, directory: &Path) -> io::Result<Self> {
        let mut command = Command::new(program);
        command.arg("sweep").arg(directory).env_clear().current_dir("/");
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        // A separate process group does not receive Ctrl-C from the terminal.
        command.process_group(0).spawn().map(Self)
    }
}

impl Drop for Sweeper {
    fn drop(&mut self) {
        // The end of its standard input triggers the removal.
        drop(self.0.stdin.take());
        let _ = self.0.wait();
    }
}

/// Waits for the end of standard input, then removes a directory.
pub fn sweep(directory: &Path) -> io::Result<()> {
    let mut rest = Vec::new();
    // A read error counts as the end of input.
    let _ = io::stdin().read_to_end(&mut rest);
    let mut removed = Ok(());
    for _ in 0..TRIES {
        removed = fs::remove_dir_all(directory);
        match &removed {
            Err(error) if error.kind() != io::ErrorKind::NotFound => std::thread::sleep(PAUSE),
            _ => return Ok(()),
        }
    }
    removed
}
