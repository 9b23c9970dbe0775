//! What makes a system this one: its name, place, language, keys, people.

mod identity;
mod locale;
mod people;

pub use identity::{Hostname, MachineId, Timezone};
pub use locale::{Keymap, Locale};
pub use people::{Password, User};

use super::edit::{exists, none_of, there};
use crate::error::{Exit, Result, Rule};
use crate::machine::files::Look;
use crate::operation::Planning;
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
    /// The one that was named, that runs (for `/`), or that is installed in a root.
    pub(super) fn of(named: Option<Self>, root: &AbsPath, cx: &Planning<'_>) -> Result<Self> {
        if let Some(named) = named {
            return Ok(named);
        }
        let running = root.to_string() == "/";
        let found = if running { running_init(cx)? } else { installed_init(root, cx)? };
        found.ok_or_else(|| SystemRule::NoInit { root: root.to_string(), running }.into())
    }
}

/// What the first process of the running system is: each leaves a mark in /run, sd_booted(3) and
/// openrc(8), whatever `/sbin/init` is by now.
fn running_init(cx: &Planning<'_>) -> Result<Option<Init>> {
    let there = |path: &str| exists(&Place::here(path), cx);
    Ok(match (there("/run/systemd/system")?, there("/run/openrc/softlevel")?) {
        (Some(true), _) => Some(Init::Systemd),
        (Some(false), Some(false)) => None,
        // Also for a described machine, which shows no files: Gentoo's own is assumed.
        _ => Some(Init::Openrc),
    })
}

/// What starts the system that is installed at a root.
fn installed_init(root: &AbsPath, cx: &Planning<'_>) -> Result<Option<Init>> {
    let init = cx.look(&there(root, "/sbin/init"))?;
    if let Look::Link { to } = &init
        && to.file_name().is_some_and(|name| name == "systemd")
    {
        return Ok(Some(Init::Systemd));
    }
    if !none_of(root, &["/etc/runlevels", "/sbin/openrc", "/sbin/openrc-run"], cx)? {
        return Ok(Some(Init::Openrc));
    }
    // Without its link as /sbin/init, the boot loader names it: init=/usr/lib/systemd/systemd.
    let systemd = ["/usr/lib/systemd/systemd", "/lib/systemd/systemd"];
    Ok((!none_of(root, &systemd, cx)?).then_some(Init::Systemd))
}

/// A rule about these settings that was broken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SystemRule {
    /// No locale is named.
    #[error("the list of locales is empty")]
    NoLocales,
    /// Neither of those that are known.
    #[error("init system of {root}: neither OpenRC nor systemd was found")]
    NoInit {
        /// The root.
        root: String,
        /// Whether it is the running system's.
        running: bool,
    },
    /// An unknown time zone.
    #[error("there is no time zone {zone:?}: {place} does not exist")]
    NoZone {
        /// Its name.
        zone: String,
        /// Where it would be.
        place: Place,
    },
    /// A default that is not made.
    #[error("the default locale {default:?} is not one of the generated ones: {}", made.join(", "))]
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
    #[error("the password of {user} contains a newline")]
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
            Self::NoInit { running: true, .. } => {
                "use the commands of your init system, or give a supported one: init: \"openrc\""
                    .into()
            }
            Self::NoInit { .. } => "install the system first, or give it: init: \"openrc\"".into(),
            Self::NoZone { .. } => {
                "use a name such as Europe/Vienna; if there are none, emerge sys-libs/timezone-data"
                    .into()
            }
            Self::NotMade { .. } => "add it to the list".into(),
            Self::Differs { .. } => "enter them again; nothing has been changed".into(),
            Self::LineBreak { .. } => "choose one without newlines".into(),
            Self::NoUser { .. } => "add the user first: system::user".into(),
            Self::NoGroup { .. } => "omit it, or add it first: groupadd".into(),
        })
    }

    fn exit(&self) -> Exit {
        match self {
            Self::Differs { .. } => Exit::Refused,
            _ => Exit::Usage,
        }
    }
}
