//! Steps on files.

use std::fmt;

use super::{ArchiveProof, FileContents, StageSource};
use crate::machine::cmd::Cmd;
use crate::types::{Mode, Place, Size, quote};

/// A step that creates, changes or removes files.
#[derive(Debug, Clone, PartialEq)]
pub enum FilesStep {
    /// Replaces a file atomically; owner and mode of an existing file are kept.
    Write {
        /// The file.
        place: Place,
        /// The new content, which can be unknown in a simulation.
        content: FileContents,
        /// Permission bits; by default those of the existing file, or 0644.
        mode: Option<Mode>,
        /// The lines that a file of unknown content will contain, for display.
        sets: String,
    },
    /// Copies a regular file, following symbolic links at the source.
    Copy {
        /// The source.
        from: Place,
        /// The destination.
        to: Place,
        /// Permission bits; by default those of the source.
        mode: Option<Mode>,
    },
    /// Copies a directory recursively with all attributes, replacing existing files.
    CopyTree {
        /// The source.
        from: Place,
        /// The destination.
        to: Place,
    },
    /// Creates a directory and its missing parents.
    MakeDir {
        /// The directory.
        place: Place,
        /// Permission bits of the last component.
        mode: Mode,
    },
    /// Creates a symbolic link, replacing an existing one.
    Link {
        /// The link.
        place: Place,
        /// The target of the link.
        to: String,
    },
    /// Removes a file, a symbolic link or an empty directory.
    Remove {
        /// The file, link or directory.
        place: Place,
    },
    /// Changes permission bits.
    Chmod {
        /// The file or directory.
        place: Place,
        /// The new permission bits.
        mode: Mode,
    },
    /// Changes the owner.
    Chown {
        /// The file or directory.
        place: Place,
        /// User ID.
        uid: u32,
        /// Group ID.
        gid: u32,
        /// The names of the new owner. They are displayed instead of the numbers, which a plan does
        /// not know for a user that the run adds.
        named: Option<String>,
    },
    /// Creates a file of random bytes, readable by its owner only from the beginning.
    MakeKey {
        /// The file, which must not exist.
        place: Place,
        /// Length in bytes.
        bytes: u32,
    },
    /// Writes the output of a program to a new file, readable by its owner only from the beginning.
    SaveOutput {
        /// The program.
        cmd: Cmd,
        /// The file, which must not exist.
        place: Place,
    },
    /// Writes the header of a container to a new file, at a position on the disk where tools do not
    /// mistake the devices below the file for the container.
    SaveHeader {
        /// The program, without its last argument, the name of the file.
        cmd: Cmd,
        /// The file, which must not exist.
        place: Place,
        /// The devices that contain the file.
        backing_devices: Vec<String>,
    },
    /// Creates a sparse file.
    MakeImage {
        /// The file, which must not exist.
        place: Place,
        /// Its length.
        size: Size,
    },
    /// Creates a file with all blocks allocated, readable by root only.
    Allocate {
        /// The file, which must not exist.
        place: Place,
        /// Its length.
        size: Size,
        /// Whether to disable copy-on-write on filesystems that have it.
        nocow: bool,
    },
    /// Writes all pending data of these filesystems to their disks (syncfs(2)).
    SyncFilesystems {
        /// A path on each filesystem.
        at: Vec<String>,
    },
    /// Verifies an archive with the first of its proofs that a trusted key has signed; prints the
    /// result as JSON.
    Verify {
        /// The archive.
        archive: Place,
        /// The files that may prove it, in this order.
        proofs: Vec<ArchiveProof>,
        /// The trusted public keys.
        keys: Place,
        /// The fingerprint of the only trusted key among them.
        fingerprint: Option<String>,
    },
    /// Downloads the latest stage3 tarball of a mirror and verifies it; prints the result as JSON.
    /// A part of the tarball that is there already is kept.
    Fetch {
        /// The file for the tarball.
        into: Place,
        /// The kind of stage3, and where it is.
        source: StageSource,
        /// The trusted public keys.
        keys: Place,
        /// The fingerprint of the only trusted key among them.
        fingerprint: Option<String>,
    },
    /// Unpacks a tar archive with its numeric owners and attributes.
    Unpack {
        /// The archive.
        archive: Place,
        /// The destination directory.
        into: Place,
    },
}

fn words(texts: &[String]) -> String {
    texts.iter().map(|text| quote(text)).collect::<Vec<_>>().join(" ")
}

/// Displays the step as the shell command that does the same.
impl fmt::Display for FilesStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = |place: &Place| quote(&place.to_string());
        match self {
            Self::Write { place, mode: Some(mode), .. } => {
                write!(f, "write {} (mode {mode})", word(place))
            }
            Self::Write { place, mode: None, .. } => write!(f, "write {}", word(place)),
            Self::Copy { from, to, mode } => match mode {
                Some(mode) => write!(f, "install -m {mode} {} {}", word(from), word(to)),
                None => write!(f, "cp -L {} {}", word(from), word(to)),
            },
            Self::CopyTree { from, to } => write!(f, "cp -aT {} {}", word(from), word(to)),
            Self::MakeDir { place, mode } if mode.bits() == 0o755 => {
                write!(f, "mkdir -p {}", word(place))
            }
            Self::MakeDir { place, mode } => write!(f, "mkdir -p -m {mode} {}", word(place)),
            Self::Link { place, to } => write!(f, "ln -sfn {} {}", quote(to), word(place)),
            Self::Remove { place } => write!(f, "rm {}", word(place)),
            Self::Chmod { place, mode } => write!(f, "chmod {mode} {}", word(place)),
            Self::Chown { place, named: Some(owner), .. } => {
                write!(f, "chown {owner} {}", word(place))
            }
            Self::Chown { place, uid, gid, named: None } => {
                write!(f, "chown {uid}:{gid} {}", word(place))
            }
            Self::MakeKey { place, bytes } => {
                write!(f, "(umask 0377; head -c {bytes} /dev/random >{})", word(place))
            }
            Self::SaveOutput { cmd, place } => write!(f, "(umask 0377; {cmd} >{})", word(place)),
            Self::SaveHeader { cmd, place, .. } => write!(f, "{cmd} {}", word(place)),
            Self::MakeImage { place, size } => {
                write!(f, "truncate -s {} {}", size.exact(), word(place))
            }
            Self::Allocate { place, size, nocow } => {
                let (place, size) = (word(place), size.exact());
                let chattr = if *nocow { format!("; chattr +C {place}") } else { String::new() };
                write!(f, "(umask 0177; : >{place}{chattr}; fallocate -l {size} {place})")
            }
            Self::Verify { archive, proofs, .. } => match proofs.as_slice() {
                [proof] => f.write_str(&proof.check(archive)),
                _ => write!(f, "gpg --verify {}.{{asc,DIGESTS,sha256}}", word(archive)),
            },
            Self::Fetch { into, source, .. } => f.write_str(&source.download_command(into)),
            Self::Unpack { archive, into } => write!(
                f,
                "tar xpf {} --xattrs-include='*.*' --numeric-owner -C {}",
                word(archive),
                word(into)
            ),
            Self::SyncFilesystems { at } => write!(f, "sync -f {}", words(at)),
        }
    }
}
