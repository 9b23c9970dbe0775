//! Unpacking an archive with the system's tar, which knows every attribute a stage3 carries.

use std::fs::File;
use std::io::{self, Read, Seek};

use nix::fcntl::OFlag;

use super::super::{Cmd, Outcome, Step, StepError, Watch};
use super::Real;
use super::reach::open_following;
use crate::types::Place;

impl Real {
    pub(super) fn unpack(
        &mut self,
        step: &Step,
        archive: &Place,
        into: &Place,
        watch: &mut dyn Watch,
    ) -> Result<Outcome, StepError> {
        let kernel = |error: io::Error| StepError::kernel(step, error);
        let flags = OFlag::O_RDONLY | OFlag::O_CLOEXEC;
        let mut file =
            File::from(open_following(&archive.root, &archive.path, flags).map_err(kernel)?);
        let filter = decompressor(&mut file).map_err(kernel)?;
        let cmd = Cmd::tool("tar")
            .args(["--extract", "--file=-"])
            .args(filter)
            .args(["--preserve-permissions", "--numeric-owner"])
            .args(["--xattrs", "--xattrs-include=*.*"])
            .arg(format!("--directory={into}"))
            .limit(None);
        self.run_reading(&cmd, Some(&file), watch)
    }
}

/// The option for the compression that the file begins with: reading from a pipe, tar can't look.
fn decompressor(file: &mut File) -> io::Result<Option<&'static str>> {
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
