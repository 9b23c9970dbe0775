//! Creating and checking key files.

mod protect;

pub(super) use protect::unprotect;
pub use protect::{Protect, Unlock};

use serde::Serialize;

use crate::args;
use crate::error::{Exit, Result, Rule};
use crate::machine::FilesFact;
use crate::machine::files::{FileContents, FileStatus};
use crate::operation::{Action, Answer, Effect, FilesEffect, Plan, Planning, Query, Undo};
use crate::system::{FilesStep, Step};
use crate::types::{AbsPath, KeyBytes, Mode, Place};

args! {
    /// Generates a key file of random bytes and returns its path.
    ///
    /// The bytes come from the random number generator of the kernel, and the file is readable only
    /// by its owner from the moment it is created. Existing files are never overwritten: a file of
    /// exactly this length that only its owner can read is kept as the key; anything else at this
    /// path is an error. Undo removes the file.
    ///
    /// Source: guide ER, "Create The Encryption Key"; random(7).
    ///
    /// ```
    /// let key = key::generate("/mnt/key/laptop.bin");
    /// luks::format("/dev/sda2", #{ key: key });
    /// ```
    "key.generate" => pub struct Generate {
        /// The path of the key file, in an existing directory; store it on a USB drive, not on the
        /// disk that it unlocks.
        pub path: AbsPath,
        /// The length in bytes, from 32 to 8388608; the default exceeds the key size of every
        /// cipher.
        pub bytes: KeyBytes = 512,
    }
}

args! {
    /// Checks that a key file is safe to use.
    ///
    /// Fails unless it is a regular, non-empty file of at most 8388608 bytes that only its owner
    /// can read, and its content is not obviously predictable. Returns a map with `bytes`, the
    /// length.
    ///
    /// ```
    /// print(key::check("/mnt/key/keyfile.bin").bytes);
    /// ```
    "key.check" => pub struct Check {
        /// The path of the key file.
        pub path: AbsPath,
    }
}

/// A problem with a key file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyRule {
    /// The key file does not exist.
    #[error("there is no key file {place}")]
    Missing {
        /// The key file.
        place: Place,
    },
    /// The path is not a regular file.
    #[error("{place} is not a regular file")]
    NotAFile {
        /// The path.
        place: Place,
    },
    /// The key file is empty.
    #[error("the key file {place} is empty: anyone could open a container formatted with it")]
    Empty {
        /// The key file.
        place: Place,
    },
    /// Other users can read the key file.
    #[error("the key file {place} has mode {mode} and is readable by other users")]
    Readable {
        /// The key file.
        place: Place,
        /// The permission bits of the file.
        mode: Mode,
    },
    /// The content of the key file is predictable.
    #[error(
        "the key file {place} is {len} bytes with only {distinct} different values: that is not random"
    )]
    Predictable {
        /// The key file.
        place: Place,
        /// The length in bytes.
        len: u64,
        /// The number of distinct byte values.
        distinct: usize,
    },
    /// The path is in use, and not by a key of this length.
    #[error("{place} exists and is not a key of {bytes} bytes that only its owner can read")]
    Taken {
        /// The path.
        place: Place,
        /// The expected length in bytes.
        bytes: u32,
    },
    /// The target file already exists.
    #[error("{place} exists: keys are never overwritten")]
    Exists {
        /// The path.
        place: Place,
    },
    /// The decrypted key would be stored on a disk, where it survives a reboot.
    #[error("{place} is on {kind}: the plain key would be left on a disk")]
    OnDisk {
        /// The path.
        place: Place,
        /// The type of the filesystem.
        kind: String,
    },
    /// The key file is longer than cryptsetup reads.
    #[error("the key file {place} has {len} bytes: cryptsetup reads at most 8388608")]
    Long {
        /// The key file.
        place: Place,
        /// The length in bytes.
        len: u64,
    },
    /// The key file is stored on the disk that it unlocks.
    #[error("the key file {place} is on {disk}, the disk that it unlocks")]
    SameDisk {
        /// The key file.
        place: Place,
        /// The disk.
        disk: String,
    },
}

impl Rule for KeyRule {
    fn remedy(&self) -> Option<String> {
        Some(match self {
            Self::Missing { .. } => {
                "mount the USB stick that holds it, or create one with key::generate".into()
            }
            Self::NotAFile { .. } => "name the key file itself".into(),
            Self::Empty { .. } | Self::Predictable { .. } => {
                "create one under another name with key::generate".into()
            }
            Self::Readable { place, .. } => {
                format!("chmod 0400 {place}; on a FAT stick mount it with the option umask=0077")
            }
            Self::Taken { .. } => {
                "choose another name; to use the existing key, omit key::generate".into()
            }
            Self::Exists { .. } => {
                "choose another name; to use the existing key, omit this call".into()
            }
            Self::OnDisk { .. } => {
                "unlock it into memory, such as below /run; luks::open takes the protected key itself: gpg_key".into()
            }
            Self::Long { .. } => "give a key file; key::generate creates one".into(),
            Self::SameDisk { .. } => "keep it on a USB stick".into(),
        })
    }

