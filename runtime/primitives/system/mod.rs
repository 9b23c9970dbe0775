//! The settings that identify a system: hostname, time zone, locales, keyboard layout, machine ID,
//! and users; the processor, the memory and the pseudo-terminals.

mod capacity;
mod host;
mod identity;
mod keys;
mod locale;
mod memory;
pub(in crate::primitives) mod people;
pub(in crate::primitives) mod processor;
mod terminals;

pub use capacity::Capacity;
pub use host::{HostQuery, InitOf};
pub use identity::{Hostname, MachineId, Timezone};
pub use keys::AuthorizedKeys;
pub use locale::{Keymap, Locale};
pub use memory::Memory;
pub use people::{Password, User};
pub use processor::Processor;
pub use terminals::PseudoTerminals;

use super::edit::{exists, none_of, system_file};
use crate::config::authorized_keys::KeyFault;
use crate::error::{Exit, Result, Rule};
use crate::machine::files::FileStatus;
use crate::operation::Planning;
use crate::types::{AbsPath, Choice, Place, rhai_literal};

/// The init system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Init {
    /// OpenRC, the default of Gentoo.
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
    /// Returns the given init system, or that of the running system (`/`), or the one installed in
    /// a root.
    pub(super) fn of(named: Option<Self>, root: &AbsPath, cx: &Planning<'_>) -> Result<Self> {
        if let Some(named) = named {
            return Ok(named);
        }
        let running = root.to_string() == "/";
        let found = if running { running_init(cx)? } else { installed_init(root, cx)? };
        found.ok_or_else(|| SystemRule::NoInit { root: root.to_string(), running }.into())
    }
}

/// Detects the init system of the running system from the directories that it creates in `/run`
/// (sd_booted(3), openrc(8)), because `/sbin/init` may have changed since boot.
fn running_init(cx: &Planning<'_>) -> Result<Option<Init>> {
    let there = |path: &str| exists(&Place::here(path), cx);
    Ok(match (there("/run/systemd/system")?, there("/run/openrc/softlevel")?) {
        (Some(true), _) => Some(Init::Systemd),
        (Some(false), Some(false)) => None,
        // Also for a described machine, which has no files: OpenRC is assumed.
        _ => Some(Init::Openrc),
    })
}

/// Detects the init system that is installed in a root.
fn installed_init(root: &AbsPath, cx: &Planning<'_>) -> Result<Option<Init>> {
    let init = cx.look(&system_file(root, "/sbin/init"))?;
    if let FileStatus::Link { to } = &init
        && to.file_name().is_some_and(|name| name == "systemd")
    {
        return Ok(Some(Init::Systemd));
    }
    if !none_of(root, &["/etc/runlevels", "/sbin/openrc", "/sbin/openrc-run"], cx)? {
        return Ok(Some(Init::Openrc));
    }
    // If `/sbin/init` is not a link to systemd, the boot loader passes
    // init=/usr/lib/systemd/systemd.
    let systemd = ["/usr/lib/systemd/systemd", "/lib/systemd/systemd"];
    Ok((!none_of(root, &systemd, cx)?).then_some(Init::Systemd))
}

/// A violated rule about these settings.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SystemRule {
    /// The list of locales is empty.
    #[error("the list of locales is empty")]
    NoLocales,
    /// The init system is neither OpenRC nor systemd.
    #[error("init system of {root}: neither OpenRC nor systemd was found")]
    NoInit {
        /// The root.
        root: String,
        /// Whether it is the root of the running system.
        running: bool,
    },
    /// The time zone does not exist.
    #[error("there is no time zone {zone:?}: {place} does not exist")]
    NoZone {
        /// The name of the time zone.
        zone: String,
        /// The missing file.
        place: Place,
    },
    /// The default locale is not in the list of locales.
    #[error("the default locale {default:?} is not one of the generated ones: {}", made.join(", "))]
    NotMade {
        /// The default locale.
        default: String,
        /// The locales in the list.
        made: Vec<String>,
    },
    /// The two entries of a password differ.
    #[error("the two entries of the password of {user} differ")]
    Differs {
        /// The user.
        user: String,
    },
    /// The password contains a newline, at which chpasswd would truncate it.
    #[error("the password of {user} contains a newline")]
    LineBreak {
        /// The user.
        user: String,
    },
    /// The user does not exist.
    #[error("there is no user {user:?} in {place}")]
    NoUser {
        /// The name.
        user: String,
        /// The file that was searched.
        place: Place,
    },
    /// The user has another home directory than the one that the call writes to.
    #[error("the home directory of {user} is {home}, not {expected}")]
    OtherHome {
        /// The name.
        user: String,
        /// The home directory.
        home: String,
        /// The one that the call writes to.
        expected: String,
    },
    /// The file is not a list of public keys.
    #[error("{}", not_a_key(place, *fault))]
    NotAKey {
        /// The file.
        place: Place,
        /// The reason.
        fault: KeyFault,
    },
    /// A path in a home directory is a link.
    #[error("{place} is a link")]
    Linked {
        /// The path.
        place: Place,
    },
    /// The group does not exist.
    #[error("there is no group {group:?} in {place}")]
    NoGroup {
        /// The name.
        group: String,
        /// The file that was searched.
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
            Self::OtherHome { home, .. } => format!("add the option home: {}", rhai_literal(home)),
            Self::NotAKey { fault: KeyFault::Private, .. } => {
                "give the public key: the file with the extension .pub".into()
            }
            Self::NotAKey { .. } => {
                "write a public key per line, as ssh-keygen(1) creates it: ssh-ed25519 AAAA…".into()
            }
            Self::Linked { .. } => "replace it with a directory or a file of its own".into(),
            Self::NoGroup { .. } => "omit it, or add it first: groupadd".into(),
        })
    }

    fn exit(&self) -> Exit {
        match self {
            Self::Differs { .. } | Self::Linked { .. } => Exit::Refused,
            _ => Exit::Usage,
        }
    }
}

/// Returns the message for a file that is not a list of public keys.
fn not_a_key(place: &Place, fault: KeyFault) -> String {
    match fault {
        KeyFault::Private => format!("{place}: contains a private key"),
        KeyFault::Empty => format!("{place}: contains no public key"),
        KeyFault::Line(number) => format!("{place}:{number}: not a public key"),
    }
}
