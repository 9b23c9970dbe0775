//! A file that another process writes and holds a lock for while it does.

use std::fs::File;
use std::io::{self, Read};

use nix::fcntl::{FcntlArg, fcntl};
use nix::libc::{F_UNLCK, F_WRLCK, SEEK_SET, c_short, flock};

use super::files::reach::open_reading;
use crate::types::Place;

/// A regular file that may still grow.
pub struct GrowingFile {
    file: File,
    lock: Option<Place>,
}

impl GrowingFile {
    /// Opens a file; `lock` is locked by the process that writes it (fcntl_locking(2)).
    pub fn open(place: &Place, lock: Option<Place>) -> io::Result<Self> {
        let file = open_reading(&place.root, &place.path)?;
        match file.metadata()?.is_file() {
            true => Ok(Self { file, lock }),
            false => Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file")),
        }
    }

    /// Returns whether another process holds the lock.
    pub fn is_written(&self) -> bool {
        let Some(file) =
            self.lock.as_ref().and_then(|lock| open_reading(&lock.root, &lock.path).ok())
        else {
            return false;
        };
        let kind = |kind: i32| c_short::try_from(kind).unwrap_or_default();
        let (l_type, l_whence) = (kind(F_WRLCK), kind(SEEK_SET));
        let mut query = flock { l_type, l_whence, l_start: 0, l_len: 0, l_pid: 0 };
        let asked = fcntl(&file, FcntlArg::F_GETLK(&mut query));
        asked.is_ok() && query.l_type != kind(F_UNLCK)
    }

    /// Returns the next bytes, at most 64 KiB; none at the present end of the file.
    pub fn read_more(&mut self) -> io::Result<Vec<u8>> {
        const MOST: u64 = 64 << 10;
        let mut bytes = Vec::new();
        Read::by_ref(&mut self.file).take(MOST).read_to_end(&mut bytes)?;
        Ok(bytes)
    }
}