    fn exit(&self) -> Exit {
        match self {
            Self::Readable { .. }
            | Self::SameDisk { .. }
            | Self::OnDisk { .. }
            | Self::Taken { .. }
            | Self::Exists { .. } => Exit::Refused,
            _ => Exit::Usage,
        }
    }
}

impl Action for Generate {
    type Output = String;

    fn effects(&self) -> Vec<Effect> {
        vec![Effect::Files(FilesEffect::Writes { path: self.path.to_string() })]
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<String>> {
        let wanted = self.bytes.get();
        let place = Place::new(&self.path, None);
        let output = self.path.to_string();
        match cx.look(&place)? {
            FileStatus::Missing | FileStatus::Unknown(_) => {}
            FileStatus::File { mode, len, .. }
                if len == u64::from(wanted) && !mode.open_to_others() =>
            {
                return Ok(
                    Plan::already(format!("{place} is a key of {len} bytes")).returns(output)
                );
            }
            _ => return Err(KeyRule::Taken { place, bytes: wanted }.into()),
        }
        let memory = cx.machine.memory_filesystem(&self.path.to_string());
        let warning = memory.map(|kind| {
            format!("{place} is kept in memory ({kind}): copy it to a USB stick before you reboot")
        });
        Ok(Plan::step(FilesStep::MakeKey { place: place.clone(), bytes: wanted })
            .makes(FilesFact::File { place: place.clone(), digest: None, mode: None })
            .warn(warning)
            .undo(Undo::Steps(vec![Step::Files(FilesStep::Remove { place })]))
            .returns(output))
    }
}

/// The result of `key.check`.
#[derive(Debug, Serialize)]
pub struct KeyCheck {
    bytes: u64,
}

impl Query for Check {
    type Output = KeyCheck;

    fn effects(&self) -> Vec<Effect> {
        vec![Effect::reads(&self.path.to_string())]
    }

    fn answer(&self, cx: &mut Planning<'_>) -> Result<Answer<KeyCheck>> {
        let place = Place::new(&self.path, None);
        let Some(bytes) = check_key(&place, cx)? else {
            return Ok(Answer::Assumed(KeyCheck { bytes: 512 }));
        };
        if let FileContents::Known(content) = cx.files.read(&place)? {
            let content = zeroize::Zeroizing::new(content);
            let mut values = content.to_vec();
            values.sort_unstable();
            values.dedup();
            let distinct = values.len();
            // 64 random bytes have more than 40 distinct values, except with a probability of
            // 10^-12.
            if distinct < content.len().min(64) * 5 / 8 {
                return Err(KeyRule::Predictable { place, len: bytes, distinct }.into());
            }
        }
        Ok(Answer::Known(KeyCheck { bytes }))
    }
}

/// Rejects an unsafe key file and returns its length in bytes, if that is known.
pub(super) fn check_key(place: &Place, cx: &Planning<'_>) -> Result<Option<u64>> {
    match cx.look(place)? {
        FileStatus::Missing => Err(KeyRule::Missing { place: place.clone() }.into()),
        FileStatus::File { len: 0, .. } if !is_simulated(place, cx) => {
            Err(KeyRule::Empty { place: place.clone() }.into())
        }
        FileStatus::File { mode, .. } if mode.open_to_others() => {
            Err(KeyRule::Readable { place: place.clone(), mode }.into())
        }
        FileStatus::File { len, .. } if len > u64::from(KeyBytes::MAX) => {
            Err(KeyRule::Long { place: place.clone(), len }.into())
        }
        FileStatus::File { len, .. } => Ok((len > 0).then_some(len)),
        FileStatus::Unknown(_) => Ok(None),
        FileStatus::Dir { .. } | FileStatus::Link { .. } | FileStatus::Other => {
            Err(KeyRule::NotAFile { place: place.clone() }.into())
        }
    }
}

/// Rejects a path that cannot be an encrypted key file. Its permissions do not matter, because the
/// passphrase is required as well.
pub(super) fn check_protected(place: &Place, cx: &Planning<'_>) -> Result<()> {
    match cx.look(place)? {
        FileStatus::Missing => Err(KeyRule::Missing { place: place.clone() }.into()),
        FileStatus::File { .. } | FileStatus::Unknown(_) => Ok(()),
        FileStatus::Dir { .. } | FileStatus::Link { .. } | FileStatus::Other => {
            Err(KeyRule::NotAFile { place: place.clone() }.into())
        }
    }
}

/// Returns whether the content will be generated by the run and is therefore unknown.
fn is_simulated(place: &Place, cx: &Planning<'_>) -> bool {
    matches!(cx.files.read(place), Ok(FileContents::Unknown(_)))
}

/// Rejects a key file that is stored on a disk below the device that it is supposed to unlock.
pub(super) fn reject_key_on_same_disk(
    key: &AbsPath,
    device: &str,
    cx: &Planning<'_>,
) -> Result<()> {
    let target = cx.machine.base_disks(device);
    let target = |path: &String| target.iter().any(|disk| disk.path == *path);
    match cx.machine.backing_devices(&key.to_string()).into_iter().find(target) {
        Some(disk) => Err(KeyRule::SameDisk { place: Place::new(key, None), disk }.into()),
        None => Ok(()),
    }
}
