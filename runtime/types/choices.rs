//! Parameters that are one word of a short list.

use serde::{Deserialize, Serialize};

use super::{Completes, Mismatch, ParamType, ParamValue, Value};

/// A closed set of words. Implement it and the type is a parameter.
pub trait Choice: Sized + Copy + PartialEq + 'static {
    /// What kind of thing is chosen, for the reference.
    const NAME: &'static str;
    /// The words, in the order of [`Choice::ALL`].
    const WORDS: &'static [&'static str];
    /// The values, in the order of [`Choice::WORDS`].
    const ALL: &'static [Self];

    /// The word for this value.
    fn word(self) -> &'static str {
        Self::ALL.iter().position(|v| *v == self).map_or("?", |index| Self::WORDS[index])
    }

    /// The value for a word.
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
    /// GUID partition table.
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
    /// The format of 2004, read by every boot loader.
    Luks1,
    /// The format of 2018, with argon2 and up to 32 key slots.
    Luks2,
}

impl LuksVersion {
    /// How many key slots a header can have.
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
    /// Memory-hard, the default.
    Argon2id,
    /// Memory-hard, without the side-channel defence.
    Argon2i,
    /// The only one of LUKS1, and the only one that GRUB opens.
    Pbkdf2,
}

impl Choice for KdfKind {
    const NAME: &'static str = "key derivation";
    const WORDS: &'static [&'static str] = &["argon2id", "argon2i", "pbkdf2"];
    const ALL: &'static [Self] = &[Self::Argon2id, Self::Argon2i, Self::Pbkdf2];
}

/// How mount events spread between a bind mount and its origin (mount_namespaces(7)).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Propagation {
    /// Events of the origin arrive, own events stay: what a chroot wants.
    Slave,
    /// Nothing spreads.
    Private,
    /// Everything spreads both ways.
    Shared,
}

impl Choice for Propagation {
    const NAME: &'static str = "mount propagation";
    const WORDS: &'static [&'static str] = &["slave", "private", "shared"];
    const ALL: &'static [Self] = &[Self::Slave, Self::Private, Self::Shared];
}

/// A filesystem that can be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FsKind {
    /// The default of the guides.
    Ext4,
    /// Without a journal; for small boot partitions.
    Ext2,
    /// Large files, no shrinking.
    Xfs,
    /// Subvolumes and snapshots.
    Btrfs,
    /// FAT 16 or 32: EFI system partitions and USB sticks.
    Vfat,
    /// Flash media.
    F2fs,
}

impl Choice for FsKind {
    const NAME: &'static str = "filesystem";
    const WORDS: &'static [&'static str] = &["ext4", "ext2", "xfs", "btrfs", "vfat", "f2fs"];
    const ALL: &'static [Self] =
        &[Self::Ext4, Self::Ext2, Self::Xfs, Self::Btrfs, Self::Vfat, Self::F2fs];
}

/// A level of RAID, of md and of LVM.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RaidLevel {
    /// Striped: any loss is the loss of all.
    Raid0,
    /// Copies.
    Raid1,
    /// Striped with parity for one device.
    Raid5,
    /// Striped with parity for two devices.
    Raid6,
    /// Striped copies.
    Raid10,
}

impl RaidLevel {
    /// As mdadm(8) numbers it.
    pub const fn number(self) -> u32 {
        match self {
            Self::Raid0 => 0,
            Self::Raid1 => 1,
            Self::Raid5 => 5,
            Self::Raid6 => 6,
            Self::Raid10 => 10,
        }
    }

    /// How many devices it needs.
    pub const fn least_devices(self) -> usize {
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

/// Where the superblock of an md array lies (md(4)).
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

/// How btrfs spreads what it stores (mkfs.btrfs(8), "PROFILES").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BtrfsProfile {
    /// Data once, metadata twice on different devices.
    Single,
    /// Striped.
    Raid0,
    /// Everything on two devices.
    Raid1,
    /// Everything on three devices.
    Raid1c3,
    /// Striped copies.
    Raid10,
}

impl Choice for BtrfsProfile {
    const NAME: &'static str = "btrfs profile";
    const WORDS: &'static [&'static str] = &["single", "raid0", "raid1", "raid1c3", "raid10"];
    const ALL: &'static [Self] =
        &[Self::Single, Self::Raid0, Self::Raid1, Self::Raid1c3, Self::Raid10];
}
