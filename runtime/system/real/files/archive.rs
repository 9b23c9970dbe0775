//! Verified archives: the archive that is unpacked is the one that was verified, i.e. the same open
//! file, unchanged.

use std::fs::File;
use std::io::{self, Seek};
use std::os::unix::fs::MetadataExt;

use nix::fcntl::OFlag;

use super::reach::open_following;
use crate::types::Place;

/// The identity of a file, and when its content last changed. No system call can set the time of
/// the last status change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct FileStamp {
    file: (u64, u64),
    size: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl FileStamp {
    fn of(file: &File) -> io::Result<Self> {
        let meta = file.metadata()?;
        Ok(Self {
            file: (meta.dev(), meta.ino()),
            size: meta.size(),
            modified: (meta.mtime(), meta.mtime_nsec()),
            changed: (meta.ctime(), meta.ctime_nsec()),
        })
    }
}

/// An open archive, and its stamp when it was opened.
pub(crate) struct Archive {
    place: Place,
    file: File,
    stamp: FileStamp,
}

impl Archive {
    pub(crate) fn open(place: &Place) -> io::Result<Self> {
        let flags = OFlag::O_RDONLY | OFlag::O_CLOEXEC;
        let file = File::from(open_following(&place.root, &place.path, flags)?);
        Ok(Self { place: place.clone(), stamp: FileStamp::of(&file)?, file })
    }

    pub(crate) fn file(&self) -> &File {
        &self.file
    }

    /// Moves to the beginning of the archive.
    pub(crate) fn rewind(&self) -> io::Result<()> {
        (&self.file).rewind()
    }

    /// Returns an error if the archive was modified while it was read.
    pub(crate) fn check_unchanged(&self) -> io::Result<()> {
        self.check_stamp(&self.stamp, "while it was read")
    }

    fn check_stamp(&self, stamp: &FileStamp, when: &str) -> io::Result<()> {
        if FileStamp::of(&self.file)? == *stamp {
            return Ok(());
        }
        Err(io::Error::other(format!("{} was modified or replaced {when}", self.place)))
    }
}

/// The verified archive, until it is unpacked.
pub(crate) struct VerifiedArchive {
    place: Place,
    stamp: FileStamp,
    /// Kept open so that its inode number is not reused; closed before its filesystem is unmounted.
    file: Option<File>,
}

impl VerifiedArchive {
    pub(crate) fn new(archive: Archive) -> Self {
        let Archive { place, file, stamp } = archive;
        Self { place, stamp, file: Some(file) }
    }

    /// Returns whether the archive is at this place.
    pub(crate) fn is_at(&self, place: &Place) -> bool {
        self.place == *place
    }

    /// Closes the file, which would keep its filesystem busy.
    pub(crate) fn close(&mut self) {
        self.file = None;
    }

    /// Opens the archive from its beginning; returns an error if it was modified or replaced.
    pub(crate) fn open(self) -> io::Result<Archive> {
        let now = Archive::open(&self.place)?;
        now.check_stamp(&self.stamp, "since it was verified")?;
        let mut file = self.file.unwrap_or(now.file);
        file.rewind()?;
        Ok(Archive { place: self.place, file, stamp: self.stamp })
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Read;

    use super::*;

    fn archive() -> (tempfile::TempDir, Place) {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("stage3.tar");
        fs::write(&path, "the signed one").expect("a file");
        let place = Place::here(path.to_string_lossy().into_owned());
        (directory, place)
    }

    #[test]
    fn a_replaced_archive_is_rejected() {
        let (directory, place) = archive();
        let verified = VerifiedArchive::new(Archive::open(&place).expect("the archive"));
        let (path, other) = (directory.path().join("stage3.tar"), directory.path().join("other"));
        fs::write(&other, "the other  one").expect("a file");
        fs::rename(&other, &path).expect("the rename");
        let error = verified.open().err().expect("the archive was replaced");
        assert!(error.to_string().contains("was modified or replaced since"), "{error}");
    }

    #[test]
    fn an_archive_that_was_written_to_is_refused() {
        let (directory, place) = archive();
        let archive = Archive::open(&place).expect("the archive");
        // File timestamps have the resolution of the kernel's timer: wait for the next tick.
        while Archive::open(&place).expect("the archive").stamp == archive.stamp {
            fs::write(directory.path().join("stage3.tar"), "the other  one").expect("a file");
        }
        assert!(archive.check_unchanged().is_err());
        let error = VerifiedArchive::new(archive).open().err().expect("the archive was modified");
        assert!(error.to_string().contains("since it was verified"), "{error}");
    }

    #[test]
    fn an_archive_is_read_from_its_beginning_again() {
        let (_directory, place) = archive();
        for closed in [false, true] {
            let archive = Archive::open(&place).expect("the archive");
            let mut text = String::new();
            archive.file().read_to_string(&mut text).expect("the archive");
            let mut verified = VerifiedArchive::new(archive);
            if closed {
                verified.close();
            }
            let mut again = String::new();
            let archive = verified.open().expect("the archive is unchanged");
            archive.file().read_to_string(&mut again).expect("the archive");
            assert_eq!(text, again);
        }
    }
}
