//! Parameters whose value is one word of a fixed list.

use serde::{Deserialize, Serialize};

use super::{Completes, Mismatch, ParamType, ParamValue, Value};

/// A closed set of words. Types that implement this trait can be used as parameters.
pub trait Choice: Sized + Copy + PartialEq + 'static {
    /// The name of the type in the reference.
    const NAME: &'static str;
    /// The words, in the order of [`Choice::ALL`].
    const WORDS: &'static [&'static str];
    /// The values, in the order of [`Choice::WORDS`].
    const ALL: &'static [Self];

    /// Returns the word for this value.
    fn word(self) -> &'static str {
        Self::ALL.iter().position(|v| *v == self).map_or("?", |index| Self::WORDS[index])
    }

    /// Returns the value for a word.
    fn from_word(word: &str) -> Option<Self> {
        Self::WORDS.iter().position(|w| *w == word).map(|index| Self::ALL[index])
    }
}

impl<T: Choice> ParamValue for T {
    const TYPE: ParamType =
        ParamType::new(T::NAME, "one of a list of words").completes(Completes::Choices(T::WORDS));

    fn decode(value: &Value) -> Result<Self, Mismatch> {
        match value {
            Value::Text(text) => {
                T::from_word(text).ok_or_else(|| Mismatch::choice(T::WORDS, value))
            }
            other => Err(Mismatch::choice(T::WORDS, other)),
        }
    }

    fn encode(&self) -> Value {
        Value::from(self.word())
    }
}

/// A partition table format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TableKind {
    /// The GUID partition table.
    Gpt,
    /// The DOS partition table ("msdos", "dos").
    Mbr,
}

impl Choice for TableKind {
    const NAME: &'static str = "partition table";
    const WORDS: &'static [&'static str] = &["gpt", "mbr"];
    const ALL: &'static [Self] = &[Self::Gpt, Self::Mbr];
}

/// A LUKS on-disk format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LuksVersion {
    /// The format of 2004, supported by every boot loader.
    Luks1,
    /// The format of 2018, with argon2 and up to 32 key slots.
    Luks2,
}

impl LuksVersion {
    /// Returns the maximum number of key slots in a header.
    pub const fn slots(self) -> u32 {
        match self {
            Self::Luks1 => 8,
            Self::Luks2 => 32,
        }
    }
}

impl Choice for LuksVersion {
    const NAME: &'static str = "LUKS version";
    const WORDS: &'static [&'static str] = &["luks2", "luks1"];
    const ALL: &'static [Self] = &[Self::Luks2, Self::Luks1];
}

/// A key derivation function of LUKS2.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KdfKind {
    /// Memory-hard; the default.
    Argon2id,
    /// Memory-hard, without the side-channel defence of Argon2id.
    Argon2i,
    /// The only function of LUKS1, and the only one that GRUB supports.
    Pbkdf2,
}

impl KdfKind {
    /// Returns whether the function is a variant of argon2.
    pub const fn is_argon2(self) -> bool {
        matches!(self, Self::Argon2id | Self::Argon2i)
    }
}

impl Choice for KdfKind {
    const NAME: &'static str = "key derivation";
    const WORDS: &'static [&'static str] = &["argon2id", "argon2i", "pbkdf2"];
    const ALL: &'static [Self] = &[Self::Argon2id, Self::Argon2i, Self::Pbkdf2];
}

/// How mount events propagate between a bind mount and its origin (mount_namespaces(7)).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Propagation {
    /// Events propagate from the origin only; suitable for a chroot.
    Slave,
    /// Events do not propagate.
    Private,
    /// Events propagate in both directions.
    Shared,
}

impl Choice for Propagation {
    const NAME: &'static str = "mount propagation";
    const WORDS: &'static [&'static str] = &["slave", "private", "shared"];
    const ALL: &'static [Self] = &[Self::Slave, Self::Private, Self::Shared];
}

/// A type of filesystem that can be created.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FsKind {
    /// The default in installation guides.
    Ext4,
    /// Has no journal; for small boot partitions.
    Ext2,
    /// For large files; cannot be shrunk.
    Xfs,
    /// Has subvolumes and snapshots.
    Btrfs,
    /// FAT16 or FAT32, for EFI system partitions and USB sticks.
    Vfat,
    /// For flash media.
    F2fs,
}

impl Choice for FsKind {
    const NAME: &'static str = "filesystem";
    const WORDS: &'static [&'static str] = &["ext4", "ext2", "xfs", "btrfs", "vfat", "f2fs"];
    const ALL: &'static [Self] =
        &[Self::Ext4, Self::Ext2, Self::Xfs, Self::Btrfs, Self::Vfat, Self::F2fs];
}

/// A RAID level, for both md and LVM.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RaidLevel {
    /// Striping: the loss of one device is the loss of all data.
    Raid0,
    /// Mirroring.
    Raid1,
    /// Striping with parity for one device.
    Raid5,
    /// Striping with parity for two devices.
    Raid6,
    /// Striping over mirrors.
    Raid10,
}

impl RaidLevel {
    /// Returns the number that mdadm(8) uses for this level.
    pub const fn number(self) -> u32 {
        match self {
            Self::Raid0 => 0,
            Self::Raid1 => 1,
            Self::Raid5 => 5,
            Self::Raid6 => 6,
            Self::Raid10 => 10,
        }
    }

    /// Returns the minimum number of devices.
    pub const fn min_devices(self) -> usize {
        match self {
            Self::Raid0 | Self::Raid1 => 2,
            Self::Raid5 => 3,
            Self::Raid6 | Self::Raid10 => 4,
        }
    }
}

impl Choice for RaidLevel {
    const NAME: &'static str = "RAID level";
    const WORDS: &'static [&'static str] = &["raid0", "raid1", "raid5", "raid6", "raid10"];
    const ALL: &'static [Self] =
        &[Self::Raid0, Self::Raid1, Self::Raid5, Self::Raid6, Self::Raid10];
}

/// The location of the superblock of an md array (md(4)).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MdFormat {
    /// 4 KiB from the beginning of each device.
    Beginning,
    /// At the end of each device.
    End,
}

impl Choice for MdFormat {
    const NAME: &'static str = "md format";
    const WORDS: &'static [&'static str] = &["1.2", "1.0"];
    const ALL: &'static [Self] = &[Self::Beginning, Self::End];
}

/// How btrfs distributes data and metadata (mkfs.btrfs(8), "PROFILES").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BtrfsProfile {
    /// One copy of the data, and two copies of the metadata on different devices.
    Single,
    /// Striping.
    Raid0,
    /// Two copies of everything, on two devices.
    Raid1,
    /// Three copies of everything, on three devices.
    Raid1c3,
    /// Striping over mirrors.
    Raid10,
}

impl Choice for BtrfsProfile {
    const NAME: &'static str = "btrfs profile";
    const WORDS: &'static [&'static str] = &["single", "raid0", "raid1", "raid1c3", "raid10"];
    const ALL: &'static [Self] =
        &[Self::Single, Self::Raid0, Self::Raid1, Self::Raid1c3, Self::Raid10];
}
