//! What a plan knows about a guest, whatever software runs it.

use crate::error::{Result, Rule};
use crate::machine::files::FileStatus;
use crate::machine::guest::{Guest, GuestKind, GuestState};
use crate::operation::{Answer, Planning};
use crate::primitives::net::name::LinkName;
use crate::primitives::system::people::{PASSWD, lines, named};
use crate::types::{AbsPath, GuestName, Place, UserName};

/// The longest path of a socket: `sun_path` of 108 bytes with a byte after it (unix(7)).
pub(super) const LONGEST_SOCKET: usize = 107;

/// What the primitives of a domain require of the guests of its software.
pub(super) struct GuestDomain {
    pub(super) kind: GuestKind,
    /// Returns an error if the software cannot use a directory; the first argument is the name of the guest.
    pub(super) check: fn(&str, &str) -> Result<()>,
    /// Returns the length of the path of the socket of a guest, which is named by its directory.
    pub(super) socket: fn(&str) -> usize,
    /// The largest length of that path.
    pub(super) longest: usize,
    /// Returns what a user does first if there is no guest of this name.
    pub(super) make: fn(&str) -> String,
}

/// A violated rule about guests of any kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum GuestRule {
    /// The guest does not exist.
    #[error("guest {name}: no such guest in {path}")]
    NoSuchGuest { name: String, path: String, known: Vec<String>, make: String },
    /// The path of the socket of the guest is too long.
    #[error(
        "guest {name}: the path {path} is too long: {length} bytes, at most {most} are possible"
    )]
    PathTooLong { name: String, path: String, length: usize, most: usize },
    /// The guest is in another state.
    #[error("guest {name} is {state}")]
    InState { name: String, state: &'static str, help: String },
    /// A disk is a device, which the effects of a file do not cover.
    #[error("{of}: disk {path} is a device of this machine")]
    Device { of: String, path: String },
    /// A guest of another kind has the directory.
    #[error("guest {name}: {directory} is the directory of a guest of the kind {kind}")]
    OtherKind { name: String, directory: String, kind: &'static str },
    /// The user of its processes does not exist.
    #[error("{of}: there is no user {user}")]
    NoUser { of: String, user: String },
    /// The directory of the guest does not belong to the user.
    #[error("{of}: {directory} does not belong to user {user}")]
    NotOwner { of: String, directory: String, user: String },
    /// The tap device belongs to another user.
    #[error("{of}: user {user} must not attach to tap device {tap}, which belongs to {owner}")]
    TapOwner { of: String, tap: String, user: String, owner: String, uid: u32 },
}

impl Rule for GuestRule {
    fn remedy(&self) -> Option<String> {
        Some(match self {
            Self::NoSuchGuest { known, .. } if !known.is_empty() => {
                format!("use one of {}", known.join(", "))
            }
            Self::NoSuchGuest { make, .. } => make.clone(),
            Self::InState { help, .. } => help.clone(),
            Self::PathTooLong { .. } => "choose a shorter name, or a shorter path".into(),
            Self::Device { .. } => "give an image file".into(),
            Self::OtherKind { .. } => "choose another name or path".into(),
            Self::NoUser { user, .. } => {
                format!("create the user first: system::user(\"/\", {user:?})")
            }
            Self::NotOwner { directory, user, .. } => {
                format!("change the owner: file::chown({directory:?}, {user:?})")
            }
            Self::TapOwner { tap, uid, .. } => {
                format!(
                    "create it for that user: tap::remove({tap:?}); tap::create({tap:?}, #{{ owner: {uid} }})"
                )
            }
        })
    }
}

/// A guest of a call.
pub(super) struct SeenGuest<'a> {
    /// The directory of the guest.
    pub(super) directory: String,
    pub(super) name: String,
    path: String,
    /// The guest in the model; `None` if it does not exist, or if guests are unknown.
    pub(super) found: Option<&'a Guest>,
    /// The names of the guests of the kind in the same directory; `None` if they are unknown.
    known: Option<Vec<String>>,
}

/// Returns the directory of a guest.
pub(super) fn directory(name: &GuestName, path: &AbsPath) -> String {
    format!("{}/{name}", path.to_string().trim_end_matches('/'))
}

/// Returns an error if the disk of a guest is a device.
pub(super) fn check_image(of: &str, disk: &AbsPath, cx: &Planning<'_>) -> Result<()> {
    let real = cx.real(disk)?;
    let is_device = real.to_string().starts_with("/dev/")
        || cx.look(&Place::new(&real, None))? == FileStatus::Other;
    match is_device {
        true => Err(GuestRule::Device { of: of.to_owned(), path: disk.to_string() }.into()),
        false => Ok(()),
    }
}

