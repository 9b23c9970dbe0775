//! Key files.

mod protect;

pub(super) use protect::unprotect;
pub use protect::{Protect, Unlock};

use std::path::PathBuf;

use serde::Serialize;

use crate::args;
use crate::error::{Exit, Result, Rule};
use crate::machine::FilesFact;
use crate::machine::files::{Look, Text};
use crate::operation::{Action, Answer, Effect, FilesEffect, Plan, Planning, Query, Undo};
use crate::system::{FilesStep, Step};
use crate::types::{AbsPath, KeyBytes, Mode, Place};

args! {
    /// Makes a key file of random bytes from the kernel's generator, readable by its owner only
    /// from its first moment. A file that is there already is never overwritten: one that looks
    /// like such a key is kept, anything else is an error. Returns its path.
    ///
    /// Source: guide ER, "Create The Encryption Key"; random(7).
    ///
    /// ```
    /// let key = key::generate("/mnt/key/laptop.bin");
    /// luks::format("/dev/sda2", #{ key: key });
    /// ```
    "key.generate" => pub struct Generate {
        /// Where; the folder must exist, and belongs on a stick, not on the disk that it will open.
        pub path: AbsPath,
        /// How many bytes. 512 are more than any cipher uses; fewer than 32 are refused.
        pub bytes: KeyBytes = 512,
    }
}

args! {
    /// Checks that a key file can be trusted with a disk: a regular file, not empty, readable by
    /// its owner only, and not plainly predictable. Returns a map with `bytes`.
    ///
    /// ```
    /// print(key::check("/mnt/key/keyfile.bin").bytes);
    /// ```
    "key.check" => pub struct Check {
        /// The key file.
        pub path: AbsPath,
    }
}

/// What is wrong with a key file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyRule {
    /// It is not there.
    #[error("there is no key file {place}")]
    Missing {
        /// Which.
        place: Place,
    },
    /// It is not a file.
    #[error("{place} is not a regular file")]
    NotAFile {
        /// Which.
        place: Place,
    },
    /// It is empty.
    #[error(
        "the key file {place} is empty: a container formatted with it could be opened by anybody"
    )]
    Empty {
        /// Which.
        place: Place,
    },
    /// Others can read it.
    #[error("the key file {place} has mode {mode}: others can read it")]
    Readable {
        /// Which.
        place: Place,
        /// Its mode.
        mode: Mode,
    },
    /// It is predictable.
    #[error(
        "the key file {place} is {len} bytes with only {distinct} different values: that is not random"
    )]
    Predictable {
        /// Which.
        place: Place,
        /// Its length.
        len: u64,
        /// How many values.
        distinct: usize,
    },
    /// Something else is there.
    #[error("{place} exists and is not a key of {bytes} bytes that only its owner can read")]
    Taken {
        /// Which.
        place: Place,
        /// How long it should have been.
        bytes: u32,
    },
    /// The key is there already.
    #[error("{place} exists: a key is not overwritten")]
    Exists {
        /// Which.
        place: Place,
    },
    /// The plain key would outlive the machine's memory.
    #[error("{place} is on {kind}: the plain key would be left on a disk")]
    OnDisk {
        /// Which.
        place: Place,
        /// The filesystem.
        kind: String,
    },
    /// Longer than cryptsetup reads.
    #[error("the key file {place} has {len} bytes: cryptsetup reads at most 8388608")]
    Long {
        /// Which.
        place: Place,
        /// Its length.
        len: u64,
    },
    /// It would lie behind the door that it opens.
    #[error("the key file {place} is on {disk}, the disk that it is to open")]
    SameDisk {
        /// Which.
        place: Place,
        /// The disk.
        disk: String,
    },
}

