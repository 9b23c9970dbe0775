//! What has to be approved before it is done: what a part says about an effect of its own.

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

/// What declares an effect.
pub(crate) enum Announced<'a> {
    /// Nothing has to.
    Nothing,
    /// `network`.
    Network,
    /// An entry of one of these kinds with a directory that holds this path.
    Below(&'static [NeedKind], &'a str),
    /// An entry of one of these kinds with this name, or with those of all that it lies on.
    Named(&'static [NeedKind], &'a str),
}

/// What a part says about an effect of its own.
pub(crate) trait PartEffect: fmt::Display {
    /// What declares it in `[needs]`.
    fn announced(&self) -> Announced<'_>;

    /// What is lost and can't be restored, by the name with which it is approved.
    fn loses(&self) -> Option<&str> {
        None
    }

    /// Whether what is on a device or in a volume group becomes different.
    fn changes_storage(&self) -> bool {
        false
    }

    /// Whether it only makes again what a reboot ended.
    fn restores(&self) -> bool {
        false
    }

    /// The device that it is about.
    fn device(&self) -> Option<&str> {
        None
    }

    /// The volume group that it is about.
    fn group(&self) -> Option<&str> {
        None
    }

    /// Returns the directory that it changes, if any.
    fn directory(&self) -> Option<String> {
        None
    }

    /// Gives its devices other names.
    fn rename(&mut self, _name: &dyn Fn(&str) -> String) {}
}
