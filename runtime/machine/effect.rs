//! Effects, which have to be approved before a step is performed.

use std::fmt;

/// A key of `[needs]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum NeedKind {
    /// Devices whose contents are lost, and whatever else is lost irrecoverably.
    Destroys,
    /// Devices and volume groups that change.
    Alters,
    /// Containers, volume groups and arrays that are opened or started, and swap areas.
    Opens,
    /// Devices that are read, mounted, or allowed in a control group.
    Devices,
    /// Files and directories that are read.
    Reads,
    /// Directories below which files are written.
    Writes,
    /// Directories below which filesystems are mounted.
    Mounts,
    /// Programs.
    Runs,
    /// Network links and namespaces that change.
    Interfaces,
    /// Control groups that change.
    Cgroups,
    /// Guests that change.
    Guests,
    /// Repositories from which Portage installs.
    Repositories,
    /// Machines to which the recipe connects.
    Network,
    /// Secrets that the recipe asks for.
    Secrets,
}

impl NeedKind {
    /// All kinds, in the order in which they are written.
    pub const ALL: [Self; 14] = [
        Self::Destroys,
        Self::Alters,
        Self::Opens,
        Self::Devices,
        Self::Reads,
        Self::Writes,
        Self::Mounts,
        Self::Runs,
        Self::Interfaces,
        Self::Cgroups,
        Self::Guests,
        Self::Repositories,
        Self::Network,
        Self::Secrets,
    ];

    /// Returns the key.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Destroys => "destroys",
            Self::Alters => "alters",
            Self::Opens => "opens",
            Self::Devices => "devices",
            Self::Reads => "reads",
            Self::Writes => "writes",
            Self::Mounts => "mounts",
            Self::Runs => "runs",
            Self::Interfaces => "interfaces",
            Self::Cgroups => "cgroups",
            Self::Guests => "guests",
            Self::Repositories => "repositories",
            Self::Network => "network",
            Self::Secrets => "secrets",
        }
    }

    /// Returns the kinds whose entries declare this one as well, beginning with itself.
    pub(crate) const fn included_in(self) -> &'static [Self] {
        match self {
            Self::Destroys => &[Self::Destroys],
            Self::Alters => &[Self::Alters, Self::Destroys],
            Self::Opens => &[Self::Opens, Self::Alters, Self::Destroys],
            Self::Devices => &[Self::Devices, Self::Opens, Self::Alters, Self::Destroys],
            Self::Reads => &[Self::Reads, Self::Writes],
            Self::Writes => &[Self::Writes],
            Self::Mounts => &[Self::Mounts, Self::Writes],
            Self::Runs => &[Self::Runs],
            Self::Interfaces => &[Self::Interfaces],
            Self::Cgroups => &[Self::Cgroups],
            Self::Guests => &[Self::Guests],
            Self::Repositories => &[Self::Repositories],
            Self::Network => &[Self::Network],
            Self::Secrets => &[Self::Secrets],
        }
    }

    /// Returns whether the entries are paths, which include everything below them.
    pub(crate) const fn has_paths(self) -> bool {
        matches!(self, Self::Reads | Self::Writes | Self::Mounts)
    }

    /// Returns whether the entries are devices.
    pub(crate) const fn has_devices(self) -> bool {
        matches!(self, Self::Destroys | Self::Alters | Self::Opens | Self::Devices)
    }

    /// Returns whether `*` stands for every entry.
    pub(crate) const fn has_any(self) -> bool {
        matches!(self, Self::Opens | Self::Devices | Self::Runs | Self::Network)
    }
}

/// The entry of `[needs]` that declares an effect.
pub(crate) enum Declaration<'a> {
    /// The effect needs no entry.
    Nothing,
    /// An entry of this kind that stands for everything, because the objects are unknown.
    Any(NeedKind),
    /// An entry for a directory that contains this path.
    Below(NeedKind, &'a str),
    /// An entry for this name, or entries for the names of all devices below it.
    Named(NeedKind, &'a str),
}

/// An effect on a single part.
pub(crate) trait PartEffect: fmt::Display {
    /// Returns the entry of `[needs]` that declares the effect.
    fn declaration(&self) -> Declaration<'_>;

    /// Returns the name, as used in approvals, of the item whose data is irrecoverably lost.
    fn destroyed_item(&self) -> Option<&str> {
        None
    }

    /// Returns whether the contents of a device or of a volume group change.
    fn changes_storage(&self) -> bool {
        false
    }

    /// Returns whether the effect only restores what a reboot ended.
    fn restores(&self) -> bool {
        false
    }

    /// Returns the action whose announcement (`plan.may_call`) includes the effect, because it cannot
    /// name what is only known at run time.
    fn announced_by(&self) -> Option<&'static str> {
        None
    }

    /// Returns the device that is affected, if any.
    fn device(&self) -> Option<&str> {
        None
    }

    /// Returns the volume group that is affected, if any.
    fn group(&self) -> Option<&str> {
        None
    }

    /// Returns the directory that is changed, if any.
    fn directory(&self) -> Option<String> {
        None
    }

    /// Renames the devices of the effect.
    fn rename(&mut self, _name: &dyn Fn(&str) -> String) {}
}