impl Rule for KeyRule {
    fn remedy(&self) -> Option<String> {
        Some(match self {
            Self::Missing { .. } => {
                "mount the stick that holds it, or make one with key::generate".into()
            }
            Self::NotAFile { .. } => "name the key file itself".into(),
            Self::Empty { .. } | Self::Predictable { .. } => {
                "make a new one under another name with key::generate".into()
            }
            Self::Readable { place, .. } => {
                format!("chmod 0400 {place}; on a FAT stick mount it with the option umask=0077")
            }
            Self::Taken { .. } => {
                "choose another name; if it is the key you mean, leave key::generate out".into()
            }
            Self::Exists { .. } => {
                "choose another name; if it is the key you mean, leave this call out".into()
            }
            Self::OnDisk { .. } => {
                "unlock it into memory, such as below /run; luks::open takes the protected key itself: gpg_key".into()
            }
            Self::Long { .. } => "name a key file; make one with key::generate".into(),
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
            Look::Missing | Look::Unknown(_) => {}
            Look::File { mode, len, .. } if len == u64::from(wanted) && !mode.open_to_others() => {
                return Ok(
                    Plan::already(format!("{place} is a key of {len} bytes")).returns(output)
                );
            }
            _ => return Err(KeyRule::Taken { place, bytes: wanted }.into()),
        }
        let memory = cx
            .machine
            .mount_of(&self.path.to_string())
            .filter(|mount| matches!(mount.kind.as_str(), "tmpfs" | "ramfs" | "overlay"));
        let warning = memory.map(|mount| {
            format!(
                "{place} is kept in memory ({}): copy it to a stick before you reboot",
                mount.kind
            )
        });
        Ok(Plan::step(FilesStep::MakeKey { place: place.clone(), bytes: wanted })
            .makes(FilesFact::File { place: place.clone(), digest: None, mode: None })
            .warn(warning)
            .undo(Undo::Steps(vec![Step::Files(FilesStep::Remove { place })]))
            .returns(output))
    }
}

/// What a good key file shows.
#[derive(Debug, Serialize)]
pub struct Checked {
    bytes: u64,
}

impl Query for Check {
    type Output = Checked;

    fn answer(&self, cx: &mut Planning<'_>) -> Result<Answer<Checked>> {
        let place = Place::new(&self.path, None);
        let Some(bytes) = check_key(&place, cx)? else {
            return Ok(Answer::Guess(Checked { bytes: 512 }));
        };
        if let Text::Known(content) = cx.files.read(&place)? {
            let content = zeroize::Zeroizing::new(content);
            let mut values = content.to_vec();
            values.sort_unstable();
            values.dedup();
            let distinct = values.len();
            // 64 random bytes have more than 40 different values but once in 10^12.
            if distinct < content.len().min(64) * 5 / 8 {
                return Err(KeyRule::Predictable { place, len: bytes, distinct }.into());
            }
        }
        Ok(Answer::Known(Checked { bytes }))
    }
}

/// Refuses a key file that must not be trusted; its length, where it is known.
pub(super) fn check_key(place: &Place, cx: &Planning<'_>) -> Result<Option<u64>> {
    match cx.look(place)? {
        Look::Missing => Err(KeyRule::Missing { place: place.clone() }.into()),
        Look::File { len: 0, .. } if !is_simulated(place, cx) => {
            Err(KeyRule::Empty { place: place.clone() }.into())
        }
        Look::File { mode, .. } if mode.open_to_others() => {
            Err(KeyRule::Readable { place: place.clone(), mode }.into())
        }
        Look::File { len, .. } if len > u64::from(KeyBytes::MOST) => {
            Err(KeyRule::Long { place: place.clone(), len }.into())
        }
        Look::File { len, .. } => Ok((len > 0).then_some(len)),
        Look::Unknown(_) => Ok(None),
        Look::Dir { .. } | Look::Link { .. } | Look::Other => {
            Err(KeyRule::NotAFile { place: place.clone() }.into())
        }
    }
}

/// Refuses what can't be a protected key. Who reads it still needs the passphrase.
pub(super) fn check_protected(place: &Place, cx: &Planning<'_>) -> Result<()> {
    match cx.look(place)? {
        Look::Missing => Err(KeyRule::Missing { place: place.clone() }.into()),
        Look::File { .. } | Look::Unknown(_) => Ok(()),
        Look::Dir { .. } | Look::Link { .. } | Look::Other => {
            Err(KeyRule::NotAFile { place: place.clone() }.into())
        }
    }
}

/// Whether the content is one that only the real run will make.
fn is_simulated(place: &Place, cx: &Planning<'_>) -> bool {
    matches!(cx.files.read(place), Ok(Text::Unknown(_)))
}

/// The disk that holds a key file, if it is the one that the key is to open.
pub(super) fn not_on_the_same_disk(key: &AbsPath, device: &str, cx: &Planning<'_>) -> Result<()> {
    let Some(mount) = cx.machine.mounted_view(&key.to_string()) else { return Ok(()) };
    let disks = |path: &str| -> Vec<PathBuf> {
        cx.machine.base_disks(path).iter().map(|disk| PathBuf::from(&disk.path)).collect()
    };
    let target = disks(device);
    match disks(&mount.source).into_iter().find(|disk| target.contains(disk)) {
        Some(disk) => Err(KeyRule::SameDisk {
            place: Place::new(key, None),
            disk: disk.to_string_lossy().into_owned(),
        }
        .into()),
        None => Ok(()),
    }
}
