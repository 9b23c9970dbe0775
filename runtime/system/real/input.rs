//! Files that a user names on the command line, or that lie where gscript looks for them: regular files of a
//! size that makes sense. A pipe would wait for somebody to write into it, a terminal would become ours,
//! and a device never ends.

use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use nix::fcntl::OFlag;

/// What a file is read as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Input {
    /// A recipe, a module, or a file of tests.
    Script,
    /// Answers.
    Answers,
    /// A described machine.
    Machine,
}

impl Input {
    /// Returns how many bytes none is larger than; a disk image given by mistake is.
    pub(crate) fn most(self) -> u64 {
        match self {
            Self::Answers => 1 << 20,
            Self::Script => 4 << 20,
            Self::Machine => 64 << 20,
        }
    }
}

/// Reads a file that a user names.
pub fn read_input(path: &Path, what: Input) -> io::Result<Vec<u8>> {
    whole(open_input(path)?, what.most())
}

/// Reads a text that a user names.
pub fn read_input_text(path: &Path, what: Input) -> io::Result<String> {
    let text = String::from_utf8(read_input(path, what)?);
    text.map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "not a text file"))
}

/// Opens a file that a user names.
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

/// Reads an open file of at most so many bytes.
pub(super) fn whole(file: File, most: u64) -> io::Result<Vec<u8>> {
    regular(&file)?;
    let mut bytes = Vec::new();
    file.take(most + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most {
        let why = format!("larger than {} MiB", most >> 20);
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, why));
    }
    Ok(bytes)
}
