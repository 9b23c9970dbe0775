//! What can be done to files.

use std::fmt;

use super::Text;
use crate::machine::cmd::Cmd;
use crate::types::{Mode, Place, Size, quote};

/// One step that makes, changes or removes files.
#[derive(Debug, Clone, PartialEq)]
pub enum FilesStep {
    /// Replace a file, atomically; owner and mode of an old one are kept.
    Write {
        /// Which.
        place: Place,
        /// The new content; unknown only in a simulation.
        content: Text,
        /// Permission bits; those of the old file, or 0644, when absent.
        mode: Option<Mode>,
    },
    /// Copy a regular file, following links at the source.
    Copy {
        /// From where.
        from: Place,
        /// To where.
        to: Place,
        /// Permission bits; those of the source when absent.
        mode: Option<Mode>,
    },
    /// Copy a directory with everything in it, as it is; what is there with the same name is replaced.
    CopyTree {
        /// From where.
        from: Place,
        /// To where.
        to: Place,
    },
    /// Make a directory, and those above it.
    MakeDir {
        /// Which.
        place: Place,
        /// Permission bits of the last one.
        mode: Mode,
    },
    /// Make a symbolic link, replacing one that is there.
    Link {
        /// Where.
        place: Place,
        /// Its text.
        to: String,
    },
    /// Remove a file, a link or an empty directory.
    Remove {
        /// Which.
        place: Place,
    },
    /// Change permission bits.
    Chmod {
        /// Of which.
        place: Place,
        /// To what.
        mode: Mode,
    },
    /// Change the owner.
    Chown {
        /// Of which.
        place: Place,
        /// User number.
        uid: u32,
        /// Group number.
        gid: u32,
    },
    /// Make a new file of random bytes, readable by nobody else from its first moment.
    MakeKey {
        /// Which; it must not exist.
        place: Place,
        /// How many bytes.
        bytes: u32,
    },
    /// Keep what a program prints in a new file, readable by nobody else from its first moment.
    Keep {
        /// The program.
        cmd: Cmd,
        /// Which; it must not exist.
        place: Place,
    },
    /// Keep the header of a container in a new file, where nobody takes the devices below for the container.
    SaveHeader {
        /// The program, up to the name of the file that it writes.
        cmd: Cmd,
        /// Which; it must not exist.
        place: Place,
        /// The devices that the file lies on.
        beneath: Vec<String>,
    },
    /// Make a sparse file.
    MakeImage {
        /// Which; it must not exist.
        place: Place,
        /// Its length.
        size: Size,
    },
    /// Make a file that has all its blocks, readable by root only.
    Allocate {
        /// Which; it must not exist.
        place: Place,
        /// Its length.
        size: Size,
        /// Whether it is written in place on a filesystem that otherwise copies on write.
        nocow: bool,
    },
    /// Bring what was written to these filesystems to their disks (syncfs(2)).
    Settle {
        /// Any place on each.
        at: Vec<String>,
    },
    /// Compare an archive with its signed digests; prints what was verified as JSON.
    Verify {
        /// The archive.
        archive: Place,
        /// The digest file.
        digests: Place,
        /// A detached signature of the digest file.
        signature: Option<Place>,
        /// The public keys to trust.
        keys: Place,
        /// The only one of them to trust.
        fingerprint: Option<String>,
    },
    /// Unpack a tar archive as the numeric owners and attributes in it say.
    Unpack {
        /// The archive.
        archive: Place,
        /// Into which directory.
        into: Place,
    },
}

fn words(texts: &[String]) -> String {
    texts.iter().map(|text| quote(text)).collect::<Vec<_>>().join(" ")
}

/// The step as a person would type it; kernel calls as the command that does the same.
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
            Self::Chown { place, uid, gid } => write!(f, "chown {uid}:{gid} {}", word(place)),
            Self::MakeKey { place, bytes } => {
                write!(f, "(umask 0377; head -c {bytes} /dev/random >{})", word(place))
            }
            Self::Keep { cmd, place } => write!(f, "(umask 0377; {cmd} >{})", word(place)),
            Self::SaveHeader { cmd, place, .. } => write!(f, "{cmd} {}", word(place)),
            Self::MakeImage { place, size } => {
                write!(f, "truncate -s {} {}", size.exact(), word(place))
            }
            Self::Allocate { place, size, nocow } => {
                let (place, size) = (word(place), size.exact());
                let chattr = if *nocow { format!("; chattr +C {place}") } else { String::new() };
                write!(f, "(umask 0177; : >{place}{chattr}; fallocate -l {size} {place})")
            }
            Self::Verify { digests, signature, .. } => {
                let apart = signature.as_ref().map(|file| word(file) + " ").unwrap_or_default();
                write!(f, "gpg --verify {apart}{0} && sha512sum --check {0}", word(digests))
            }
            Self::Unpack { archive, into } => write!(
                f,
                "tar xpf {} --xattrs-include='*.*' --numeric-owner -C {}",
                word(archive),
                word(into)
            ),
            Self::Settle { at } => write!(f, "sync -f {}", words(at)),
        }
    }
}
