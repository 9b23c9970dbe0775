//! Effects, which have to be approved before a step is performed.

use std::fmt;

/// The kinds of entries of `[needs]` that name something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NeedKind {
    Destroys,
    Alters,
    Opens,
    Reads,
    Writes,
    Runs,
}

impl NeedKind {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Destroys => "destroys",
            Self::Alters => "alters",
            Self::Opens => "opens",
            Self::Reads => "reads",
            Self::Writes => "writes",
            Self::Runs => "runs",
        }
    }
}

/// The entry of `[needs]` that declares an effect.
pub(crate) enum Declaration<'a> {
    /// The effect needs no entry.
    Nothing,
    /// `network`.
    Network,
    /// An entry of one of these kinds, for a directory that contains this path.
    Below(&'static [NeedKind], &'a str),
    /// An entry of one of these kinds, for this name or for the names of all devices below it.
    Named(&'static [NeedKind], &'a str),
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
