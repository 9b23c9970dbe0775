//! Files that a user names on the command line, or that are found in known places: regular files of
//! a reasonable size. Reading a pipe would block until there is a writer, opening a terminal would
//! make it the controlling terminal, and a device never ends.

use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use nix::fcntl::OFlag;

/// A kind of input file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Input {
    /// A recipe, a module, or a test file.
    Script,
    /// An answers file.
    Answers,
    /// A machine file.
    Machine,
}

impl Input {
    /// Returns the maximum size in bytes; a disk image that was given by mistake is larger.
    pub(crate) fn max_size(self) -> u64 {
        match self {
            Self::Answers => 1 << 20,
            Self::Script => 4 << 20,
            Self::Machine => 64 << 20,
        }
    }
}

/// Reads a file that was named by the user.
pub fn read_input(path: &Path, what: Input) -> io::Result<Vec<u8>> {
    read_all(open_input(path)?, what.max_size())
}

/// Reads a text file that was named by the user.
pub fn read_input_text(path: &Path, what: Input) -> io::Result<String> {
    let text = String::from_utf8(read_input(path, what)?);
    text.map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "not a text file"))
}

/// Opens a file that was named by the user.
fn open_input(path: &Path) -> io::Result<File> {
    let flags = OFlag::O_NONBLOCK | OFlag::O_NOCTTY;
    let file = OpenOptions::new().read(true).custom_flags(flags.bits()).open(path)?;
    regular(&file)?;
    Ok(file)
}

fn regular(file: &File) -> io::Result<()> {
    let kind = file.metadata()?.file_type();
    match kind.is_file() {
        true => Ok(()),
        false if kind.is_dir() => Err(io::ErrorKind::IsADirectory.into()),
        false => Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file")),
    }
}

/// Reads an open file of at most `most` bytes.
pub(super) fn read_all(file: File, max_size: u64) -> io::Result<Vec<u8>> {
    regular(&file)?;
    let mut bytes = Vec::new();
    file.take(max_size + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > max_size {
        let why = format!("larger than {} MiB", max_size >> 20);
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, why));
    }
    Ok(bytes)
}
