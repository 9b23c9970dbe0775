//! The files that the first boot of a trial leaves in memory, such as a key below `/run`. A user
//! would copy them to a USB stick before a reboot; a trial carries them to the second boot.

use std::collections::BTreeSet;
use std::fs::File;
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use super::journal_of;
use crate::journal::Transcript;
use crate::machine::{Fact, Machine};
use crate::run::reopen::lasting;
use crate::system::{Cmd, NoopWatch, Real, Step, System};
use crate::types::Place;

/// Writes the files and directories that the run in `runs` made in memory to a tar archive.
/// Without any, there is no archive.
pub fn save_memory(
    runs: &Path,
    archive: &Path,
    machine: &Machine,
    real: &mut Real,
) -> io::Result<()> {
    let transcript = Transcript::read(&journal_of(runs)?);
    let facts = lasting(&transcript.map_err(|error| io::Error::other(error.to_string()))?.records);
    let in_memory = |path: &PathBuf| {
        machine.memory_filesystem(&path.to_string_lossy()).is_some()
            && path.symlink_metadata().is_ok()
    };
    // In order of the names, so that a directory is restored before its files.
    let paths: BTreeSet<PathBuf> =
        facts.iter().filter_map(Fact::place).map(Place::outside).filter(in_memory).collect();
    if paths.is_empty() {
        return Ok(());
    }
    // The archive may contain keys.
    File::options().write(true).create_new(true).mode(0o600).open(archive)?;
    let names =
        paths.iter().map(|path| path.strip_prefix("/").unwrap_or(path).display().to_string());
    run(tar("--create", archive).arg("--no-recursion").arg("--").args(names), real).map(drop)
}

/// Restores what [`save_memory`] saved, and returns the paths.
pub fn restore_memory(archive: &Path, real: &mut Real) -> io::Result<Vec<String>> {
    let command = tar("--extract", archive).args(["--preserve-permissions", "--verbose"]);
    let names = run(command, real)?;
    Ok(names.lines().filter(|name| !name.ends_with('/')).map(|name| format!("/{name}")).collect())
}

fn tar(mode: &str, archive: &Path) -> Cmd {
    Cmd::tool("tar")
        .args([mode, "--numeric-owner", "--directory=/"])
        .arg(format!("--file={}", archive.display()))
}

fn run(command: Cmd, real: &mut Real) -> io::Result<String> {
    let outcome = real.perform(&Step::Run(command), &mut NoopWatch);
    outcome.map(|outcome| outcome.stdout).map_err(|error| io::Error::other(error.to_string()))
}
