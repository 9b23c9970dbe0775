//! A directory that is gone when the program that made it has ended, in whatever way that was.

use std::fs;
use std::io::{self, Read};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// What is killed together with the program may write for another moment.
const TRIES: u32 = 50;
const PAUSE: Duration = Duration::from_millis(100);

/// A process that removes a directory once this is dropped, or the program that holds it was killed.
#[derive(Debug)]
pub struct Sweeper(Child);

impl Sweeper {
    /// Starts it: `program` is this program.
    pub fn start(program: &Path, directory: &Path) -> io::Result<Self> {
        let mut command = Command::new(program);
        command.arg("sweep").arg(directory).env_clear().current_dir("/");
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        // Ctrl-C at the terminal is not for it.
        command.process_group(0).spawn().map(Self)
    }
}

impl Drop for Sweeper {
    fn drop(&mut self) {
        // It works as soon as its input is at its end.
        drop(self.0.stdin.take());
        let _ = self.0.wait();
    }
}

/// Waits for the end of standard input, and removes a directory.
pub fn sweep(directory: &Path) -> io::Result<()> {
    let mut rest = Vec::new();
    // An error is an end as well.
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