/// The user of the processes of a guest, with its number if that is known.
pub(super) struct GuestUser<'a> {
    /// The guest, for messages.
    pub(super) of: String,
    pub(super) user: &'a UserName,
    pub(super) uid: Option<u32>,
}

impl<'a> GuestUser<'a> {
    /// Looks a user up. An error if the user does not exist.
    pub(super) fn of(of: String, user: &'a UserName, cx: &Planning<'_>) -> Result<Self> {
        let Some(users) = lines(&AbsPath::assume_valid("/"), PASSWD, cx)? else {
            return Ok(Self { of, user, uid: None });
        };
        match named(&users, user).and_then(|user| user.get(2)?.parse().ok()) {
            None => Err(GuestRule::NoUser { of, user: user.to_string() }.into()),
            uid => Ok(Self { of, user, uid }),
        }
    }

    /// Returns an error if a directory belongs to another user.
    pub(super) fn check_owner(&self, directory: &str, owner: u32) -> Result<()> {
        match self.uid {
            Some(uid) if uid != owner => {
                let (of, user) = (self.of.clone(), self.user.to_string());
                Err(GuestRule::NotOwner { of, directory: directory.to_owned(), user }.into())
            }
            _ => Ok(()),
        }
    }

    /// Returns an error if the user must not attach to a tap device with this owner.
    pub(super) fn check_tap(&self, tap: &LinkName, owner: Option<u32>) -> Result<()> {
        let Some(uid) = self.uid.filter(|uid| *uid != 0 && owner != Some(*uid)) else {
            return Ok(());
        };
        let (of, user, tap) = (self.of.clone(), self.user.to_string(), tap.as_str().to_owned());
        let owner = owner.map_or_else(|| "root".to_owned(), |owner| format!("user {owner}"));
        Err(GuestRule::TapOwner { of, tap, user, owner, uid }.into())
    }
}

impl<'a> SeenGuest<'a> {
    pub(super) fn of(
        domain: &GuestDomain,
        name: &GuestName,
        path: &AbsPath,
        cx: &Planning<'a>,
    ) -> Result<Self> {
        let directory = directory(name, path);
        let (name, path) = (name.to_string(), path.to_string());
        (domain.check)(&name, &directory)?;
        let (length, most) = ((domain.socket)(&directory), domain.longest);
        if length > most {
            return Err(GuestRule::PathTooLong { name, path, length, most }.into());
        }
        let guests = cx.machine.guest.found.as_ref();
        let found = guests.and_then(|guests| guests.get(&directory));
        if let Some(other) = found.filter(|guest| guest.kind != domain.kind) {
            let kind = other.kind.name();
            return Err(GuestRule::OtherKind { name, directory, kind }.into());
        }
        let below = format!("{}/", path.trim_end_matches('/'));
        let known = guests.map(|guests| {
            let same = guests.iter().filter(|(_, guest)| guest.kind == domain.kind);
            same.filter_map(|(key, _)| key.strip_prefix(&below)).map(str::to_owned).collect()
        });
        Ok(Self { directory, name, path, found, known })
    }

    /// Returns a guest that exists, as far as is known.
    pub(super) fn existing(
        domain: &GuestDomain,
        name: &GuestName,
        path: &AbsPath,
        cx: &Planning<'a>,
    ) -> Result<Self> {
        let seen = Self::of(domain, name, path, cx)?;
        match (&seen.found, &seen.known) {
            (None, Some(known)) => {
                let make = (domain.make)(&seen.name);
                let Self { name, path, .. } = seen;
                Err(GuestRule::NoSuchGuest { name, path, known: known.clone(), make }.into())
            }
            _ => Ok(seen),
        }
    }

    /// Returns what the guest does; `None` if it is unknown.
    pub(super) fn state(&self) -> Option<GuestState> {
        self.found.map(|guest| guest.state)
    }

    /// Returns an error if the guest is in this state.
    pub(super) fn refuse(&self, state: GuestState, help: &str) -> Result<()> {
        if self.state() != Some(state) {
            return Ok(());
        }
        let (name, help) = (self.name.clone(), help.to_owned());
        Err(GuestRule::InState { name, state: state.name(), help }.into())
    }

    /// Returns the warning that the guests of the machine are not known.
    pub(super) fn unknown(&self) -> Option<String> {
        self.known.is_none().then(|| {
            format!("the guests of this machine are unknown: {} is assumed to exist", self.name)
        })
    }

    /// Returns information about the guest as an answer: the kernel chooses the number of a process that is only planned.
    pub(super) fn answer<T>(&self, info: T) -> Answer<T> {
        let planned = self
            .found
            .is_some_and(|guest| guest.state != GuestState::Stopped && guest.init.is_none());
        match planned || self.known.is_none() {
            true => Answer::Assumed(info),
            false => Answer::Known(info),
        }
    }
}
