//! What makes a system this one: its name, place, language, keys, people.

mod identity;
mod locale;
mod people;

pub use identity::{Hostname, MachineId, Timezone};
pub use locale::{Keymap, Locale};
pub use people::{Password, User};

use crate::action::Planning;
use crate::error::{Exit, Result, Rule};
use crate::machine::files::Look;
use crate::types::{AbsPath, Choice, Place};

/// What starts a system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Init {
    /// Gentoo's own.
    Openrc,
    /// systemd.
    Systemd,
}

impl Choice for Init {
    const NAME: &'static str = "init system";
    const WORDS: &'static [&'static str] = &["openrc", "systemd"];
    const ALL: &'static [Self] = &[Self::Openrc, Self::Systemd];
}

impl Init {
    /// The one that was named, or that the system's `/sbin/init` leads to.
    pub(super) fn of(named: Option<Self>, root: &AbsPath, cx: &Planning<'_>) -> Result<Self> {
        if let Some(named) = named {
            return Ok(named);
        }
        Ok(match cx.look(&super::edit::there(root, "/sbin/init"))? {
            Look::Link { to } if to.to_string_lossy().contains("systemd") => Self::Systemd,
            _ => Self::Openrc,
        })
    }
}

/// A rule about these settings that was broken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SystemRule {
    /// No locale is named.
    #[error("the list of locales is empty")]
    NoLocales,
    /// An unknown time zone.
    #[error("there is no time zone {zone:?}: {place} does not exist")]
    NoZone {
        /// Its name.
        zone: String,
        /// Where it would be.
        place: Place,
    },
    /// A default that is not made.
    #[error("the default locale {default:?} is not one of those that are made: {}", made.join(", "))]
    NotMade {
        /// The default.
        default: String,
        /// Those that are made.
        made: Vec<String>,
    },
    /// The same secret, entered twice, differently.
    #[error("the two entries of the password of {user} differ")]
    Differs {
        /// Whose.
        user: String,
    },
    /// A secret that chpasswd would cut.
    #[error("the password of {user} has a line break in it")]
    LineBreak {
        /// Whose.
        user: String,
    },
    /// Nobody of that name.
    #[error("there is no user {user:?} in {place}")]
    NoUser {
        /// The name.
        user: String,
        /// Where it was looked for.
        place: Place,
    },
    /// Groups that are not there.
    #[error("there is no group {group:?} in {place}")]
    NoGroup {
        /// The name.
        group: String,
        /// Where it was looked for.
        place: Place,
    },
}

impl Rule for SystemRule {
    fn remedy(&self) -> Option<String> {
        Some(match self {
            Self::NoLocales => "name one: [\"C.UTF-8\"]".into(),
            Self::NoZone { .. } => {
                "write it as Europe/Vienna; if there are none at all, emerge sys-libs/timezone-data"
                    .into()
            }
            Self::NotMade { .. } => "add it to the list".into(),
            Self::Differs { .. } => "enter them again; nothing has been changed".into(),
            Self::LineBreak { .. } => "choose one that is a single line".into(),
            Self::NoUser { .. } => "add the user first: system::user".into(),
            Self::NoGroup { .. } => "leave it out, or add it first: groupadd".into(),
        })
    }

    fn exit(&self) -> Exit {
        match self {
            Self::Differs { .. } => Exit::Refused,
            _ => Exit::Usage,
        }
    }
}
