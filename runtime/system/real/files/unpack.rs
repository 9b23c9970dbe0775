//! Unpacking of archives by the system's tar, which preserves every attribute in a stage3.

use std::fs::File;
use std::io::{self, Read, Seek};

use super::archive::Archive;
use crate::system::real::Real;
use crate::system::{Cmd, FilesStep, Outcome, StepError, Watch};
use crate::types::Place;

impl Real {
    pub(crate) fn unpack(
        &mut self,
        step: &FilesStep,
        archive: &Place,
        into: &Place,
        watch: &mut dyn Watch,
    ) -> Result<Outcome, StepError> {
        let kernel = |error: io::Error| StepError::kernel(step, error);
        let archive = match self.verified.take() {
            Some(verified) if verified.is_at(archive) => verified.open(),
            // A symlink may have replaced the verified archive.
            Some(verified) => match verified.open() {
                Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
                _ => Archive::open(archive),
            },
            None => Archive::open(archive),
        };
        let archive = archive.map_err(kernel)?;
        let filter = decompressor(archive.file()).map_err(kernel)?;
        let cmd = Cmd::tool("tar")
            .args(["--extract", "--file=-"])
            .args(filter)
            .args(["--preserve-permissions", "--numeric-owner"])
            .args(["--xattrs", "--xattrs-include=*.*"])
            .arg(format!("--directory={into}"))
            .limit(None);
        let outcome = self.run_reading(&cmd, Some(archive.file()), watch)?;
        archive.check_unchanged().map_err(kernel)?;
        Ok(outcome)
    }
}

/// Returns tar's option for the compression format of the file: when it reads from a pipe, tar
/// cannot detect the format.
fn decompressor(mut file: &File) -> io::Result<Option<&'static str>> {
    let mut magic = [0_u8; 6];
    let count = file.read(&mut magic)?;
    file.rewind()?;
    Ok(match &magic[..count] {
        [0xfd, b'7', b'z', b'X', b'Z', 0] => Some("--xz"),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => Some("--zstd"),
        [0x1f, 0x8b, ..] => Some("--gzip"),
        [b'B', b'Z', b'h', ..] => Some("--bzip2"),
        _ => None,
    })
}
